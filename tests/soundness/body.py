"""Random functions over given models."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .statements import Statements
from .writer import ANY, NAMES, Kind, Writer

if TYPE_CHECKING:
    from random import Random

    from .models import Spec

_PARAMETERS = (
    ("{p}", "first()", "maybe"), ("{p}", "order_by('id').limit(1).get()", "row"),
    ("{p}", "order_by('id')", "rows"), ("{p}: {M}", "order_by('id').limit(1).get()", "row"),
    ("{p}: {M} | None", "get_or_none(id=99)", "maybe"),
    ("{p}: {M} | None = None", "get_or_none(id=1)", "maybe"),
    ("{p}: {M} = None", "get_or_none(id=99)", "maybe"),
    ("{p}: list[{M}]", "filter(size__gte=0)", "rows"),
    ("{p}: \"{M}\"", "order_by('id').limit(1).get()", "row"),
)  # fmt: skip
_RETURNS = (
    ("row", "{M}"), ("maybe", "{M} | None"), ("rows", "list[{M}]"), ("row", "\"{M}\""),
)  # fmt: skip


@dataclass(frozen=True)
class Helper:
    """A function of a program.

    Attributes:
        name: Of the function.
        source: Its definition.
        is_async: Whether it is a coroutine function.
        arguments: What ``main`` gives it: the end of a chain on a model, or a literal.
        result: What it returns.
    """

    name: str
    source: str
    is_async: bool
    arguments: tuple[tuple[str, Spec | None], ...]
    result: Kind


@dataclass
class Body:
    """What the functions of one program share."""

    random: Random
    specs: list[Spec]
    aliases: dict[int, str]
    globals: list[tuple[str, str, Spec]] = field(default_factory=list)
    helpers: list[Helper] = field(default_factory=list)
    asked: list[tuple[str, Kind]] = field(default_factory=list)

    def alias(self, spec: Spec) -> str:
        """How the functions name a model."""
        return self.aliases[id(spec)]

    def function(self, name: str) -> Helper:
        """A function at module level."""
        helper = _Function(self).define(name)
        self.helpers.append(helper)
        return helper


class _Function:
    """Writes one function."""

    def __init__(self, body: Body) -> None:
        self.at = Writer(body)
        self.statements = Statements(self.at)

    def define(self, name: str) -> Helper:
        self.at.is_async = self.at.chance(0.92)
        header, arguments = self._signature(name)
        if self.at.is_async and self.at.chance(0.15):
            header = f"{self.at.random.choice(('@atomic()', '@atomic()', '@logged'))}\n{header}"
        if self.at.chance(0.1):
            self.at.emit("global counter")
            self.at.emit("counter = 1")
        self.statements.block(self.at.random.randint(3, 9))
        if self.at.annotated or self.at.chance(0.6):
            self.statements.give_back()
        source = "\n".join([header, *self.at.lines]) + "\n"
        return Helper(name, source, self.at.is_async, tuple(arguments), self.at.result)

    def _signature(self, name: str) -> tuple[str, list[tuple[str, Spec | None]]]:
        """The first line, and what ``main`` gives the function."""
        found = [self._parameter(index) for index in range(self.at.random.randint(0, 2))]
        # A parameter with a default must not stand before one without.
        found.sort(key=lambda parameter: "=" in parameter[0])
        parameters = [text for text, _ in found]
        for text in ("*rest", "**options"):
            if self.at.chance(0.1):
                parameters.append(text)
                self.at.variables[text.lstrip("*")] = ANY
        returns = self._returns() if self.at.is_async and self.at.chance(0.3) else ""
        keyword = "async def" if self.at.is_async else "def"
        header = f"{keyword} {name}({', '.join(parameters)}){returns}:"
        return header, [argument for _, argument in found]

    def _parameter(self, index: int) -> tuple[str, tuple[str, Spec | None]]:
        spec = self.at.model()
        name = f"p{index}" if self.at.chance(0.5) else NAMES[index]
        text, end, kind = self.at.random.choice(_PARAMETERS)
        self.at.variables[name] = (kind, spec)
        return text.format(p=name, M=self.at.body.alias(spec)), (end, spec)

    def _returns(self) -> str:
        spec = self.at.model()
        kind, text = self.at.random.choice(_RETURNS)
        self.at.annotated, self.at.result = True, (kind, spec)
        return f" -> {text.format(M=self.at.body.alias(spec))}"
