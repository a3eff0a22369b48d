"""Fetches with the rows what a loop looks up by a key of each row.

What it does
    A loop that awaits `Author.get(id=book.author_id)`, `get_or_none(...)` or
    `filter(...).first()` for every row asks for the object of a relation. The rule adds the
    relation to the query by `select_related` and reads `book.author` instead.

Why
    A hundred rows cost a hundred queries, where one with a JOIN gives the same objects.

Before
    for item in await Item.all():
        size = await Size.get_or_none(id=item.size_id)
        print(item.name, size)

After
    for item in await Item.all().select_related("size"):
        size = item.size
        print(item.name, size)

When it is safe
    Never quite, so it is applied with --unsafe only. The key is that of a foreign key of the row,
    the model is the one that it leads to, and nothing between the query and the end of the loop
    writes to either, as far as calls can be followed. But the source does not prove that the
    object is there: where the database holds a key of an object that is gone, `get` raises
    DoesNotExist, and the relation gives None.

What it leaves alone
    Reported, for a hand: `get` by a key that can be None, which raises; loops that write to the
    models; rows that are changed; a relation that is read elsewhere in the loop, too.
    Silently: look-ups with further conditions, with `using_db`, or by another field than the key;
    foreign keys with a `to_field`; rows that come from a parameter or from another function.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..edits.expressions import ReplaceExpression
from ..edits.imports import DropImport
from ..orm.chains import chain_of
from ..orm.types import Instance, ModelClass
from ._base import Finding, Rule, Safety
from ._fetch_edits import fetching
from ._fetch_paths import covers
from ._loop_queries import Found, cases
from ._n_plus_one_edits import split

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..edits._base import Edit
    from ..orm.chains import Chain
    from ..orm.infer import Types
    from ..project.module import Module
    from ._n_plus_one_case import Case, Site

_SHAPES = (("get",), ("get_or_none",), ("filter", "first"))


def find(module: Module) -> Iterator[Finding]:
    """Yield one finding for each query whose rows are used to look objects up by key."""
    for case in cases(module, _looked_up):
        for site in case.sites:
            chain = chain_of(case.types, _awaited(site.node))
            _weigh_missing(case, site, chain)
        yield _finding(case)


def _weigh_missing(case: Case, site: Site, chain: Chain) -> None:
    """What a look-up does where there is no object."""
    name = site.relation.name
    if chain.names() != ("get",):
        case.verdict.doubts.append(f"{name} becomes the object that the database holds the key of")
    elif site.relation.nullable:
        reason = f"get() raises where {name} is None (line {site.node.lineno})"
        case.verdict.against.append(reason)
    else:
        case.verdict.doubts.append(f"where the object is gone, {name} is None and get() raises")


def _awaited(node: ast.expr) -> ast.expr:
    return node.value if isinstance(node, ast.Await) else node


def _looked_up(module: Module, types: Types, node: ast.Await) -> Found | None:
    """``row.author_id`` and the relation ``author``, where a query asks for its object."""
    chain = chain_of(types, node.value)
    if chain.names() not in _SHAPES or not isinstance(chain.start, ModelClass):
        return None
    key = _key(module, chain)
    row = types.of(key.value) if key is not None else None
    if key is None or not isinstance(row, Instance):
        return None
    model = module.project.models.get(row.model)
    relation = model.relations.get(key.attr.removesuffix("_id")) if model else None
    if relation is None or model is None or relation.kind not in ("fk", "o2o"):
        return None
    field = model.fields.get(relation.name)
    plain = field is not None and field.complete and "to_field" not in field.keywords
    known = relation.target == chain.start.model and chain.start.exact
    return (key, relation) if plain and known and key.attr.endswith("_id") else None


def _key(module: Module, chain: Chain) -> ast.Attribute | None:
    """The value in ``get(id=value)``, where that is the only condition and the primary key."""
    calls = [link.call for link in chain.links]
    keywords = [keyword for call in calls for keyword in call.keywords]
    if any(call.args for call in calls) or len(keywords) != 1:
        return None
    assert isinstance(chain.start, ModelClass)
    model = module.project.models.get(chain.start.model)
    names = {"pk", model.primary_key} if model and model.primary_key else set()
    value = keywords[0].value
    return value if keywords[0].arg in names and isinstance(value, ast.Attribute) else None


def _finding(case: Case) -> Finding:
    listed = ", ".join(dict.fromkeys(site.relation.name for site in case.sites))
    message = f"one query per row to look up {listed} by its key"
    span = case.module.span(case.sites[0].node)
    verdict, path = case.verdict, case.module.path
    edits = () if verdict.safety is Safety.MANUAL else tuple(_edits(case))
    return Finding(RULE.code, path, span, message, verdict.safety, edits, verdict.advice)


def _edits(case: Case) -> Iterator[Edit]:
    joined, apart = split(case)
    have = case.source.fetched
    yield from fetching(
        case,
        [path for path in joined if not covers(have, path)],
        [path for path in apart if not covers(have, path)],
    )
    module = case.module
    for site in case.sites:
        row = module.text(site.inner.value)
        source = f"{row}.{site.relation.name}"
        yield ReplaceExpression(module.path, module.span(site.node), source)
        start = chain_of(case.types, _awaited(site.node)).root
        if isinstance(start, ast.Name):
            yield from _unimported(module, start.id)


def _unimported(module: Module, name: str) -> Iterator[DropImport]:
    """What lets the import of a model go, if nothing else uses it."""
    for imported in module.facts.imports.get(name, ()):
        if imported.attr != name or module.path.endswith("__init__.py"):
            continue
        yield DropImport(module.path, "." * imported.level + imported.module, imported.attr)


RULE = Rule(
    code="TOR262",
    name="query-by-key-in-loop",
    summary="joins the objects that a loop looks up by a key of each row",
    safety=Safety.UNSAFE,
    find=find,
    triggers=(b"_id",),
)
