"""Reports `generate_schemas` in a program whose tables migrations make.

What it does
    Points at `generate_schemas=True` and at calls of `Tortoise.generate_schemas()` in a project
    that has a configuration for aerich, or packages of migrations.

Why
    Whoever comes first makes the tables. If the program is started before the migrations are
    applied, the next `tortoise migrate` fails with

        OperationalError: table "..." already exists

    and an `aerich upgrade` that adds a column which the tables already have with

        OperationalError: duplicate column name: ...

    (as SQLite says it). Later, since tables that exist are left as they are, a model and its table
    may drift apart without a word.

Before
    register_tortoise(app, config=TORTOISE_ORM, generate_schemas=True)

Use instead
    register_tortoise(app, config=TORTOISE_ORM)

When it is safe
    It is never applied, and only told when it is selected: some projects make the tables of a
    development database this way.

What it leaves alone
    Tests, databases in memory, and calls under a condition.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..project.configs import starts_in
from ..project.facts import FunctionNode
from ..project.model_targets import is_test
from ..project.symbols import External
from ._base import Finding, Rule, Safety
from ._configurations import configurations

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.index import Project
    from ..project.module import Module

_METHOD = "Tortoise.generate_schemas"
_NATIVE = '`tortoise migrate` fails with "OperationalError: table ... already exists"'
#: aerich makes tables and indexes only where they are missing, but adds columns in any case.
_AERICH = "`aerich upgrade` fails once it adds a column that is there already"
_CONDITIONS = (ast.If, ast.IfExp, ast.Try, ast.Match, ast.While)


def find(module: Module) -> Iterator[Finding]:
    """Yield one finding for each place that makes tables beside migrations."""
    if is_test(module.path):
        return
    sites = [node for node in _sites(module) if not _is_conditional(module, node)]
    failure = _failure(module.project, module.path) if sites else ""
    for node in sites if failure else ():
        message = f"the tables are made here as well as by migrations: {failure}"
        advice = "leave the tables to the migrations, or make them for development alone"
        span = module.span(node)
        yield Finding(RULE.code, module.path, span, message, Safety.MANUAL, (), advice)


def _sites(module: Module) -> Iterator[ast.AST]:
    for start in starts_in(module):
        node = start.argument("generate_schemas")
        if isinstance(node, ast.Constant) and node.value is True and not _in_memory(start.call):
            yield node
    for call in module.nodes(ast.Call):
        if isinstance(call.func, ast.Attribute) and call.func.attr == "generate_schemas":
            symbol = module.resolve(call.func)
            if isinstance(symbol, External) and symbol.dotted.endswith(_METHOD):
                yield call


def _in_memory(call: ast.Call) -> bool:
    texts = (node.value for node in ast.walk(call) if isinstance(node, ast.Constant))
    return any(isinstance(text, str) and ":memory:" in text for text in texts)


def _is_conditional(module: Module, node: ast.AST) -> bool:
    for outer in module.ancestors(node):
        if isinstance(outer, FunctionNode):
            return "test" in outer.name or "dev" in outer.name
        if isinstance(outer, _CONDITIONS):
            return True
    return False


def _failure(project: Project, path: str) -> str:
    """How the migrations of the project that a file belongs to fail; empty if it has none."""
    home = project.versions_of(path).directory
    for one in configurations(project):
        if project.versions_of(one.path).directory == home:
            if any(app.has_migrations for app in one.config.apps or ()):
                return _NATIVE
            if one.target is not None:
                return _AERICH
    return ""


RULE = Rule(
    code="TOR420",
    name="generate-schemas-in-production",
    summary="`generate_schemas` makes tables that migrations make, too",
    safety=Safety.MANUAL,
    default=False,
    find=find,
    triggers=(b"generate_schemas",),
)
