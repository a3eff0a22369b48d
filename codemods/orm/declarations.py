"""What may be written where a model is declared: keywords of fields, options of Meta, free names.

Where a table gives a release by name, that is the first one that knows it; empty stands for all.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from . import api

if TYPE_CHECKING:
    from collections.abc import Mapping

_RENAMED = "0.21.0"
#: What every field takes. ``pk`` and ``index`` are deprecated, and still read.
_COMMON = {
    **dict.fromkeys(("source_field", "generated", "pk", "null", "default", "unique", "index"), ""),
    **dict.fromkeys(("description", "model", "validators"), ""),
    "primary_key": _RENAMED,
    "db_index": _RENAMED,
    "db_default": "1.1.0",
}
_RELATIONAL = ("to", "model_name", "related_model", "related_name", "field_type")
_TO_ONE = (*_RELATIONAL, "on_delete", "db_constraint", "to_field")
_TO_MANY = (*_TO_ONE, "through", "forward_key", "backward_key", "create_unique_index")
_TIMES = ("auto_now", "auto_now_add")
#: What a field takes beside that, by the last part of its name.
_OWN: Mapping[str, tuple[str, ...]] = {
    "ArrayField": ("element_type",),
    "CharEnumField": ("enum_type", "max_length"),
    "CharField": ("max_length",),
    "DatetimeField": _TIMES,
    "DecimalField": ("max_digits", "decimal_places"),
    "IntEnumField": ("enum_type",),
    "JSONField": ("encoder", "decoder", "field_type"),
    "TSVectorField": ("config", "source_fields", "stored", "weights"),
    "TimeField": _TIMES,
    "ForeignKeyField": _TO_ONE,
    "ForeignKeyFieldInstance": _TO_ONE,
    "OneToOneField": _TO_ONE,
    "OneToOneFieldInstance": _TO_ONE,
    "ManyToManyField": _TO_MANY,
    "ManyToManyFieldInstance": _TO_MANY,
}
#: What those take that stand beside a field of the same name in ``tortoise.fields``.
_CONTRIB = {"tortoise.contrib.mysql.fields.UUIDField": ("binary_compression",)}

_NOT_INDEXABLE = frozenset({"BinaryField", "JSONField", "TextField"})

#: What some release reads of ``class Meta``; ``managed`` is read by aerich.
_META = """abstract app constraints fetch_db_defaults indexes managed manager ordering pk_attr
    schema table table_description unique_together"""

_MODEL = """Meta all annotate build_meta bulk_create bulk_update clone create delete describe
    earliest exclude exists fetch_for_list fetch_related filter first get get_or_create get_or_none
    get_table in_bulk last latest pk raw refresh_from_db register_listener save select_for_update
    update_from_dict update_or_create"""
_PRIVATE = """_check _check_field_name_conflicts _check_together _choose_db _create_or_get
    _db_queryset _describe_index _dispatch_fields _get_pk_val _getbypk _init_from_db _listeners
    _meta _parse_custom_pk _post_delete _post_save _pre_delete _pre_save
    _search_for_field_attributes _set_async_default_field _set_kwargs _set_pk_val
    _validate_relation_type _wait_for_listeners"""
_REFUSED = "1.0.0"


@cache
def field_keywords(name: str) -> Mapping[str, str]:
    """The keywords that a field reads, by its canonical name; it ignores all others in silence."""
    own = (*_OWN.get(name.rpartition(".")[2], ()), *_CONTRIB.get(name, ()))
    return {**_COMMON, **dict.fromkeys(own, "")}


@cache
def all_field_keywords() -> frozenset[str]:
    """The keywords that some field reads."""
    return frozenset(keyword for field in api.FIELDS for keyword in field_keywords(field.name))


def is_indexable(name: str) -> bool:
    """Whether a field, by its canonical name, can have an index."""
    return name.rpartition(".")[2] not in _NOT_INDEXABLE


@cache
def meta_options() -> frozenset[str]:
    """What ``class Meta`` of a model may set; anything else is ignored in silence."""
    return frozenset(_META.split())


@cache
def refused_names() -> Mapping[str, str]:
    """The names that no field may have, by the release that began to refuse them."""
    return {
        **dict.fromkeys((*_MODEL.split(), *_PRIVATE.split()), _REFUSED),
        "construct": "1.1.0",
    }
