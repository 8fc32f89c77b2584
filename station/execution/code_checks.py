"""Looks at a package's source without running it, for what works on the author's desk and fails on a line."""

import ast
from collections.abc import Iterator
from pathlib import Path

from station.execution.findings import Finding
from station.execution.identity import IDENTIFY_UNIT

AsyncOrDef = ast.FunctionDef | ast.AsyncFunctionDef

BLOCKING = {
    "time.sleep": "await ctx.sleep(...)",
    "requests": "an async client, or a sync step",
    "urllib.request.urlopen": "an async client, or a sync step",
    "subprocess.run": "asyncio.create_subprocess_exec, or a sync step",
    "subprocess.call": "asyncio.create_subprocess_exec, or a sync step",
    "subprocess.check_call": "asyncio.create_subprocess_exec, or a sync step",
    "subprocess.check_output": "asyncio.create_subprocess_exec, or a sync step",
    "os.system": "asyncio.create_subprocess_exec, or a sync step",
    "serial.Serial": "station.sdk.SerialTransport",
    "socket.create_connection": "station.sdk.TcpTransport",
    "input": "await ctx.prompt(...)",
}
"""Calls that stop everything else on their loop, and what to write instead."""

FRAME_METHODS = {"__init__", "setup", "teardown"}
"""Run again whenever a session is opened, so what they keep on `self` is always there."""

ENERGISING = ("output_on", "power_on", "load_on", "heater_on", "turn_on", "switch_on", "enable_output")
ENERGISING_TEXTS = ("OUTP ON", "OUTP 1", "OUTPUT ON", "OUTPUT 1", "OUTP:STAT ON")


class SourceFile:
    """One source file of a package, parsed."""

    def __init__(self, path: Path, root: Path) -> None:
        self.name = path.relative_to(root).as_posix()
        self.tree = ast.parse(path.read_text(encoding="utf-8"), self.name)
        self._aliases = dict(_aliases(self.tree))

    def finding(self, code: str, severity: str, node: ast.AST, message: str) -> Finding:
        """Make a finding at a place in this file."""
        line = getattr(node, "lineno", None)
        return Finding.model_validate(
            {"code": code, "severity": severity, "file": self.name, "line": line, "message": message}
        )

    def full_name(self, node: ast.expr) -> str:
        """Write a name with where it was imported from: `sleep` is `time.sleep` after `from time import sleep`."""
        if isinstance(node, ast.Attribute):
            return f"{self.full_name(node.value)}.{node.attr}"
        if isinstance(node, ast.Name):
            return self._aliases.get(node.id, node.id)
        return "?"

    def marked(self, decorator: str) -> Iterator[tuple[ast.ClassDef, AsyncOrDef, ast.Call]]:
        """Give the methods with a decorator of the SDK."""
        for owner in (node for node in ast.walk(self.tree) if isinstance(node, ast.ClassDef)):
            for method in owner.body:
                if isinstance(method, AsyncOrDef):
                    for mark in method.decorator_list:
                        if isinstance(mark, ast.Call) and self.full_name(mark.func).split(".")[-1] == decorator:
                            yield owner, method, mark


def check_code(file: SourceFile, root: Path) -> list[Finding]:
    """Say what is doubtful in one source file."""
    return [
        *_kept_on_self(file),
        *_blocking_calls(file),
        *_swallowed_cancels(file),
        *_never_measuring(file),
        *_called_parameters(file),
        *_repeating_prompts(file),
        *_doubtful_identities(file),
        *_foreign_imports(file, root),
    ]


def energised_without_cleanup(files: list[SourceFile]) -> Finding | None:
    """Say where a package switches something on, if it has no cleanup step at all."""
    if any(_is_true(_keyword(mark, "cleanup")) for file in files for _, _, mark in file.marked("step")):
        return None
    for file in files:
        for node in ast.walk(file.tree):
            if isinstance(node, ast.Call) and _switches_on(node):
                message = (
                    "the package switches something on but has no cleanup step; "
                    "add one with @step(..., cleanup=True) that switches it off, whatever happened"
                )
                return file.finding("NO_CLEANUP", "warning", node, message)
    return None


def _kept_on_self(file: SourceFile) -> Iterator[Finding]:
    owners = {id(owner): owner for owner, _, _ in file.marked("step")}
    for owner in owners.values():
        for method in owner.body:
            if not isinstance(method, AsyncOrDef) or method.name in FRAME_METHODS:
                continue
            for target in _assigned(method):
                if not target.attr.startswith("_param_"):
                    message = (
                        f"{method.name} keeps `self.{target.attr}`, which does not survive a crash; "
                        "keep it in ctx.state, or return it"
                    )
                    yield file.finding("STATE_ON_SELF", "warning", target, message)


def _assigned(method: AsyncOrDef) -> Iterator[ast.Attribute]:
    for node in ast.walk(method):
        if (
            isinstance(node, ast.Attribute)
            and isinstance(node.ctx, ast.Store)
            and isinstance(node.value, ast.Name)
            and node.value.id == "self"
        ):
            yield node


def _blocking_calls(file: SourceFile) -> Iterator[Finding]:
    for function in (node for node in ast.walk(file.tree) if isinstance(node, ast.AsyncFunctionDef)):
        for node in _own_nodes(function):
            if not isinstance(node, ast.Call):
                continue
            name = file.full_name(node.func)
            instead = BLOCKING.get(name) or BLOCKING.get(name.split(".")[0] if "." in name else "")
            if instead is not None:
                message = f"{name} in async {function.name} blocks every step and the stop button; use {instead}"
                yield file.finding("BLOCKING_CALL", "warning", node, message)


def _own_nodes(function: AsyncOrDef) -> Iterator[ast.AST]:
    """Walk a function without the functions defined in it."""
    waiting: list[ast.AST] = list(function.body)
    while waiting:
        node = waiting.pop(0)
        yield node
        if not isinstance(node, AsyncOrDef | ast.Lambda):
            waiting += ast.iter_child_nodes(node)


def _swallowed_cancels(file: SourceFile) -> Iterator[Finding]:
    for handler in (node for node in ast.walk(file.tree) if isinstance(node, ast.ExceptHandler)):
        kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
        names = [file.full_name(kind).split(".")[-1] if kind is not None else "" for kind in kinds]
        caught = next((name for name in names if name in {"", "BaseException", "CancelledError"}), None)
        if caught is None or any(isinstance(node, ast.Raise) for node in ast.walk(handler)):
            continue
        what = f"except {caught}" if caught else "a bare except"
        message = f"{what} swallows the request to stop; catch Exception, or raise again at the end"
        yield file.finding("SWALLOWS_STOP", "warning", handler, message)


def _never_measuring(file: SourceFile) -> Iterator[Finding]:
    for _, method, mark in file.marked("step"):
        if not _is_true(_keyword(mark, "cleanup")) and not _may_measure(method):
            message = f"step {method.name} measures nothing and returns nothing; it can only pass or be an error"
            yield file.finding("NEVER_MEASURES", "hint", method, message)


def _may_measure(method: AsyncOrDef) -> bool:
    """Tell whether a step measures, returns something, fails by itself, or gives its context to somebody else."""
    context = method.args.args[1].arg if len(method.args.args) > 1 else None
    for node in ast.walk(method):
        if isinstance(node, ast.Return) and node.value is not None:
            return True
        if isinstance(node, ast.Raise):
            return True
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Attribute) and node.func.attr in {"measure", "defect"}:
                return True
            if any(isinstance(argument, ast.Name) and argument.id == context for argument in node.args):
                return True
    return False


def _called_parameters(file: SourceFile) -> Iterator[Finding]:
    names = {method.name for _, method, _ in file.marked("parameter")}
    for node in ast.walk(file.tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in names
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id == "self"
        ):
            message = f"parameter {node.func.attr} is a value, not a method; write self.{node.func.attr} without ()"
            yield file.finding("PARAMETER_CALLED", "warning", node, message)


def _repeating_prompts(file: SourceFile) -> Iterator[Finding]:
    for _, method, mark in file.marked("step"):
        repeatable = _keyword(mark, "repeatable")
        if not isinstance(repeatable, ast.Constant) or repeatable.value is not False:
            continue
        for node in ast.walk(method):
            if isinstance(node, ast.Attribute) and node.attr in {"prompt", "prompt_sync"}:
                message = (
                    f"step {method.name} must not be repeated, but with each answer it is called again from its first "
                    "line; ask before it, in the manifest, or in a step of its own"
                )
                yield file.finding("PROMPT_REPEATS", "warning", node, message)


def _doubtful_identities(file: SourceFile) -> Iterator[Finding]:
    steps = {id(method) for _, method, _ in file.marked("step")}
    for owner in (node for node in ast.walk(file.tree) if isinstance(node, ast.ClassDef)):
        for method in owner.body:
            if not isinstance(method, AsyncOrDef) or method.name != IDENTIFY_UNIT or id(method) in steps:
                continue
            if not any(isinstance(node, ast.Return) and node.value is not None for node in _own_nodes(method)):
                message = f"{IDENTIFY_UNIT} returns nothing, so no run notices that another unit lies in the slot"
                yield file.finding("UNIT_UNKNOWN", "warning", method, message)
            for node in ast.walk(method):
                if isinstance(node, ast.Call) and _switches_on(node):
                    message = (
                        f"{IDENTIFY_UNIT} switches something on, but it may be another unit that lies in the slot; "
                        "return what can be read without power, or leave it out"
                    )
                    yield file.finding("UNIT_ENERGISED", "warning", node, message)


def _foreign_imports(file: SourceFile, root: Path) -> Iterator[Finding]:
    own = {entry.stem for entry in root.iterdir() if entry.is_dir() or entry.suffix == ".py"}
    for node in ast.walk(file.tree):
        if isinstance(node, ast.ImportFrom):
            modules = [] if node.level else [node.module or ""]
        elif isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        else:
            continue
        for module in modules:
            head = module.split(".")[0]
            if head == "station" and module != "station.sdk":
                message = f"{module} is the inside of the station and changes without notice; use station.sdk"
                yield file.finding("INSIDE_IMPORT", "warning", node, message)
            elif head in own or module.startswith(f"sequences.{root.name}"):
                message = (
                    f"import {module} takes whatever version is on the path; "
                    "write it relatively, as in `from .drivers.dmm import Dmm`"
                )
                yield file.finding("ABSOLUTE_IMPORT", "warning", node, message)


def _switches_on(node: ast.Call) -> bool:
    if isinstance(node.func, ast.Attribute) and node.func.attr in ENERGISING:
        return True
    return any(
        isinstance(argument, ast.Constant)
        and isinstance(argument.value, str)
        and argument.value.upper().startswith(ENERGISING_TEXTS)
        for argument in node.args
    )


def _keyword(call: ast.Call, name: str) -> ast.expr | None:
    return next((keyword.value for keyword in call.keywords if keyword.arg == name), None)


def _is_true(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and node.value is True


def _aliases(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.asname:
                    yield alias.asname, alias.name
        elif isinstance(node, ast.ImportFrom) and not node.level:
            for alias in node.names:
                yield alias.asname or alias.name, f"{node.module}.{alias.name}"
