"""Commands about a run: start it, stop it, hold it, say how it goes on."""

from typing import Annotated

import typer

from station.cli.options import CONFIG, BatchArgument, ConfigOption, JsonOption, ReasonOption, examples, leave, misuse

StepArgument = Annotated[str, typer.Argument(metavar="STEP", help="Name of the step, as `station show` has it.")]
ForceOption = Annotated[
    bool, typer.Option("--force", help="Also repeat steps that must not be repeated; needs a reason.")
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(
        epilog=examples(
            "station run --batch batch_1 --wip WIP-KR01PSA2511-001 --process 1 --operator 5",
            'station run --batch batch_1 --no-mes --notes "after the repair"',
            "station run --batch batch_1 -p supply_voltage=11.5 -p check_ripple=false",
            "station run --batch batch_1 --no-wait --json",
            "station run --batch batch_1 --batch batch_2 --wip batch_1=WIP-1 --wip batch_2=WIP-2 --operator 5",
            "station run --all --no-mes --barrier burn_in",
        )
    )(run)
    app.command(
        epilog=examples("station stop batch_1", 'station stop batch_1 --reason "wrong unit"', "station stop --all")
    )(stop)
    app.command(
        epilog=examples("station recover batch_1 resume", 'station recover batch_1 abort --reason "unit was removed"')
    )(recover)
    app.command(epilog=examples("station prompts", "station prompts --json"))(prompts)
    app.command(
        epilog=examples(
            "station answer batch_1 answer=pass",
            "station answer batch_1 led answer=fail",
            "station answer batch_1 2 color=red count=3",
        )
    )(answer)
    app.command(epilog=examples("station pause batch_1"))(pause)
    app.command(epilog=examples("station resume batch_1"))(resume)
    app.command(epilog=examples('station skip batch_1 ripple --reason "the probe is being repaired"'))(skip)
    app.command(
        epilog=examples(
            'station goto batch_1 rails --reason "the probe had slipped"',
            'station goto batch_1 burn_in --force --reason "it had not begun to burn"',
        )
    )(goto)
    app.command(epilog=examples("station repeat batch_1", 'station repeat batch_1 --reason "was not seated"'))(repeat)


def run(
    batch: Annotated[
        list[str] | None, typer.Option("--batch", "-b", help="Id of the batch whose slot holds the unit; repeatable.")
    ] = None,
    wip: Annotated[
        list[str] | None,
        typer.Option(help="The unit's identity in the MES; with several batches BATCH=WIP, repeatable."),
    ] = None,
    process: Annotated[int | None, typer.Option(help="Number of the MES process; none: the batch's own.")] = None,
    operator: Annotated[
        str | None, typer.Option(help="Who starts it; the operator's number where the MES is told.")
    ] = None,
    notes: Annotated[str, typer.Option(help="What there is to say about the unit; the MES gets it with the end.")] = "",
    parameter: Annotated[
        list[str] | None, typer.Option("-p", "--parameter", metavar="NAME=VALUE", help="A parameter; repeatable.")
    ] = None,
    no_mes: Annotated[bool, typer.Option("--no-mes", help="Do not tell the MES of this run.")] = False,
    all_batches: Annotated[bool, typer.Option("--all", help="On every batch of the configuration.")] = False,
    barrier: Annotated[
        list[str] | None,
        typer.Option(metavar="STEP", help="With several: nobody begins this step before all come to it; repeatable."),
    ] = None,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Whether to stay until the run is over.")] = True,
    json: JsonOption = False,
    config: ConfigOption = CONFIG,
) -> None:
    """Start a run and watch it to its end; Ctrl-C stops it, with cleanup, a second Ctrl-C only stops watching.

    With several batches they are started together, and a line says how each ends; the exit code is that of the worst.

    The exit code tells the outcome: 0 PASSED, 1 FAILED, 2 ERROR, 3 ABORTED. It is 3 too where the MES refuses the unit,
    or the end of a run that PASSED; what cannot be told because the MES is away is queued and changes no exit code.
    """
    from station.cli import running, together
    from station.cli.parameters import read_parameters
    from station.cli.place import Place, wait_for
    from station.control.together import Order
    from station.domain.run import UnitUnderTest

    if bool(batch) == all_batches:
        misuse("Name the batches with --batch, or all of them with --all.", "--batch")
    place = Place.of(config)
    batches = [one.id for one in place.config.batches] if all_batches else batch or []
    units = together.units(batches, wip or [], UnitUnderTest(process=process, operator=operator, notes=notes))
    parameters = read_parameters(parameter or [])
    if len(batches) == 1 and not barrier:
        wish = running.RunWish(batches[0], units[batches[0]], parameters, without_mes=no_mes)
        manner = running.Manner.JSON if json else running.Manner.FULL
        leave(wait_for(running.run(place, wish, wait=wait, manner=manner)))
    wishes = [Order(one, units[one], parameters, without_mes=no_mes) for one in batches]
    leave(wait_for(together.run(place, wishes, meet_at=barrier or [], wait=wait, json=json)))


def stop(
    batch: Annotated[str | None, typer.Argument(metavar="BATCH", help="Id of the batch, such as batch_1.")] = None,
    all_batches: Annotated[bool, typer.Option("--all", help="The runs on all batches.")] = False,
    reason: ReasonOption = "",
    config: ConfigOption = CONFIG,
) -> None:
    """Stop the run on a batch, or all: cleanup runs, the outcome is ABORTED. Manual control ends too, safely."""
    from station.cli import orders, together

    if (batch is not None) == all_batches:
        misuse("Name one batch, or all of them with --all.", "BATCH")
    if batch is None:
        together.stop(config, reason)
    else:
        orders.stop(config, batch, reason)


def recover(
    batch: BatchArgument,
    choice: Annotated[str, typer.Argument(help="resume, full_restart, skip_failed or abort.")],
    reason: ReasonOption = "",
    config: ConfigOption = CONFIG,
) -> None:
    """Say what becomes of an interrupted run: go on, begin again, leave the step out, or stop with cleanup."""
    from station.cli import orders

    orders.recover(config, batch, choice, reason)


def prompts(json: JsonOption = False, config: ConfigOption = CONFIG) -> None:
    """List what runs ask and wait for, with what may be answered."""
    from station.cli import prompts as prompts_

    prompts_.prompts(config, json=json)


def answer(
    batch: BatchArgument,
    words: Annotated[
        list[str],
        typer.Argument(
            metavar="[PROMPT] NAME=VALUE...",
            help="Which prompt, by its number, key or step, where there are several; then a value for each field.",
        ),
    ],
    config: ConfigOption = CONFIG,
) -> None:
    """Answer what a run asks; the first answer counts."""
    from station.cli import prompts as prompts_

    prompts_.answer(config, batch, words)


def pause(batch: BatchArgument, reason: ReasonOption = "", config: ConfigOption = CONFIG) -> None:
    """Hold the run before its next step."""
    from station.cli import orders

    orders.pause(config, batch, reason)


def resume(batch: BatchArgument, reason: ReasonOption = "", config: ConfigOption = CONFIG) -> None:
    """Let a paused run go on."""
    from station.cli import orders

    orders.resume(config, batch, reason)


def skip(batch: BatchArgument, step: StepArgument, reason: ReasonOption = "", config: ConfigOption = CONFIG) -> None:
    """Leave a step out; one under way is asked to yield. The run cannot PASS any more: it ends ABORTED."""
    from station.cli import orders

    orders.skip(config, batch, step, reason)


def goto(
    batch: BatchArgument,
    step: StepArgument,
    reason: ReasonOption = "",
    force: ForceOption = False,
    config: ConfigOption = CONFIG,
) -> None:
    """Go back to a step: it and every step after it are done again; what they had come to does not count any more."""
    from station.cli import orders

    orders.goto(config, batch, step, reason, force=force)


def repeat(
    batch: BatchArgument, reason: ReasonOption = "", force: ForceOption = False, config: ConfigOption = CONFIG
) -> None:
    """Do the step under way, or else the last one that ended, again; a paused run does it when it is resumed."""
    from station.cli import orders

    orders.goto(config, batch, "", reason, force=force)
