"""Adds "aerich.models" to the configuration that aerich reads, where it is missing.

What it does
    Follows `tortoise_orm` of `[tool.aerich]` (or of `aerich.ini`, or of a `[tool.tortoise]` that
    aerich wrote) to the configuration it names, through variables, imports, classes, settings and
    functions that only return, and into the JSON, YAML or TOML file that they read. If no app lists
    "aerich.models", it is appended to the models of the first app, which is the one that aerich
    works on by default.

Why
    aerich keeps its history in a table of its own, whose model has to belong to an app. Without it
    every command stops: before 0.9.1 with

        ConfigurationError: default_connection for the model <class 'aerich.models.Aerich'> cannot
        be None

    and later, where there are several apps, with

        You have to add 'aerich.models' in the models of your tortoise config

    From 0.9.2 on the command line adds the model by itself if there is a single app, and nothing
    needs to be done; `aerich.Command`, called from Python, does not, and needs it in any case.

Before
    TORTOISE_ORM = {
        "connections": {"default": "sqlite://db.sqlite3"},
        "apps": {"models": {"models": ["shop.models"], "default_connection": "default"}},
    }

After
    TORTOISE_ORM = {
        "connections": {"default": "sqlite://db.sqlite3"},
        "apps": {
            "models": {"models": ["shop.models", "aerich.models"], "default_connection": "default"}
        },
    }

    (The line breaks of the file stay as they are.)

When it is safe
    The configuration is read by `Tortoise.init` as well, which fails if a module in it cannot be
    imported. So it is safe where aerich is a dependency of the running program, or where nothing
    but aerich uses the configuration. It is unsafe where aerich is declared for development only,
    or nowhere: install it wherever the program runs, then use `--unsafe`.

What it leaves alone
    Configurations that are not wholly visible, because what is not visible may already hold the
    model: read from the environment, or from a file that is not certain, changed in place in ways
    that cannot be told, or made by functions that do more than return. A single app where aerich is
    0.9.2 or later. Projects on Tortoise's own migrations, where the model would be wrong.
    `modules=` of `Tortoise.init` and `register_tortoise`, which aerich does not read, and every
    configuration that aerich is not pointed at.
    Left for you: tuples, lists that depend on a condition or that something else uses too, a
    configuration that is assigned several times and not each time as a plain mapping, and
    manifests that name different ones.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..project._assigned import plain_value
from ..project.aerich import (
    Contested,
    LocatedTarget,
    contested_targets,
    located_targets,
)
from ..project.config_values import AppConfig, Config, read_expression, read_variable
from ..project.evaluate import given_at_module_level
from ..project.uses import ANY, Member, Uses, uses_of
from ..source import Fault
from ._aerich_place import MODEL, aerich_pin, doubt_of, is_older, obstacle_to
from ._base import Finding, Rule, Safety
from ._configurations import appended
from ._native_migrations import has_native_migrations

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..edits._base import Edit
    from ..project.aerich import Target
    from ..project.index import Project
    from ..project.module import Module
    from ..project.values import Place
    from ..source import Span

_COMMAND = "Command"
_CLASSES = "0.9.2"  #: the release that reads an attribute of a class, as ``module.Class.NAME``
_NO_DEFAULT = f"default_connection for the model <class '{MODEL}.Aerich'> cannot be None"
_HAVE_TO_ADD = f"You have to add '{MODEL}' in the models of your tortoise config"


def find(module: Module) -> Iterator[Finding]:
    """Yield one finding for each configuration in the module that aerich cannot work with."""
    yield from (finding for finding in _found(module.project) if finding.path == module.path)


def _found(project: Project) -> tuple[Finding, ...]:
    """The findings of the whole project, worked out once."""
    if find not in project.memo:
        project.memo[find] = tuple(_findings(project))
    found: tuple[Finding, ...] = project.memo[find]
    return found


def _modules(project: Project) -> frozenset[str]:
    return frozenset(finding.path for finding in _found(project))


def _findings(project: Project) -> Iterator[Finding]:
    seen = set()
    for located in located_targets(project):
        if located.variable not in seen:
            seen.add(located.variable)
            yield from _judged(project, located)
    for contested in contested_targets(project):
        if contested.variable not in seen:
            seen.add(contested.variable)
            yield from _disputed(project, contested)


def _disputed(project: Project, contested: Contested) -> Iterator[Finding]:
    """What is to be said of a configuration that is written down several times."""
    module = project.module(contested.variable.path)
    if isinstance(module, Fault):
        return
    name = contested.variable.name
    nodes = _meant(module, name)
    configs = [config for node in nodes if (config := read_expression(module, node))]
    if not nodes or len(configs) != len(nodes):
        return
    if not all(config.apps and _lacks_model(config.apps) for config in configs):
        return
    uses = uses_of(project, contested.variable)
    located = LocatedTarget(contested.target, contested.variable)
    error = _error(project, located, max(len(config.apps or ()) for config in configs), uses)
    if error and not uses.changed and not has_native_migrations(project, contested.target.folder):
        message = f'no app of {name} lists "{MODEL}": {error}'
        span, edits = module.span(nodes[-1]), _edits_of_all(configs, contested.target)
        if edits:
            doubt = doubt_of(project, located, configs[-1], uses)
            safety = Safety.UNSAFE if doubt else Safety.SAFE
            yield Finding(RULE.code, module.path, span, message, safety, edits, doubt)
            return
        advice = f'{name} is assigned several times: add "{MODEL}" to one app of each that counts'
        yield Finding(RULE.code, module.path, span, message, Safety.MANUAL, (), advice)


def _meant(module: Module, name: str) -> list[ast.expr]:
    """What a name that is assigned several times may be at the end; nothing where not certain."""
    nodes = given_at_module_level(module, name)
    if not nodes or len(nodes) != module.facts.bindings[name]:
        return []
    plain = {id(plain_value(statement, name)) for statement in module.tree.body}
    return nodes[-1:] if id(nodes[-1]) in plain else nodes


def _edits_of_all(configs: list[Config], target: Target) -> tuple[Edit, ...]:
    """What appends the model to each of several configurations; nothing where one is not plain."""
    lists = [config.apps[0].models for config in configs if config.apps and not config.assumed]
    places = [models.place for models in lists if models and not models.place.via]
    lists_of_code = [p for p in places if p.inside is None and not isinstance(p.node, ast.Tuple)]
    edits = tuple(filter(None, (appended(place, MODEL) for place in lists_of_code)))
    return edits if len(edits) == len(configs) and not target.rival else ()


def _judged(project: Project, located: LocatedTarget) -> Iterator[Finding]:
    config = read_variable(project, located.variable)
    if config is None or not config.apps or not _lacks_model(config.apps):
        return
    uses = uses_of(project, located.variable)
    if uses.changed & {ANY, "apps"}:
        return
    error = _error(project, located, len(config.apps), uses)
    if isinstance(located.variable, Member) and is_older(project, located, _CLASSES):
        return  # this aerich finds no attributes of classes, so it fails for another reason
    if not error or has_native_migrations(project, located.target.folder):
        return
    name = located.variable.name
    yield _finding(project, located, config, uses, f'no app of {name} lists "{MODEL}": {error}')


def _lacks_model(apps: tuple[AppConfig, ...]) -> bool:
    """Whether every list of models is known and none holds the model, nor should."""
    for app in apps:
        if app.migrations or app.models is None or MODEL in app.models.names:
            return False
    return True


def _error(project: Project, located: LocatedTarget, apps: int, uses: Uses) -> str:
    """What the user meets, with the versions of aerich that say so; empty if nothing fails."""
    pin = aerich_pin(project, located)
    if any(call.rpartition(".")[2] == _COMMAND for call in uses.calls):
        return f'aerich.Command fails with "{_NO_DEFAULT}"'
    if apps == 1 and pin and pin.at_least("0.9.2"):
        return ""
    explicit = pin.at_least("0.9.1") if pin else None
    if explicit is False:
        return f'aerich fails with "{_NO_DEFAULT}"'
    if apps > 1 or (pin and pin.at_least("0.9.2") is False):
        return f'aerich stops with "{_HAVE_TO_ADD}"'
    return f'aerich before 0.9.2 fails with "{_NO_DEFAULT}"'


def _finding(
    project: Project, located: LocatedTarget, config: Config, uses: Uses, message: str
) -> Finding:
    assert config.apps
    first = config.apps[0]
    assert first.models
    place = first.models.place
    obstacle = obstacle_to(project, located, config, first)
    edit = appended(place, MODEL)
    if obstacle or edit is None:
        span = _beside(config, first.value)
        path = config.assigned.module.path
        return Finding(RULE.code, path, span, message, Safety.MANUAL, (), obstacle)
    doubt = doubt_of(project, located, config, uses)
    safety = Safety.UNSAFE if doubt else Safety.SAFE
    here = _is_here(config, place) and not place.inside
    span = edit.span if here else _beside(config, first.value)
    return Finding(RULE.code, config.assigned.module.path, span, message, safety, (edit,), doubt)


def _is_here(config: Config, place: Place) -> bool:
    return place.module.path == config.assigned.module.path


def _beside(config: Config, place: Place) -> Span:
    """A place, if it is in the file of the configuration; else where that is assigned."""
    at = place if _is_here(config, place) else config.assigned
    return at.module.span(at.node)


RULE = Rule(
    code="TOR706",
    name="aerich-models",
    summary='"aerich.models" is missing from the configuration that aerich reads',
    find=find,
    modules=_modules,
)
