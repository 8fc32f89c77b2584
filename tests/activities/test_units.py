"""A session is opened for the unit its run began with; for another one nothing is set up."""

from station.contracts.messages import OpenedSession, SessionPurpose
from station.domain.plan import Severity
from station.domain.run import StepFault
from tests.activities.conftest import BATCH, Process, Slot, call


async def opened_for(process: Process, *units: str, purpose: SessionPurpose = SessionPurpose.RUN) -> OpenedSession:
    request = process.opening(purpose).model_copy(update={"units": list(units)})
    return await call(process.hardware.open_session, request)


async def test_the_unit_is_named_before_anything_is_set_up_for_it(slot: Slot) -> None:
    (slot.folder / "unit").write_text("A\n")

    opened = await opened_for(slot.process())

    assert (opened.unit, opened.fault) == ("A", None)
    assert slot.calls == ["connect", "make_safe", "setup"]


async def test_one_of_the_units_that_are_right_is_enough(slot: Slot) -> None:
    (slot.folder / "unit").write_text("B")

    opened = await opened_for(slot.process(), "A", "B")

    assert (opened.unit, opened.fault) == ("B", None)
    assert slot.calls[-1] == "setup"


async def test_for_another_unit_the_slot_is_made_safe_and_given_back(slot: Slot) -> None:
    (slot.folder / "unit").write_text("B")
    process = slot.process()

    opened = await opened_for(process, "A")

    batch = await slot.batches.get(BATCH)
    assert opened == OpenedSession(
        unit="B",
        fault=StepFault(
            code="UNIT_CHANGED",
            message="the unit in the slot is B; the run began with A",
            severity=Severity.CRITICAL,
        ),
    )
    assert slot.calls == ["connect", "make_safe", "make_safe", "disconnect"]
    assert not process.hardware.holds("token-1")
    assert batch is not None
    assert (batch.session_run_id, batch.hardware_safe) == (None, True)


async def test_a_unit_that_cannot_be_told_any_more_is_not_taken_for_the_same(slot: Slot) -> None:
    opened = await opened_for(slot.process(), "A")

    assert opened.fault is not None
    assert opened.fault.message == "nobody can tell which unit is there; the run began with A"
    assert "setup" not in slot.calls


async def test_why_a_unit_cannot_be_told_any_more_is_part_of_the_sentence(slot: Slot) -> None:
    (slot.folder / "unit").mkdir()

    opened = await opened_for(slot.process(), "A")

    assert opened.fault is not None
    assert opened.fault.message.startswith(
        "nobody can tell which unit is there (identify_unit failed with IsADirectory"
    )


async def test_a_unit_somebody_vouches_for_need_not_be_told(slot: Slot) -> None:
    opened = await opened_for(slot.process(), "A", "")

    assert (opened.unit, opened.fault) == ("", None)
    assert slot.calls[-1] == "setup"


async def test_cleanup_and_manual_control_are_for_whatever_unit_is_there(slot: Slot) -> None:
    (slot.folder / "unit").write_text("B")

    cleaning = await opened_for(slot.process(), "A", purpose=SessionPurpose.CLEANUP)
    by_hand = await opened_for(slot.process(), "A", purpose=SessionPurpose.STEPS)

    assert (cleaning.unit, cleaning.fault) == ("", None)
    assert (by_hand.unit, by_hand.fault) == ("", None)
