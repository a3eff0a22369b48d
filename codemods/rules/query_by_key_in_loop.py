"""Fetches with the rows what a loop looks up by a key of each row.

What it does
    A loop that awaits `Author.get(id=book.author_id)`, `get_or_none(...)` or
    `filter(...).first()` for every row asks for the object of a relation. The rule adds the
    relation to the query by `select_related` and reads `book.author` instead.
    So it is for the other side: `Book.filter(author_id=author.id)` for every author asks for
    `author.books`, which is fetched by `prefetch_related`. A choice that is the same for every row,
    or an order, goes into the query: `Prefetch("books", queryset=Book.filter(sold=True))`.

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
    The objects are those that lead to the row by a relation of their own, and nothing between the
    query and the end of the loop writes to the models, as far as calls can be followed.
    Unsafe, applied with --unsafe only, where the key is that of a foreign key of the row: the
    source does not prove that the object is there. Where the database holds a key of an object
    that is gone, `get` raises DoesNotExist, and the relation gives None. Unsafe as well for what
    makes `n-plus-one` unsafe: rows that are handed on, reads in a branch, and the like.

What it leaves alone
    Reported, for a hand: `get` by a key that can be None, which raises; loops that write to the
    models; rows that are changed; a relation that is read elsewhere in the loop, too, or asked for
    several choices; queries by a model whose import nothing else uses, where the import cannot go
    or another file may take the model from here.
    Silently: look-ups of one object with further conditions, with `using_db`, or by another field
    than the key; the first or some of many objects; conditions that depend on the row; foreign keys
    with a `to_field`.

Limits
    Without an order, the objects of a many-to-many relation may come in another one.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..orm.chains import chain_of
from ..orm.types import Instance, ModelClass, Query
from ..project.near_models import near_models
from ._asked import asked_by
from ._base import Finding, Rule, Safety
from ._fetch_edits import fetching
from ._fetch_paths import covers
from ._loop_queries import Found, cases, replaced
from ._n_plus_one_edits import split
from ._refined import refined
from ._unimporting import unimporting, weigh_imports

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
            if not site.relation.to_many:
                _weigh_missing(case, site, chain_of(case.types, _awaited(site.node)))
        weigh_imports(case)
        yield _finding(case)


def _weigh_missing(case: Case, site: Site, chain: Chain) -> None:
    """What a look-up does where there is no object."""
    name = site.relation.name
    if chain.names() != ("get",):
        if site.relation.kind != "reverse_o2o":
            reason = f"{name} becomes the object that the database holds the key of"
            case.verdict.doubts.append(reason)
    elif site.relation.nullable:
        reason = f"get() raises where {name} is None (line {site.node.lineno})"
        case.verdict.against.append(reason)
    else:
        case.verdict.doubts.append(f"where the object is gone, {name} is None and get() raises")


def _awaited(node: ast.expr) -> ast.expr:
    return node.value if isinstance(node, ast.Await) else node


def _looked_up(module: Module, types: Types, query: ast.expr, node: ast.expr) -> Found | None:
    """The relation that a query by the key of a row, or by a key in it, stands for."""
    chain = chain_of(types, node)
    if not isinstance(chain.start, ModelClass):
        return None
    asked = asked_by(module, types, chain, query)
    if asked is None:
        return _of_foreign_key(module, types, chain)
    links = asked.links
    if not asked.relation.to_many:
        lone = chain.names() in _SHAPES and len(links[0].call.keywords) == 1
        return Found(asked.inner, asked.owner, asked.relation) if lone else None
    source = refined(module, types, query, asked) if isinstance(types.of(node), Query) else None
    found = Found(asked.inner, asked.owner, asked.relation, source or "")
    return found if source is not None else None


def _of_foreign_key(module: Module, types: Types, chain: Chain) -> Found | None:
    """``row.author_id`` and the relation ``author``, where a query asks for its object."""
    key = _key(module, chain) if chain.names() in _SHAPES else None
    row = types.of(key.value) if key is not None else None
    if key is None or not isinstance(row, Instance) or not isinstance(chain.start, ModelClass):
        return None
    model = module.project.models.get(row.model)
    relation = model.relations.get(key.attr.removesuffix("_id")) if model else None
    if relation is None or model is None or relation.kind not in ("fk", "o2o"):
        return None
    field = model.fields.get(relation.name)
    plain = field is not None and field.complete and "to_field" not in field.keywords
    known = relation.target == chain.start.model and chain.start.exact
    found = Found(key, key.value, relation)
    return found if plain and known and key.attr.endswith("_id") else None


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
    yield from replaced(case)
    yield from unimporting(case)


RULE = Rule(
    code="TOR262",
    name="query-by-key-in-loop",
    summary="fetches with the rows what a loop looks up by a key of each row",
    find=find,
    triggers=(b".get(", b".get_or_none(", b".filter("),
    modules=near_models,
)
