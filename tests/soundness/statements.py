"""Random statements, those with blocks above all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .simple import Simple
from .values import Values
from .writer import ANY, Kind, Variables

if TYPE_CHECKING:
    from .writer import Writer

_ITERATED = (
    ("{x}", "row"), ("{x}", "row"), ("list({x})", "row"), ("sorted({x}, key=id)", "row"),
    ("reversed({x})", "row"), ("{x}[1:]", "row"), ("enumerate({x})", "row"),
    ("zip({x}, {x})", "row"), ("enumerate({x}, 1)", "row"),
    ("({x}, None)", "any"), ("iter({x})", "row"),
    ("set({x})", "row"),
)  # fmt: skip


class Statements:
    """Writes the statements of one function."""

    def __init__(self, at: Writer) -> None:
        self.at = at
        self.values = Values(at)
        self.simple = Simple(at, self.values)

    def block(self, count: int) -> None:
        before = len(self.at.lines)
        for _ in range(count):
            if self.at.budget > 0:
                self.at.budget -= 1
                self.statement()
        if len(self.at.lines) == before:
            self.at.emit("pass")

    def inner(self, count: int = 3) -> Variables:
        """A nested block; gives the variables at its end, and takes back what it bound."""
        before = dict(self.at.variables)
        self.at.depth += 1
        self.block(self.at.random.randint(1, count))
        self.at.depth -= 1
        after, self.at.variables = self.at.variables, before
        return after

    def meet(self, *paths: Variables) -> None:
        """What is believed where paths meet."""
        for name in sorted({name for path in paths for name in path}):
            if not all(name in path for path in paths) and self.at.chance(0.9):
                self.at.variables.pop(name, None)
                continue
            kinds = {path[name][0] + str(id(path[name][1])) for path in paths if name in path}
            found = next(path[name] for path in paths if name in path)
            self.at.variables[name] = found if len(kinds) == 1 else ANY

    def statement(self) -> None:
        simple = (
            [self.simple.assign] * 6
            + [self.simple.probe] * 4
            + [self.simple.unpack, self.simple.augment, self.simple.mutate]
        )
        simple += [self.simple.mutate, self.simple.function, self.simple.write, self.simple.alias]
        nested = [self._if] * 4 + [self._for] * 3 + [self._while, self._try, self._try, self._with]
        nested += [self._match, self._define, self._leave, self._delete, self.simple.later]
        if self.at.is_async:
            nested += [self._async_for, self._transaction]
        deep = self.at.depth > 3
        self.at.random.choice(simple if deep or self.at.chance(0.6) else nested)()

    def _if(self) -> None:
        self.at.emit(f"if {self.values.test()}:")
        paths = [self.inner()]
        while self.at.chance(0.2):
            self.at.emit(f"elif {self.values.test()}:")
            paths.append(self.inner(2))
        if self.at.chance(0.5):
            self.at.emit("else:")
            paths.append(self.inner())
        else:
            paths.append(dict(self.at.variables))
        self.meet(*paths)

    def _for(self) -> None:
        rows = self.at.of_kind("rows")
        item = self.at.target()
        kind: Kind = ANY
        text = "range(3)"
        if rows:
            name, spec = self.at.random.choice(rows)
            shape, found = self.at.random.choice(_ITERATED)
            text, kind = shape.format(x=name), (found, spec)
        elif self.at.is_async:
            text, (_, found_spec) = self.values.rows()
            kind = ("row", found_spec)
        target = f"n0, {item}" if text.startswith("enumerate") else item
        target = f"{item}, {self.at.target()}" if text.startswith("zip") else target
        self.at.emit(f"for {target} in {text}:")
        self._looped(item, kind)

    def _looped(self, item: str, kind: Kind) -> None:
        before = dict(self.at.variables)
        self.at.variables[item] = kind
        self.at.loops += 1
        after = self.inner(4)
        self.at.loops -= 1
        self.at.variables = before
        paths = [before, after]
        if self.at.chance(0.15):
            self.at.emit("else:")
            paths.append(self.inner(2))
        self.meet(*paths)

    def _async_for(self) -> None:
        text, (_, spec) = self.values.query()
        if self.at.chance(0.15):
            text, spec = "stream()", self.at.body.specs[0]
        item = self.at.target()
        self.at.emit(f"async for {item} in {text}:")
        self._looped(item, ("row", spec))

    def _while(self) -> None:
        name = self.at.fresh()
        self.at.emit(f"{name} = 0")
        self.at.emit(
            f"while {self.at.random.choice(('', '', self.values.test() + ' or '))}{name} < 3:"
        )
        self.at.depth += 1
        self.at.emit(f"{name} += 1")
        self.at.emit(f"if {name} > 5: break")
        self.at.depth -= 1
        self.at.loops += 1
        after = self.inner(4)
        self.at.loops -= 1
        self.meet(dict(self.at.variables), after)

    def _try(self) -> None:
        self.at.emit("try:")
        paths = [self.inner(4)]
        if self.at.chance(0.5):
            self.at.emit("    if flip(): raise ValueError()")
        handled = self.at.chance(0.8)
        if handled:
            name = f" as {self.at.target()}" if self.at.chance(0.2) else ""
            self.at.emit(f"except Exception{name}:")
            paths.append(self.inner(2))
        if not handled or self.at.chance(0.4):
            self.meet(*paths)
            self.at.emit("finally:")
            self._harmless()
        self.meet(*paths)

    def _harmless(self) -> None:
        """A block that does not leave a function or a loop."""
        self.at.depth += 1
        self.simple.probe() if self.at.variables else self.at.emit("pass")
        if self.at.chance(0.4):
            self.simple.alias()
        self.at.depth -= 1

    def _with(self) -> None:
        self.at.emit("with suppress(Exception):")
        before = dict(self.at.variables)
        after = self.inner(4)
        self.meet(before, after)

    def _transaction(self) -> None:
        self.at.emit("async with in_transaction() as conn:")
        self.at.variables["conn"] = ANY
        self.meet(self.inner(4))

    def _match(self) -> None:
        text, _kind = self.values.variable()
        self.at.emit(f"match {text}:")
        self.at.depth += 1
        paths = [dict(self.at.variables)]
        for _ in range(self.at.random.randint(1, 3)):
            name = self.at.random.choice(("a", "b", "n9"))
            spec = self.at.model()
            pattern = self.at.random.choice(
                ("None", f"{self.at.body.alias(spec)}()", f"{name} if flip()", f"[{name}, *_]",
                 f"{self.at.body.alias(spec)}() as {name}", f"{{'k': {name}}}", "1 | 2",
                 f"{name} if ({name} := None)")
            )  # fmt: skip
            self.at.emit(f"case {pattern}:")
            self.at.variables.setdefault(name, ANY)
            paths.append(self.inner(2))
        self.at.depth -= 1
        self.meet(*paths)
        for name in ("a", "b", "n9"):
            if name in self.at.variables:
                self.at.variables[name] = ANY

    def _define(self) -> None:
        """A nested function, that reads names of this one."""
        name, before = self.at.fresh(), dict(self.at.variables)
        if not before:
            return self.simple.assign()
        read = self.at.random.sample(sorted(before), min(2, len(before)))
        shared = self.at.chance(0.25)
        keyword = "async def" if self.at.is_async else "def"
        parameter = self.at.random.choice(("", "", "z=None", f"{read[0]}=None"))
        self.at.emit(f"{keyword} {name}({parameter}):")
        outer, self.at.result, self.at.annotated = (self.at.result, self.at.annotated), ANY, False
        self._nested(read, shared, {parameter.partition("=")[0]} - {""})
        (self.at.result, self.at.annotated), self.at.variables = outer, before
        return self._call_nested(name)

    def _nested(self, read: list[str], shared: bool, parameters: set[str]) -> None:
        """The body of a nested function; one that shares names binds those around it."""
        self.at.depth += 1
        if shared and not parameters and not read[0].startswith("p"):
            self.at.emit(f"nonlocal {read[0]}")
        self.at.emit("; ".join(read))
        captured, loops, self.at.loops = self.at.captured, self.at.loops, 0
        self.at.captured = captured if shared else captured | set(self.at.variables) - parameters
        self.block(self.at.random.randint(1, 3))
        self.at.emit(f"return {self.at.random.choice(read)}")
        self.at.captured, self.at.loops = captured, loops
        self.at.depth -= 1

    def _call_nested(self, name: str) -> None:
        if self.at.chance(0.4):
            self.simple.assign()
        call = f"{self.at.wait()}{name}()"
        if self.at.chance(0.5):
            result = self.at.target()
            self.at.emit(f"{result} = {call}")
            self.at.bind(result, ANY)
        else:
            self.at.emit(call)

    def _leave(self) -> None:
        choices = ["return"]
        if self.at.loops:
            choices += ["break", "continue", "break", "continue"]
        choice = self.at.random.choice(choices)
        self.at.emit("if flip():")
        self.at.depth += 1
        if choice == "return":
            self.give_back()
        else:
            self.at.emit(choice)
        self.at.depth -= 1

    def _delete(self) -> None:
        names = sorted(self.at.variables)
        if names and self.at.chance(0.4):
            name = self.at.random.choice(names)
            self.at.emit(f"if flip(): del {name}")
            self.simple.assign()

    def give_back(self) -> None:
        if self.at.annotated:
            kind, spec = self.at.result
            assert spec is not None
            self.at.emit(f"return {self.values.sure(kind, spec)}")
            return
        text, given = self.values.value()
        self.at.result = given if self.at.result == ANY else self.at.result
        self.at.emit(f"return {text}")
