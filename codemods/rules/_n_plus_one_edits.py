"""How the code is rewritten: the query, the reads in the loops, and the text that forbids it."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from ..edits.arguments import AddArguments
from ..edits.chain import CallMethod
from ..edits.expressions import KeepInner
from ..orm import scopes
from ..orm.control import within
from ..orm.list_uses import needs_list
from ..project.symbols import External
from ..source import Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..edits._base import Edit
    from ..project.module import Module
    from ._n_plus_one_case import Case, Site

#: A parenthesis that opens neither a call nor anything else that it would be missing for.
_OPENING = re.compile(r"(?:^|[^\w)\]])\($")


def edits_of(case: Case) -> tuple[Edit, ...]:
    """The edits of the query and of the loops."""
    return (*_fetching(case), *_reading(case))


def weigh_text(case: Case, site: Site) -> None:
    """Whether the text of the read can be changed without loss."""
    against, outer = case.verdict.against, list(case.module.ancestors(site.node))
    where = f"(line {site.inner.lineno})"
    if _holds_comment(case.module, site):
        against.append(f"a comment stands inside the read {where}")
    if any(isinstance(one, ast.JoinedStr) for one in outer):
        against.append(f"the relation is read inside an f-string {where}")
    if isinstance(case.module.parent(site.node), ast.Expr):
        against.append(f"the value of the relation is not used {where}")
    generator = next((one for one in outer if isinstance(one, ast.GeneratorExp)), None)
    if generator and not within(case.module, site.node, generator.generators[0].iter):
        against.append(f"a generator would cease to be asynchronous {where}")
    if _listed(case.module, site) and not _is_builtin(case, "list"):
        against.append("the name list means something else here")


def _holds_comment(module: Module, site: Site) -> bool:
    """Whether a comment stands in what is taken away around ``row.relation``."""
    whole, inner = module.span(site.node), module.span(site.inner)
    head = module.source.slice(Span(*whole[:2], *inner[:2]))
    return "#" in head + module.source.slice(Span(*inner[2:], *whole[2:]))


def _is_builtin(case: Case, name: str) -> bool:
    known = case.module.project.resolve(case.module.path, name)
    return known == External(f"builtins.{name}") and name not in scopes.bindings(case.scope)


def _listed(module: Module, site: Site) -> bool:
    """Whether ``list(...)`` has to be written around the fetched relation."""
    return site.relation.to_many and needs_list(module, site.node)


def _fetching(case: Case) -> Iterator[Edit]:
    """The edits of the query."""
    module, span = case.module, case.module.span(case.rows.query)
    quote = "'" if module.source.text.count("'") > module.source.text.count('"') else '"'
    if not case.source.chain.links:
        yield CallMethod(module.path, span, "all")
    for method, apart in (("select_related", False), ("prefetch_related", True)):
        names = [site.relation.name for site in case.sites if site.prefetched is apart]
        sources = tuple(f"{quote}{name}{quote}" for name in dict.fromkeys(names))
        if not sources:
            continue
        calls = [link.call for link in case.source.chain.links if link.method.name == method]
        if calls:
            yield AddArguments(module.path, module.span(calls[0]), sources)
        else:
            yield CallMethod(module.path, span, method, ", ".join(sources))


def _reading(case: Case) -> Iterator[Edit]:
    """The edits of the loops."""
    module = case.module
    for site in case.sites:
        if site.node is not site.inner:
            wrap = "list" if _listed(module, site) else ""
            span, inner = module.span(site.node), module.span(site.inner)
            yield KeepInner(module.path, span, inner, wrap, _spare_parentheses(module, site.node))


def _spare_parentheses(module: Module, node: ast.expr) -> bool:
    """Whether the parentheses in ``(await row.relation).name`` are there for the await alone."""
    parent = module.parent(node)
    if not isinstance(parent, ast.Attribute | ast.Subscript) or parent.value is not node:
        return False
    span = module.span(node)
    before = module.source.line(span.line)[: span.col]
    after = module.source.line(span.end_line)[span.end_col :]
    return bool(_OPENING.search(before)) and after.startswith(")")
