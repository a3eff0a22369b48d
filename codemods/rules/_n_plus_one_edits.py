"""How the code is rewritten: the query, the reads in the loops, and the text that forbids it."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from ..edits.expressions import KeepExpression, KeepInner, ReplaceExpression
from ..orm import scopes
from ..orm.control import within
from ..orm.list_uses import needs_list
from ..project.symbols import External
from ..source import Span
from ._async_comprehensions import strands_inner
from ._fetch_edits import dropping_gather, fetching
from ._fetch_paths import covers, goes_beyond, loaded
from ._n_plus_one_query import joins
from ._together import gathered_with

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..edits._base import Edit
    from ..project.module import Module
    from ._n_plus_one_case import Case, Site

#: A parenthesis that opens neither a call nor anything else that it would be missing for.
_OPENING = re.compile(r"(?:^|[^\w)\]])\($")


def edits_of(case: Case) -> tuple[Edit, ...]:
    """The edits of the query and of the loops."""
    joined, apart = split(case)
    return (*fetching(case, joined, apart), *reading(case))


def split(case: Case) -> tuple[list[str], list[str]]:
    """The paths that the query is to join, and those that get queries of their own.

    A path fetches all that it leads through, and what leads on from an object that a query of its
    own loads cannot be joined.
    """
    kept, alone = case.source.prefetched, not joins(case.module, case.source)
    apart = {site.path for site in case.sites if alone or site.prefetched}
    paths = list(dict.fromkeys(site.path for site in case.sites))
    anew = loaded(kept | apart)
    apart |= {path for path in paths if goes_beyond(path, anew)}
    joined = {path for path in paths if path not in apart and not covers(apart, path)}
    longest = {p for p in apart if not any(one.startswith(f"{p}__") for one in apart)}
    return [p for p in paths if p in joined], [p for p in paths if p in longest]


def weigh_text(case: Case, site: Site) -> None:
    """Whether the text of the read can be changed without loss."""
    taken = _taken(case.module, site)
    against, outer = case.verdict.against, list(case.module.ancestors(taken))
    where = f"(line {site.inner.lineno})"
    if _holds_comment(case.module, site):
        against.append(f"a comment stands inside the read {where}")
    if any(isinstance(one, ast.JoinedStr) for one in outer):
        against.append(f"the relation is read inside an f-string {where}")
    if isinstance(case.module.parent(taken), ast.Expr):
        against.append(f"the value of the relation is not used {where}")
    generator = next((one for one in outer if isinstance(one, ast.GeneratorExp)), None)
    if generator and not within(case.module, taken, generator.generators[0].iter):
        against.append(f"a generator would cease to be asynchronous {where}")
    if strands_inner(case.module, taken, {_taken(case.module, one) for one in case.sites}):
        against.append(f"before Python 3.11 a comprehension inside needs the await {where}")
    if is_listed(case.module, site) and not is_builtin(case, "list"):
        against.append("the name list means something else here")


def _taken(module: Module, site: Site) -> ast.expr:
    """What is taken away for a site: the ``await`` of it, or of all that are gathered with it."""
    return gathered_with(module, site.node) or site.node


def _holds_comment(module: Module, site: Site) -> bool:
    """Whether a comment stands in what is taken away around ``row.relation``."""
    pairs = [(site.node, site.inner)]
    outer = gathered_with(module, site.node)
    if outer is not None:
        pairs.append((outer, _collected(outer)))
    for node, part in pairs:
        whole, inner = module.span(node), module.span(part)
        head = module.source.slice(Span(*whole[:2], *inner[:2]))
        if "#" in head + module.source.slice(Span(*inner[2:], *whole[2:])):
            return True
    return False


def _collected(outer: ast.Await) -> ast.expr:
    """The comprehension in ``await asyncio.gather(*comprehension)``."""
    assert isinstance(outer.value, ast.Call) and isinstance(outer.value.args[0], ast.Starred)
    return outer.value.args[0].value


def is_builtin(case: Case, name: str) -> bool:
    """Whether a name means the builtin in the function."""
    known = case.module.project.resolve(case.module.path, name)
    return known == External(f"builtins.{name}") and name not in scopes.bindings(case.scope)


def is_listed(module: Module, site: Site) -> bool:
    """Whether ``list(...)`` has to be written around the fetched relation."""
    if not site.relation.to_many:
        return False
    return needs_list(module, site.node) or gathered_with(module, site.node) is not None


def is_rewritten(module: Module, site: Site) -> bool:
    """Whether the read itself changes; ``async for`` goes over what is fetched just as well."""
    return site.node is not site.inner or is_listed(module, site)


def reading(case: Case) -> Iterator[Edit]:
    """The edits of the loops."""
    module = case.module
    for site in case.sites:
        wrap = "list" if is_listed(module, site) else ""
        span, inner = module.span(site.node), module.span(site.inner)
        if site.node is not site.inner:
            yield KeepExpression(module.path, inner)  # which is a query no more
            yield KeepInner(module.path, span, inner, wrap, _spare_parentheses(module, site.node))
        elif wrap:
            source = f"{wrap}({module.text(site.inner)})"
            yield ReplaceExpression(module.path, span, source)
    yield from collecting(case)


def collecting(case: Case) -> Iterator[Edit]:
    """The edits that make lists of what was gathered."""
    module = case.module
    outers = (gathered_with(module, site.node) for site in case.sites)
    for outer in dict.fromkeys(filter(None, outers)):
        span, inner = module.span(outer), module.span(_collected(outer))
        yield KeepInner(module.path, span, inner, collect=True)
        assert isinstance(outer.value, ast.Call)
        yield from dropping_gather(module, outer.value.func)


def _spare_parentheses(module: Module, node: ast.expr) -> bool:
    """Whether the parentheses in ``(await row.relation).name`` are there for the await alone."""
    parent = module.parent(node)
    if not isinstance(parent, ast.Attribute | ast.Subscript) or parent.value is not node:
        return False
    span = module.span(node)
    before = module.source.line(span.line)[: span.col]
    after = module.source.line(span.end_line)[span.end_col :]
    return bool(_OPENING.search(before)) and after.startswith(")")
