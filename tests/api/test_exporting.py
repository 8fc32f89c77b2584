"""Cells that no spreadsheet takes for a formula."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.exporting import cell


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
        ("+82-2", "'+82-2"),
        ("-x", "'-x"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\tx", "'\tx"),
        ("\rx", "'\rx"),
        ("-5.0", "-5.0"),
        ("+1e-3", "+1e-3"),
        (-5, "-5"),
        (-1.5e-7, "-1.5e-07"),
        (True, "true"),
        (None, ""),
        ("불량", "불량"),
        (["=x"], '["=x"]'),
        ("-1+cmd|' /C calc'!A0", "'-1+cmd|' /C calc'!A0"),
    ],
)
def test_cells(value: object, written: str) -> None:
    assert cell(value) == written


@given(st.text())
def test_no_text_begins_a_formula(text: str) -> None:
    written = cell(text)

    if written.startswith(("=", "+", "-", "@", "\t", "\r")):
        float(written)
    assert written in {text, f"'{text}"}
