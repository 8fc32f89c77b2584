"""Imports a package's code under a module name of its own, so that several versions live in one process."""

import importlib
import importlib.machinery
import importlib.util
import sys
import threading
from collections.abc import Sequence
from hashlib import sha256
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import CodeType, ModuleType

PREFIX = "station_package_"


class _SourceLoader(importlib.machinery.SourceFileLoader):
    """Compiles the source each time: nothing is written into the package, and no stale or planted bytecode is run."""

    def get_code(self, fullname: str) -> CodeType | None:
        path = self.get_filename(fullname)
        code: CodeType = self.source_to_code(self.get_data(path), path)
        return code


class _PackageFinder(MetaPathFinder):
    """Finds modules below the roots registered with it; folders need no `__init__.py`."""

    def __init__(self) -> None:
        self.roots: dict[str, Path] = {}

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        head, _, rest = fullname.partition(".")
        root = self.roots.get(head)
        if root is None:
            return None
        place = root.joinpath(*rest.split(".")) if rest else root
        source = place.parent / f"{place.name}.py"
        if rest and source.is_file():
            return importlib.util.spec_from_file_location(fullname, source, loader=_SourceLoader(fullname, str(source)))
        if place.is_dir():
            return _folder_spec(fullname, place)
        return importlib.machinery.PathFinder.find_spec(fullname, [str(place.parent)])


def _folder_spec(fullname: str, folder: Path) -> ModuleSpec | None:
    init = folder / "__init__.py"
    if init.is_file():
        loader = _SourceLoader(fullname, str(init))
        return importlib.util.spec_from_file_location(
            fullname, init, loader=loader, submodule_search_locations=[str(folder)]
        )
    spec = ModuleSpec(fullname, None, is_package=True)
    spec.submodule_search_locations = [str(folder)]
    return spec


_finder = _PackageFinder()
_lock = threading.Lock()


def module_name_for(root: Path, name: str, content_hash: str) -> str:
    """Name the module of one version of a package at one place."""
    place = sha256(str(root).encode()).hexdigest()[:8]
    return f"{PREFIX}{name}_{content_hash[:16]}_{place}"


def import_from(root: Path, unique: str, module: str) -> ModuleType:
    """Import one module of a package; what it imports relatively comes from the same folder.

    Args:
        root: The package's folder.
        unique: From `module_name_for`.
        module: Dotted, relative to the folder; `sequence` or `drivers.dmm`.

    Raises:
        BaseException: Whatever the module raises while it is imported, `SystemExit` included.
    """  # noqa: DOC502
    with _lock:
        if _finder not in sys.meta_path:
            sys.meta_path.insert(0, _finder)
        _finder.roots[unique] = root
    return importlib.import_module(f"{unique}.{module}")


def forget(unique: str) -> None:
    """Forget a package that could not be imported, so that the next try begins afresh."""
    for name in [name for name in sys.modules if name == unique or name.startswith(f"{unique}.")]:
        del sys.modules[name]
