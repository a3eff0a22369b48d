"""Random expressions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .writer import ANY, INT, NAMES, NONE, Kind

if TYPE_CHECKING:
    from .models import Spec
    from .writer import Writer

_STARTS = (".all()", ".filter(size__gte=0)", ".exclude(name='zz')", ".filter()", ".all()")
_LINKS = (
    ".filter(id__gte=1)", ".order_by('-id')", ".order_by('id')", ".limit(2)", ".offset(0)",
    ".all()", ".distinct()", ".exclude(name='yy')", ".filter(id__gt=50)",
)  # fmt: skip
_OPTIONAL = (
    "first()", "get_or_none(id={n})", "filter(id={n}).first()", "all().last()",
    "filter(id={n}).get_or_none()", "latest('id')", "all().earliest('id')",
)  # fmt: skip
_COPIES = (
    "list({x})", "sorted({x}, key=lambda r: r.id)", "{x}[:2]", "{x}[::-1]", "[*{x}]", "{x} + {x}",
    "{x}", "list(reversed({x}))", "[r for r in {x}]", "{x} or []", "list(set({x}))", "{x}.copy()",
)  # fmt: skip


class Values:
    """Writes the expressions of one function."""

    def __init__(self, at: Writer) -> None:
        self.at = at

    def sure(self, kind: str, spec: Spec) -> str:
        """An expression that is certainly of a kind, or raises."""
        name = self.at.body.alias(spec)
        if kind == "row":
            return f"await {name}.all().order_by('id').limit(1).get()"
        if kind == "maybe":
            return f"await {name}.get_or_none(id={self.at.random.randint(1, 4)})"
        if kind == "rows":
            return f"await {name}.all()"
        return f"{name}.filter(size__gte=0)"

    def value(self, depth: int = 0) -> tuple[str, Kind]:
        """Any expression, and what it is believed to be."""
        choices = [self._scalar, self.variable, self.variable, self._class]
        if self.at.is_async:
            choices += [self._row, self._row, self.maybe, self.rows, self.rows, self._related]
            choices += [self._called, self._number, self.pair]
        choices += [self.query, self._method]
        if self.at.body.asked:
            choices += [self._asked, self._asked]
        if depth < 2:
            choices += [self._conditional, self._shape, self._listed, self._listed, self._element]
        return self.at.random.choice(choices)() if depth < 3 else self._scalar()

    def _scalar(self) -> tuple[str, Kind]:
        text = self.at.random.choice(("None", "1", "'s'", "2", "None", "[]", "True", "-True", "{}"))
        return text, NONE if text == "None" else INT if text.isdigit() else ANY

    def variable(self) -> tuple[str, Kind]:
        known = [*self.at.variables.items(), *((n, (k, s)) for n, k, s in self.at.body.globals)]
        return self.at.random.choice(known) if known else self._scalar()

    def _class(self) -> tuple[str, Kind]:
        spec = self.at.model()
        return self.at.body.alias(spec), ("model", spec)

    def query(self, spec: Spec | None = None) -> tuple[str, Kind]:
        spec = spec or self.at.model()
        owner = self.at.body.alias(spec)
        managers = [(n, s) for n, s in self.at.of_kind("row") if s.many]
        if managers and self.at.chance(0.4):
            name, row = self.at.random.choice(managers)
            many, spec = self.at.random.choice(sorted(row.many.items(), key=lambda item: item[0]))
            owner = f"{name}.{many}"
            start = self.at.random.choice((".all()", ".filter(size__gte=0)", ".order_by('id')"))
        else:
            queries = [n for n, s in self.at.of_kind("query") if s is spec]
            if queries and self.at.chance(0.4):
                owner = self.at.random.choice(queries)
            start = self.at.random.choice(_STARTS)
        return owner + start + self._links(spec), ("query", spec)

    def _links(self, spec: Spec) -> str:
        links = [self.at.random.choice(_LINKS) for _ in range(self.at.random.randint(0, 2))]
        if spec.forward and self.at.chance(0.2):
            name = self.at.random.choice(sorted(spec.forward))
            links.append(f".{self.at.random.choice(('prefetch', 'select'))}_related('{name}')")
        if spec.many and self.at.chance(0.2):
            links.append(f".prefetch_related('{self.at.random.choice(sorted(spec.many))}')")
        return "".join(links)

    def _row(self) -> tuple[str, Kind]:
        spec = self.at.model()
        name = self.at.body.alias(spec)
        choices = [
            f"await {name}.get(id=1)", f"await {name}.all().order_by('id').limit(1).get()",
            f"await {name}[1]",
        ]  # fmt: skip
        if not spec.keyed:
            choices += [f"await {name}.create(name='made')", f"{name}(name='new')"]
        rows = [n for n, s in self.at.of_kind("row") if s is spec]
        if rows:
            row = self.at.random.choice(rows)
            choices += [
                f"{row}.clone(pk=None)", f"{row}.update_from_dict({{'size': 3}})", f"await {row}",
            ]  # fmt: skip
        return self.at.random.choice(choices), ("row", spec)

    def maybe(self) -> tuple[str, Kind]:
        if self.at.chance(0.4):
            text, (_, spec) = self.query()
            return f"await {text}.{self.at.random.choice(('first', 'last'))}()", ("maybe", spec)
        spec = self.at.model()
        end = self.at.random.choice(_OPTIONAL).format(n=self.at.random.choice((1, 2, 99)))
        return f"await {self.at.body.alias(spec)}.{end}", ("maybe", spec)

    def rows(self) -> tuple[str, Kind]:
        rows = self.at.of_kind("rows")
        if rows and self.at.chance(0.4):
            name, spec = self.at.random.choice(rows)
            return self.at.random.choice(_COPIES).format(x=name), ("rows", spec)
        text, (_, found) = self.query()
        return f"await {text}", ("rows", found)

    def _number(self) -> tuple[str, Kind]:
        text, (_, _spec) = self.query()
        ends = ("count()", "exists()", "values('id')", "values_list('id', flat=True)",
                "update(size=3)", "values_list('id', 'name')", "in_bulk([1], 'id')")  # fmt: skip
        return f"await {text}.{self.at.random.choice(ends)}", ANY

    def pair(self) -> tuple[str, Kind]:
        spec = self.at.model()
        method = self.at.random.choice(("get_or_create", "update_or_create"))
        return f"await {self.at.body.alias(spec)}.{method}(id=1)", ("pair", spec)

    def _related(self) -> tuple[str, Kind]:
        rows = [(n, s) for n, s in self.at.of_kind("row") if s.forward or s.many]
        if not rows:
            return self._row()
        name, spec = self.at.random.choice(rows)
        attribute = self.at.random.choice(sorted([*spec.forward, *spec.many]))
        wait = self.at.random.choice(("await ", "await ", ""))
        if attribute in spec.forward:
            kind = "maybe" if wait else "any"
            return f"{wait}{name}.{attribute}", (kind, spec.forward[attribute])
        return f"{wait}{name}.{attribute}", ("rows" if wait else "any", spec.many[attribute])

    def _method(self) -> tuple[str, Kind]:
        found = [(n, s, m) for n, s in self.at.of_kind("row") for m in s.methods]
        found += [
            (self.at.body.alias(s), s, m) for s in self.at.body.specs for m in s.class_methods
        ]
        found = [f for f in found if self.at.is_async or not f[2][0].startswith("await")]
        if not found:
            return self._scalar()
        name, spec, (call, kind) = self.at.random.choice(found)
        # A row that was made without its required relations has none.
        incomplete = spec.keyed and call in ("{x}.blank()", "await {x}.built()")
        return f"({call.format(x=name)})", ANY if incomplete else (kind, spec)

    def _asked(self) -> tuple[str, Kind]:
        """What an object that holds models gives."""
        text, kind = self.at.random.choice(self.at.body.asked)
        return ("None", NONE) if "await" in text and not self.at.is_async else (text, kind)

    def _called(self) -> tuple[str, Kind]:
        """A call of a function that stands further up."""
        helpers = [h for h in self.at.body.helpers if h.is_async or self.at.chance(0.5)]
        if not helpers:
            return self._row()
        helper = self.at.random.choice(helpers)
        arguments = ", ".join(
            f"await {self.at.body.alias(spec)}.all().{end}" if spec else end
            for end, spec in helper.arguments
        )
        wait = "await " if helper.is_async and self.at.chance(0.95) else ""
        kind = helper.result if wait or not helper.is_async else ANY
        if wait and self.at.chance(0.1):
            return f"(await asyncio.gather({helper.name}({arguments}), same(None)))[0]", ANY
        return f"{wait}{helper.name}({arguments})", kind

    def _conditional(self) -> tuple[str, Kind]:
        one, kind = self.value(2)
        other, second = self.value(2)
        test = self.test()
        text = self.at.random.choice(
            (f"({one} if {test} else {other})", f"({one} or {other})", f"({one} and {other})",
             f"({self.at.target()} := {one})", f"same({one})",
             f"Holder({one}).value", f"Holder({one}).both", f"Holder({one}).get()",
             f"Holder({other}).put({one}).value", f"Holder({one}).kept",
             f"(flip() and ({self.at.target()} := {one}))")
        )  # fmt: skip
        return text, kind if kind == second or text.startswith("same") else ANY

    def _shape(self) -> tuple[str, Kind]:
        one, _ = self.value(2)
        other, _ = self.value(2)
        return self.at.random.choice(
            (f"({one}, {other})", f"[{one}, {other}]", f"{{'k': {one}}}")
        ), ANY

    def _listed(self) -> tuple[str, Kind]:
        """A comprehension."""
        rows = self.at.of_kind("rows")
        if not rows:
            return self.query()
        name, spec = self.at.random.choice(rows)
        item = self.at.random.choice(("x", *NAMES[:5], *sorted(self.at.variables)))
        outer = dict(self.at.variables)
        self.at.variables[item] = ("row", spec)
        element, kind = (item, ("row", spec)) if self.at.chance(0.6) else self.value(2)
        test = self.at.random.choice(("", "", f" if {item}", f" if {item}.size", " if flip()"))
        self.at.variables = outer
        kept: Kind = ("rows", kind[1]) if kind[0] == "row" else ANY
        opened, closed = self.at.random.choice((("[", "]"), ("[", "]"), ("list(", ")"), ("{", "}")))
        if "await" in element and opened == "list(":
            opened, closed = "[", "]"
        return (
            f"{opened}{element} for {item} in {name}{test}{closed}",
            kept if closed == "]" else ANY,
        )

    def _element(self) -> tuple[str, Kind]:
        rows = self.at.of_kind("rows")
        if not rows:
            return self._scalar()
        name, spec = self.at.random.choice(rows)
        text = self.at.random.choice(
            (f"{name}[0]", f"{name}[-1]", f"max({name}, key=lambda x: x.id)", f"next(iter({name}))",
             f"next((x for x in {name} if x.size), None)")
        )  # fmt: skip
        return text, ("row", spec)

    def test(self) -> str:
        """A condition."""
        optional = [n for n, _ in self.at.of_kind("maybe", "row", "any")]
        known = optional or sorted(self.at.variables) or ["None"]
        name = self.at.random.choice(known)
        shapes = ["flip()", "flip()", name, f"not {name}", f"{name} is None", f"{name} is not None"]
        spec = self.at.model()
        shapes += [f"isinstance({name}, {self.at.body.alias(spec)})"]
        if self.at.is_async:
            row, _ = self.maybe()
            shapes += [
                f"({name} := {row})" if name != "None" else row,
                f"flip() and ({self.at.target()} := {row})",
                f"({self.at.target()} := {row}) is not None",
                f"flip() or ({self.at.target()} := {row})",
            ]  # fmt: skip
        text = self.at.random.choice(shapes)
        if self.at.chance(0.15):
            text = f"{text} {self.at.random.choice(('and', 'or'))} {self.at.random.choice(shapes)}"
        return text
