"""The tables of what may be written in a model, compared with the installed library."""

from __future__ import annotations

import importlib
import inspect
import sys
from typing import Any

import pytest
from tortoise import fields
from tortoise.exceptions import ConfigurationError
from tortoise.models import Model, ModelMeta
from tortoise_fix.codemods.orm import api
from tortoise_fix.codemods.orm.declarations import (
    field_keywords,
    is_indexable,
    meta_options,
    refused_names,
)

NAMES = sorted({field.name for field in api.FIELDS})
#: Keywords that the constructors read out of ``**kwargs``.
HIDDEN = {"pk", "index"}


def declaring(name: str) -> Any:
    """The class or function of that name."""
    module, _, last = name.rpartition(".")
    return getattr(importlib.import_module(module), last)


def written(function: Any) -> set[str]:
    """The named parameters of a function."""
    parameters = inspect.signature(function).parameters.values()
    plain = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return {one.name for one in parameters if one.kind in plain}


@pytest.mark.parametrize("name", NAMES)
def test_a_field_takes_every_keyword_that_its_constructors_have(name: str) -> None:
    field = declaring(name)
    if inspect.isclass(field):
        makers = [vars(one)["__init__"] for one in field.__mro__ if "__init__" in vars(one)]
        taken = set().union(*map(written, makers[:-1])) - {"self"}
    else:
        taken = written(field) | written(fields.Field.__init__) - {"self"}

    assert taken <= field_keywords(name).keys()
    assert field_keywords(name).keys() >= HIDDEN


@pytest.mark.parametrize("name", ["TextField", "JSONField", "BinaryField", "IntField", "DateField"])
def test_a_field_has_an_index_only_where_the_table_says_so(name: str) -> None:
    field = getattr(fields, name)

    if is_indexable(f"tortoise.fields.{name}"):
        assert field(db_index=True).index
    else:
        with pytest.raises(ConfigurationError, match="can't be indexed"):
            field(db_index=True)


def test_an_unknown_keyword_is_ignored() -> None:
    assert "verbose_name" not in field_keywords("tortoise.fields.IntField")
    assert not hasattr(fields.IntField(verbose_name="size"), "verbose_name")


def test_the_options_of_meta_are_those_that_are_read() -> None:
    source = inspect.getsource(sys.modules[Model.__module__]).replace("\n", "")
    read = {name for name in meta_options() if f'(meta, "{name}"' in source}

    assert meta_options() - read == {"managed"}


def test_the_refused_names_are_those_of_the_installed_release() -> None:
    taken = {name for kind in (Model, ModelMeta) for name in vars(kind) if name[:2] != "__"}

    assert refused_names().keys() == taken
    with pytest.raises(ConfigurationError, match="conflict with default Model attributes: filter"):
        type("Book", (Model,), {"filter": fields.IntField()})
