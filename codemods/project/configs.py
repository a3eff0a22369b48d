"""Which database connections and apps hold for a file, as far as the project's code proves it."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..source import Fault
from .aerich import located_targets
from .config_values import (
    Config,
    ModelList,
    read_config,
    read_expression,
    read_modules,
    read_variable,
)
from .evaluate import value_of
from .facts import dotted
from .formats import OF_TORTOISE, data_at, looked_for
from .symbols import External
from .values import Place

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .index import Project
    from .module import Module
    from .uses import Held

_DEFAULT = "default"
_STARTS = re.compile(rb"Tortoise\.init\b|\bregister_tortoise\b|\bRegisterTortoise\b")
#: What one of them needs, found many times faster.
_START = b"ortoise"
_REGISTERS = frozenset({"register_tortoise", "RegisterTortoise"})
_TEST = re.compile(r"(?:^|/)(?:tests?/|test_[^/]*\.py$|[^/]*_test\.py$|conftest\.py$)")
#: Positional parameters of ``Tortoise.init``; the others take the web application before them.
_PARAMETERS = ("config", "config_file", "_create_db", "db_url", "modules")
_REGISTER_PARAMETERS = ("app", "config", "config_file", "db_url", "modules")


@dataclass(frozen=True, slots=True)
class App:
    """One app.

    Attributes:
        modules: The modules that it lists; a module object counts as the path of its file. None
            where not all are known.
        default_connection: The connection that its models are on; None where not known.
    """

    modules: frozenset[str] | None
    default_connection: str | None


@dataclass(frozen=True, slots=True)
class Connections:
    """What all configurations that hold for a file say together.

    Attributes:
        names: Every connection that one of them has.
        apps: By label, what they agree on; None where one of them has apps that are not known.
        routers: Whether one of them has routers, or could.
    """

    names: frozenset[str]
    apps: Mapping[str, App] | None
    routers: bool

    @property
    def only(self) -> str | None:
        """The one connection that there is, if there is one alone and no router."""
        return next(iter(self.names)) if len(self.names) == 1 and not self.routers else None


def connections_of(project: Project, path: str) -> Connections | None:
    """What is proven of the connections and apps that code in a file works with.

    It puts together every ``Tortoise.init`` and ``register_tortoise`` of the same project, and the
    configurations that aerich reads. Those of tests count for tests alone.

    Returns:
        None where there is no configuration, or one whose connections are not known.
    """
    key = (connections_of, project.versions_of(path).directory, bool(_TEST.search(path)))
    if key not in project.memo:
        found = configurations_of(project, path)
        project.memo[key] = _sum(list(found)) if found else None
    answer: Connections | None = project.memo[key]
    return answer


def configurations_of(project: Project, path: str) -> tuple[Connections, ...]:
    """Each of the configurations that ``connections_of`` puts together, for itself.

    Returns:
        Nothing where there is none, or where the connections of one are not known.
    """
    home, tests = project.versions_of(path).directory, bool(_TEST.search(path))
    found = [one for where, one in _all(project, home) if tests or not _TEST.search(where)]
    known = tuple(one for one in found if one is not None)
    return known if len(known) == len(found) else ()


def _all(project: Project, home: str) -> Iterator[tuple[str, Connections | None]]:
    """The path and the content of each configuration of the project in a directory."""
    for variable in _located(project).get(home, ()):
        yield variable.path, _of_config(read_variable(project, variable))
    for path in _starting_files(project).get(home, ()):
        yield from ((path, one) for one in _of_file(project, path))


def _located(project: Project) -> dict[str, list[Held]]:
    """By directory of a project, the configurations that manifests name; searched once."""
    if _located not in project.memo:
        found: dict[str, list[Held]] = {}
        for located in located_targets(project):
            home = project.versions_of(located.variable.path).directory
            found.setdefault(home, []).append(located.variable)
        project.memo[_located] = found
    answer: dict[str, list[Held]] = project.memo[_located]
    return answer


def _starting_files(project: Project) -> dict[str, list[str]]:
    """By directory of a project, its files that could start the ORM; searched once."""
    if _starting_files not in project.memo:
        found: dict[str, list[str]] = {}
        for path in project.relevant:
            data = project.read(path)
            if not isinstance(data, Fault) and _START in data and _STARTS.search(data):
                found.setdefault(project.versions_of(path).directory, []).append(path)
        project.memo[_starting_files] = found
    answer: dict[str, list[str]] = project.memo[_starting_files]
    return answer


def _of_file(project: Project, path: str) -> tuple[Connections | None, ...]:
    """What the calls in one file start the ORM with; read once."""
    key = (_of_file, path)
    if key not in project.memo:
        module = project.module(path)
        project.memo[key] = () if isinstance(module, Fault) else tuple(_of_module(module))
    found: tuple[Connections | None, ...] = project.memo[key]
    return found


def _of_module(module: Module) -> Iterator[Connections | None]:
    yield from (_of_start(start) for start in starts_in(module))


@dataclass(frozen=True, slots=True, eq=False)
class Start:
    """A call that starts the ORM.

    Attributes:
        module: The file that it stands in.
        call: The call.
        given: What it is passed, by parameter; None where not all of that is known.
    """

    module: Module
    call: ast.Call
    given: Mapping[str | None, ast.expr] | None

    def argument(self, name: str) -> ast.expr | None:
        """What is passed for a parameter; None for nothing, and for the constant None."""
        node = self.given.get(name) if self.given else None
        return None if _is_none(node) else node

    def config(self) -> Config | None:
        """The configuration that it is passed; None where there is none that is certain."""
        config, file = self.argument("config"), self.argument("config_file")
        if config is not None and file is None:
            return read_expression(self.module, config)
        if file is None or config is not None:
            return None
        name = value_of(self.module, file, frozenset(), [])
        return read_config(data_at(Place(self.module, file), name, OF_TORTOISE))


def starts_in(module: Module) -> tuple[Start, ...]:
    """The calls of ``Tortoise.init`` and its helpers in a file, in order."""
    if starts_in not in module.memo:
        found = ((call, _starting(module, call)) for call in module.nodes(ast.Call))
        module.memo[starts_in] = tuple(
            Start(module, call, _passed(call, parameters))
            for call, parameters in found
            if parameters
        )
    starts: tuple[Start, ...] = module.memo[starts_in]
    return starts


def starts_of(project: Project) -> tuple[Start, ...]:
    """The calls that start the ORM, in the whole project."""
    paths = (path for paths in _starting_files(project).values() for path in paths)
    modules = (project.module(path) for path in sorted(paths))
    return tuple(s for one in modules if not isinstance(one, Fault) for s in starts_in(one))


def documents_of(project: Project) -> tuple[str, ...]:
    """Every file that is not Python and that a configuration is, or could be, read from."""
    for located in located_targets(project):
        read_variable(project, located.variable)
    for start in starts_of(project):
        start.config()
    return looked_for(project)


def _starting(module: Module, call: ast.Call) -> tuple[str, ...]:
    """The positional parameters of a call that starts the ORM; nothing for any other call."""
    name = dotted(call.func)
    tail = name.rpartition(".")[2]
    if tail != "init" and tail not in _REGISTERS and tail not in module.facts.imports:
        return ()  # nearly all calls: it is not even an import under another name
    symbol = module.resolve(call.func)
    if symbol is not None:
        name = symbol.dotted if isinstance(symbol, External) else ""
    if name == "Tortoise.init" or name.endswith(".Tortoise.init"):
        return _PARAMETERS
    return _REGISTER_PARAMETERS if name.rpartition(".")[2] in _REGISTERS else ()


def _passed(call: ast.Call, parameters: tuple[str, ...]) -> Mapping[str | None, ast.expr] | None:
    """What a call passes for each parameter; None where not all of it is known."""
    if len(call.args) > len(parameters) or any(isinstance(a, ast.Starred) for a in call.args):
        return None
    given: dict[str | None, ast.expr] = dict(zip(parameters, call.args, strict=False))
    given.update((keyword.arg, keyword.value) for keyword in call.keywords)
    return None if None in given else given


def _of_start(start: Start) -> Connections | None:
    if start.given is None:
        return None
    routers = start.argument("routers") is not None
    if start.argument("config") is not None or start.argument("config_file") is not None:
        found = _of_config(start.config())
        return Connections(found.names, found.apps, found.routers or routers) if found else None
    if start.argument("db_url") is None:
        return None
    modules = start.given.get("modules")
    apps = _of_modules(start.module, modules) if modules is not None else None
    return Connections(frozenset({_DEFAULT}), apps, routers)


def _of_modules(module: Module, node: ast.expr) -> Mapping[str, App] | None:
    """The apps of ``modules={"label": [...]}``."""
    lists = read_modules(module, node)
    if lists is None:
        return None
    return {label: App(_names(models), _DEFAULT) for label, models in lists.items()}


def _names(models: ModelList | None) -> frozenset[str] | None:
    return frozenset(models.names) if models and models.sure else None


def _of_config(config: Config | None) -> Connections | None:
    if config is None or config.connections is None or config.assumed:
        return None
    apps = None
    if config.apps is not None:
        apps = {app.label: App(_names(app.models), app.default_connection) for app in config.apps}
    return Connections(config.connections, apps, config.routers)


def _sum(parts: list[Connections]) -> Connections:
    names = frozenset(name for part in parts for name in part.names)
    apps: dict[str, App] | None = {}
    for part in parts:
        if part.apps is None or apps is None:
            apps = None
            continue
        for label, app in part.apps.items():
            apps[label] = _agreed(apps.get(label, app), app)
    return Connections(names, apps, any(part.routers for part in parts))


def _agreed(one: App, other: App) -> App:
    same = one.default_connection == other.default_connection
    known = one.modules is not None and other.modules is not None
    modules = (one.modules or frozenset()) | (other.modules or frozenset())
    return App(modules if known else None, one.default_connection if same else None)


def _is_none(node: ast.expr | None) -> bool:
    return node is None or (isinstance(node, ast.Constant) and node.value is None)
