"""What may be asked, what may be answered, and what an answer is kept as."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from station.domain.errors import AnswerError
from station.domain.measurement import EqualsLimit
from station.domain.outcome import Outcome
from station.domain.prompt import Answer, Prompt, answer_measurements, check_answer
from station.domain.prompt_fields import Choice, PromptField, Words

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
FIELD: TypeAdapter[PromptField] = TypeAdapter(PromptField)
COLORS = [{"value": "red", "label": {"ko": "빨강", "en": "Red light"}}, "green", {"value": "blue"}]


def field(kind: str, **said: Any) -> PromptField:
    return FIELD.validate_python({"kind": kind, **said})


def prompt(*fields: dict[str, Any], **said: Any) -> Prompt:
    return Prompt.model_validate({"message": "?", "fields": fields, **said})


@pytest.mark.parametrize(
    ("given", "ko", "en", "shown"),
    [
        ("OK?", "OK?", "OK?", "OK?"),
        ({"ko": "좋아요?", "en": "OK?"}, "좋아요?", "OK?", "OK? / 좋아요?"),
        ({"ko": "좋아요?"}, "좋아요?", "좋아요?", "좋아요?"),
        ({"en": "OK?"}, "OK?", "OK?", "OK?"),
        (Words(ko="가", en="a"), "가", "a", "a / 가"),
    ],
)
def test_a_text_is_in_two_languages_or_one_for_both(given: object, ko: str, en: str, shown: str) -> None:
    words = Words.model_validate(given)

    assert (words.ko, words.en, str(words)) == (ko, en, shown)


@pytest.mark.parametrize("given", ["", {}, 3, {"ko": ""}])
def test_a_text_says_something(given: object) -> None:
    with pytest.raises(ValidationError):
        Words.model_validate(given)


def test_a_choice_is_a_value_with_what_people_read() -> None:
    assert Choice.model_validate("red") == Choice(value="red", label=Words(ko="red", en="red"))
    assert Choice.model_validate({"value": "red", "label": "Rot"}).label.en == "Rot"
    assert Choice.model_validate(Choice.model_validate("red")).value == "red"


@pytest.mark.parametrize(
    ("asked", "given", "taken"),
    [
        (field("text"), " A-1\n", "A-1"),
        (field("text"), 4711, "4711"),
        (field("text"), "", None),
        (field("text"), True, None),
        (field("text"), ["A"], None),
        (field("text", min_length=0), "", ""),
        (field("text", max_length=3), "ABCD", None),
        (field("text", pattern=r"A-\d"), "A-1", "A-1"),
        (field("text", pattern=r"A-\d"), "A-12", None),
        (field("number"), "4.9", 4.9),
        (field("number"), 5, 5.0),
        (field("number"), "five", None),
        (field("number"), True, None),
        (field("number"), None, None),
        (field("number"), "nan", None),
        (field("number"), float("inf"), None),
        (field("number"), 10**400, None),
        (field("number", min=1, max=2), 1, 1.0),
        (field("number", min=1, max=2), 2, 2.0),
        (field("number", min=1), 0.99, None),
        (field("number", max=2), 2.01, None),
        (field("choice", choices=COLORS), "red", "red"),
        (field("choice", choices=COLORS), "빨강", "red"),
        (field("choice", choices=COLORS), "RED LIGHT", "red"),
        (field("choice", choices=COLORS), "Blue", "blue"),
        (field("choice", choices=COLORS), "black", None),
        (field("multi_choice", choices=COLORS), "green, red", ["red", "green"]),
        (field("multi_choice", choices=COLORS), ["green", "green"], ["green"]),
        (field("multi_choice", choices=COLORS), "", []),
        (field("multi_choice", choices=COLORS), "red,black", None),
        (field("multi_choice", choices=COLORS), 3, None),
        (field("multi_choice", choices=COLORS, min_count=2), "red", None),
        (field("multi_choice", choices=COLORS, max_count=1), "red,blue", None),
        (field("confirm"), True, True),
        (field("confirm"), "예", True),
        (field("confirm"), "No", False),
        (field("confirm"), "pass", None),
        (field("confirm"), 1, None),
        (field("pass_fail"), "PASS", True),
        (field("pass_fail"), "불합격", False),
        (field("pass_fail"), "perhaps", None),
        (field("checklist", items=["a", "b"]), "all", ["a", "b"]),
        (field("checklist", items=["a", "b"]), "none", []),
        (field("checklist", items=["a", "b"]), ["b"], ["b"]),
        (field("checklist", items=["a", "b"]), "c", None),
    ],
)
def test_what_is_answered_is_read_as_the_kind_needs_it(asked: PromptField, given: object, taken: object) -> None:
    assert asked.take(given) == taken
    assert type(asked.take(given)) is type(taken)


@pytest.mark.parametrize(
    ("asked", "allowed"),
    [
        (field("text"), "a text of 1 to 1000 characters"),
        (field("text", pattern="A.*", max_length=9), "a text of 1 to 9 characters that matches /A.*/"),
        (field("number"), "a number"),
        (field("number", min=0.5, max=2, unit="V"), "a number from 0.5 up to 2 in V"),
        (field("choice", choices=["a", "b"]), "one of a, b"),
        (field("multi_choice", choices=["a", "b"]), "0 to 2 of a, b"),
        (field("multi_choice", choices=["a", "b"], min_count=1, max_count=1), "1 to 1 of a, b"),
        (field("confirm"), "yes or no"),
        (field("pass_fail"), "pass or fail"),
        (field("checklist", items=["a", "b"]), "all, none, or some of a, b"),
    ],
)
def test_each_kind_says_what_may_be_answered(asked: PromptField, allowed: str) -> None:
    assert asked.allowed == allowed


@pytest.mark.parametrize(
    ("kind", "said", "why"),
    [
        ("text", {"pattern": "("}, "is not a regular expression"),
        ("text", {"min_length": 5, "max_length": 4}, "no text can be given"),
        ("text", {"default": ""}, "the default of answer cannot be an answer: '' is not a text of 1 to 1000"),
        ("number", {"min": 2, "max": 1}, "no number can be given"),
        ("number", {"max": 1, "default": 2}, "2.0 is not a number up to 1"),
        ("choice", {"choices": []}, "at least 1 item"),
        ("choice", {"choices": ["a"], "default": "b"}, "'b' is not one of a"),
        ("multi_choice", {"choices": ["a"], "min_count": 2}, "nothing can be answered"),
        ("multi_choice", {"choices": ["a", "b"], "min_count": 2, "max_count": 1}, "nothing can be answered"),
        ("checklist", {"items": ["a"], "default": ["b"]}, "is not all, none, or some of a"),
        ("confirm", {"name": "9 lives"}, "should match pattern"),
    ],
)
def test_a_field_that_makes_no_sense_is_refused(kind: str, said: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError, match=why.replace("(", r"\(")):
        field(kind, **said)


def test_a_prompt_without_fields_asks_yes_or_no_and_waits_for_ever() -> None:
    asked = Prompt.model_validate({"message": "Cover closed?"})

    assert asked.kinds == {"answer": "confirm"}
    assert (asked.timeout, asked.defaults) == (None, None)


@pytest.mark.parametrize(
    ("fields", "said", "why"),
    [
        (({"kind": "confirm"}, {"kind": "text"}), {}, "two fields are called answer"),
        (({"kind": "confirm"},), {"on_timeout": "default", "timeout": 5}, "needs a default for answer"),
        (({"kind": "confirm", "default": False},), {"on_timeout": "default"}, "needs a timeout"),
        (({"kind": "confirm"},), {"timeout": 0}, "greater than 0"),
    ],
)
def test_a_prompt_that_makes_no_sense_is_refused(fields: Any, said: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        prompt(*fields, **said)


def test_the_defaults_answer_where_nobody_does() -> None:
    asked = prompt(
        {"kind": "pass_fail", "default": False}, {"kind": "number", "name": "n", "default": 3},
        timeout=timedelta(seconds=5), on_timeout="default",
    )  # fmt: skip

    assert asked.defaults == {"answer": False, "n": 3.0}


def test_an_answer_has_a_value_for_each_field() -> None:
    asked = prompt({"kind": "number", "name": "n"}, {"kind": "confirm", "name": "ok"})

    assert check_answer(asked, {"ok": "no", "n": "3"}) == {"n": 3.0, "ok": False}


def test_everything_that_is_wrong_with_an_answer_is_said_by_field() -> None:
    asked = prompt({"kind": "number", "name": "n", "max": 2}, {"kind": "confirm", "name": "ok"})

    with pytest.raises(AnswerError) as error:
        check_answer(asked, {"n": "3", "m": 1})

    assert error.value.code == "INVALID_ANSWER"
    assert error.value.facts["problems"] == {
        "n": "'3' is not a number up to 2",
        "ok": "it is missing; give yes or no",
        "m": "nobody asks for it; the fields are n, ok",
    }


def test_an_author_gets_the_only_value_or_all_by_name() -> None:
    assert prompt({"kind": "number"}).bare({"answer": 3.0}) == 3.0
    assert prompt({"kind": "number"}, {"kind": "text", "name": "t"}).bare({"answer": 3.0, "t": "x"}) == {
        "answer": 3.0, "t": "x",
    }  # fmt: skip


def test_an_answer_is_kept_as_measurements_with_who_and_when() -> None:
    asked = prompt(
        {"kind": "number", "name": "n", "unit": "V"}, {"kind": "pass_fail", "name": "ok"},
        {"kind": "checklist", "name": "list", "items": ["a", "b"]}, {"kind": "confirm", "name": "sure"}, key="form",
    )  # fmt: skip
    answer = Answer(values={"n": 3.0, "ok": False, "list": ["a"], "sure": True}, by="kim", at=AT)

    judged = answer_measurements(asked, answer, judged=True)
    taken = answer_measurements(asked, answer, judged=False)

    assert [(one.name, one.unit, one.outcome) for one in judged] == [
        ("form.n", "V", Outcome.PASSED), ("form.ok", "", Outcome.FAILED), ("form.list", "", Outcome.FAILED),
        ("form.sure", "", Outcome.PASSED),
    ]  # fmt: skip
    assert judged[1].limit == EqualsLimit(expected=True)
    assert {(one.by, one.at) for one in judged} == {("kim", AT)}
    assert {(one.limit, one.outcome) for one in taken} == {(None, Outcome.PASSED)}


def test_the_only_answer_is_called_as_its_prompt() -> None:
    answer = Answer(values={"answer": "A-1"}, by="kim", at=AT)

    (measured,) = answer_measurements(prompt({"kind": "text"}, key="label"), answer, judged=True)

    assert (measured.name, measured.value, measured.limit) == ("label", "A-1", None)


def test_an_answer_is_read_aloud_as_its_fields() -> None:
    assert str(Answer(values={"n": 3.0, "list": ["a", "b"]}, by="kim", at=AT)) == "n=3.0, list=a,b"


def test_an_odd_answer_to_a_checklist_says_no() -> None:
    assert field("checklist", items=["a"]).says_no("a")
    assert not field("text").says_no("no")
