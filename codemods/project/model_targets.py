"""Which model the target of a relation is: a class, or a string such as ``"models.Book"``.

A string names an app and a model in it. Where the project's configurations tell which modules the
app has, they decide. Else the model must be the only one of that name that the file can mean.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .configs import connections_of
from .field_kinds import aliased
from .symbols import Class

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from .configs import App
    from .index import Project
    from .model_fields import Declared

_TEST = re.compile(r"(?:^|/)(?:tests?/|test_[^/]*\.py$|[^/]*_test\.py$|conftest\.py$)")
_COMMON_LABEL = "models"  #: what most projects call their one app, wherever its files are
_MAIN = "__main__"  #: as a module of an app: the script that is run, whichever that is


def is_test(path: str) -> bool:
    """Whether a file belongs to tests; what it defines is not there when the project runs."""
    return _TEST.search(path) is not None


class Targets:
    """Finds the models that relations lead to.

    Args:
        project: The project.
        concrete: Every model that has a table.
    """

    def __init__(self, project: Project, concrete: Iterable[Class]) -> None:
        self._project = project
        self._concrete = frozenset(concrete)
        self._by_name: dict[str, list[Class]] = {}
        self._found: dict[tuple[str, str], Class | None] = {}
        self._at: dict[tuple[str, str], list[Class]] = {}
        self._below: dict[tuple[str, str], list[Class]] = {}
        for symbol in sorted(self._concrete, key=lambda one: (one.path, one.qualname)):
            # Tortoise looks for models among the attributes of modules alone.
            if "." not in symbol.qualname:
                self._add(symbol)

    def _add(self, symbol: Class) -> None:
        """Make a model known by its name, and by the directories at and above its project."""
        self._by_name.setdefault(symbol.name, []).append(symbol)
        home = self._home(symbol.path)
        self._at.setdefault((symbol.name, home), []).append(symbol)
        for place in (home, *_above(home)):
            self._below.setdefault((symbol.name, place), []).append(symbol)

    def of(self, model: Class, declared: Declared) -> Class | None:
        """The target of a relation that a model has; None where it cannot be told."""
        field, owner = declared.field, declared.owner
        if not declared.kind.plain:
            return None
        if field.target_name:
            return self._of_class(owner, field.target_name)
        key = (model.path, field.target)
        if key not in self._found:
            self._found[key] = self._of_text(model.path, field.target)
        return self._found[key]

    def _of_class(self, owner: Class, name: str) -> Class | None:
        fact = self._project.class_fact(owner)
        if fact is None or name.partition(".")[0] in {*fact.names, *fact.methods}:
            return None
        symbol = aliased(self._project, self._project.resolve(owner.path, name))
        return symbol if isinstance(symbol, Class) and symbol in self._concrete else None

    def _of_text(self, path: str, text: str) -> Class | None:
        label, _, name = text.partition(".")
        named = self._by_name.get(name, [])
        if not label or not named:
            return None
        app = self._app(path, label)
        found = self._in_app(path, app, name) if app else self._near(path, label, name)
        if found is None or self._project.resolve(found.path, found.name) != found:
            return None
        return found

    def _app(self, path: str, label: str) -> App | None:
        """The app of that label, if it is known which modules it has."""
        connections = connections_of(self._project, path)
        app = connections.apps.get(label) if connections and connections.apps else None
        return app if app and app.modules is not None else None

    def _in_app(self, path: str, app: App, name: str) -> Class | None:
        """The one model of that name in the modules of an app."""
        found: set[Class] = set()
        unseen: list[str] = []
        for module in sorted(app.modules or ()):
            place = self._place(path, module)
            facts = self._project.facts(place) if place and place.endswith(".py") else None
            if place is None or facts is None or "__models__" in facts.bindings:
                unseen.append(module)
                continue
            symbol = aliased(self._project, self._project.resolve(place, name))
            if isinstance(symbol, Class) and symbol in self._concrete and symbol.name == name:
                found.add(symbol)
        if not found:
            seen = self._seen(path, name) if unseen else []
            found = {one for one in seen if any(_may_be(one, m) for m in unseen)}
        return found.pop() if len(found) == 1 else None

    def _place(self, path: str, module: str) -> str | None:
        """The file of a module of an app; a module object is known by its file already."""
        if module.endswith(".py"):
            return module
        return self._project.modules.find(module, 0, path)

    def _near(self, path: str, label: str, name: str) -> Class | None:
        """The one model of that name, or of several the one in the same module or package."""
        seen = self._seen(path, name)
        if len(seen) < 2:
            return seen[0] if seen else None
        folder = _folder(path)
        alike: tuple[Callable[[Class], bool], ...] = (
            lambda one: one.path == path,
            lambda one: _folder(one.path) == folder,
        )
        for test in alike:
            near = [one for one in seen if test(one)]
            if near:
                others = [one for one in seen if one not in near]
                alone = len(near) == 1 and not _is_hint(label, near[0], others)
                return near[0] if alone else None
        return None

    def _seen(self, path: str, name: str) -> list[Class]:
        """Those of a name that can be loaded together with a file: tests by tests alone.

        They belong to the project of the file, to one inside of it, or to one around it.
        """
        home, tests = self._home(path), is_test(path)
        found = list(self._below.get((name, home), ()))
        for above in _above(home):
            found += self._at.get((name, above), ())
        return [one for one in found if tests or not is_test(one.path)]

    def _home(self, path: str) -> str:
        return self._project.versions_of(path).directory


def _is_hint(label: str, near: Class, others: list[Class]) -> bool:
    """Whether an app's label is the name of a folder or file of the others and not of the near."""
    named = any(label in _dotted(one.path) for one in others)
    return named and label != _COMMON_LABEL and label not in _dotted(near.path)


def _may_be(symbol: Class, module: str) -> bool:
    """Whether a module that was not found may be the file of a class, under another root."""
    wanted = module.split(".")
    if module == _MAIN:
        return True
    return len(wanted) > 1 and _dotted(symbol.path)[-2:] == wanted[-2:]


def _dotted(path: str) -> list[str]:
    return path.removesuffix(".py").removesuffix("/__init__").split("/")


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


def _above(home: str) -> Iterator[str]:
    """The directories around one, up to that of all projects."""
    while "/" in home:
        home = home.rpartition("/")[0]
        yield home
    if home != ".":
        yield "."
