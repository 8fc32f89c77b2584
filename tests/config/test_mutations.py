"""Whatever is done to the example, it loads or is refused with a message: nothing else comes out."""

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from station.config.load import load_config
from station.domain.errors import ConfigError

EXAMPLE = (Path(__file__).parents[2] / "config" / "station.yaml").read_bytes()
LINES = EXAMPLE.splitlines(keepends=True)

FRAGMENTS = [
    *(b"\t", b"\0", b"\r", b"\xff", b"\xc2\x85", b"\xef\xbb\xbf", b"---\n", b"...\n", b"%", b"#"),
    *(b"&a ", b"*a", b"<<: *a", b"!!python/none ", b"!!int ", b"- ", b"? ", b": ", b"|\n", b">\n"),
    *(b"{", b"}", b"[", b"]", b"'", b'"', b"${", b"${X}", b"$${", b"\\ud800", b'"\\UFFFFFFFF"'),
    *(b"~", b"null", b"true", b"-1", b".inf", b"1e999", b"0x", b"0.0000001", b"9" * 30),
]


def _outcome(content: bytes, environ: Mapping[str, str]) -> None:
    with TemporaryDirectory() as folder:
        file = Path(folder, "station.yaml")
        file.write_bytes(content)
        lines: list[str] = []
        try:
            load_config(file, environ)
        except ConfigError as error:
            lines = error.message.split("\n")
        assert [line for line in lines if not line.startswith((str(file), "STATION_"))] == []


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_fragments_put_anywhere_never_break_the_loader(data: st.DataObject) -> None:
    content = EXAMPLE

    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content)))
        cut = data.draw(st.integers(0, 20))
        fragment = data.draw(st.sampled_from(FRAGMENTS) | st.binary(max_size=6))
        content = content[:at] + fragment + content[at + cut :]

    _outcome(content, {"X": "1"})


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_lines_moved_doubled_and_dropped_never_break_the_loader(data: st.DataObject) -> None:
    lines = list(LINES)

    for _ in range(data.draw(st.integers(1, 6))):
        source = data.draw(st.integers(0, len(lines) - 1))
        target = data.draw(st.integers(0, len(lines) - 1))
        match data.draw(st.sampled_from(["move", "double", "drop", "indent"])):
            case "move":
                lines.insert(target, lines.pop(source))
            case "double":
                lines.insert(target, lines[source])
            case "drop":
                del lines[source]
            case _:
                lines[source] = b"  " + lines[source]

    _outcome(b"".join(lines), {})


VALUES = st.recursive(
    st.sampled_from(["", "~", "true", "-1", "0", "1e308", "'", '"x"', "a b", "\u2028", "x" * 300, "[[", "한글", "(?i"]),
    lambda inner: st.lists(inner, max_size=3).map(lambda items: "[" + ", ".join(items) + "]"),
    max_leaves=4,
)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_other_values_never_break_the_loader(data: st.DataObject) -> None:
    lines = list(LINES)

    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(lines) - 1))
        key = lines[at].partition(b":")[0]
        lines[at] = key + b": " + data.draw(VALUES).encode() + b"\n"

    _outcome(b"".join(lines), {})


NAMES = st.lists(
    st.sampled_from(
        [
            "SERVER",
            "PORT",
            "BATCHES",
            "0",
            "3",
            "99",
            "HARDWARE",
            "DMM",
            "AUTH",
            "WHITELIST",
            "ID",
            "",
            "_",
            "DATA_DIR",
            "é",
        ]
    ),
    min_size=1,
    max_size=5,
).map(lambda parts: "STATION_" + "__".join(parts))


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(NAMES, VALUES | st.text(max_size=10), max_size=5))
def test_overrides_never_break_the_loader(environ: dict[str, str]) -> None:
    _outcome(EXAMPLE, environ)
