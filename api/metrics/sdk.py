"""The Temporal SDK's own metrics of all processes as one page: which process says so is a label."""

from collections.abc import Mapping


def merged(pages: Mapping[str, str]) -> str:
    """Put pages in Prometheus' text together, so that each family is there once.

    Args:
        pages: The page of each process.
    """
    families: dict[str, list[str]] = {}
    for process, page in pages.items():
        family: list[str] = []
        for line in page.splitlines():
            if line.startswith("# "):
                _, kind, name, *_ = line.split(" ", 3)
                family = families.setdefault(name, [])
                if not any(one.startswith(f"# {kind} ") for one in family[:2]):
                    family.insert(0 if kind == "HELP" else len(family), line)
            elif line:
                family.append(_labelled(line, process))
    return "".join(f"{line}\n" for family in families.values() for line in family)


def _labelled(line: str, process: str) -> str:
    name, brace, labels = line.partition("{")
    if brace and " " not in name:
        return f'{name}{{process="{process}",{labels}'
    name, _, value = line.partition(" ")
    return f'{name}{{process="{process}"}} {value}'
