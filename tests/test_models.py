"""Which classes are models, what fields they have, and where their relations lead."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tortoise_fix.codemods.project.index import Project
from tortoise_fix.codemods.project.symbols import Class
from tortoise_fix.codemods.source import Fault

if TYPE_CHECKING:
    from tortoise_fix.codemods.project.models import Model, Relation

HEAD = "from tortoise import fields\nfrom tortoise.models import Model\n"
NOWHERE = Path("/nonexistent")


def indexed(files: dict[str, str], root: Path = NOWHERE, target: str = "") -> Project:
    """A project of these files, without manifests."""

    def read(path: str) -> bytes | Fault:
        return files[path].encode() if path in files else Fault(path, 0, "there is none")

    return Project(root, files, read, target)


def written(root: Path, files: dict[str, str]) -> Project:
    """The same with every file, also those that are no Python, on disk."""
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)

    def read(path: str) -> bytes | Fault:
        return files[path].encode() if path in files else Fault(path, 0, "there is none")

    return Project(root, [path for path in files if path.endswith(".py")], read)


def model(project: Project, path: str, name: str) -> Model:
    """A class that must be a model."""
    found = project.models.get(Class(path, name))
    assert found is not None, f"{name} of {path} is no model"
    return found


def of_models(body: str, name: str, target: str = "") -> Model:
    """A model of a single file."""
    return model(indexed({"m.py": HEAD + body}, target=target), "m.py", name)


def targets(found: Model) -> dict[str, tuple[str, str]]:
    """Kind and target of each relation; the path of the target where it is in another file."""
    return {name: (r.kind, _place(found, r)) for name, r in found.relations.items()}


def _place(found: Model, relation: Relation) -> str:
    target = relation.target
    if target is None:
        return "?"
    return target.name if target.path == found.symbol.path else f"{target.path}:{target.name}"


# Which classes are models

IMPORTS = {
    "plain": ("from tortoise.models import Model", "Model"),
    "short": ("from tortoise import Model", "Model"),
    "alias": ("from tortoise.models import Model as Base", "Base"),
    "module": ("import tortoise", "tortoise.Model"),
    "deep module": ("import tortoise.models", "tortoise.models.Model"),
    "module alias": ("import tortoise.models as tm", "tm.Model"),
    "from package": ("from tortoise import models", "models.Model"),
    "another name": ("from tortoise.models import Model\nBase = Model", "Base"),
    "type checking": (
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from tortoise.models import Model"
        "\nelse:\n    from tortoise.models import Model",
        "Model",
    ),
    "try": (
        "try:\n    from tortoise.models import Model\nexcept ImportError:\n"
        "    from tortoise.models import Model",
        "Model",
    ),
    "generic": (
        "from typing import Generic, TypeVar\nfrom tortoise.models import Model\nT = TypeVar('T')",
        "Model, Generic[T]",
    ),
}


@pytest.mark.parametrize("style", IMPORTS)
def test_a_model_is_known_through_every_way_to_import_the_base(style: str) -> None:
    head, base = IMPORTS[style]
    project = indexed({"m.py": f"{head}\nclass Book({base}):\n    pass\n"})
    assert model(project, "m.py", "Book").closed


@pytest.mark.parametrize(
    "head",
    [
        "from tortoise.models import Model\nModel = other",
        "try:\n    from tortoise.models import Model\nexcept ImportError:\n    Model = object",
        "try:\n    from tortoise import Model\nexcept ImportError:\n    from kit import Model",
        "from tortoise.models import Model\ndef swap():\n    global Model\n    Model = object",
        "import tortoise\nModel = make(tortoise)",
    ],
)
def test_a_base_that_may_be_something_else_makes_no_model(head: str) -> None:
    assert not indexed({"m.py": f"{head}\nclass Book(Model):\n    pass\n"}).models.all()


BOOK = HEAD + "class Book(Model):\n    title = fields.TextField()\n"
SPREAD = {
    "explicit": ("from .book import Book\n", "from app.models import Book", "Book"),
    "explicit alias": ("from .book import Book as B\n", "from app.models import B", "B"),
    "star": ("from .book import *\n", "from app.models import Book", "Book"),
    "star twice": ("from .book import *\n", "from app.models import *", "Book"),
    "listed": ('from .book import Book\n__all__ = ["Book"]\n', "from app.models import *", "Book"),
    "joined": (
        'from .book import Book\n__all__ = []\n__all__ += ("Book",)\n',
        "from app.models import *",
        "Book",
    ),
    "module": ("from . import book\n", "from app import models", "models.book.Book"),
    "dotted": ("", "import app.models.book", "app.models.book.Book"),
    "renamed": ("", "import app.models.book as b", "b.Book"),
    "submodule": ("", "from app.models import book", "book.Book"),
}


@pytest.mark.parametrize("style", SPREAD)
def test_a_subclass_is_known_through_packages_that_hand_a_model_on(style: str) -> None:
    package, statement, base = SPREAD[style]
    project = indexed(
        {
            "app/__init__.py": "",
            "app/models/__init__.py": package,
            "app/models/book.py": BOOK,
            "use.py": f"{statement}\nclass Novel({base}):\n    pass\n",
        }
    )
    assert model(project, "use.py", "Novel").lineage[1] == Class("app/models/book.py", "Book")


def test_a_relative_import_of_a_module_leads_to_its_models() -> None:
    project = indexed(
        {
            "app/models.py": BOOK,
            "app/more.py": "from . import models\nclass Novel(models.Book):\n    pass\n",
        }
    )
    assert "title" in model(project, "app/more.py", "Novel").fields


def test_a_star_import_brings_only_what_the_module_lists() -> None:
    project = indexed(
        {
            "a.py": HEAD + '__all__ = ["Other"]\nclass Book(Model):\n    pass\n'
            "class Other(Model):\n    pass\n",
            "use.py": "from a import *\n",
        }
    )
    assert project.resolve("use.py", "Other") == Class("a.py", "Other")
    assert project.resolve("use.py", "Book") is None


def test_a_list_of_exports_may_name_what_is_private() -> None:
    files = {"a.py": '__all__ = ["_Book"]\nclass _Book:\n    pass\n', "use.py": "from a import *\n"}
    assert indexed(files).resolve("use.py", "_Book") == Class("a.py", "_Book")


@pytest.mark.parametrize("how", ["__all__ = names()", '__all__ = ["A"]\n__all__.append(x)'])
def test_a_list_of_exports_that_cannot_be_read_hides_nothing(how: str) -> None:
    files = {"a.py": f"{how}\nclass Book:\n    pass\n", "use.py": "from a import *\n"}
    assert indexed(files).resolve("use.py", "Book") == Class("a.py", "Book")


def test_two_star_imports_with_different_classes_of_one_name_are_unclear() -> None:
    project = indexed({"a.py": BOOK, "b.py": BOOK, "use.py": "from a import *\nfrom b import *\n"})
    assert project.resolve("use.py", "Book") is None


def test_modules_that_import_each_other_know_each_others_models() -> None:
    project = indexed(
        {
            "a.py": HEAD + "from b import Author\nclass Book(Model):\n"
            "    author = fields.ForeignKeyField('models.Author', related_name='books')\n",
            "b.py": HEAD + "from a import *\nclass Author(Model):\n    pass\n",
        }
    )
    assert targets(model(project, "b.py", "Author")) == {"books": ("reverse", "a.py:Book")}
    assert project.resolve("b.py", "Book") == Class("a.py", "Book")


@pytest.mark.parametrize(
    "body",
    [
        "class A(B):\n    pass\nclass B(A, Model):\n    pass\n",
        "class B(A, Model):\n    pass\nclass A(B):\n    pass\n",
        "class A(A, Model):\n    pass\n",
    ],
)
def test_a_class_among_its_own_bases_is_no_model(body: str) -> None:
    assert not indexed({"m.py": HEAD + body}).models.all()


def test_a_class_below_a_circle_of_bases_is_not_closed() -> None:
    below = of_models("class A(B):\n    pass\nclass B(A):\n    pass\nclass C(A, Model): ...\n", "C")
    assert not below.closed


def test_a_long_line_of_bases_is_followed() -> None:
    body = "class C0(Model):\n    x = fields.IntField()\n"
    body += "".join(f"class C{i}(C{i - 1}):\n    pass\n" for i in range(1, 400))
    assert "x" in of_models(body, "C399").fields


def test_a_nested_class_finds_its_base_in_the_class_around_it() -> None:
    body = (
        "class Base:\n    pass\nclass Outer:\n    class Base(Model):\n        pass\n"
        "    class Inner(Base):\n        pass\n"
    )
    assert of_models(body, "Outer.Inner").lineage[1] == Class("m.py", "Outer.Base")


def test_a_nested_class_is_no_target_of_a_string() -> None:
    # Tortoise looks for models among the attributes of a module alone.
    body = (
        "class Outer:\n    class Author(Model):\n        pass\n"
        "class Book(Model):\n    author = fields.ForeignKeyField('models.Author')\n"
    )
    assert targets(of_models(body, "Book")) == {"author": ("fk", "?")}


TWICE = (
    "class Author(Model):\n    pass\nclass Author(Model):\n    name = fields.TextField()\n"
    "class Book(Model):\n    author = fields.ForeignKeyField('models.Author')\n"
)
CONDITIONAL = (
    "if flag:\n    class Author(Model):\n        pass\nelse:\n    class Author(Model):\n"
    "        name = fields.TextField()\n"
    "class Book(Model):\n    author = fields.ForeignKeyField('models.Author')\n"
)


@pytest.mark.parametrize("body", [TWICE, CONDITIONAL])
def test_a_class_that_is_defined_twice_is_unclear(body: str) -> None:
    assert not of_models(body, "Author").closed
    assert targets(of_models(body, "Book")) == {"author": ("fk", "?")}


def test_a_class_that_is_defined_under_one_condition_is_a_model() -> None:
    body = "if flag:\n    class Author(Model):\n        pass\n"
    assert of_models(body, "Author").closed


# Bases from elsewhere, decorators


def test_fields_prove_that_a_base_from_elsewhere_is_a_model() -> None:
    body = "from kit.db import Base\nclass Book(Base):\n    title = fields.TextField()\n"
    found = of_models(body, "Book")
    assert "title" in found.fields
    assert not found.closed
    assert not found.primary_key


@pytest.mark.parametrize(
    "body",
    [
        "from kit.db import Base\nclass Book(Base):\n    title = column()\n",
        "from pydantic import BaseModel\nclass Book(BaseModel):\n    title = fields.TextField()\n",
        "from enum import Enum\nclass Book(Enum):\n    title = fields.TextField()\n",
        "class Book:\n    title = fields.TextField()\n",
        "class Book(Unheard, object):\n    title = 1\n",
    ],
)
def test_without_proof_a_class_with_another_base_is_no_model(body: str) -> None:
    assert Class("m.py", "Book") not in indexed({"m.py": HEAD + body}).models.all()


@pytest.mark.parametrize(
    ("decorator", "closed"),
    [
        ("from typing import final\n@final\n", True),
        ("import functools\n@functools.total_ordering\n", True),
        ("from kit import register\n@register\n", False),
        ("from kit import register\n@register('books')\n", False),
        ("def keep(c):\n    return c\n@keep\n", False),
        ("@(lambda c: c)\n", False),
    ],
)
def test_a_decorator_of_unknown_effect_leaves_the_class_open(decorator: str, closed: bool) -> None:
    assert of_models(f"{decorator}class Book(Model):\n    pass\n", "Book").closed is closed


@pytest.mark.parametrize(
    "body",
    [
        "class Book(Model, metaclass=Other):\n    pass\n",
        "class Book(Model):\n    def __getattribute__(self, name): ...\n",
        "class Book(Model, mixin()):\n    pass\n",
    ],
)
def test_what_may_change_any_attribute_leaves_the_class_open(body: str) -> None:
    assert not of_models(body, "Book").closed


# Fields and inheritance. What is expected here was seen at run time, in 0.20.1 and in 1.1.9.

ABSTRACT = (
    "class Base(Model):\n    name = fields.CharField(5)\n    gone = fields.TextField()\n"
    "    class Meta:\n        abstract = True\n        table = 'bases'\n"
    "        ordering = ['name']\n"
)


def test_a_model_has_the_fields_of_its_abstract_base() -> None:
    found = of_models(ABSTRACT + "class Book(Base):\n    size = fields.IntField()\n", "Book")
    assert found.fields.keys() == {"id", "name", "gone", "size"}
    assert not found.abstract


def test_a_mixin_gives_its_fields() -> None:
    body = "class Mixin:\n    at = fields.DatetimeField()\nclass Book(Mixin, Model):\n    pass\n"
    assert of_models(body, "Book").fields.keys() == {"id", "at"}


def test_a_name_bound_to_none_removes_a_field_from_that_class_alone() -> None:
    body = ABSTRACT + "class Child(Base):\n    gone = None\nclass Grandchild(Child):\n    pass\n"
    child, grandchild = of_models(body, "Child"), of_models(body, "Grandchild")
    assert "gone" not in child.fields
    assert "gone" in child.own
    assert "gone" in grandchild.fields
    assert "gone" not in grandchild.own


def test_a_later_base_replaces_the_fields_of_an_earlier_one() -> None:
    body = ABSTRACT + (
        "class Other(Model):\n    name = fields.TextField()\n    class Meta:\n"
        "        abstract = True\n"
        "class Both(Base, Other):\n    pass\n"
    )
    assert of_models(body, "Both").fields["name"].factory == "fields.TextField"


def test_of_nested_mixins_the_innermost_field_counts() -> None:
    body = (
        "class One:\n    x = fields.IntField()\nclass Two(One):\n    x = fields.TextField()\n"
        "class Book(Two, Model):\n    pass\n"
    )
    assert of_models(body, "Book").fields["x"].factory == "fields.IntField"


def test_the_fields_of_a_base_model_replace_those_of_a_mixin() -> None:
    body = ABSTRACT + (
        "class Mixin:\n    name = fields.IntField()\nclass Book(Base, Mixin):\n    pass\n"
        "class Tome(Mixin, Base):\n    pass\n"
    )
    assert of_models(body, "Book").fields["name"].factory == "fields.CharField"
    assert of_models(body, "Tome").fields["name"].factory == "fields.CharField"


def test_the_last_binding_of_a_name_in_a_body_counts() -> None:
    body = (
        "class Author(Model):\n    pass\nclass Book(Model):\n"
        "    author = fields.ForeignKeyField('models.Author')\n    author = None\n"
        "    title = 1\n    title = fields.TextField()\n"
    )
    found = of_models(body, "Book")
    assert found.fields.keys() == {"id", "title"}
    assert "author" in found.own


def test_a_field_under_a_condition_is_not_known() -> None:
    body = "class Book(Model):\n    if flag:\n        title = fields.TextField()\n"
    found = of_models(body, "Book")
    assert "title" not in found.fields
    assert "title" in found.own


def test_calls_that_make_no_field_are_no_fields() -> None:
    body = (
        "import logging\nfrom tortoise.manager import Manager\nfrom kit import column\n"
        "class Service:\n    pass\nclass Book(Model):\n    log = logging.getLogger()\n"
        "    objects = Manager()\n    service = Service()\n    size = column()\n"
    )
    found = of_models(body, "Book")
    assert found.fields.keys() <= {"id"}
    assert {"log", "objects", "service", "size"} <= found.own


@pytest.mark.parametrize(
    ("body", "key"),
    [
        ("title = fields.TextField()", "id"),
        ("code = fields.CharField(5, pk=True)", "code"),
        ("code = fields.CharField(5, primary_key=True)", "code"),
        ("code = fields.CharField(5, primary_key=flag)", ""),
        ("code = fields.CharField(5, **options)", ""),
        ("code = mystery()", ""),
        ("a = fields.IntField(pk=True)\n    b = fields.IntField(pk=True)", ""),
    ],
)
def test_the_primary_key_is_the_declared_one_or_id(body: str, key: str) -> None:
    assert of_models(f"class Book(Model):\n    {body}\n", "Book").primary_key == key


# Meta


def test_meta_is_not_inherited_unless_the_class_says_so() -> None:
    found = of_models(ABSTRACT + "class Book(Base):\n    pass\n", "Book", target="0.20.1")
    assert found.meta == {}
    assert found.table == "book"
    assert not found.abstract


def test_a_meta_derived_from_another_has_what_that_sets_and_stays_abstract() -> None:
    body = ABSTRACT + "class Book(Base):\n    class Meta(Base.Meta):\n        table = 'b'\n"
    found = of_models(body, "Book")
    assert found.abstract
    assert found.table == "b"
    assert "ordering" in found.meta


def test_a_derived_meta_may_make_a_model_concrete() -> None:
    body = ABSTRACT + (
        "class Middle(Base):\n    pass\n"
        "class Book(Middle):\n    class Meta(Middle.Meta):\n        abstract = False\n"
    )
    found = of_models(body, "Book")
    assert not found.abstract
    assert found.table == "bases"


@pytest.mark.parametrize("base", ["mystery", "mystery()", "kit.Meta"])
def test_a_meta_of_unknown_origin_says_nothing_of_the_table(base: str) -> None:
    body = (
        "class Author(Model):\n    pass\n"
        "class Book(Model):\n    author = fields.ForeignKeyField('models.Author')\n"
        f"    class Meta({base}):\n        unique_together = ()\n"
    )
    assert of_models(body, "Book").table == ""
    assert targets(of_models(body, "Author")) == {}


@pytest.mark.parametrize(
    ("target", "inherited"), [("1.1.9", True), ("1.1.8", False), ("0.20.1", False), ("", False)]
)
def test_the_ordering_of_a_base_is_inherited_since_1_1_9(target: str, inherited: bool) -> None:
    found = of_models(ABSTRACT + "class Book(Base):\n    pass\n", "Book", target)
    assert ("ordering" in found.meta) is inherited


# Classes of fields that the project defines

OWN_FIELDS = (
    "from tortoise.fields.relational import ForeignKeyFieldInstance, OneToOneFieldInstance\n"
    "class Author(Model):\n    pass\n"
)


def test_a_subclass_of_a_relation_field_declares_a_relation() -> None:
    body = OWN_FIELDS + (
        "class Link(ForeignKeyFieldInstance):\n    pass\nclass Strict(Link):\n    pass\n"
        "class Book(Model):\n    author = Strict('models.Author', 'books')\n"
    )
    assert targets(of_models(body, "Book")) == {"author": ("fk", "Author")}
    assert targets(of_models(body, "Author")) == {"books": ("reverse", "Book")}


def test_a_relation_field_with_its_own_constructor_says_nothing_of_its_target() -> None:
    body = OWN_FIELDS + (
        "class Link(OneToOneFieldInstance):\n    def __init__(self, *args, **kwargs): ...\n"
        "class Book(Model):\n    author = Link('models.Author', related_name='book')\n"
    )
    relation = of_models(body, "Book").relations["author"]
    assert (relation.kind, relation.target, relation.nullable) == ("o2o", None, True)
    assert targets(of_models(body, "Author")) == {}


def test_a_subclass_of_a_data_field_declares_data() -> None:
    body = (
        "class Color(fields.CharField):\n    def __init__(self, **kwargs): ...\n"
        "class Book(Model):\n    color = Color()\n"
    )
    found = of_models(body, "Book")
    assert "color" in found.fields
    assert not found.relations


@pytest.mark.parametrize(
    "factory",
    [
        "def link(*a, **k):\n    return fields.ForeignKeyField(*a, **k)\n",
        "from kit import link\n",
        "class link(fields.TextField, Mystery):\n    pass\n",
        "class link(ForeignKeyFieldInstance):\n    def __new__(cls, *a): ...\n",
    ],
)
def test_what_a_factory_of_unknown_kind_declares_is_unknown(factory: str) -> None:
    body = OWN_FIELDS + factory + "class Book(Model):\n    author = link('models.Author')\n"
    found = of_models(body, "Book")
    assert "author" not in found.relations
    assert "author" not in found.fields
    assert "author" in found.own


def test_another_name_for_a_factory_is_followed() -> None:
    body = (
        "FK = fields.ForeignKeyField\nclass Author(Model):\n    pass\n"
        "class Book(Model):\n    author = FK('models.Author')\n"
    )
    assert targets(of_models(body, "Book")) == {"author": ("fk", "Author")}


def test_a_factory_that_the_class_body_binds_anew_is_unknown() -> None:
    body = (
        "class Book(Model):\n    fields = mine\n    author = fields.ForeignKeyField('models.A')\n"
    )
    assert not of_models(body, "Book").relations


def test_a_field_that_is_called_like_the_factory_hides_it_from_what_follows_alone() -> None:
    body = (
        "class Book(Model):\n    author = fields.ForeignKeyField('models.Book', null=True)\n"
        "    fields = fields.TextField()\n    other = fields.ForeignKeyField('models.Book')\n"
    )
    found = of_models(body, "Book")
    assert "author" in found.relations
    assert "fields" in found.fields
    assert "other" not in found.relations


# Relations

LIBRARY = "class Author(Model):\n    pass\nclass Book(Model):\n    "


@pytest.mark.parametrize(
    ("field", "name", "kind"),
    [
        ("fields.ForeignKeyField('models.Author', related_name='books')", "books", "reverse"),
        ("fields.ForeignKeyField('models.Author', 'works')", "works", "reverse"),
        ("fields.ForeignKeyField(to='models.Author', related_name='w')", "w", "reverse"),
        ("fields.ForeignKeyField(model_name='models.Author')", "books", "reverse"),
        ("fields.ForeignKeyField('models.Author', None)", "books", "reverse"),
        ("fields.ForeignKeyField('models.Author', related_name='')", "books", "reverse"),
        ("fields.ForeignKeyField('models.Author', to_field='code')", "books", "reverse"),
        ("fields.ForeignKeyField(Author)", "books", "reverse"),
        ("fields.OneToOneField('models.Author', 'book')", "book", "reverse_o2o"),
        ("fields.ManyToManyField('models.Author')", "books", "m2m"),
        ("fields.ManyToManyField('models.Author', 'through_table')", "books", "m2m"),
        ("fields.ManyToManyField('models.Author', 't', 'a', 'b', 'written')", "written", "m2m"),
        (
            "fields.ManyToManyField('models.Author', through='t', backward_key='b')",
            "books",
            "m2m",
        ),
        # Tortoise takes False for no name at all here, and uses the default.
        ("fields.ManyToManyField('models.Author', related_name=False)", "books", "m2m"),
    ],
)
def test_the_target_has_the_other_side(field: str, name: str, kind: str) -> None:
    assert targets(of_models(f"{LIBRARY}x = {field}\n", "Author")) == {name: (kind, "Book")}


@pytest.mark.parametrize(
    "field",
    [
        "fields.ForeignKeyField('models.Author', related_name=False)",
        "fields.ForeignKeyField('models.Author', False)",
        "fields.ForeignKeyField('models.Author', related_name=name)",
        "fields.ForeignKeyField('models.Author', name)",
        "fields.ForeignKeyField('models.Author', **options)",
        "fields.ForeignKeyField('models.Author', *rest)",
        "fields.ForeignKeyField('models.Author', 'a', b, c, d, e)",
        "fields.ForeignKeyField('Author')",
        "fields.ForeignKeyField('self')",
        "fields.ForeignKeyField('models.sub.Author')",
        "fields.ForeignKeyField(f'{app}.Author')",
        "fields.ForeignKeyField(find('Author'))",
        "fields.OneToOneField('models.Author')",
    ],
)
def test_the_other_side_stays_unknown_where_its_name_is(field: str) -> None:
    assert targets(of_models(f"{LIBRARY}x = {field}\n", "Author")) == {}


@pytest.mark.parametrize(
    ("version", "name"),
    [("0.17.8", "book"), ("0.20.1", "book"), ("0.21.0", "books"), ("1.1.9", "books")],
)
def test_the_default_name_of_a_one_to_one_is_that_of_the_version(version: str, name: str) -> None:
    author = of_models(f"{LIBRARY}x = fields.OneToOneField('models.Author')\n", "Author", version)
    assert targets(author) == {name: ("reverse_o2o", "Book")}


def test_default_names_are_made_of_the_table() -> None:
    body = (
        f"{LIBRARY}x = fields.ForeignKeyField('models.Author')\n    class Meta:\n        table = "
    )
    assert "tomess" in of_models(body + "'tomes'\n", "Author").relations
    assert not of_models(body + "named()\n", "Author").relations


def test_default_names_are_unknown_where_the_project_names_its_tables_itself() -> None:
    body = HEAD + f"{LIBRARY}x = fields.ForeignKeyField('models.Author')\n"
    start = "from tortoise import Tortoise\nTortoise.init(table_name_generator=f)\n"
    project = indexed({"m.py": body, "start.py": start})
    assert not model(project, "m.py", "Author").relations


def test_a_model_may_refer_to_itself() -> None:
    body = (
        "class Node(Model):\n"
        "    parent = fields.ForeignKeyField('models.Node', 'children', null=True)\n"
        "    friends = fields.ManyToManyField('models.Node', related_name='friend_of')\n"
    )
    found = of_models(body, "Node")
    assert targets(found) == {
        "parent": ("fk", "Node"),
        "children": ("reverse", "Node"),
        "friends": ("m2m", "Node"),
        "friend_of": ("m2m", "Node"),
    }
    assert found.relations["parent"].nullable
    assert not found.relations["children"].nullable


@pytest.mark.parametrize(
    ("arguments", "nullable"),
    [
        ("", False),
        (", null=False", False),
        (", null=True", True),
        (", null=flag", True),
        (", **options", True),
        (", 'b', CASCADE, True, True", True),
        (", 'b', CASCADE, True, False", False),
    ],
)
def test_a_forward_relation_is_nullable_unless_it_is_known_not_to_be(
    arguments: str, nullable: bool
) -> None:
    book = of_models(f"{LIBRARY}x = fields.ForeignKeyField('models.Author'{arguments})\n", "Book")
    assert book.relations["x"].nullable is nullable


def test_a_forward_relation_is_inherited_and_each_model_has_its_other_side() -> None:
    body = (
        "class Author(Model):\n    pass\n"
        "class Work(Model):\n    author = fields.ForeignKeyField('models.Author')\n"
        "    class Meta:\n        abstract = True\n"
        "class Book(Work):\n    pass\nclass Song(Work):\n    pass\n"
    )
    assert targets(of_models(body, "Book")) == {"author": ("fk", "Author")}
    assert targets(of_models(body, "Author")) == {
        "books": ("reverse", "Book"),
        "songs": ("reverse", "Song"),
    }


def test_one_name_for_the_other_side_of_two_models_is_unclear() -> None:
    body = (
        "class Author(Model):\n    pass\n"
        "class Book(Model):\n"
        "    a = fields.ForeignKeyField('models.Author', related_name='works')\n"
        "class Song(Model):\n"
        "    a = fields.ForeignKeyField('models.Author', related_name='works')\n"
    )
    assert targets(of_models(body, "Author")) == {"works": ("unclear", "?")}


def test_what_a_base_is_the_target_of_is_not_inherited() -> None:
    # The attribute is there, but in 0.20.1 ``prefetch_related`` does not find it.
    body = (
        "class Author(Model):\n    pass\nclass Poet(Author):\n    pass\n"
        "class Book(Model):\n"
        "    a = fields.ForeignKeyField('models.Author', related_name='books')\n"
    )
    assert "books" in of_models(body, "Author").relations
    assert "books" not in of_models(body, "Poet").relations


def test_the_other_side_replaces_a_method_of_the_target_but_not_of_its_subclass() -> None:
    body = (
        "class Author(Model):\n    def books(self): ...\n"
        "class Poet(Author):\n    pass\nclass Bard(Author):\n    def books(self): ...\n"
        "class Book(Model):\n"
        "    a = fields.ForeignKeyField('models.Author', related_name='books')\n"
    )
    author = of_models(body, "Author")
    assert "books" in author.relations
    assert "books" not in author.own
    assert "books" not in of_models(body, "Poet").own
    assert "books" in of_models(body, "Bard").own


def test_a_model_that_may_be_abstract_leaves_the_other_side_unclear() -> None:
    body = (
        f"{LIBRARY}a = fields.ForeignKeyField('models.Author', related_name='books')\n"
        "    class Meta(mystery):\n        pass\n"
    )
    assert targets(of_models(body, "Author")) == {"books": ("unclear", "?")}


def test_an_annotation_alone_declares_nothing() -> None:
    body = (
        "class Author(Model):\n    books: fields.ReverseRelation['Book']\nclass Book(Model): ...\n"
    )
    author = of_models(body, "Author")
    assert not author.relations
    assert "books" not in author.own


def test_an_annotation_does_not_override_the_field() -> None:
    body = (
        f"{LIBRARY}x: fields.ForeignKeyNullableRelation['Book'] = "
        "fields.ForeignKeyField('models.Author')\n"
        "    y: fields.ForeignKeyRelation['Author'] = fields.ForeignKeyField(f'{app}.Author')\n"
    )
    book = of_models(body, "Book")
    assert targets(book) == {"x": ("fk", "Author"), "y": ("fk", "?")}
    assert not book.relations["x"].nullable


def test_a_class_as_target_is_followed_through_imports() -> None:
    project = indexed(
        {
            "a/models.py": HEAD + "class Author(Model):\n    pass\n",
            "b/models.py": HEAD + "class Author(Model):\n    pass\n",
            "m.py": HEAD + "from b import models as m\nclass Book(Model):\n"
            "    author = fields.ForeignKeyField(m.Author)\n",
        }
    )
    assert targets(model(project, "m.py", "Book")) == {"author": ("fk", "b/models.py:Author")}


# Several models of one name

USER = HEAD + "class User(Model):\n    pass\n"


def post(target: str) -> str:
    """A file with a model that refers to another, in the form ``app.Model``."""
    return f"{HEAD}class Post(Model):\n    user = fields.ForeignKeyField('{target}')\n"


def start(modules: str) -> str:
    """A file that starts the ORM."""
    return (
        "from tortoise import Tortoise\nasync def start():\n"
        f"    await Tortoise.init(db_url='sqlite://:memory:', modules={modules})\n"
    )


@pytest.mark.parametrize(
    ("label", "found"), [("shop", "shop/models.py:User"), ("blog", "blog/users.py:User")]
)
def test_the_configuration_tells_apps_with_equal_models_apart(label: str, found: str) -> None:
    project = indexed(
        {
            "shop/models.py": USER,
            "blog/users.py": USER,
            "blog/models.py": post(f"{label}.User"),
            "start.py": start("{'shop': ['shop.models'], 'blog': ['blog.models', 'blog.users']}"),
        }
    )
    assert targets(model(project, "blog/models.py", "Post")) == {"user": ("fk", found)}


def test_an_app_has_the_models_that_its_modules_import() -> None:
    project = indexed(
        {
            "shop/__init__.py": "from .users import User\n",
            "shop/users.py": USER,
            "blog/users.py": USER,
            "blog/models.py": post("shop.User"),
            "start.py": start("{'shop': ['shop'], 'blog': ['blog.models', 'blog.users']}"),
        }
    )
    assert targets(model(project, "blog/models.py", "Post"))["user"] == ("fk", "shop/users.py:User")


def test_an_app_of_another_distribution_does_not_have_the_projects_model() -> None:
    project = indexed(
        {
            "blog/models.py": USER + post("auth.User").removeprefix(HEAD),
            "start.py": start("{'auth': ['thirdparty.auth.models'], 'blog': ['blog.models']}"),
        }
    )
    assert targets(model(project, "blog/models.py", "Post")) == {"user": ("fk", "?")}


def test_a_module_under_a_source_root_that_is_not_known_is_told_by_its_end() -> None:
    project = indexed(
        {
            "app/models.py": USER + post("models.User").removeprefix(HEAD),
            "start.py": start("{'models': ['backend.app.models']}"),
        }
    )
    assert targets(model(project, "app/models.py", "Post")) == {"user": ("fk", "User")}


def test_a_list_of_models_in_the_module_leaves_the_app_open() -> None:
    project = indexed(
        {
            "a/models.py": USER + "__models__ = []\n",
            "b/models.py": USER,
            "m.py": post("models.User"),
            "start.py": start("{'models': ['a.models', 'm']}"),
        }
    )
    relation = model(project, "m.py", "Post").relations["user"]
    assert relation.target in (None, Class("a/models.py", "User"))
    assert relation.target != Class("b/models.py", "User")


def test_without_a_configuration_the_same_module_or_package_decides() -> None:
    project = indexed(
        {
            "shop/models.py": USER + post("models.User").removeprefix(HEAD),
            "blog/users.py": USER,
            "blog/models.py": post("models.User"),
        }
    )
    assert targets(model(project, "shop/models.py", "Post")) == {"user": ("fk", "User")}
    assert targets(model(project, "blog/models.py", "Post")) == {
        "user": ("fk", "blog/users.py:User")
    }


def test_without_a_configuration_models_farther_away_are_ambiguous() -> None:
    project = indexed(
        {"a/models.py": USER, "b/models.py": USER, "c/models.py": post("models.User")}
    )
    assert targets(model(project, "c/models.py", "Post")) == {"user": ("fk", "?")}


def test_a_label_that_names_another_package_contradicts_the_near_model() -> None:
    project = indexed(
        {
            "accounts/models.py": USER,
            "blog/models.py": USER + post("accounts.User").removeprefix(HEAD),
        }
    )
    assert targets(model(project, "blog/models.py", "Post")) == {"user": ("fk", "?")}


def test_models_of_tests_do_not_hide_those_of_the_project() -> None:
    project = indexed(
        {
            "app/users.py": USER,
            "lib/posts.py": post("models.User"),
            "tests/models.py": USER + post("models.User").removeprefix(HEAD),
        }
    )
    assert targets(model(project, "lib/posts.py", "Post")) == {"user": ("fk", "app/users.py:User")}
    assert targets(model(project, "app/users.py", "User")) == {
        "posts": ("reverse", "lib/posts.py:Post")
    }
    assert targets(model(project, "tests/models.py", "Post")) == {"user": ("fk", "User")}


def test_the_project_does_not_see_a_model_that_only_tests_define() -> None:
    project = indexed({"m.py": post("models.User"), "tests/models.py": USER})
    assert targets(model(project, "m.py", "Post")) == {"user": ("fk", "?")}


def test_what_tests_add_to_a_model_does_not_make_its_relations_unclear() -> None:
    field = "fields.ForeignKeyField('models.User', related_name='posts')"
    project = indexed(
        {
            "m.py": f"{USER}class Post(Model):\n    user = {field}\n",
            "tests/models.py": f"{HEAD}class Draft(Model):\n    user = {field}\n",
        }
    )
    assert targets(model(project, "m.py", "User")) == {"posts": ("reverse", "Post")}


# Layouts


@pytest.mark.parametrize(
    ("library", "use", "statement"),
    [
        ("src/shop/models.py", "src/shop/views.py", "from shop.models import User"),
        ("src/shop/models.py", "tests/test_shop.py", "from shop.models import User"),
        ("shop/models.py", "shop/views.py", "from shop.models import User"),
        ("shop/db/models.py", "shop/api/views.py", "from shop.db.models import User"),
        ("shop/db/models.py", "shop/api/views.py", "from ..db.models import User"),
        ("models.py", "views.py", "from models import User"),
    ],
)
@pytest.mark.parametrize("packaged", [True, False])
def test_models_are_found_in_every_layout(
    library: str, use: str, statement: str, packaged: bool
) -> None:
    files = {library: USER, use: f"{statement}\nclass Guest(User):\n    pass\n"}
    folders = {str(parent) for path in files for parent in Path(path).parents} - {".", "src"}
    if packaged:
        files |= {f"{folder}/__init__.py": "" for folder in folders - {"tests"}}
    assert model(indexed(files), use, "Guest").lineage[1] == Class(library, "User")


SERVICE = {
    "app/__init__.py": "",
    "app/models.py": USER + post("models.User").removeprefix(HEAD),
    "app/views.py": "from app.models import User\nclass Guest(User):\n    pass\n",
    "start.py": start("{'models': ['app.models']}"),
    "requirements.txt": "tortoise-orm==0.20.1\n",
}


def test_each_project_of_a_repository_sees_its_own_models(tmp_path: Path) -> None:
    one = {f"one/{path}": text for path, text in SERVICE.items()}
    two = {f"two/{path}": text for path, text in SERVICE.items()}
    project = written(tmp_path, one | two)
    for name in ("one", "two"):
        path = f"{name}/app/models.py"
        assert targets(model(project, path, "Post")) == {"user": ("fk", "User")}
        guest = model(project, f"{name}/app/views.py", "Guest")
        assert guest.lineage[1] == Class(path, "User")


def test_a_project_does_not_see_the_models_of_its_neighbour(tmp_path: Path) -> None:
    project = written(
        tmp_path,
        {
            "one/models.py": USER,
            "one/requirements.txt": "tortoise-orm\n",
            "two/posts.py": post("models.User"),
            "two/requirements.txt": "tortoise-orm\n",
        },
    )
    assert targets(model(project, "two/posts.py", "Post")) == {"user": ("fk", "?")}


# The order of files and questions

MIXED = {
    "a/__init__.py": "from .models import *\n",
    "a/models.py": HEAD + "from .base import Named\nfrom b import models as other\n"
    "class User(Named):\n    friend = fields.ForeignKeyField('models.User', 'friends')\n"
    "class Guest(User, other.Tagged):\n    name = None\n",
    "a/base.py": HEAD + "from a import models\nclass Named(Model):\n    name = fields.TextField()\n"
    "    class Meta:\n        abstract = True\n",
    "b/models.py": HEAD + "class Tagged(Model):\n    tags = fields.ManyToManyField('models.Tag')\n"
    "class Tag(Model):\n    pass\nclass User(Tagged):\n    pass\n",
    "c.py": "from a import Guest as G\nfrom d import Loop\nclass Last(G, Loop):\n    pass\n",
    "d.py": HEAD + "from c import Last\nclass Loop(Last, Model):\n    x = fields.IntField()\n",
    "tests/models.py": post("models.User"),
    "start.py": start("{'models': ['a.models', 'b.models']}"),
}


def _snapshot(project: Project) -> dict[Class, Model]:
    return dict(project.models.all())


EXPECTED = _snapshot(indexed(MIXED))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(order=st.permutations(sorted(MIXED)), asked=st.lists(st.sampled_from(sorted(MIXED))))
def test_neither_the_order_of_files_nor_of_questions_matters(
    order: list[str], asked: list[str]
) -> None:
    project = indexed({path: MIXED[path] for path in order})
    for path in asked:
        project.facts(path)
        project.resolve(path, "User")
    assert _snapshot(project) == EXPECTED


def test_the_shuffled_project_has_something_to_confuse() -> None:
    assert {symbol.name for symbol in EXPECTED} >= {
        "User",
        "Guest",
        "Tag",
        "Tagged",
        "Post",
        "Named",
    }
    assert Class("c.py", "Last") not in EXPECTED
