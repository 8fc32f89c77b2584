"""A sequence package, verified and loaded: its manifest, its sequence class, its drivers and its steps."""

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from types import ModuleType
from typing import Any

from station.domain.errors import PackageError, PackageNotFoundError
from station.domain.plan import PackageRef
from station.domain.values import ValueSpec
from station.execution.asking import has_picture
from station.execution.decorators import SEQUENCE_MARK, SequenceMark
from station.execution.findings import Finding, errors_among
from station.execution.hashing import content_hash
from station.execution.importing import forget, import_from, module_name_for
from station.execution.manifest import MANIFEST, HardwareSpec, Manifest, manifest_in
from station.execution.steps import StepDefinition, parameters_of, step_findings, steps_of


@dataclass(frozen=True)
class Package:
    """One version of a sequence package, ready to run.

    Attributes:
        manifest: What manifest.yaml says.
        ref: Name, version and content hash.
        root: Folder it was loaded from.
        sequence_class: The class marked with `@sequence`.
        drivers: Driver classes by hardware id, in the manifest's order.
        steps: What decorators and manifest say together, cleanup steps last.
        parameters: What a start may set.
        warnings: What is odd but usable.
    """

    manifest: Manifest
    ref: PackageRef
    root: Path
    sequence_class: type
    drivers: dict[str, type]
    steps: tuple[StepDefinition, ...]
    parameters: dict[str, ValueSpec]
    warnings: tuple[Finding, ...] = field(default=())

    def step(self, name: str) -> StepDefinition | None:
        """Find a step by name."""
        return next((step for step in self.steps if step.name == name), None)


@dataclass(frozen=True)
class Outline:
    """What can be said about a package without importing any of its code.

    Attributes:
        drivers: For each hardware id the driver's module, relative to the package.
    """

    root: Path
    manifest: Manifest
    module: str
    drivers: dict[str, str]
    content_hash: str


def load_package(path: Path) -> Package:
    """Verify a package and import it into this process.

    Raises:
        PackageNotFoundError: If there is no such folder.
        PackageError: If the package cannot be used; the message lists every finding, `facts["findings"]` has them.
    """  # noqa: DOC501,DOC502 - made by `refusal`
    package, findings = inspect_package(path)
    if package is None:
        raise refusal(path, findings)
    return package


def inspect_package(path: Path) -> tuple[Package | None, list[Finding]]:
    """Verify a package as `load_package` does, and give the findings instead of raising them."""
    outline, findings = read_outline(path)
    if outline is None:
        return None, findings
    package, more = _import_outline(outline, [finding for finding in findings if finding.severity == "warning"])
    return package, findings + more


def read_outline(path: Path) -> tuple[Outline | None, list[Finding]]:
    """Verify what can be verified without running any code of the package.

    Returns:
        The outline, or None where an error was found, and the findings.
    """
    root = path.resolve()
    if not root.is_dir():
        return None, [Finding(code="MISSING_DIR", message=f"there is no package folder {path}")]
    try:
        digest = content_hash(root)
    except PackageError as error:
        return None, [Finding(code="INVALID_SCHEMA", message=error.message)]
    manifest, findings = manifest_in(root)
    if manifest is None:
        return None, findings
    if manifest.name != root.name:
        message = f"the package is called {manifest.name} but its folder {root.name}; rename one of them"
        findings.append(Finding(code="NAME_MISMATCH", file=MANIFEST, message=message))
    module = _entry_module(root, manifest)
    if module is None:
        message = (
            f"`entry_point.module` is {manifest.entry_point.module}, but the package has no such file; "
            "name a file of the package without `.py`, as in `sequence`"
        )
        findings.append(Finding(code="MISSING_MODULE", file=MANIFEST, message=message))
    findings += _missing_pictures(root, manifest)
    drivers = {}
    for hardware_id, spec in manifest.hardware.items():
        found = find_driver(root, spec.driver)
        if found is None:
            findings.append(_missing_driver(root, hardware_id, spec))
        else:
            drivers[hardware_id] = found
    if module is None or errors_among(findings):
        return None, findings
    return Outline(root, manifest, module, drivers, digest), findings


def find_driver(root: Path, driver: str) -> str | None:
    """Find a driver's module: `./drivers/dmm.py`, `drivers.dmm`, `sequences.X.drivers.dmm` or `dmm`.

    Returns:
        The module's dotted name relative to the package, or None.
    """
    if "/" in driver or driver.endswith(".py"):
        parts = PurePosixPath(driver.removesuffix(".py")).parts
    else:
        parts = tuple(driver.removeprefix(f"sequences.{root.name}.").split("."))
    if not parts or any(not part.isidentifier() for part in parts):
        return None
    if _is_module(root, parts):
        return ".".join(parts)
    if len(parts) == 1:
        folders = sorted(
            folder for folder in root.rglob("*") if folder.is_dir() and not folder.name.startswith((".", "_"))
        )
        for folder in [root / "drivers", *folders]:
            place = (*folder.relative_to(root).parts, *parts)
            if _is_module(root, place):
                return ".".join(place)
    return None


def _entry_module(root: Path, manifest: Manifest) -> str | None:
    module = manifest.entry_point.module.removesuffix(".py").removeprefix("./").replace("/", ".")
    for prefix in ("", f"{root.name}.", f"sequences.{root.name}."):
        parts = tuple(module.removeprefix(prefix).split("."))
        if all(part.isidentifier() for part in parts) and _is_module(root, parts):
            return ".".join(parts)
    return None


def _missing_pictures(root: Path, manifest: Manifest) -> list[Finding]:
    pictures = [(step.name, step.prompt.picture) for step in manifest.steps if step.prompt and step.prompt.picture]
    return [
        Finding(
            code="MISSING_FILE",
            file=MANIFEST,
            message=f"the prompt of step {step} shows {picture}, but the package has no such file",
        )
        for step, picture in pictures
        if not has_picture(root, picture)
    ]


def _is_module(root: Path, parts: Sequence[str]) -> bool:
    place = root.joinpath(*parts)
    return (place.parent / f"{place.name}.py").is_file() or (place / "__init__.py").is_file()


def _missing_driver(root: Path, hardware_id: str, spec: HardwareSpec) -> Finding:
    path = PurePosixPath(spec.driver)
    if "/" in spec.driver and ".." not in path.parts and not root.joinpath(*path.parent.parts).is_dir():
        message = f"instrument {hardware_id}: the package has no folder {path.parent} to hold the driver {spec.driver}"
        return Finding(code="MISSING_DIR", file=MANIFEST, message=message)
    message = (
        f"instrument {hardware_id}: there is no driver {spec.driver} in the package; "
        "write `./drivers/dmm.py`, `drivers.dmm` or `dmm` for the file drivers/dmm.py"
    )
    return Finding(code="MISSING_DRIVER", file=MANIFEST, message=message)


def _import_outline(outline: Outline, warnings: list[Finding]) -> tuple[Package | None, list[Finding]]:
    unique = module_name_for(outline.root, outline.manifest.name, outline.content_hash)
    cls, findings = _import_sequence(outline, unique)
    drivers: dict[str, type] = {}
    if not errors_among(findings):
        for hardware_id, module in outline.drivers.items():
            driver, more = _import_driver(outline, unique, hardware_id, module)
            findings += more
            if driver is not None:
                drivers[hardware_id] = driver
    if cls is None or errors_among(findings):
        forget(unique)
        return None, findings
    manifest = outline.manifest
    steps = steps_of(cls, manifest)
    parameters = parameters_of(cls, manifest)
    findings += step_findings(steps, manifest, parameters, cls, _file_of(outline.module))
    if errors_among(findings):
        forget(unique)
        return None, findings
    findings += _missing_commands(drivers, manifest)
    ref = PackageRef(name=manifest.name, version=manifest.version, content_hash=outline.content_hash)
    package = Package(manifest, ref, outline.root, cls, drivers, steps, parameters, (*warnings, *findings))
    return package, findings


def _import_sequence(outline: Outline, unique: str) -> tuple[type | None, list[Finding]]:
    file = _file_of(outline.module)
    module, findings = _import_module(outline, unique, outline.module)
    if module is None:
        return None, findings
    name = outline.manifest.entry_point.class_name
    cls = getattr(module, name, None)
    if not inspect.isclass(cls):
        message = f"{file} has no class {name}, which `entry_point.class` names"
        return None, [Finding(code="MISSING_CLASS", file=file, message=message)]
    mark = vars(cls).get(SEQUENCE_MARK)
    if not isinstance(mark, SequenceMark):
        message = f"class {name} is not marked; write @sequence({outline.manifest.name!r}) above it"
        return None, [Finding(code="MISSING_DECORATOR", file=file, message=message)]
    if mark.name != outline.manifest.name:
        message = f"@sequence says {mark.name}, the manifest {outline.manifest.name}; the manifest wins"
        findings.append(Finding(code="NAME_MISMATCH", severity="warning", file=file, message=message))
    return cls, findings


def _import_driver(
    outline: Outline, unique: str, hardware_id: str, module_name: str
) -> tuple[type | None, list[Finding]]:
    module, findings = _import_module(outline, unique, module_name)
    if module is None:
        return None, findings
    name = outline.manifest.hardware[hardware_id].class_name
    cls: Any = getattr(module, name, None)
    if not inspect.isclass(cls):
        message = f"{_file_of(module_name)} has no class {name}, which `hardware.{hardware_id}.class` names"
        return None, [Finding(code="MISSING_DRIVER", file=_file_of(module_name), message=message)]
    absent = [name for name in ("connect", "disconnect") if not callable(getattr(cls, name, None))]
    if absent:
        message = f"class {cls.__name__} has no {' and no '.join(absent)}; derive it from station.sdk.Driver"
        return None, [Finding(code="MISSING_DRIVER", file=_file_of(module_name), message=message)]
    return cls, findings


def _missing_commands(drivers: Mapping[str, type], manifest: Manifest) -> list[Finding]:
    """Name the manual commands that no driver has; the others can be used."""
    return [
        Finding(
            code="UNKNOWN_COMMAND",
            severity="warning",
            file=MANIFEST,
            message=f"hardware.{name}.manual_commands: class {driver.__name__} has no method {command.name}",
        )
        for name, driver in drivers.items()
        for command in manifest.hardware[name].manual_commands
        if not callable(getattr(driver, command.name, None))
    ]


def _import_module(outline: Outline, unique: str, module: str) -> tuple[ModuleType | None, list[Finding]]:
    try:
        return import_from(outline.root, unique, module), []
    except (Exception, SystemExit) as error:  # noqa: BLE001 - package code may raise anything, also "please exit"
        what = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        message = f"importing it fails with {what.replace(f'{unique}.', '')}"
        if isinstance(error, ModuleNotFoundError):
            message += "; install it, or import files of the package relatively (`from .drivers.dmm import Dmm`)"
        line = error.lineno if isinstance(error, SyntaxError) else _line_within(error, outline.root)
        return None, [Finding(code="MISSING_MODULE", file=_file_of(module), line=line, message=message)]


def _line_within(error: BaseException, root: Path) -> int | None:
    """Find the last line of the package in a traceback."""
    line = None
    frame = error.__traceback__
    while frame is not None:
        if Path(frame.tb_frame.f_code.co_filename).is_relative_to(root):
            line = frame.tb_lineno
        frame = frame.tb_next
    return line


def _file_of(module: str) -> str:
    return f"{module.replace('.', '/')}.py"


def refusal(path: Path, findings: Sequence[Finding]) -> PackageError:
    """Make the error that lists every finding."""
    errors = errors_among(findings)
    facts = [finding.model_dump(mode="json") for finding in findings]
    if any(finding.code == "MISSING_DIR" and not finding.file for finding in errors):
        return PackageNotFoundError(f"there is no sequence package at {path}", findings=facts)
    lines = "\n".join(f"  {finding}" for finding in errors)
    return PackageError(f"sequence package {path.name} cannot be used:\n{lines}", findings=facts)
