"""Reports calls that start the ORM with too little, or from two sources at once.

What it does
    Looks at `Tortoise.init`, `register_tortoise` and `RegisterTortoise`: a `db_url` without
    `modules`, `modules` without a `db_url`, none of the arguments, and several of `config`,
    `config_file` and `db_url` together.

Why
    The start fails: without `modules` with

        ConfigurationError: Must provide either 'config', 'config_file', or both 'db_url' and
        'modules'

    which before 1.0 was

        ConfigurationError: You must specify "db_url" and "modules" together

    and with none of the three sources, or with several, with

        ConfigurationError: You should init either from "config", "config_file" or "db_url"

Example
    await Tortoise.init(db_url="sqlite://db.sqlite3")

Use instead
    await Tortoise.init(db_url="sqlite://db.sqlite3", modules={"models": ["shop.models"]})

When it is safe
    It is never applied: the apps and their names are the project's decision. Where the modules
    with models are known, the message names them.

What it leaves alone
    Calls with `*args` or `**kwargs`, arguments that may be None, and calls that a test expects to
    fail.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..project.configs import starts_in
from ..project.model_targets import is_test
from ._base import Finding, Rule, Safety
from ._provoked import is_expected, is_handled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.configs import Start
    from ..project.module import Module

_SOURCES = ("config", "config_file", "db_url")
_SINCE = "1.0.0"
_EITHER = 'You should init either from "config", "config_file" or "db_url"'
_TOGETHER = 'You must specify "db_url" and "modules" together'
_MUST = "Must provide either 'config', 'config_file', or both 'db_url' and 'modules'"
_ERRORS = frozenset({"ConfigurationError", "BaseORMException"})
_SHOWN = 3


def find(module: Module) -> Iterator[Finding]:
    """Yield one finding for each call that cannot start the ORM."""
    for start in starts_in(module):
        error = _error(module, start)
        call = start.call
        if error and not is_expected(module, call) and not is_handled(module, call, _ERRORS):
            message = f'the start fails with "ConfigurationError: {error}"'
            advice = "pass config=, config_file=, or db_url= and modules=, and one of these alone"
            modules = _modules(module)
            if error != _EITHER and modules:
                advice = f'pass modules={{"models": [{modules}]}}'
            span = module.span(call)
            yield Finding(RULE.code, module.path, span, message, Safety.MANUAL, (), advice)


def _error(module: Module, start: Start) -> str:
    """What the start fails with; empty where it does not, or might not."""
    if start.given is None:
        return ""
    given = {name: node for name, node in start.given.items() if not _is_nothing(node)}
    sources = [name for name in _SOURCES if name in given]
    if len(sources) > 1:
        certain = [name for name in sources if _is_something(given[name])]
        return _EITHER if len(certain) > 1 else ""
    if not sources:
        return _EITHER
    if sources == ["db_url"] and "modules" not in given:
        older = module.project.versions_of(module.path).at_least("tortoise-orm", _SINCE) is False
        return _TOGETHER if older else _MUST
    return ""


def _is_nothing(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and not node.value


def _is_something(node: ast.expr) -> bool:
    """Whether an argument is a literal that counts as given."""
    if isinstance(node, ast.Dict):
        return bool(node.keys)
    return isinstance(node, ast.JoinedStr | ast.Constant) and not _is_nothing(node)


def _modules(module: Module) -> str:
    """The modules of the project with models, quoted, if they are few."""
    home = module.project.versions_of(module.path).directory
    paths = {
        symbol.path
        for symbol, model in module.project.models.all().items()
        if not model.abstract and not is_test(symbol.path)
        if module.project.versions_of(symbol.path).directory == home
    }
    names = sorted(path.removesuffix(".py").removesuffix("/__init__") for path in paths)
    dotted = [f'"{name.replace("/", ".")}"' for name in names]
    return ", ".join(dotted) if len(dotted) <= _SHOWN else ""


RULE = Rule(
    code="TOR428",
    name="init-without-modules",
    summary="the ORM is started with too little, or from two sources at once",
    safety=Safety.MANUAL,
    find=find,
    triggers=(b"Tortoise.init", b"register_tortoise", b"RegisterTortoise"),
)
