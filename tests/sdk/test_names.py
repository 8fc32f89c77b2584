"""The SDK has every name an author needs, and only those."""

import ast
from pathlib import Path

import station.sdk

SEQUENCES = Path(__file__).parents[2] / "sequences"


def test_the_names_are_sorted_and_all_there() -> None:
    assert station.sdk.__all__ == [
        "CommunicationError",
        "CriticalError",
        "Driver",
        "EqualsLimit",
        "HardwareConnectionError",
        "HardwareError",
        "Limit",
        "Measurement",
        "OneOfLimit",
        "OpcUaTransport",
        "RangeLimit",
        "RecoverableError",
        "RegexLimit",
        "ScpiDriver",
        "SerialTransport",
        "StepContext",
        "StepError",
        "TcpTransport",
        "TestFailure",
        "TestSkipped",
        "Tick",
        "UnitUnderTest",
        "WarningError",
        "WithinPercentLimit",
        "ask",
        "parameter",
        "sequence",
        "step",
    ]
    assert all(hasattr(station.sdk, name) for name in station.sdk.__all__)


def test_nothing_else_is_imported_into_it() -> None:
    tree = ast.parse(Path(station.sdk.__file__).read_text(encoding="utf-8"))

    imported = [alias.name for node in tree.body if isinstance(node, ast.ImportFrom) for alias in node.names]

    assert sorted(imported) == sorted(station.sdk.__all__)


def test_sequences_import_the_sdk_alone() -> None:
    for file in SEQUENCES.rglob("*.py"):
        if file.name.startswith("test_"):
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and not node.level:
                assert node.module in {"station.sdk", "typing", "collections.abc"}, f"{file}: {node.module}"
