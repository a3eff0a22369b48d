"""Reports options of `class Meta` that Tortoise ignores, and makes `table` of `db_table`.

What it does
    Reports what `class Meta` of a model sets and no release reads, such as `verbose_name`.
    `db_table` and `table_name` become `table`.

Why
    Tortoise looks for the options that it knows, and for nothing else. With `db_table = "users"`
    the table of the model `User` is called `user`.

Before
    class User(Model):
        class Meta:
            db_table = "users"

After
    class User(Model):
        class Meta:
            table = "users"

When it is safe
    Never: where the database exists, the table has to be renamed as well. All bases of the model
    are known, and the project reads nothing of a `Meta` by itself.

What it leaves alone
    Reported, for a hand: all other options; `db_table` beside `table`.
    Silently: models with a base from another library, and projects that read a `Meta`, where the
    options may be for them; names that begin with an underscore, or that the `Meta` itself uses;
    classes in `Meta`, and functions.
"""

from __future__ import annotations

import ast
import re
from difflib import get_close_matches
from typing import TYPE_CHECKING

from ..edits.expressions import RenameName
from ..orm.declarations import meta_options
from ..project.facts import target_names
from ._base import Finding, Rule, Safety
from ._model_classes import model_classes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.index import Project
    from ..project.models import Model
    from ..project.module import Module

_TABLE = "table"
_OTHER_TABLES = ("db_table", "table_name")
#: What reads options: ``model.Meta.label``, ``getattr(model, "Meta")``; not ``class Meta(A.Meta)``.
_READ = re.compile(rb"\bMeta\s*\.\s*\w|[\"']Meta[\"']|=\s*[\w.]+\.Meta\b")
_RESTS = "it rests on the table having that name in the database"
_BOTH = "several names are given: write the one that holds as table"
_OTHERWISE = "take it out: nothing reads it"
_INSTEAD = {
    "comment": "table_description is the comment of the table",
    "index_together": "indexes takes tuples of fields",
    "order_by": "ordering orders by default",
    "verbose_name": "table_description is the comment of the table, a docstring as well",
}


def find(module: Module) -> Iterator[Finding]:
    """Yield one finding for each option that is not read."""
    if _reads(module.project):
        return
    for node, model in model_classes(module):
        metas = [s for s in node.body if isinstance(s, ast.ClassDef) and s.name == "Meta"]
        if model.closed and len(metas) == 1:
            yield from _of_meta(module, model, metas[0])


def _reads(project: Project) -> bool:
    """Whether some file reads options of a ``Meta`` by itself; searched once."""
    if _reads not in project.memo:
        contents = map(project.read, project.files)
        found = (isinstance(data, bytes) and _READ.search(data) for data in contents)
        project.memo[_reads] = any(found)
    return bool(project.memo[_reads])


def _of_meta(module: Module, model: Model, meta: ast.ClassDef) -> Iterator[Finding]:
    used = {n.id for n in ast.walk(meta) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
    for statement in meta.body:
        targets = _targets(statement)
        for name in (name for target in targets for name in target_names(target)):
            known = name in meta_options() or (name in used and name not in _OTHER_TABLES)
            if not known and not name.startswith("_"):
                yield _finding(module, model, meta, targets, name)


def _targets(statement: ast.stmt) -> list[ast.expr]:
    if isinstance(statement, ast.Assign):
        return statement.targets
    valued = isinstance(statement, ast.AnnAssign) and statement.value is not None
    return [statement.target] if isinstance(statement, ast.AnnAssign) and valued else []


def _finding(
    module: Module, model: Model, meta: ast.ClassDef, targets: list[ast.expr], name: str
) -> Finding:
    span, message = module.span(targets[0]), f"Meta.{name} is not read by Tortoise ORM"
    if name not in _OTHER_TABLES:
        near = get_close_matches(name, sorted(meta_options()), 1)
        advice = _INSTEAD.get(name) or (f"{near[0]} may have been meant" if near else _OTHERWISE)
        return Finding(RULE.code, module.path, span, message, Safety.MANUAL, (), advice)
    if model.table:
        message += f": the table is called {model.table}"
    if _TABLE in model.meta or not _is_free(meta, targets, name):
        return Finding(RULE.code, module.path, span, message, Safety.MANUAL, (), _BOTH)
    edits = (RenameName(module.path, span, _TABLE),)
    return Finding(RULE.code, module.path, span, message, Safety.UNSAFE, edits, _RESTS)


def _is_free(meta: ast.ClassDef, targets: list[ast.expr], name: str) -> bool:
    """Whether one statement alone has to do with a name, of the two that may mean the table."""
    named = [n for n in ast.walk(meta) if isinstance(n, ast.Name) and n.id in _OTHER_TABLES]
    return len(targets) == 1 and isinstance(targets[0], ast.Name) and named == [targets[0]]


RULE = Rule(
    code="TOR117",
    name="unknown-meta-option",
    summary="reports options of `class Meta` that are ignored, and makes `table` of `db_table`",
    safety=Safety.UNSAFE,
    find=find,
    triggers=(b"class Meta",),
)
