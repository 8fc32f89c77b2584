"""The YAML that is understood, and the documents that are refused before they can exhaust the machine."""

import time

import pytest

from station.config.document import MAX_NODES
from tests.config.conftest import HEAD, Loader


def _parameters(load: Loader, written: str) -> object:
    text = HEAD + f"batches:\n  - id: a\n    sequence_package: b\n    parameters:\n      x: {written}\n"
    return load(text).batches[0].parameters["x"]


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("5", 5),
        ("-5", -5),
        ("0x1F", 31),
        ("0o17", 15),
        ("9223372036854775807", 2**63 - 1),
        ("1.5", 1.5),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("1.", 1.0),
        ("true", True),
        ("FALSE", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("yes", "yes"),
        ("no", "no"),
        ("on", "on"),
        ("12:30:45", "12:30:45"),
        ("007", "007"),
        ("2026-01-31", "2026-01-31"),
        ("1_000", "1_000"),
        ("'5'", "5"),
        ('"\\r\\n"', "\r\n"),
        ("!!str 5", "5"),
        ('!!int "5"', 5),
        ("[1, [2, {a: b}]]", [1, [2, {"a": "b"}]]),
        ("{1: a, true: b}", {"1": "a", "true": "b"}),
        ("|\n        one\n        two\n", "one\ntwo\n"),
    ],
)
def test_words_mean_what_yaml_1_2_says(load: Loader, written: str, value: object) -> None:
    found = _parameters(load, written)

    assert found == value
    assert type(found) is type(value)


def test_aliases_and_merges_are_written_out(load: Loader) -> None:
    text = HEAD + (
        "batches:\n"
        "  - &first {id: a, sequence_package: sequences/a, hardware: &bench {dmm: {baudrate: 9600}}}\n"
        "  - {<<: *first, id: b}\n"
        "  - {<<: [{id: x, auto_start: true}, *first], id: c, hardware: *bench}\n"
    )

    config = load(text)

    assert [batch.id for batch in config.batches] == ["a", "b", "c"]
    assert [batch.sequence_package for batch in config.batches] == ["sequences/a"] * 3
    assert config.batches[2].hardware == {"dmm": {"baudrate": 9600}}
    assert config.batches[2].auto_start


def test_an_alias_can_be_a_key(load: Loader) -> None:
    config = load("station: {id: &id ST-001, name: a}\nbatches: [{id: a, sequence_package: b, parameters: {*id : 1}}]")

    assert config.batches[0].parameters == {"ST-001": 1}


def test_sections_without_anything_below_them_mean_defaults(load: Loader) -> None:
    text = HEAD + "server:\nlogging:\n  # level: DEBUG\nbatches:\nbackend:\nerror_handling:\n  step_errors:\n"

    assert load(text) == load(HEAD)


def test_an_instrument_without_settings_has_none(load: Loader) -> None:
    config = load(HEAD + "batches:\n  - id: a\n    sequence_package: b\n    hardware:\n      dmm:\n    parameters:\n")

    assert (config.batches[0].hardware, config.batches[0].parameters) == ({"dmm": {}}, {})


@pytest.mark.parametrize(
    ("written", "complaint"),
    [
        (
            "data_dir: !!python/object/apply:os.getcwd []",
            'data_dir: the tag "!!python/object/apply:os.getcwd" is not allowed',
        ),
        ("server: !!python/name:os.system {}", 'server: the tag "!!python/name:os.system" is not allowed'),
        ("data_dir: !mine x", 'data_dir: the tag "!mine" is not allowed'),
        ("!!binary data_dir: x", 'the tag "!!binary" is not allowed'),
    ],
)
def test_tags_are_refused(load: Loader, written: str, complaint: str) -> None:
    message = load.refusal(HEAD + written)

    assert message == f"station.yaml:2: {complaint}; remove it"


@pytest.mark.parametrize(
    ("written", "complaint"),
    [
        ("server: *nothing", "server: *nothing names nothing; write &nothing before the value it is to repeat"),
        ("? [a, b]\n: 1", "a key must be text; put a value that begins with a brace or bracket in quotes"),
        (
            "data_dir: {{folder}}",
            "data_dir: a key must be text; put a value that begins with a brace or bracket in quotes",
        ),
        ("server: {<<: 5}", "server: << must be followed by an alias of a mapping, or a list of such aliases"),
        ('data_dir: "\\ud800"', "data_dir: holds half of a character; write the character itself"),
        ('data_dir: "\\UFFFFFFFF"', "not valid YAML: a number or character code on this line is impossible"),
        ('data_dir: "\\U00110000"', "not valid YAML: a number or character code on this line is impossible"),
        ("server: {port: .inf}", "server.port: .inf is not a number that can be used; put it in quotes if it is text"),
        ("server: {port: 1e999}", "server.port: a number this large cannot be used; put it in quotes if it is text"),
        (
            "server: {port: 9223372036854775808}",
            "server.port: a number this large cannot be used; put it in quotes if it is text",
        ),
    ],
)
def test_what_has_no_meaning_is_refused(load: Loader, written: str, complaint: str) -> None:
    message = load.refusal(HEAD + written)

    assert message == f"station.yaml:2: {complaint}"


def _bomb(levels: int) -> str:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    for level in range(1, levels):
        aliases = ", ".join([f"*a{level - 1}"] * 9)
        lines.append(f"a{level}: &a{level} [{aliases}]")
    return "\n".join(lines)


TOO_MANY = "holds more than 10000 values, its aliases written out; a configuration needs far fewer"
TOO_DEEP = "nested more than 32 deep; a configuration needs far less"
TOO_LARGE_NUMBER = "a number this large cannot be used; put it in quotes if it is text"
MERGES = "\n".join(["b: &b {" + ", ".join(f"k{key}: 1" for key in range(100)) + "}"] + ["- {<<: *b}"] * 1000)


@pytest.mark.parametrize(
    ("written", "complaint"),
    [
        (_bomb(9), f":6: {TOO_MANY}"),
        ("x: " + "[" * 10_000, f":2: {TOO_DEEP}"),
        ("x: " + "[" * 10_000 + "]" * 10_000, f":2: {TOO_DEEP}"),
        ("x: " + "{a: " * 10_000, f":2: {TOO_DEEP}"),
        ("x: " + "{<<: " * 10_000, f":2: {TOO_DEEP}"),
        ("x:\n  " + "- " * 10_000, f":3: {TOO_DEEP}"),
        ("? " * 10_000, ":2: a key must be text; put a value that begins with a brace or bracket in quotes"),
        ("x:\n" + "- 1\n" * 200_000, f":{2 + MAX_NODES - 4}: {TOO_MANY}"),
        ("x: &a\n  <<: *a", ":3: x: *a stands inside what it names; a value cannot hold itself"),
        ("a: &a " + "[" * 20 + "]" * 20 + "\nb: " + "[" * 20 + "*a" + "]" * 20, f":3: {TOO_DEEP}"),
        ("x: &a [*a]", ":2: x[0]: *a stands inside what it names; a value cannot hold itself"),
        ("x: &a\n  <<: {<<: *a}", ":3: x: *a stands inside what it names; a value cannot hold itself"),
        (
            "b: &b {" + "".join(f"k{key}: 1, " for key in range(100)) + "}\nx:\n" + "- {<<: *b}\n" * 1000,
            f":100: {TOO_MANY}",
        ),
        ("server: {port: " + "9" * 500_000 + "}", f":2: server.port: {TOO_LARGE_NUMBER}"),
        ("server: {port: 0x" + "f" * 500_000 + "}", f":2: server.port: {TOO_LARGE_NUMBER}"),
        ("%YAML 1." + "9" * 5000, None),
        ("# " + "x" * 5_000_000, ": is larger than 1024 KiB; a configuration needs far less"),
    ],
    ids=[
        "aliases",
        "lists",
        "closed lists",
        "mappings",
        "merges in merges",
        "dashes",
        "keys in keys",
        "items",
        "merge loop",
        "depth by alias",
        "list loop",
        "inner merge loop",
        "merges",
        "digits",
        "hex digits",
        "version",
        "megabytes",
    ],
)
def test_bombs_are_refused_within_a_second(load: Loader, written: str, complaint: str | None) -> None:
    started = time.process_time()
    message = load.refusal(HEAD + written if complaint is not None else written + "\n---\n" + HEAD)
    took = time.process_time() - started

    expected = complaint or ":1: not valid YAML: a number or character code on this line is impossible"
    assert message == f"station.yaml{expected}"
    assert took < 1
