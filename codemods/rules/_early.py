"""The pydantic classes that are made of models before these know their relations."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..project.facts import FunctionNode
from ..project.model_targets import is_test
from ..project.module import Module
from ..project.symbols import Class
from ._migration import is_shim, symbol_of
from ._pydantic import creator

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.index import Project
    from ..project.models import Model

_OPTIONS = "PydanticMeta"
_LISTS = ("include", "exclude")
#: What ``PydanticMeta`` says of relations, and nothing else.
_OF_RELATIONS = ("allow_cycles", "max_recursion")
_RUNNERS = (".run", "run_async", "run_until_complete", "init_models", "init_app")


@dataclass(frozen=True, slots=True, eq=False)
class Early:
    """A class that is made of a model too early to have all that it could.

    Attributes:
        module: The file that makes it.
        call: The call that does.
        statement: The statement of the file that holds the call.
        model: The model.
        missing: The relations that it lacks for that reason: those that it is told to have, or
            else those that the model itself declares.
        include: What it is told to have, as far as that is said.
        meant: Whether it is told anything that only concerns relations.
    """

    module: Module
    call: ast.Call
    statement: ast.stmt
    model: Model
    missing: tuple[str, ...]
    include: frozenset[str]
    meant: bool


def early_in(module: Module) -> Iterator[Early]:
    """The classes that a file makes when it is imported, without relations of their models."""
    if is_test(module.path):
        return
    for call in module.nodes(ast.Call):
        name = creator(module, call)
        outer = list(module.ancestors(call)) if name else []
        if not name or any(isinstance(one, FunctionNode | ast.Lambda) for one in outer):
            continue
        statement = outer[-2] if len(outer) > 1 else None
        if isinstance(statement, ast.stmt) and not is_shim(module, call):
            found = _early(module, call, statement)
            if found is not None and not _runs_before(module, statement):
                yield found


def _early(module: Module, call: ast.Call, statement: ast.stmt) -> Early | None:
    first = call.args[0] if call.args else _keyword(call, "cls")
    symbol = symbol_of(module, first) if first is not None else None
    model = module.project.models.get(symbol) if isinstance(symbol, Class) else None
    options = _options(module.project, model) if model is not None and model.closed else None
    if model is None or options is None:
        return None
    lists = _lists(call, options)
    if lists is None:
        return None
    include, exclude = lists
    wanted = sorted(name for name in include - exclude if name in model.relations)
    nested = {name.partition(".")[0] for name in exclude if "." in name} & {*model.relations}
    given = exclude | _added(module, call)
    forward = sorted(name for name in model.relations if name in model.fields)
    missing = wanted if include else [name for name in forward if name not in given]
    if not missing:
        return None
    meant = bool(wanted or nested or any(one in options for one in _OF_RELATIONS))
    return Early(module, call, statement, model, tuple(missing), include, meant)


def _added(module: Module, call: ast.Call) -> frozenset[str]:
    """The relations that a class adds itself, or their columns, which the call is the base of."""
    outer = module.parent(call)
    names: set[str] = set()
    for statement in outer.body if isinstance(outer, ast.ClassDef) else ():
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            names |= {statement.target.id, statement.target.id.removesuffix("_id")}
    return frozenset(names)


def _keyword(call: ast.Call, name: str) -> ast.expr | None:
    return next((given.value for given in call.keywords if given.arg == name), None)


def _options(project: Project, model: Model) -> dict[str, ast.expr] | None:
    """What ``PydanticMeta`` of a model sets; None where that is not all there to see."""
    found: dict[str, ast.expr] = {}
    for symbol in model.lineage:
        module = project.module(symbol.path)
        body = _body(module.tree.body, symbol.qualname) if isinstance(module, Module) else None
        inner = _body(body, _OPTIONS) if body is not None else None
        for statement in inner or ():
            if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
                if _is_silent(statement):
                    continue
                return None
            target = statement.targets[0]
            if isinstance(target, ast.Name):
                found[target.id] = statement.value
        if inner is not None:
            return found
    return None if any(_OPTIONS in one for one in [model.own]) else found


def _is_silent(statement: ast.stmt) -> bool:
    """Whether a statement of a class body sets nothing."""
    text = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    return text or isinstance(statement, ast.Pass)


def _body(body: list[ast.stmt], qualname: str) -> list[ast.stmt] | None:
    """The body of a class, without bases of its own if it is an inner one."""
    for name in qualname.split("."):
        found = [one for one in body if isinstance(one, ast.ClassDef) and one.name == name]
        if len(found) != 1 or (name == _OPTIONS and found[0].bases):
            return None
        body = found[0].body
    return body


def _lists(
    call: ast.Call, options: dict[str, ast.expr]
) -> tuple[frozenset[str], frozenset[str]] | None:
    """The names that a class is told to have, and not to have; None where not all are literal."""
    if any(given.arg is None for given in call.keywords) or len(call.args) > 1:
        return None
    if _keyword(call, "meta_override") is not None or "computed" in options:
        return None
    both = []
    for name in _LISTS:
        values = [one for one in (_keyword(call, name), options.get(name)) if one is not None]
        texts = [_texts(one) for one in values]
        if None in texts:
            return None
        both.append(frozenset(text for one in texts for text in one or ()))
    return both[0], both[1]


def _texts(node: ast.expr) -> tuple[str, ...] | None:
    if not isinstance(node, ast.Tuple | ast.List | ast.Set):
        return None
    values = [one.value if isinstance(one, ast.Constant) else None for one in node.elts]
    texts = tuple(one for one in values if isinstance(one, str))
    return texts if len(texts) == len(values) else None


def _runs_before(module: Module, statement: ast.stmt) -> bool:
    """Whether the file itself runs something, which may start the ORM, before a statement."""
    for call in module.nodes(ast.Call):
        if call.lineno >= statement.lineno:
            break
        outer = module.ancestors(call)
        inside = any(isinstance(one, FunctionNode | ast.Lambda) for one in outer)
        if not inside and module.text(call.func).endswith(_RUNNERS):
            return True
    return False
