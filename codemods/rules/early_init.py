"""Makes pydantic classes of models that know their relations, not before.

What it does
    Reports calls of `pydantic_model_creator` and `pydantic_queryset_creator` at the level of a
    module whose class lacks relations of the model. Where the class is told to have one, inserts
    `Tortoise.init_models` before the first of them.

Why
    The names in `ForeignKeyField("models.Author")` are looked up by `Tortoise.init`, which runs
    when the application starts, long after the modules were imported. A class that is made of a
    model before that has neither `author` nor `books`, and no error says so. `init_models` looks
    them up without a database.

Before
    from shop.models import Book

    Book_Pydantic = pydantic_model_creator(Book, include=("id", "author"))

After
    from shop.models import Book

    Tortoise.init_models(["shop.models"], "models")
    Book_Pydantic = pydantic_model_creator(Book, include=("id", "author"))

When it is safe
    It is unsafe, and done only where every such class of the project is told something that
    concerns relations: the classes get more fields, and so do the answers of an API. The
    configuration has one app, all of whose modules are known, no relation leads out of it, and
    none of its modules imports the file. Before 0.21.7 a class that is told to have `author` must
    be told to have `author_id` as well, or making it raises `KeyError: 'author_id'`.

What it leaves alone
    Reported, for a hand, once for each file: classes that are told nothing of relations, which may
    be meant as they are; several apps, which have to be given to `init_models` in an order.
    Silently: projects that call `init_models` or `init_app` anywhere, or import the file in a
    function, where the ORM may have been started; classes that leave the relations out which their
    model declares, or add the keys themselves; options that are not literal; tests; branches on a
    version.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..edits.imports import AddImport
from ..edits.statements import InsertStatements
from ..project.configs import connections_of
from ..project.module import Module
from ._base import Finding, Rule, Safety
from ._configurations import by_module
from ._early import early_in
from ._loading import is_imported_late, loaded_by
from ._registered import registered

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..edits._base import Edit
    from ..project.index import Project
    from ..project.models import Model
    from ._early import Early

_MAKES = b"pydantic_model_creator", b"pydantic_queryset_creator"
_DONE = b"init_models", b"init_app"
#: The first release known to make a class that has a foreign key and is not told of its column.
_WITHOUT_COLUMNS = "0.21.7"
_AERICH = "aerich.models"
_RESTS = (
    "it rests on nothing that makes objects of the class or reads its JSON being troubled by more "
    "fields, and on the relations being fetched with the objects"
)
_DECIDE = (
    "call Tortoise.init_models([...], {label!r}) before it if the class is to have them, or name "
    "them in exclude= so that this is written down"
)


def _findings(project: Project) -> Iterator[Finding]:
    """One finding for each file with classes that are made too early."""
    by_home: dict[str, list[Early]] = {}
    for path in project.relevant:
        data = project.read(path)
        if isinstance(data, bytes) and any(word in data for word in _MAKES):
            module = project.module(path)
            found = list(early_in(module)) if isinstance(module, Module) else []
            by_home.setdefault(project.versions_of(path).directory, []).extend(found)
    for home, many in by_home.items():
        if many and not _is_done(project, home):
            yield from _of_home(project, many)


def _is_done(project: Project, home: str) -> bool:
    """Whether some file of a project calls what makes relations known."""
    for path in project.files:
        data = project.read(path)
        calls = isinstance(data, bytes) and any(word in data for word in _DONE)
        if calls and project.versions_of(path).directory == home:
            return True
    return False


def _of_home(project: Project, many: list[Early]) -> Iterator[Finding]:
    meant = all(one.meant and not _would_fail(one) for one in many)
    for path in dict.fromkeys(one.module.path for one in many):
        here = [one for one in many if one.module.path == path]
        if not is_imported_late(project, path):
            yield _finding(project, here, meant)


def _would_fail(one: Early) -> bool:
    """Whether the class cannot be made with what it is told to have, in the release at hand."""
    versions = one.module.project.versions_of(one.module.path)
    if versions.at_least("tortoise-orm", _WITHOUT_COLUMNS):
        return False
    told = (name for name in one.missing if name in one.include and name in one.model.fields)
    return any(f"{name}_id" not in one.include for name in told)


def _finding(project: Project, here: list[Early], meant: bool) -> Finding:
    first = here[0]
    module, label = first.module, _label(project, first.module.path)
    edits = tuple(_edits(project, first, label)) if meant and label else ()
    more = f", and {len(here) - 1} more in this file" if len(here) > 1 else ""
    made = f"the class made of {first.model.symbol.name}{more}"
    message = f"{made}, before models know their relations, lacks {', '.join(first.missing)}"
    span, safety = module.span(first.call), Safety.UNSAFE if edits else Safety.MANUAL
    advice = _RESTS if edits else _DECIDE.format(label=label or "models")
    return Finding(RULE.code, module.path, span, message, safety, edits, advice)


def _label(project: Project, path: str) -> str:
    """The only app of a project; empty where it has several or not all is known."""
    connections = connections_of(project, path)
    apps = connections.apps if connections is not None else None
    return next(iter(apps)) if apps and len(apps) == 1 else ""


def _edits(project: Project, first: Early, label: str) -> Iterator[Edit]:
    """What makes the relations known before the first class; nothing where that may fail."""
    names = _modules(project, first.module.path, label)
    if not names or not _is_complete(project, first.module.path, label):
        return
    if not _can_be_loaded(project, first, names):
        return
    listed = ", ".join(f'"{name}"' for name in names)
    source = f'Tortoise.init_models([{listed}], "{label}")'
    module = first.module
    yield InsertStatements(module.path, module.span(first.statement), source)
    yield AddImport(module.path, "tortoise", "Tortoise")


def _modules(project: Project, path: str, label: str) -> tuple[str, ...]:
    """The modules of an app, as they are imported; nothing where one cannot be named."""
    connections = connections_of(project, path)
    apps = connections.apps if connections is not None else None
    names = sorted(apps[label].modules or ()) if apps else []
    plain = all(not name.endswith(".py") and name != "__main__" for name in names)
    return tuple(name for name in names if name != _AERICH) if plain else ()


def _is_complete(project: Project, path: str, label: str) -> bool:
    """Whether the models of the app are known, and no relation of theirs leads out of it."""
    app = (registered(project, path) or {}).get(label)
    if app is None:
        return False
    models = [project.models.get(symbol) for symbol in app.models]
    return all(
        relation.target in app.models
        for model in models
        if model is not None
        for relation in model.relations.values()
    )


def _can_be_loaded(project: Project, first: Early, names: tuple[str, ...]) -> bool:
    """Whether the modules can be imported where the classes are made, with all their models."""
    path = first.module.path
    files = [project.modules.find(name, 0, path) or "" for name in names]
    if not all(one.endswith(".py") for one in files):
        return False
    if files == [path]:
        return all(_stands_above(first, model) for model in project.models.all().values())
    return all(path not in loaded_by(project, one) for one in files)


def _stands_above(first: Early, model: Model) -> bool:
    """Whether a model is defined in the file of a class, and before it."""
    fact = first.module.project.class_fact(model.symbol)
    here = model.symbol.path == first.module.path
    return here and fact is not None and fact.line < first.statement.lineno


find, _found_in = by_module(_findings)

RULE = Rule(
    code="TOR608",
    name="early-init",
    summary="makes pydantic classes after `init_models`: before it, they lack relations",
    safety=Safety.UNSAFE,
    find=find,
    modules=_found_in,
)
