"""Reads station.yaml and the environment into a `StationConfig`, or says everything that is wrong."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from pydantic import JsonValue, ValidationError

from station.config.codes import ProblemCode
from station.config.document import Document, Node, ScalarNode, line_of, node_at
from station.config.environment import PREFIX, SEPARATOR, apply_overrides, fill_references
from station.config.explain import Sources, double_instruments, duplicate_ids, explain
from station.config.model import StationConfig
from station.config.problems import Problem, closest, report
from station.config.source import read_source
from station.config.tree import Path as Place
from station.domain.errors import ConfigError

EXIT_CONFIG = 78
"""Exit code of a process whose configuration is wrong: EX_CONFIG of sysexits.h."""

_MOST_PACKAGES = 20


def load_config(path: Path, environ: Mapping[str, str]) -> StationConfig:
    """Read the configuration.

    Args:
        path: The YAML file; messages name it as it is given here.
        environ: The environment, for `${NAME}` and for overrides.

    Raises:
        ConfigError: If anything is wrong; its message has one line for each problem found.
    """
    judged = judge(read_source(path), environ)
    if judged.config is None:
        raise ConfigError(report(judged.problems, str(path)), file=str(path)) from None
    return judged.config


@dataclass(frozen=True)
class Judged:
    """What was made of a document.

    Attributes:
        config: None where anything is wrong.
        problems: Everything that is wrong.
    """

    config: StationConfig | None
    problems: list[Problem]


def judge(document: Document, environ: Mapping[str, str]) -> Judged:
    """Make a configuration of what was read, and of the environment."""
    filled = fill_references(document.root, environ)
    apply_overrides(filled, environ)
    sources = Sources(document.root, filled)
    problems = [*document.problems, *filled.problems, *duplicate_ids(sources), *double_instruments(sources)]
    try:
        config = StationConfig.model_validate(filled.data)
    except ValidationError as error:
        # What could not be read is not what was meant: what pydantic says of it would mislead.
        told = {problem.path for problem in problems if problem.path}
        problems += [problem for problem in explain(error, sources) if problem.path not in told]
        return Judged(None, problems)
    return Judged(None if problems else config, problems)


def check_packages(config: StationConfig, path: Path, base_dir: Path) -> None:
    """Make sure that the sequence package of every batch is where the configuration says.

    Args:
        config: What `load_config` read.
        path: The file it was read from; it is read again, for its line numbers.
        base_dir: The folder in which the station is started.

    Raises:
        ConfigError: If a folder or its manifest.yaml is missing; one line for each batch concerned.
    """
    wrong = _wrong_packages(config, base_dir)
    if wrong:
        raise ConfigError(report(_located(wrong, config, read_source(path).root), str(path)), file=str(path))


def package_problems(config: StationConfig, tree: Node, base_dir: Path) -> list[Problem]:
    """Find the batches whose sequence package is not where the configuration says."""
    return _located(_wrong_packages(config, base_dir), config, tree)


def _wrong_packages(config: StationConfig, base_dir: Path) -> dict[int, str]:
    return {
        index: text
        for index, batch in enumerate(config.batches)
        if (text := _wrong_package(batch.sequence_package, base_dir))
    }


def _located(wrong: Mapping[int, str], config: StationConfig, tree: Node) -> list[Problem]:
    problems = []
    for index, text in wrong.items():
        place: Place = ("batches", index, "sequence_package")
        line, variable = _origin(tree, place, config.batches[index].sequence_package)
        params: dict[str, JsonValue] = {"package": config.batches[index].sequence_package, "said": text}
        problems.append(Problem(text, place, line, variable, ProblemCode.PACKAGE_NOT_THERE, params))
    return problems


def _origin(tree: Node, place: Place, value: str) -> tuple[int | None, str]:
    node = node_at(tree, place)
    if isinstance(node, ScalarNode) and isinstance(node.value, str) and (node.value == value or "${" in node.value):
        return line_of(tree, place), ""
    return None, PREFIX + SEPARATOR.join(str(key).upper() for key in place)


def _wrong_package(package: str, base_dir: Path) -> str:
    folder = base_dir / package
    if _exists(folder / "manifest.yaml"):
        return ""
    text = f"the folder {package} has no manifest.yaml" if _exists(folder) else f"there is no folder {package}"
    known = sorted({*_packages(folder.parent, base_dir), *_packages(base_dir / "sequences", base_dir)})
    if not known:
        return f"{text}; there are no sequence packages beside it either"
    by_name = {Path(name).name: name for name in known}
    meant = closest(folder.name, by_name)
    guess = f'; did you mean "{by_name[meant]}"? The packages' if meant else "; the packages"
    return f"{text}{guess} there are: {', '.join(known)}"


def _packages(parent: Path, base_dir: Path) -> Iterator[str]:
    try:
        manifests = list(islice(parent.glob("*/manifest.yaml"), _MOST_PACKAGES))
    except OSError:
        return
    for manifest in manifests:
        folder = manifest.parent
        yield (folder.relative_to(base_dir).as_posix() if folder.is_relative_to(base_dir) else folder.as_posix())


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # a name too long for the file system
        return False
