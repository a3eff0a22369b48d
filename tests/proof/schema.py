"""Random models with every kind of relation, and rows for their tables."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

_HEAD = "from tortoise import fields\nfrom tortoise.models import Model\n\n\n"
_NAMES = ("Team", "Hero", "Place", "Event", "Badge")
_KINDS = ("fk",) * 5 + ("o2o",) * 2 + ("m2m",) * 3


@dataclass(eq=False)
class Relation:
    """One side of a relation.

    Attributes:
        name: The attribute.
        owner: The model that has the attribute.
        target: The model that it leads to.
        kind: ``forward``, ``back`` (of a one-to-one), ``reverse`` (of a foreign key) or ``m2m``.
        nullable: Whether a single object may be missing.
        declared: Whether the field itself is on this side.
    """

    name: str
    owner: Spec
    target: Spec
    kind: str
    nullable: bool
    declared: bool = False

    @property
    def to_many(self) -> bool:
        """Whether it leads to any number of objects."""
        return self.kind in ("reverse", "m2m")


@dataclass(eq=False)
class Spec:
    """One model of a program.

    Attributes:
        name: Of the class.
        module: The file that defines it.
        relations: All its relations, those that other models declare included.
        lines: The declarations of its relations, and its methods.
        columns: The column of each foreign key, with its relation.
        through: The table of each many-to-many relation, with its two columns and its target.
    """

    name: str
    module: str
    ordered: bool = False
    relations: list[Relation] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    columns: dict[str, Relation] = field(default_factory=dict)
    unique: set[str] = field(default_factory=set)
    through: list[tuple[str, str, str, Spec]] = field(default_factory=list)

    @property
    def table(self) -> str:
        """The name of its table."""
        return self.name.lower()

    @property
    def required(self) -> list[Relation]:
        """The relations that a row cannot be created without."""
        return [one for one in self.columns.values() if not one.nullable]


def specs(random: Random, ordered: bool) -> list[Spec]:
    """Some models that are related to each other; ``ordered`` says that all have an order."""
    modules = ["app/models.py"] + (["app/more.py"] if random.random() < 0.3 else [])
    found: list[Spec] = []
    for name in _NAMES[: random.choice((2, 3, 3, 4, 4, 5))]:
        found.append(Spec(name, random.choice(modules), ordered or random.random() < 0.2))
    for index, spec in enumerate(found):
        low, high = (1, 3) if index else (0, 1)
        for number in range(random.randint(low, high)):
            _relate(random, spec, random.choice(found[: index + 1]), f"{index}{number}")
    for spec in found:
        _behave(random, spec)
    return found


def _relate(random: Random, spec: Spec, target: Spec, tag: str) -> None:
    kind = random.choice(_KINDS)
    name, back = f"{kind}{tag}", f"back{tag}"
    options = [f'"models.{target.name}"', f'related_name="{back}"']
    if kind == "m2m":
        _relate_many(random, spec, target, name, back, options)
        return
    null = target is spec or random.random() < 0.5
    options += ["null=True"] if null else []
    factory = "ForeignKeyField" if kind == "fk" else "OneToOneField"
    spec.lines.append(f"{name} = fields.{factory}({', '.join(options)})")
    forward = Relation(name, spec, target, "forward", null, declared=True)
    spec.relations.append(forward)
    spec.columns[f"{name}_id"] = forward
    if kind == "o2o":
        spec.unique.add(f"{name}_id")
    target.relations.append(
        Relation(back, target, spec, "reverse" if kind == "fk" else "back", True)
    )


def _relate_many(
    random: Random, spec: Spec, target: Spec, name: str, back: str, options: list[str]
) -> None:
    table, one, other = f"{name}_link", f"{name}_one", f"{name}_other"
    if target is spec or random.random() < 0.5:
        options += [f'through="{table}"', f'backward_key="{one}"', f'forward_key="{other}"']
    else:
        table, one, other = f"{spec.table}_{target.table}", f"{spec.table}_id", f"{target.table}_id"
        if any(known[0] == table for known in spec.through):
            return
    spec.lines.append(f"{name} = fields.ManyToManyField({', '.join(options)})")
    spec.relations.append(Relation(name, spec, target, "m2m", False, declared=True))
    target.relations.append(Relation(back, target, spec, "m2m", False))
    spec.through.append((table, one, other, target))
    # Without an order they come as the database likes: read one by one in the order of the pairs,
    # fetched together in that of the table.
    spec.ordered = target.ordered = True


_METHODS = (
    "def label(self):\n    return f\"{self.name}/{self.size}\"",
    "async def again(self):\n    return await {M}.get_or_none(id=self.id)",
    "async def grow(self):\n    self.size = (self.size or 0) + 1\n    await self.save()",
)  # fmt: skip


def _behave(random: Random, spec: Spec) -> None:
    for source in _METHODS:
        spec.lines.extend(source.replace("{M}", spec.name).split("\n"))
    if spec.ordered:
        spec.lines += ["class Meta:", '    ordering = ["id"]']


def model_files(found: list[Spec]) -> dict[str, str]:
    """The files that define the models."""
    files: dict[str, str] = {}
    for path in sorted({spec.module for spec in found}):
        parts = [_class(spec) for spec in found if spec.module == path]
        files[path] = _HEAD + "\n\n".join(parts)
    return files


_FIELDS = """\
    id = fields.IntField(primary_key=True)
    name = fields.CharField(max_length=50, default="x")
    size = fields.IntField(default=0, null=True)
"""


def _class(spec: Spec) -> str:
    body = "".join(f"    {line}\n" for line in spec.lines)
    return f"class {spec.name}(Model):\n{_FIELDS}{body}"


def rows(random: Random, found: list[Spec]) -> list[str]:
    """Statements that fill the tables: without rows, with one or with several."""
    counts: dict[Spec, int] = {}
    statements = []
    for spec in found:
        if all(counts[one.target] for one in spec.required):
            statements += _insert(random, spec, counts)
        counts.setdefault(spec, 0)
    for spec in found:
        for table, one, other, target in spec.through:
            pairs = [(a, b) for a in range(counts[spec]) for b in range(counts[target])]
            chosen = sorted(random.sample(pairs, min(len(pairs), random.randint(0, 8))))
            values = ", ".join(f"({a + 1}, {b + 1})" for a, b in chosen)
            if values:
                statements.append(f"INSERT INTO {table} ({one}, {other}) VALUES {values}")
    return statements


def _insert(random: Random, spec: Spec, counts: dict[Spec, int]) -> list[str]:
    count = random.choice((0, 1, 2, 3, 3, 4, 5, 6))
    for column in spec.unique:  # of a one-to-one relation that must not be missing
        if not spec.columns[column].nullable:
            count = min(count, counts.get(spec.columns[column].target, count))
    used: dict[str, set[int]] = {column: set() for column in spec.unique}
    lines = []
    for number in range(count):
        keys = [_key(random, spec, column, number, counts, used) for column in spec.columns]
        size = random.choice(("NULL", "0", "1", "2", "3"))
        lines.append(f"({', '.join((repr(f'{spec.name[0]}{number}'), size, *keys))})")
    counts[spec] = count
    if not lines:
        return []
    columns = ", ".join(("name", "size", *spec.columns))
    return [f"INSERT INTO {spec.table} ({columns}) VALUES {', '.join(lines)}"]


def _key(
    random: Random,
    spec: Spec,
    column: str,
    number: int,
    counts: dict[Spec, int],
    used: dict[str, set[int]],
) -> str:
    """The value of a foreign key; of a model to itself, an earlier row."""
    relation = spec.columns[column]
    known = number if relation.target is spec else counts[relation.target]
    free = [key for key in range(1, known + 1) if key not in used.get(column, ())]
    if not free or (relation.nullable and random.random() < 0.35):
        return "NULL"
    key = random.choice(free)
    used.setdefault(column, set())
    if column in spec.unique:
        used[column].add(key)
    return str(key)
