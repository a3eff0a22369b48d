"""What names mean across the files of a project, and which files a run looks at."""

from __future__ import annotations

from pathlib import Path

import pytest
from tortoise_fix.codemods.orm.attributes import derived
from tortoise_fix.codemods.project.index import Project
from tortoise_fix.codemods.project.near_models import near_models
from tortoise_fix.codemods.project.symbols import (
    Class,
    External,
    Function,
    Package,
    Symbol,
    Variable,
)
from tortoise_fix.codemods.source import Fault

HEAD = "from tortoise import fields\nfrom tortoise.models import Model\n"


def indexed(files: dict[str, str]) -> Project:
    """A project that has these files and no manifests."""

    def read(path: str) -> bytes | Fault:
        return files[path].encode() if path in files else Fault(path, 0, "there is none")

    return Project(Path("/nonexistent"), files, read)


@pytest.mark.parametrize(
    ("text", "name", "meaning"),
    [
        ("class A:\n    def f(self): ...\n    class B: ...\n", "A", Class("m.py", "A")),
        ("class A:\n    class B: ...\n", "A.B", Class("m.py", "A.B")),
        ("class A:\n    def f(self): ...\n", "A.f", Function("m.py", "A.f")),
        ("def f(): ...\n", "f", Function("m.py", "f")),
        ("x = 1\n", "x", Variable("m.py", "x")),
        ("import a.b\n", "a.b.c", External("a.b.c")),
        ("import a.b as c\n", "c.d", External("a.b.d")),
        ("from a import b as c\n", "c", External("a.b")),
        ("", "len", External("builtins.len")),
        ("import a.b\nimport a.c\n", "a.c", External("a.c")),
    ],
)
def test_a_name_means_what_its_one_binding_says(text: str, name: str, meaning: Symbol) -> None:
    assert indexed({"m.py": text}).resolve("m.py", name) == meaning


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("", "mystery"),
        ("x = 1\nx = 2\n", "x"),
        ("def f(): ...\nf = g(f)\n", "f"),
        ("from a import b\nfrom c import b\n", "b"),
        ("from a import *\n", "b"),
        ("from a import *\n", "len"),
        ("from . import b\n", "b"),
        ("x = 1\ndef f():\n    global x\n    x = 2\n", "x"),
        ("for x in y: ...\nclass x: ...\n", "x"),
    ],
)
def test_a_name_with_no_certain_binding_means_nothing(text: str, name: str) -> None:
    assert indexed({"m.py": text}).resolve("m.py", name) is None


def test_a_package_that_imports_its_own_submodule_means_the_submodule() -> None:
    project = indexed({"p/__init__.py": "from . import book\n", "p/book.py": "class A: ...\n"})
    assert project.resolve("p/__init__.py", "book") == Package("p/book.py")
    assert project.resolve("p/__init__.py", "book.A") == Class("p/book.py", "A")


def test_a_package_that_imports_a_missing_name_from_itself_means_nothing() -> None:
    assert (
        indexed({"p/__init__.py": "from . import book\n"}).resolve("p/__init__.py", "book") is None
    )


def test_modules_that_star_import_each_other_do_not_hang() -> None:
    project = indexed({"a.py": "from b import *\nclass A: ...\n", "b.py": "from a import *\n"})
    assert project.resolve("b.py", "A") == Class("a.py", "A")
    assert project.resolve("b.py", "Missing") is None


def test_both_branches_may_import_the_same_thing() -> None:
    text = "try:\n    from p import A\nexcept ImportError:\n    from p.a import A\n"
    files = {"p/__init__.py": "from .a import A\n", "p/a.py": "class A: ...\n", "m.py": text}
    assert indexed(files).resolve("m.py", "A") == Class("p/a.py", "A")


def test_branches_that_import_different_things_are_unclear() -> None:
    text = "try:\n    from p import A\nexcept ImportError:\n    from q import A\n"
    files = {"p.py": "class A: ...\n", "q.py": "class A: ...\n", "m.py": text}
    assert indexed(files).resolve("m.py", "A") is None


def test_an_import_of_a_missing_module_of_the_project_is_unknown() -> None:
    files = {"app/__init__.py": "", "m.py": "from app.generated import A\n"}
    assert indexed(files).resolve("m.py", "A") is None


# The choice of files

BOOK = HEAD + "class Book(Model):\n    title = fields.TextField()\n"


def test_files_that_name_a_model_are_looked_at_and_others_are_not() -> None:
    project = indexed(
        {"m.py": BOOK, "use.py": "from m import Book\n", "else.py": "import os\nBooks = 1\n"}
    )
    assert project.relevant == ("m.py", "use.py")


def test_files_that_know_a_model_by_another_name_are_looked_at() -> None:
    project = indexed(
        {
            "p/__init__.py": "from .m import Book as Tome\n",
            "p/m.py": BOOK,
            "q.py": "import p\nVolume = p.Tome\n",
            "use.py": "from q import Volume\nclass Novel(Volume): ...\n",
        }
    )
    assert "use.py" in project.relevant
    assert project.models.get(Class("use.py", "Novel")) is not None


def test_files_that_lead_to_a_model_by_imports_are_near_it_and_others_are_not() -> None:
    project = indexed(
        {
            "p/__init__.py": "",
            "p/m.py": BOOK,
            "p/get.py": "from .m import *\n",
            "far.py": "import tortoise\n",
            "name.py": "import tortoise\nfrom p import get as g\n",
            "whole.py": "import tortoise\nimport p\np.get.find()\n",
            "lines.py": "import tortoise\nfrom p import (\n    get,\n)\n",
            "inside.py": "import tortoise\ndef f():\n    from p.get import x\n",
        }
    )
    near = {"p/m.py", "name.py", "whole.py", "lines.py", "inside.py"}
    assert near_models(project) == near
    assert project.naming == near | {"far.py"}


def test_a_file_that_leads_to_more_than_can_be_told_counts_as_near_a_model() -> None:
    many = {f"q/m{number}.py": f"from . import m{number + 1}\n" for number in range(300)}
    project = indexed({"m.py": BOOK, "use.py": "import tortoise\nfrom q import m0\n", **many})
    assert near_models(project) == {"m.py", "use.py"}


def test_a_file_that_only_starts_an_application_names_nothing() -> None:
    project = indexed({"m.py": BOOK, "main.py": "app = make(lifespan=start)\n"})
    assert project.relevant == ("m.py", "main.py")
    assert project.naming == {"m.py"}


def test_subclasses_are_found_by_whatever_name_their_base_has() -> None:
    project = indexed(
        {
            "a.py": "import tortoise\nclass Base: ...\n",
            "b.py": "from a import Base as Other\nclass One(Other): ...\n",
            "c.py": "import a\nAlias = a.Base\nclass Two(Alias): ...\nclass Three(Two): ...\n",
            "d.py": "class Base: ...\nclass Four(Base): ...\n",
        }
    )
    below = derived(project, Class("a.py", "Base"))
    assert {one.name for one in below} == {"One", "Two", "Three"}


@pytest.mark.parametrize("broken", ["class Broken(Model:\n", "\0", "# -*- coding: nonsense -*-\n"])
def test_a_file_that_cannot_be_parsed_hides_no_other(broken: str) -> None:
    project = indexed({"bad.py": f"import tortoise\n{broken}", "m.py": BOOK, "gone.py": BOOK})
    assert project.facts("missing.py") is None
    assert project.models.get(Class("m.py", "Book")) is not None
