"""A wrong station.yaml is refused with one line for each mistake: where it is, what is wrong, what to write."""

from pathlib import Path

import pytest

from station.config.load import EXIT_CONFIG, load_config
from station.domain.errors import ConfigError
from tests.config.conftest import HEAD, Loader


def test_the_exit_code_is_that_of_a_wrong_configuration() -> None:
    assert EXIT_CONFIG == 78


def test_an_unknown_key_is_answered_with_the_one_that_was_meant(load: Loader) -> None:
    text = HEAD + "batches:\n  - id: batch_1\n    sequence_packge: sequences/pcb_test\n"

    message = load.refusal(text)

    assert message == 'station.yaml:4: batches[0].sequence_packge: unknown key; did you mean "sequence_package"?'


def test_a_key_that_resembles_none_is_answered_with_all(load: Loader) -> None:
    message = load.refusal(HEAD + "logging:\n  colour: red\n")

    assert message == "station.yaml:3: logging.colour: unknown key; logging has level, file, max_size, backup_count"


def test_an_odd_key_stays_on_one_line(load: Loader) -> None:
    message = load.refusal(HEAD + 'server: {"x\\ny": 1}\n')

    assert (
        message == 'station.yaml:2: server."x\\ny": unknown key; '
        "server has enabled, host, port, allowed_hosts, rate_limit, upload_max, auth"
    )


def test_a_long_key_is_cut(load: Loader) -> None:
    message = load.refusal(HEAD + f"server: {{{'x' * 500}: 1}}\n")

    assert (
        message == f'station.yaml:2: server."{"x" * 60}" ...: unknown key; '
        "server has enabled, host, port, allowed_hosts, rate_limit, upload_max, auth"
    )


def test_a_station_id_that_is_no_text_is_told_once(load: Loader) -> None:
    message = load.refusal("station: {id: 7, name: Station 1}")

    assert message == (
        "station.yaml:1: station.id: must be 1 to 64 letters, digits, underscores, dots or hyphens, not 7; "
        "put it in quotes"
    )


def test_a_station_id_too_long_for_the_mes_is_told_once(load: Loader) -> None:
    message = load.refusal(f"station: {{id: {'x' * 1001}, name: Station 1}}")

    assert message == (
        "station.yaml:1: station.id: must be 1 to 64 letters, digits, underscores, dots or hyphens, "
        f'not "{"x" * 60}" ...'
    )


def test_a_required_key_is_missed(load: Loader) -> None:
    message = load.refusal("server:\n  port: 1\nstation:\n  name: Station 1\n")

    assert message == (
        "station.yaml:3: station.id: is missing; it must be 1 to 64 letters, digits, underscores, dots or hyphens"
    )


@pytest.mark.parametrize(
    ("written", "place", "complaint"),
    [
        ("server: {port: abc}", "server.port", 'must be a whole number from 0 to 65535, not "abc"'),
        ("server: {port: 1.5}", "server.port", "must be a whole number from 0 to 65535, not 1.5"),
        ("server: {port: true}", "server.port", "must be a whole number from 0 to 65535, not true"),
        ("server: {port: }", "server.port", "must be a whole number from 0 to 65535, not empty"),
        ("server: {port: [1]}", "server.port", "must be a whole number from 0 to 65535, not a list"),
        ("server: {port: {}}", "server.port", "must be a whole number from 0 to 65535, not a mapping"),
        (
            "server: {host: 127}",
            "server.host",
            'must be an address or host name such as "127.0.0.1", not 127; put it in quotes',
        ),
        (
            "backend: {timeout: true}",
            "backend.timeout",
            "must be a number of seconds, more than 0 and at most 31536000, not true",
        ),
        ("logging: {max_size: 1B}", "logging.max_size", 'must be a size from 1KB to 10GB, such as "10MB", not "1B"'),
        ("data_dir: ''", "data_dir", 'must be a path, not ""'),
        ("backend: {auto_convert: maybe}", "backend.auto_convert", 'must be true or false, not "maybe"'),
        (
            "backend: {timeout: soon}",
            "backend.timeout",
            'must be a number of seconds, more than 0 and at most 31536000, not "soon"',
        ),
        (
            "backend: {wip_pattern: '('}",
            "backend.wip_pattern",
            "must be a regular expression of at most 200 characters",
        ),
        (
            "backend: {url: 'ftp://me:hush@mes'}",
            "backend.url",
            'must be empty, or an address such as "http://mes.local:3000", not "ftp://***@mes"',
        ),
        (
            "logging: {max_size: huge}",
            "logging.max_size",
            'must be a size from 1KB to 10GB, such as "10MB", not "huge"',
        ),
        ("batches: 7", "batches", 'must be a list (lines that begin with "- "), not 7'),
        (
            "batches: [{id: a, sequence_package: a, resource_limits: {cpu_affinity: []}}]",
            "batches[0].resource_limits.cpu_affinity",
            'must be a list (lines that begin with "- ") with at least one item or null, not an empty list',
        ),
        (
            "batches: [{id: a, sequence_package: a, parameters: [1]}]",
            "batches[0].parameters",
            "must be a mapping (lines of `key: value`), not a list",
        ),
    ],
)
def test_a_value_of_the_wrong_kind_is_told_the_right_one(
    load: Loader, written: str, place: str, complaint: str
) -> None:
    message = load.refusal(HEAD + written)

    if "not" not in complaint:
        complaint += ', not "("'
    assert message == f"station.yaml:2: {place}: {complaint}"


@pytest.mark.parametrize(
    ("written", "place", "complaint"),
    [
        ("server: {port: 65536}", "server.port", "must be a whole number from 0 to 65535, not 65536"),
        ("server: {port: -1}", "server.port", "must be a whole number from 0 to 65535, not -1"),
        (
            "backend: {sync_interval: 0}",
            "backend.sync_interval",
            "must be a number of seconds, more than 0 and at most 31536000, not 0",
        ),
        (
            "backend: {online_wait: -1}",
            "backend.online_wait",
            "must be a number of seconds from 0 to 31536000, not -1",
        ),
        (
            "shutdown: stop_run",
            "shutdown",
            'must be one of "resume", "stop_runs", not "stop_run"; did you mean "stop_runs"?',
        ),
        ("shutdown: 7", "shutdown", 'must be one of "resume", "stop_runs", not 7'),
        (
            "batches: [{id: a b, sequence_package: a}]",
            "batches[0].id",
            'must be 1 to 64 letters, digits, underscores, dots or hyphens, not "a b"',
        ),
        (
            "server: {auth: {whitelist: [10.0.0.1/8]}}",
            "server.auth.whitelist[0]",
            'has bits set outside its network; write "10.0.0.0/8" for the network, or the address alone',
        ),
        (
            "server: {auth: {whitelist: [here]}}",
            "server.auth.whitelist[0]",
            'must be an IP address or a network such as "192.168.1.0/24", not "here"',
        ),
        (
            "backend: {url: 'http://me:hush@mes'}",
            "backend.url",
            "must not hold a user, a password, a query or a fragment; the key belongs in backend.api_key",
        ),
        ("station2: 1", "station2", 'unknown key; did you mean "station"?'),
        ('data_dir: "a\\0b"', "data_dir", "must not hold line breaks or control characters"),
    ],
)
def test_a_value_out_of_range_is_told_the_range(load: Loader, written: str, place: str, complaint: str) -> None:
    message = load.refusal(HEAD + written)

    assert message == f"station.yaml:2: {place}: {complaint}"


@pytest.mark.parametrize(
    ("written", "complaint"),
    [
        ("recovery: {backoff_base: 70}", "recovery: backoff_max must not be less than backoff_base"),
        (
            "error_handling: {step_errors: {backoff: 50}}",
            "error_handling.step_errors: backoff_max must not be less than backoff",
        ),
        (
            "execution: {heartbeat_timeout: 1}",
            "execution: heartbeat_timeout must be more than heartbeat_interval",
        ),
        ("temporal: {ui_port: 7233}", "temporal: port, ui_port and metrics_port must all differ"),
    ],
)
def test_values_that_contradict_each_other_are_refused(load: Loader, written: str, complaint: str) -> None:
    message = load.refusal(HEAD + written)

    assert message == f"station.yaml:2: {complaint}"


@pytest.mark.parametrize(
    "written",
    [
        "backend: {api_key: 12345}",
        "server: {auth: {jwt: hush}}",
        "server: {auth: {api_key: {keys: hush}}}",
        'database: {url: "mysql://me:hush@db"}',
        "backend: hush",
        "batches: [{id: a, sequence_package: a, hardware: hush}]",
    ],
)
def test_a_value_that_may_be_secret_is_not_shown(load: Loader, written: str) -> None:
    message = load.refusal(HEAD + written)

    assert "; the value is not shown, it may be secret" in message
    assert "hush" not in message
    assert "12345" not in message


def test_two_batches_of_one_id_are_named_with_both_lines(load: Loader) -> None:
    text = HEAD + (
        "batches:\n"
        "  - id: batch_1\n"
        "    sequence_package: sequences/a\n"
        "  - sequence_package: sequences/b\n"
        "    id: batch_1\n"
    )

    message = load.refusal(text)

    assert message == (
        'station.yaml:6: batches[1].id: the id "batch_1" is that of batches[0] too (line 3); give each batch its own'
    )


def test_a_key_written_twice_is_named_with_both_lines(load: Loader) -> None:
    message = load.refusal(HEAD + "server:\n  port: 1\n  host: localhost\n  port: 2\n")

    assert message == "station.yaml:5: server.port: is written twice, on lines 3 and 5; keep one"


def test_every_mistake_is_told_from_top_to_bottom(load: Loader) -> None:
    text = HEAD + (
        "server:\n"
        "  prot: 8080\n"
        "  port: 99999\n"
        "backend:\n"
        '  api_key: "${MES_KEY}"\n'
        "  timeout: 5\n"
        "  timeout: 6\n"
        "batches:\n"
        "  - id: batch_1\n"
        "  - id: batch_1\n"
        "    sequence_package: sequences/a\n"
        "    auto_start: perhaps\n"
    )

    message = load.refusal(text, {"STATION_SERVER__HOTS": "x"})

    assert message == (
        'station.yaml:3: server.prot: unknown key; did you mean "port"?\n'
        "station.yaml:4: server.port: must be a whole number from 0 to 65535, not 99999\n"
        "station.yaml:6: backend.api_key: the environment does not have MES_KEY; set it before the station starts\n"
        "station.yaml:8: backend.timeout: is written twice, on lines 7 and 8; keep one\n"
        'station.yaml:10: batches[0].sequence_package: is missing; it must be a folder such as "sequences/pcb_test"\n'
        'station.yaml:11: batches[1].id: the id "batch_1" is that of batches[0] too (line 10); '
        "give each batch its own\n"
        'station.yaml:13: batches[1].auto_start: must be true or false, not "perhaps"\n'
        "STATION_SERVER__HOTS: names no setting; did you mean STATION_SERVER__HOST?"
    )


def test_hundreds_of_mistakes_are_counted(load: Loader) -> None:
    message = load.refusal(HEAD + "".join(f"key{number}: 1\n" for number in range(150)))

    lines = message.splitlines()
    assert len(lines) == 101
    assert lines[-1] == "station.yaml: and 50 more problems"


@pytest.mark.parametrize(
    ("written", "line", "complaint"),
    [
        (
            "server:\n  port: 1\n host: x\n",
            4,
            "while parsing a block mapping that begins on line 1, expected <block end>, but found"
            " '<block mapping start>'",
        ),
        ("server: port: 1\n", 2, "mapping values are not allowed here"),
        (
            'data_dir: "data\n',
            3,
            "while scanning a quoted scalar that begins on line 2, found unexpected end of stream",
        ),
    ],
)
def test_text_that_is_no_yaml_is_refused_at_its_line(load: Loader, written: str, line: int, complaint: str) -> None:
    message = load.refusal(HEAD + written)

    assert message == f"station.yaml:{line}: not valid YAML: {complaint}; check indentation, colons and quotes"


@pytest.mark.parametrize("written", ["server:\n\tport: 1\n", "server:\n  port:\t1\n", "server:\n \t port: 1\n"])
def test_tabs_are_called_tabs(load: Loader, written: str) -> None:
    message = load.refusal(HEAD + written)

    assert message == "station.yaml:3: a tab where YAML wants spaces; indent with spaces"


@pytest.mark.parametrize("content", ["", "\n\n", "# a comment\n", "---\n", b"\xef\xbb\xbf"])
def test_an_empty_file_is_told_what_is_needed(load: Loader, content: str | bytes) -> None:
    message = load.refusal(content)

    assert message == "station.yaml: is empty; write at least a `station` section with `id` and `name`"


@pytest.mark.parametrize("content", ["- a\n", "hello\n"])
def test_something_else_than_a_mapping_is_told_what_is_needed(load: Loader, content: str) -> None:
    message = load.refusal(content)

    assert message == (
        "station.yaml:1: is not a mapping (lines of `key: value`); "
        "write at least a `station` section with `id` and `name`"
    )


def test_a_second_document_is_refused(load: Loader) -> None:
    message = load.refusal(HEAD + "---\n" + HEAD)

    assert message == "station.yaml:2: a second document begins here; keep one, without `---` lines"


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (
            (HEAD + "# 스테이션\n").encode("euc-kr"),
            ":2: is not UTF-8 text (it looks like EUC-KR); save the file as UTF-8",
        ),
        (HEAD.encode() + b"# \xff\xff\n", ":2: is not UTF-8 text; save the file as UTF-8"),
        (HEAD.encode("utf-16"), ": is saved as UTF-16; save it as UTF-8"),
        (HEAD.encode() + b"a: \0\n", ":2: holds a NUL byte; remove it"),
        (
            HEAD.encode() + b"a: \x07\n",
            ":2: holds the control character U+0007; remove it",
        ),
    ],
)
def test_a_file_that_is_not_utf_8_text_is_refused(load: Loader, content: bytes, complaint: str) -> None:
    assert load.refusal(content) == f"station.yaml{complaint}"


def test_a_byte_order_mark_does_no_harm(load: Loader) -> None:
    config = load(b"\xef\xbb\xbf" + HEAD.encode())

    assert config.station.id == "ST-001"


def test_a_file_that_is_not_there_is_named(load: Loader) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(Path("config/other.yaml"), {})

    assert caught.value.message == (
        "config/other.yaml: there is no such file; name one, or begin with a copy of the example"
    )
    assert caught.value.facts == {"file": "config/other.yaml"}


def test_a_folder_is_no_file(load: Loader) -> None:
    Path("folder.yaml").mkdir()

    with pytest.raises(ConfigError) as caught:
        load_config(Path("folder.yaml"), {})

    assert caught.value.message == "folder.yaml: is not a file; name a YAML file"


def test_a_name_that_cannot_be_a_file_is_refused() -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(Path("a" * 300), {})

    assert caught.value.message == f"{'a' * 300}: cannot be read: File name too long"
