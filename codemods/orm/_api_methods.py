"""The methods and attributes of Tortoise's query API, release by release."""

from __future__ import annotations

from ._api_connections import connection_methods
from ._api_queries import query_methods
from ._api_types import Attribute, Method, Owner, Returns, Rows, Step

METHODS: tuple[Method, ...] = (*query_methods(), *connection_methods())

#: The rows that a method writes, by its name; those of any model where it is not listed.
WRITTEN_ROWS: dict[str, Rows] = {
    **dict.fromkeys(("create", "get_or_create", "update_or_create", "save"), Rows.OWN),
    **dict.fromkeys(("update", "bulk_create", "bulk_update"), Rows.OWN),
    **dict.fromkeys(("add", "remove", "clear"), Rows.LINKS),
    "delete": Rows.WITH_REFERENCES,
}

#: What the steps of a query do to its rows, by their names; others make other rows of them.
STEPS: dict[str, Step] = {
    **dict.fromkeys(("all", "filter", "exclude", "order_by", "using_db"), Step.SELECTS),
    **dict.fromkeys(("force_index", "use_index"), Step.HINTS),
    **dict.fromkeys(("limit", "offset"), Step.CUTS),
    "distinct": Step.COMPARES,
    **dict.fromkeys(("select_related", "prefetch_related"), Step.FETCHES),
    **dict.fromkeys(("get", "get_or_none", "first"), Step.PICKS),
}

ATTRIBUTES: tuple[Attribute, ...] = (
    Attribute(Owner.MODEL, "_meta", Returns.OTHER),
    Attribute(Owner.MODEL, "_meta.db", Returns.CONNECTION),
    Attribute(Owner.MODEL, "_meta.manager", Returns.MANAGER),
    Attribute(Owner.INSTANCE, "_meta", Returns.OTHER),
    Attribute(Owner.INSTANCE, "pk", Returns.PLAIN),
    Attribute(Owner.INSTANCE, "_saved_in_db", Returns.PLAIN),
    Attribute(Owner.QUERYSET, "model", Returns.OTHER),
    Attribute(Owner.REVERSE, "related_objects", Returns.LIST_OF_INSTANCES),
    Attribute(Owner.MANY_TO_MANY, "related_objects", Returns.LIST_OF_INSTANCES),
    Attribute(Owner.CONNECTION, "connection_name", Returns.STR),
    Attribute(Owner.CONNECTIONS, "db_config", Returns.PLAIN, since="0.19.0"),
    Attribute(Owner.TORTOISE, "apps", Returns.OTHER),
    Attribute(Owner.TORTOISE, "_inited", Returns.PLAIN),
    Attribute(Owner.CONTEXT, "connections", Returns.CONNECTIONS, since="1.0.0"),
    Attribute(Owner.CONTEXT, "apps", Returns.OTHER, since="1.0.0"),
    Attribute(Owner.CONTEXT, "inited", Returns.PLAIN, since="1.0.0"),
)
