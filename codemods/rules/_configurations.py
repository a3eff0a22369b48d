"""The configurations of a project, each once, however many places lead to it."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..edits.documents import AppendText, RemoveText
from ..edits.elements import AppendElement, RemoveElement
from ..project.aerich import located_targets
from ..project.config_values import read_variable
from ..project.configs import starts_of
from ..project.evaluate import value_of
from ..project.model_targets import is_test
from ..project.uses import uses_of
from ..project.values import Table, Value

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from ..edits._base import Edit
    from ..project.aerich import Target
    from ..project.config_values import Config
    from ..project.configs import Start
    from ..project.index import Project
    from ..project.module import Module
    from ..project.values import Place
    from ._base import Finding


@dataclass(frozen=True, slots=True, eq=False)
class Configuration:
    """A configuration, and what leads to it.

    Attributes:
        config: Its content.
        name: How the user calls it: the variable, or ``config`` of a call.
        target: What aerich reads it by; None where aerich does not.
        starts: The calls that start the ORM with it.
    """

    config: Config
    name: str
    target: Target | None
    starts: tuple[Start, ...]

    @property
    def path(self) -> str:
        """The file that holds it."""
        return self.config.assigned.module.path


def configurations(project: Project) -> tuple[Configuration, ...]:
    """All configurations that are known, those of aerich first; those of tests are left out."""
    if configurations not in project.memo:
        found: dict[object, Configuration] = {}
        for one in (*_of_aerich(project), *_of_starts(project)):
            key = one.config.place.key
            known = found.get(key)
            starts = (*known.starts, *one.starts) if known else one.starts
            first = known or one
            found[key] = Configuration(first.config, first.name, first.target, starts)
        project.memo[configurations] = tuple(found.values())
    answer: tuple[Configuration, ...] = project.memo[configurations]
    return answer


def _of_aerich(project: Project) -> Iterator[Configuration]:
    for located in located_targets(project):
        config = read_variable(project, located.variable)
        if config is not None:
            yield Configuration(config, located.variable.name, located.target, ())


def _of_starts(project: Project) -> Iterator[Configuration]:
    for start in starts_of(project):
        config = None if is_test(start.module.path) else start.config()
        if config is not None:
            yield Configuration(config, "config", None, (start,))


@dataclass(frozen=True, slots=True, eq=False)
class Models:
    """What an app is given for its models.

    Attributes:
        label: The app.
        value: What it is given.
        depth: How many names lead to the configuration; those that follow lead on to the models.
    """

    label: str
    value: Value
    depth: int

    def shared(self, project: Project) -> str:
        """The name of what leads to the models and is used for more than that; else empty."""
        for held in self.value.place.via[self.depth :]:
            if uses_of(project, held).count != 1:
                return held.name
        return ""


def models_of(project: Project) -> Iterator[Models]:
    """The models of every app, of configurations and of ``modules=``, each once."""
    seen: set[object] = set()
    for found in (*_configured(project), *_passed(project)):
        key = found.value.place.key
        if key not in seen:
            seen.add(key)
            yield found


def _configured(project: Project) -> Iterator[Models]:
    for one in configurations(project):
        apps, depth = one.config.table.entries.get("apps"), len(one.config.place.via)
        for label, app in apps.entries.items() if isinstance(apps, Table) else ():
            if isinstance(app, Table) and "models" in app.entries:
                yield Models(label, app.entries["models"], depth)


def _passed(project: Project) -> Iterator[Models]:
    for start in starts_of(project):
        modules = start.argument("modules")
        if modules is None or is_test(start.module.path):
            continue
        found = value_of(start.module, modules, frozenset(), [])
        for label, value in found.entries.items() if isinstance(found, Table) else ():
            yield Models(label, value, len(found.place.via))


def appended(place: Place, text: str) -> Edit | None:
    """What appends a string to a list; None where the list is not written plainly."""
    if place.inside is not None:
        return AppendText(place.inside.path, place.inside.keys, text)
    display = _display_of(place)
    if display is None:
        return None
    module = place.module
    return AppendElement(module.path, module.span(display), _quoted_in(module, display, text))


def without(place: Place, text: str) -> Edit | None:
    """What takes a string out of a list that has more; None where it is not written plainly."""
    if place.inside is not None:
        return RemoveText(place.inside.path, place.inside.keys, text)
    sides: list[ast.expr] = [place.node]
    while sides:
        side = sides.pop()
        if isinstance(side, ast.BinOp):
            sides += [side.left, side.right]
        values = [getattr(e, "value", None) for e in getattr(side, "elts", ())]
        if isinstance(side, ast.List) and values.count(text) == 1 and len(values) > 1:
            return RemoveElement(place.module.path, place.module.span(side), text)
    return None


def _display_of(place: Place) -> ast.List | None:
    """The list display to append to: the value itself, or the last one of a sum."""
    sides: list[ast.expr] = [place.node]
    while sides:
        side = sides.pop()
        if isinstance(side, ast.List) and side.elts:
            return side
        if isinstance(side, ast.BinOp):
            sides += [side.left, side.right]
    return None


def _quoted_in(module: Module, display: ast.List, text: str) -> str:
    """The new element, in the quotes of the last string before it."""
    strings = [e for e in display.elts if isinstance(e, ast.Constant) and isinstance(e.value, str)]
    last = module.text(strings[-1]).lstrip("rRuUbBfF") if strings else ""
    quote = "'" if last.startswith("'") else '"'
    return f"{quote}{text}{quote}"


def by_module(
    find: Callable[[Project], Iterable[Finding]],
) -> tuple[Callable[[Module], Iterator[Finding]], Callable[[Project], Collection[str]]]:
    """The ``find`` and the ``modules`` of a rule whose findings come from the whole project."""

    def found(project: Project) -> tuple[Finding, ...]:
        if find not in project.memo:
            project.memo[find] = tuple(find(project))
        answer: tuple[Finding, ...] = project.memo[find]
        return answer

    def of_module(module: Module) -> Iterator[Finding]:
        yield from (one for one in found(module.project) if one.path == module.path)

    def modules(project: Project) -> frozenset[str]:
        return frozenset(one.path for one in found(project))

    return of_module, modules
