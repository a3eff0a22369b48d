"""The bases of classes: the order in which Python looks through them, and which make a model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .facts import OPAQUE
from .field_kinds import DATA, RELATIONS, aliased, kind_of
from .modules import LIBRARIES
from .symbols import Class, External

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .facts import ClassFact, Constant
    from .index import Project
    from .symbols import Symbol

_MODEL_BASES = frozenset({"tortoise.Model", "tortoise.models.Model"})
_HARMLESS_BASES = frozenset({"builtins.object", "abc.ABC", "typing.Generic", "typing.Protocol"})
_HARMLESS_DECORATORS = frozenset(
    {
        "functools.total_ordering",
        "typing.final",
        "typing.runtime_checkable",
        "typing_extensions.deprecated",
        "typing_extensions.final",
        "warnings.deprecated",
    }
)
#: Libraries whose base classes are no Tortoise models, whatever the fields of the subclass are.
_OTHER_LIBRARIES = LIBRARIES | {"typing_extensions", "pydantic_settings", "sqlalchemy", "django"}
#: What a ``class Meta`` that cannot be read may set.
_UNREAD_META: dict[str, Constant] = dict.fromkeys(
    ("abstract", "table", "ordering", "manager"), OPAQUE
)


@dataclass(frozen=True, slots=True)
class Lineage:
    """What the bases of a class make of it.

    Attributes:
        order: The class and its project bases, in the order in which Python looks through them.
        bases: Its direct project bases, as written.
        is_model: Whether it is a Tortoise model.
        closed: Whether all bases are known and nothing else may change the class.
    """

    order: tuple[Class, ...]
    bases: tuple[Class, ...]
    is_model: bool
    closed: bool


@dataclass(frozen=True, slots=True)
class _Direct:
    """The direct bases of a class; ``foreign`` is whether one of them may be a model unseen."""

    classes: tuple[Class, ...]
    is_model: bool
    closed: bool
    foreign: bool


class Bases:
    """Answers about the bases of the classes of a project; the order of the questions is free."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._direct: dict[Class, _Direct] = {}
        self._lineages: dict[Class, Lineage] = {}
        self._cyclic: dict[Class, bool] = {}

    def lineage(self, symbol: Class) -> Lineage:
        """The lineage of a class. A class among its own bases has none and is no model."""
        if symbol not in self._lineages:
            for one in self._bases_first(symbol):
                self._lineages[one] = self._compute(one)
        return self._lineages[symbol]

    def meta(self, symbol: Class) -> dict[str, Constant]:
        """What the ``class Meta`` in the body of a class sets; ``OPAQUE`` where not known.

        Tortoise looks for no ``Meta`` in the bases of a model: they count only where the body
        has a ``class Meta`` that itself is derived from theirs.
        """
        fact = self._project.class_fact(symbol)
        if fact is None or "Meta" not in fact.names:
            return {}
        inner = Class(symbol.path, f"{symbol.qualname}.Meta")
        once = fact.names.count("Meta") == 1 and self._project.class_fact(inner) is not None
        return self._meta_class(inner, frozenset()) if once else dict(_UNREAD_META)

    def _meta_class(self, symbol: Class, seen: frozenset[Class]) -> dict[str, Constant]:
        fact = self._project.class_fact(symbol)
        if fact is None or symbol in seen:
            return dict(_UNREAD_META)
        found = dict(fact.constants)
        for base in fact.bases:
            inherited = self._meta_base(symbol, base, seen | {symbol})
            found = {**inherited, **found}
        return found

    def _meta_base(self, symbol: Class, base: str, seen: frozenset[Class]) -> dict[str, Constant]:
        owner, _, last = base.rpartition(".")
        if owner and last == "Meta":
            holder = self._resolve(symbol, owner)
            if isinstance(holder, External) and holder.dotted in _MODEL_BASES:
                return {}
            inner = self._inner_meta(holder) if isinstance(holder, Class) else None
            return self._meta_class(inner, seen) if inner else dict(_UNREAD_META)
        found = self._resolve(symbol, base) if base else None
        if found == External("builtins.object"):
            return {}
        # Constants are kept for classes of such names alone.
        if isinstance(found, Class) and found.name.endswith("Meta"):
            return self._meta_class(found, seen)
        return dict(_UNREAD_META)

    def _inner_meta(self, holder: Class) -> Class | None:
        """The ``Meta`` that is an attribute of a class: its own, or that of the nearest base."""
        for one in self.lineage(holder).order:
            fact = self._project.class_fact(one)
            if fact and "Meta" in fact.names:
                inner = Class(one.path, f"{one.qualname}.Meta")
                return inner if self._project.class_fact(inner) else None
        return None

    def _bases_first(self, symbol: Class) -> list[Class]:
        """The class and all bases whose lineage is not known yet, each after its own bases."""
        order: dict[Class, None] = {}
        stack, entered = [symbol], set[Class]()
        while stack:
            one = stack[-1]
            if one in entered or one in self._lineages:
                stack.pop()
                if one not in self._lineages:
                    order.setdefault(one)
                continue
            entered.add(one)
            stack.extend(b for b in self._bases_of(one).classes if b not in entered)
        return list(order)

    def _compute(self, symbol: Class) -> Lineage:
        if self._is_cyclic(symbol):
            return Lineage((symbol,), (), False, False)
        direct = self._bases_of(symbol)
        sound = tuple(base for base in direct.classes if not self._is_cyclic(base))
        above = [self._lineages[base] for base in sound]
        order = _merged([symbol], [list(one.order) for one in above], list(sound))
        is_model = direct.is_model or any(one.is_model for one in above)
        closed = (
            direct.closed
            and order is not None
            and len(sound) == len(direct.classes)
            and all(one.closed for one in above)
            and self._is_plain(symbol)
        )
        if order is None:
            order = list(dict.fromkeys([symbol, *(c for one in above for c in one.order)]))
        proven = is_model or (direct.foreign and self._has_fields(symbol))
        return Lineage(tuple(order), sound, proven, closed)

    def _is_cyclic(self, symbol: Class) -> bool:
        if symbol not in self._cyclic:
            self._cyclic[symbol] = self._reaches_itself(symbol)
        return self._cyclic[symbol]

    def _reaches_itself(self, symbol: Class) -> bool:
        seen: set[Class] = set()
        stack = list(self._bases_of(symbol).classes)
        while stack:
            one = stack.pop()
            if one == symbol:
                return True
            if one not in seen:
                seen.add(one)
                stack.extend(self._bases_of(one).classes)
        return False

    def _is_plain(self, symbol: Class) -> bool:
        """Whether no decorator, metaclass, or second definition may have changed the class."""
        fact = self._project.class_fact(symbol)
        if fact is None or fact.keywords or "__getattribute__" in fact.methods:
            return False
        if self._project.resolve(symbol.path, symbol.qualname) != symbol:
            return False
        for decorator in fact.decorators:
            found = self._resolve(symbol, decorator) if decorator else None
            if not isinstance(found, External) or found.dotted not in _HARMLESS_DECORATORS:
                return False
        return True

    def _has_fields(self, symbol: Class) -> bool:
        """Whether the body of a class declares fields of Tortoise."""
        fact = self._project.class_fact(symbol)
        return fact is not None and any(
            kind_of(self._project, symbol.path, field.factory).name in RELATIONS | {DATA}
            for field in fact.fields
        )

    def _bases_of(self, symbol: Class) -> _Direct:
        if symbol not in self._direct:
            fact = self._project.class_fact(symbol)
            self._direct[symbol] = self._read(symbol, fact)
        return self._direct[symbol]

    def _read(self, symbol: Class, fact: ClassFact | None) -> _Direct:
        classes: list[Class] = []
        is_model, closed, foreign = False, fact is not None, False
        for base in fact.bases if fact else ():
            found = self._resolve(symbol, base) if base else None
            if isinstance(found, Class):
                classes.append(found)
            elif isinstance(found, External) and found.dotted in _MODEL_BASES:
                is_model = True
            elif not (isinstance(found, External) and found.dotted in _HARMLESS_BASES):
                closed = False
                foreign = foreign or not _is_known(found)
        return _Direct(tuple(dict.fromkeys(classes)), is_model, closed, foreign)

    def _resolve(self, symbol: Class, name: str) -> Symbol | None:
        """What a name in the head of a class means, which may itself stand in another class."""
        outer = symbol.qualname.rpartition(".")[0]
        fact = self._project.class_fact(Class(symbol.path, outer)) if outer else None
        head, _, rest = name.partition(".")
        if fact is None or head not in {*fact.names, *fact.methods}:
            return aliased(self._project, self._project.resolve(symbol.path, name))
        found = self._project.member(Class(symbol.path, outer), head)
        for part in rest.split(".") if rest else ():
            found = self._project.member(found, part)
        return found


def _is_known(found: Symbol | None) -> bool:
    """Whether a base from outside belongs to a library that is known to define no models."""
    return isinstance(found, External) and found.dotted.partition(".")[0] in _OTHER_LIBRARIES


def _merged(head: list[Class], orders: list[list[Class]], bases: list[Class]) -> list[Class] | None:
    """The method resolution order of Python (C3); None where there is none."""
    if len(orders) == 1:
        return [*head, *orders[0]]
    queues = [queue for queue in (*orders, bases) if queue]
    found = list(head)
    while queues:
        taken = next(_heads(queues), None)
        if taken is None:
            return None
        found.append(taken)
        queues = [[c for c in queue if c != taken] for queue in queues]
        queues = [queue for queue in queues if queue]
    return found


def _heads(queues: list[list[Class]]) -> Iterator[Class]:
    """The classes that come next: the first of a queue, and not further back in any."""
    return (q[0] for q in queues if not any(q[0] in other[1:] for other in queues))
