"""Finds what is too small to be pressed."""

from tests.browser.screen import Screen

TARGET = 44
"""Pixels of whatever is pressed on the engineer's screen, at least."""
_SMALL = """target => [...document.querySelectorAll('button, select, textarea, [role=tab], [role=combobox], input')]
  .filter(one => !['checkbox', 'radio', 'search'].includes(one.type) && one.checkVisibility())
  .map(one => [one.getBoundingClientRect().height, one.getAttribute('aria-label') ?? one.innerText])
  .filter(([height]) => height > 0 && height < target)
  .map(([height, name]) => `${name}: ${height}`)"""


def too_small(screen: Screen) -> list[str]:
    """Everything that is pressed or typed into and is lower than it must be; a box with its label is larger than it."""
    found: list[str] = screen.page.evaluate(_SMALL, TARGET)
    return found
