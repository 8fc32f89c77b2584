"""A configuration's text is shown without its secrets; edited, it gets them back, but never where they would show."""

from pathlib import Path

import pytest

from station.config.document import DocumentError
from station.config.masking import mask, unmask

SECRETS = ("abc123", "old456", "older789", "key-one", "key-two", "hello there", "plain-secret", "pw-of-db", "pw-of-plc",
           "4711", "pw-in-a-comment", "typed-wrong")  # fmt: skip
TEXT = """station: {id: a, name: "A"}
backend:
  api_key: "abc123"   # was api_key: "old456"
  # api_key: 'older789'
  password: "${PW}"
  # password: "${PW}"
  apikey: typed-wrong
server:
  auth:
    api_key:
      keys: [key-one, "${X}", 'key-two']
    basic:
      password_hash: |
        hello there
    jwt:
      secret_key: &k plain-secret
database:
  url: postgresql://u:pw-of-db@h/db
batches:
  - id: x
    sequence_package: s
    hardware:
      a: {endpoint: "opc.tcp://u:pw-of-plc@h", pin: 4711, port: 12}
# database url: postgresql://u:pw-in-a-comment@h/db
"""


def test_no_secret_is_shown_and_references_stay() -> None:
    shown = mask(TEXT)

    assert [secret for secret in SECRETS if secret in shown] == []
    assert shown.count("${PW}") == 2
    assert 'keys: ["<secret 5>", "${X}", "<secret 6>"]' in shown
    assert "port: 12" in shown


def test_the_example_of_the_project_has_no_secret() -> None:
    example = Path("config/station.yaml").read_text(encoding="utf-8")

    assert mask(example) == example


def test_what_was_not_edited_gets_its_secrets_back_untouched() -> None:
    one_line = '"hello there\\n"'  # over several lines it would depend on where it stands

    assert unmask(mask(TEXT), TEXT) == TEXT.replace("|\n        hello there", one_line)


def test_secrets_survive_lines_that_are_added_and_moved() -> None:
    edited = mask(TEXT).replace("backend:\n", "shutdown: resume\nbackend:\n  auth: api_key\n")

    restored = unmask(edited, TEXT)

    assert '  auth: api_key\n  api_key: "abc123"' in restored


def test_a_secret_is_replaced_by_what_is_written_instead() -> None:
    edited = mask(TEXT).replace('"<secret 1>"', '"brand-new"').replace('["<secret 5>", ', "[")

    restored = unmask(edited, TEXT)

    assert 'api_key: "brand-new"' in restored
    assert "abc123" not in restored
    assert "keys: [\"${X}\", 'key-two']" in restored


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('name: "A"', 'name: "<secret 1>"'),
        ("port: 12", "port: <secret 10>"),
        ("port: 12", "token: <secret 1>"),
        ("station: {", "station: {description: <secret 9>, "),
        ("backend:\n", "backend: # <secret 2>\n"),
        ("backend:\n", "backend: # <secret 1>\n"),
        ("<secret 1>", "<secret 99>"),
        ("<secret 1>", "<secret 0>"),
        ('"<secret 1>"', "<secret 2>"),
        ('"<secret 1>"', '{station: "<secret 1>"}'),
    ],
)
def test_a_secret_never_moves_to_where_it_would_be_shown(before: str, after: str) -> None:
    edited = mask(TEXT).replace(before, after, 1)
    assert edited != mask(TEXT)

    with pytest.raises(DocumentError, match="only stand where"):
        unmask(edited, TEXT)


def test_a_mark_that_is_no_value_stays_a_mark() -> None:
    edited = mask(TEXT) + '"<secret 1>": "see <secret 2>"\nx: "# <secret 3>"\n'

    assert unmask(edited, TEXT).endswith('"<secret 1>": "see <secret 2>"\nx: "# <secret 3>"\n')


def test_a_secret_behind_an_alias_is_hidden_where_it_stands() -> None:
    text = "station: {id: a, name: &n shared-secret}\nbackend: {api_key: *n}\n"

    assert mask(text) == 'station: {id: a, name: &n "<secret 1>"}\nbackend: {api_key: *n}\n'


def test_what_is_no_yaml_is_not_shown_at_all() -> None:
    with pytest.raises(DocumentError):
        mask("backend: {api_key: abc123")
