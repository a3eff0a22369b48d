"""Random models: relations of all kinds, abstract bases, mixins, methods, several modules."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

_HEAD = "from tortoise import fields\nfrom tortoise.models import Model\n"
_NAMES = ("Team", "Hero", "Place", "Event")


@dataclass
class Spec:
    """One model of a program.

    Attributes:
        name: Of the class.
        module: The file that defines it.
        app: The app that it belongs to.
        forward: Its to-one attributes, both sides: name to target.
        many: Its relation managers: name to target.
        keyed: Forward keys that must be given to create a row: name to target.
        methods: Calls of its methods, with ``{x}`` for a row, and the kind of what they give.
        class_methods: The same with ``{x}`` for the class.
        lines: The body of the class.
        base: The base class.
    """

    name: str
    module: str
    app: str
    forward: dict[str, Spec] = field(default_factory=dict)
    many: dict[str, Spec] = field(default_factory=dict)
    keyed: dict[str, Spec] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    methods: list[tuple[str, str]] = field(default_factory=list)
    class_methods: list[tuple[str, str]] = field(default_factory=list)
    base: str = "Model"


def specs(random: Random) -> list[Spec]:
    """Some models, spread over one or two files; a name can occur in both."""
    files = ["app/models.py"] + (["app/more.py"] if random.random() < 0.4 else [])
    found: list[Spec] = []
    for name in _NAMES[: random.randint(2, 4)]:
        file = random.choice(files)
        found.append(Spec(name, file, "models" if file == files[0] else "more"))
    if len(files) > 1 and random.random() < 0.3:
        twin = next((s for s in found if s.module == files[0]), None)
        if twin and not any(s.name == twin.name and s.module == files[1] for s in found):
            found.append(Spec(twin.name, files[1], "more"))
    for index, spec in enumerate(found):
        _relate(random, spec, found[: index + 1], index)
        _behave(random, spec)
    return found


def _relate(random: Random, spec: Spec, known: list[Spec], index: int) -> None:
    for number in range(random.randint(0, 2)):
        target = random.choice(known)
        kind = random.choice(("fk", "fk", "o2o", "m2m"))
        null = target is spec or random.random() < 0.4
        name, back = f"{kind}{index}{number}", f"back{index}{number}"
        factory = {"fk": "ForeignKey", "o2o": "OneToOne", "m2m": "ManyToMany"}[kind]
        options = [f'"{target.app}.{target.name}"']
        if random.random() < 0.8 or number or kind == "o2o":
            options.append(f'related_name="{back}"')
        else:
            back = f"{spec.name.lower()}s"
        if kind != "m2m" and null:
            options.append("null=True")
        spec.lines.append(f"{name} = fields.{factory}Field({', '.join(options)})")
        if kind == "m2m":
            spec.many[name], target.many[back] = target, spec
            continue
        spec.forward[name] = target
        if not null:
            spec.keyed[name] = target
        (target.forward if kind == "o2o" else target.many)[back] = spec


_METHODS = (
    ("me()", "row", "def me(self):\n    return self"),
    ("label", "int", "@property\ndef label(self):\n    return self.size"),
    ("own", "row", "@property\ndef own(self):\n    return self"),
    ("await {x}.again()", "maybe",
     "async def again(self):\n    return await {M}.get_or_none(id=self.id)"),
    ("await {x}.sure()", "row",
     "async def sure(self) -> \"{M}\":\n    return await {M}.get(id=self.id)"),
    ("await {x}.kept()", "row", "async def kept(self):\n    await self.save()\n    return self"),
    ("await {x}.save()", "none",
     "async def save(self, *args, **kwargs):\n    return await super().save(*args, **kwargs)"),
)  # fmt: skip
_CLASS_METHODS = (
    ("await {x}.newest()", "maybe",
     "@classmethod\nasync def newest(cls):\n    return await cls.all().order_by(\"-id\").first()"),
    ("{x}.chosen()", "query", "@classmethod\ndef chosen(cls):\n    return cls.filter(size__gte=0)"),
    ("{x}.blank()", "row", "@staticmethod\ndef blank():\n    return {M}(name=\"blank\")"),
    ("{x}.kind()", "model", "@classmethod\ndef kind(cls):\n    return cls"),
    ("await {x}.built()", "row",
     "@classmethod\nasync def built(cls):\n    made = cls(name=\"built\")\n    return made"),
)  # fmt: skip


def _behave(random: Random, spec: Spec) -> None:
    for table, kept in ((_METHODS, spec.methods), (_CLASS_METHODS, spec.class_methods)):
        for call, kind, source in random.sample(table, random.randint(0, 2)):
            source = source.replace("{M}", spec.name)
            spec.lines.extend(source.split("\n"))
            call = call if "{x}" in call else "{x}." + call
            kept.append((call, kind))


def model_files(random: Random, found: list[Spec]) -> dict[str, str]:
    """The files that define the models."""
    files: dict[str, str] = {}
    for path in sorted({spec.module for spec in found}):
        mine = [spec for spec in found if spec.module == path]
        parts = [_HEAD, _bases(random, mine)]
        parts += [_class(spec) for spec in mine]
        parts += [_children(random, mine)]
        files[path] = "\n".join(parts)
    return files


_FIELDS = """\
    id = fields.IntField(primary_key=True)
    name = fields.CharField(max_length=50, default="x")
    size = fields.IntField(default=0, null=True)
"""


def _bases(random: Random, mine: list[Spec]) -> str:
    """An abstract base, or a mixin, that some of the models have."""
    text = ""
    if random.random() < 0.5:
        text += f"class Base(Model):\n{_FIELDS}    class Meta:\n        abstract = True\n"
        text += "    async def fresh(self):\n        return await type(self).get(id=self.id)\n"
        text += "    def itself(self):\n        return self\n"
        for spec in mine:
            if random.random() < 0.6:
                spec.base = "Base"
                spec.methods.append(("{x}.itself()", "row"))
    if random.random() < 0.3:
        text += "class Mixin:\n    note = fields.TextField(null=True)\n"
        text += "    def twice(self):\n        return [self, self]\n"
        for spec in mine:
            if random.random() < 0.5:
                spec.base = f"Mixin, {spec.base}"
                spec.methods.append(("{x}.twice()", "rows"))
    return text


def _class(spec: Spec) -> str:
    body = "".join(f"    {line}\n" for line in spec.lines)
    fields = "" if spec.base.endswith("Base") else _FIELDS
    return f"class {spec.name}({spec.base}):\n{fields}{body or '    pass'}\n"


def _children(random: Random, mine: list[Spec]) -> str:
    """A subclass with a table of its own, of a model without relations, that overrides."""
    plain = [spec for spec in mine if not (spec.forward or spec.many)]
    if not plain or random.random() < 0.6:
        return ""
    spec = random.choice(plain)
    overridden = "    def me(self):\n        return 1\n" if random.random() < 0.5 else "    pass\n"
    return f"class Special{spec.name}({spec.name}):\n{overridden}"
