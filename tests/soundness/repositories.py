"""Classes of random programs that hold models: generic ones, and ones with class attributes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .body import Body
    from .writer import Kind

GENERIC = """\
from typing import Generic, TypeVar, cast
from tortoise.models import Model
T = TypeVar("T", bound=Model)
class Repository(Generic[T]):
    model: type[T]
    last = None
    note: "str | None" = None
    def __init__(self, start=None):
        self.start = start
        self.last = []
    async def one(self) -> T | None:
        return await self.model.all().order_by("id").first()
    async def rows(self) -> list[T]:
        return await self.model.all()
    async def loose(self):
        found = await self.model.filter(size__gte=0).first()
        return found or self.start
    async def saved(self):
        row = await self.model.all().order_by("id").first()
        if row is not None:
            await row.save()
        return row
    def query(self):
        return self.model.all()
    @property
    def kind(self):
        return self.model
    @classmethod
    def made(cls):
        return cls()
    @classmethod
    def held(cls):
        return cls.model
"""

_OF_ONE = """\
class {name}(Repository[{M}]):
    model = {M}
    def query(self):
        rows = super().query()
        return rows.filter(size__gte=0)
"""

_BY_ARGUMENT = """\
class {name}(Repository[{M}]):
    def __init__(self):
        super().__init__()
        self.model = {M}
    @classmethod
    def held(cls):
        return cls().model
"""

_PLAIN = """\
class Picker:
    model = {M}
    other = {N}
    def __init__(self, flag):
        self.picked = self.model if flag else self.other
        self.row = None
        if flag:
            self.row = self.picked(name="picked")
    async def first(self):
        return await self.picked.all().order_by("id").first()
    async def write(self):
        if self.row is not None:
            await self.row.save()
        return self.row
class Late(Picker):
    model = {N}
class Loose:
    def __init__(self):
        self.spare = {M}
def lent():
    found = Loose()
    if flip():
        found.spare = {N}
    return found
"""

_LENT = ("lent().spare", "await lent().spare.all()", "lent()")
#: Calls on an object of a repository, and the kind of what they give.
_CALLS = (
    ("await {x}().one()", "maybe"), ("await {x}().rows()", "rows"), ("{x}().query()", "query"),
    ("{x}().kind", "model"), ("{x}.made().model", "model"), ("{x}.held()", "model"),
    ("await {x}().loose()", "any"), ("await {x}().saved()", "maybe"), ("{x}().last", "any"),
    ("{x}().note", "any"), ("{x}.made()", "any"), ("cast('{M} | None', {x}().start)", "any"),
)  # fmt: skip
_PICKED = (
    "{x}(flip()).picked", "await {x}(flip()).first()", "await {x}(flip()).write()", "{x}.model",
    "{x}(True).row", "{x}(flip()).model.all()", "next(iter([{x}(flip()).row]), None)",
    "({x}(flip()).row or {x}(True).picked)",
)  # fmt: skip


def repositories(body: Body) -> str:
    """The classes; what can be asked of them is added to ``body.asked``."""
    parts = [GENERIC]
    for number, spec in enumerate(body.specs):
        name, alias = f"Repository{number}", body.alias(spec)
        shape = body.random.choice((_OF_ONE, _OF_ONE, _BY_ARGUMENT))
        parts.append(shape.format(name=name, M=alias))
        for call, kind in _CALLS:
            found: Kind = (kind, None if kind == "any" else spec)
            body.asked.append((call.format(x=name, M=alias), found))
    one, other = (body.alias(body.random.choice(body.specs)) for _ in range(2))
    parts.append(_PLAIN.format(M=one, N=other))
    for call in _PICKED:
        body.asked += [(call.format(x=name), ("any", None)) for name in ("Picker", "Late")]
    body.asked += [(call, ("any", None)) for call in _LENT]
    return "".join(parts)
