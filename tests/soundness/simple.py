"""Random statements without a block of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .writer import ANY

if TYPE_CHECKING:
    from .values import Values
    from .writer import Writer

_CHANGES = (
    "{x}.append({v})", "{x}.extend([{v}])", "{x}.insert(0, {v})", "{x}[0:1] = [{v}]",
    "{x}.sort(key=id)",
    "{x}.reverse()", "{x}.clear()", "{x}[0] = {v}", "{x}.pop()", "{x}.__iadd__([{v}])",
)  # fmt: skip


class Simple:
    """Writes the simple statements of one function."""

    def __init__(self, at: Writer, values: Values) -> None:
        self.at = at
        self.values = values

    def assign(self) -> None:
        text, kind = self.values.value()
        name = self.at.target()
        if self.at.chance(0.1) and self.at.is_async:
            spec, kind_name = self.at.model(), self.at.random.choice(("row", "maybe"))
            hint = self.at.body.alias(spec) + (" | None" if kind_name == "maybe" else "")
            self.at.emit(f"{name}: {hint} = same({self.values.sure(kind_name, spec)})")
            self.at.bind(name, (kind_name, spec))
            return
        self.at.emit(f"{name} = {text}")
        self.at.bind(name, kind)

    def alias(self) -> None:
        text, kind = self.values.variable()
        name = self.at.target()
        self.at.emit(f"{name} = {text}")
        self.at.bind(name, kind)

    def probe(self) -> None:
        names = sorted(self.at.variables)
        if names:
            picked = self.at.random.sample(names, min(3, len(names)))
            self.at.emit("; ".join(picked))
            return
        self.at.emit(self.values.value()[0])

    def unpack(self) -> None:
        one, other = self.at.target(), self.at.target()
        names = sorted(self.at.variables)
        if names and self.at.chance(0.3):
            self.at.emit(
                f"{one}, {other} = {self.at.random.choice(names)}, {self.at.random.choice(names)}"
            )
            self.at.bind(one, ANY)
            self.at.bind(other, ANY)
        elif self.at.is_async and self.at.chance(0.6):
            text, (_, spec) = self.values.pair()
            self.at.emit(f"{one}, {other} = {text}")
            self.at.bind(one, ("row", spec))
            self.at.bind(other, ANY)
        else:
            text, kind = self.values.value()
            second, kind2 = self.values.value()
            self.at.emit(f"{one}, {other} = {text}, {second}")
            self.at.bind(one, kind)
            self.at.bind(other, kind2)

    def augment(self) -> None:
        numbers = [n for n, (k, _) in sorted(self.at.variables.items()) if k == "int"]
        rows = [n for n, _ in self.at.of_kind("rows")]
        if numbers and self.at.chance(0.5):
            operation = self.at.random.choice(("+= 1", "/= 2", "+= 1.5", "*= 2", "**= -1"))
            self.at.emit(f"{self.at.random.choice(numbers)} {operation}")
        elif rows:
            name = self.at.random.choice(rows)
            self.at.emit(
                f"if {name} is not None and {name}.__len__() < 9:"
                f" {name} += [{self.values.value()[0]}]"
            )
            self.at.bind(name, ANY)
        else:
            self.assign()

    def mutate(self) -> None:
        rows = self.at.of_kind("rows")
        if not rows:
            return self.assign()
        name, _ = self.at.random.choice(rows)
        text = self.values.value()[0]
        change = self.at.random.choice(_CHANGES).format(x=name, v=text)
        self.at.emit(f"if {name}.__len__() < 9: {change}")
        return None

    def function(self) -> None:
        names = sorted(self.at.variables)
        if not names:
            return self.assign()
        name = self.at.fresh()
        read = self.at.random.choice(names)
        self.at.emit(f"{name} = lambda q=1: {read}")
        if self.at.chance(0.5):
            self.assign()
        self.at.emit(f"{name}()")
        self.at.serial += 1
        return None

    def later(self) -> None:
        """A function without a name that outlives the round of a loop in which it was made."""
        rows = self.at.of_kind("rows")
        if not rows or not self.at.is_async:
            return self.assign()
        name, spec = self.at.random.choice(rows)
        kept, item = self.at.fresh(), self.at.random.choice(("a", "b", "c"))
        self.at.emit(f"{kept} = []")
        self.at.emit(f"for n0 in {name}:")
        end = f"get_or_none(id={self.at.random.choice(('n0.id', '99 if n0.id > 1 else 1'))})"
        self.at.emit(f"    {item} = await {self.at.body.alias(spec)}.{end}")
        self.at.emit(f"    if {item} is not None:")
        self.at.emit(f"        {kept}.append(lambda: {item})")
        self.at.emit(f"        {kept}.append(({item} for _ in [1]))")
        self.at.emit(f"for n0 in {kept}:")
        self.at.emit("    n0() if callable(n0) else next(n0)")
        self.at.bind(item, ANY)
        return None

    def write(self) -> None:
        rows = [(n, s) for n, s in self.at.of_kind("row")]
        if not rows or not self.at.is_async:
            return self.assign()
        name, spec = self.at.random.choice(rows)
        choices = [f"await {name}.save()", f"await {name}.refresh_from_db()", f"{name}.size = 4"]
        choices += [
            f"await {name}.fetch_related('{n}')" for n in sorted([*spec.forward, *spec.many])
        ]
        choices += [f"await {name}.{n}.all().update(size=2)" for n in sorted(spec.many)]
        choices += [f"await {name}.{n}.add(*await {name}.{n}.all())" for n in sorted(spec.many)]
        choices += [
            f"{name}.{n} = await {self.at.body.alias(s)}.first()" for n, s in spec.forward.items()
        ]
        late = self.at.fresh()
        model = self.at.body.alias(spec)
        made = self.at.random.choice(
            (f"{name}.save()", f"{model}.filter(id=1).update(size=1)", f"{model}.bulk_create([])",
             f"{model}.bulk_update([{name}], ['size'])")
        )  # fmt: skip
        choices += [f"{late} = {made}; await {late}"]
        self.at.emit(self.at.random.choice(choices))
        return None
