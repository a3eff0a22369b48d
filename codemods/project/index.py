"""The index: the facts of all relevant files, linked.

A file is relevant when its bytes name the framework or one of the project's own models, or look
like a configuration or the start of an application. Facts are read on demand and kept; the order in
which files are asked for never changes an answer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ..source import Fault, Source, decode, parse
from .aerich import target_modules
from .bases import Bases
from .collecting import collect
from .facts import ClassFact, FileFacts, Import, dotted
from .models import ModelIndex
from .module import Module
from .modules import ModuleFinder
from .symbols import Class, External, Function, Package, Symbol, Variable
from .versions import VersionFinder, Versions
from .words import Words

if TYPE_CHECKING:
    import ast
    from pathlib import Path

Reader = Callable[[str], bytes | Fault]

_FRAMEWORK = b"tortoise"
_CONFIGURATION = (b"connections", b"apps", b"models")
#: What starts an application often names neither the framework nor a model, only a function.
_STARTUP = Words(("on_event", "add_event_handler", "on_startup", "lifespan"))
#: Characters of source whose trees are kept at a time; a tree takes some fifty times its text.
_KEPT_TEXT = 3_000_000


class Project:
    """Everything known about one project root.

    Args:
        root: The directory that all paths are relative to.
        files: POSIX paths of all Python files below the root.
        read: Gives the bytes of a file, or why it cannot be read.
        target: The tortoise-orm version the user aims at, or an empty string.
        facts: Facts already known, for instance from a cache; they must belong to the same bytes.
    """

    def __init__(
        self,
        root: Path,
        files: Iterable[str],
        read: Reader,
        target: str = "",
        facts: Mapping[str, FileFacts] | None = None,
    ) -> None:
        self.root = root
        self.files = tuple(sorted(files))
        self.modules = ModuleFinder(self.files)
        self.versions = VersionFinder(root, target, read)
        self.read = read
        self.target = target
        self._facts: dict[str, FileFacts | None] = dict(facts or {})
        self._loaded: dict[str, Module] = {}
        self._size = 0
        self._relevant: tuple[str, ...] | None = None
        self._naming: frozenset[str] = frozenset()
        self._defining: tuple[str, ...] = ()
        self._models: ModelIndex | None = None
        self._resolved: dict[tuple[str, str], Symbol | None] = {}
        self.bases = Bases(self)
        self.memo: dict[object, Any] = {}  #: answers of costlier rooms, by their own keys

    # Files

    @property
    def relevant(self) -> tuple[str, ...]:
        """The files that name the framework or a model, or may configure it, sorted."""
        if self._relevant is None:
            self._relevant = self._choose()
        return self._relevant

    @property
    def naming(self) -> frozenset[str]:
        """The relevant files that name the framework or a model, or that aerich reads."""
        self._relevant = self.relevant
        return self._naming

    def _choose(self) -> tuple[str, ...]:
        """What names something, and what may configure or start an application without that."""
        framework, configuring, starting = set[str](), set[str](), set[str]()
        for path, data in self._contents():
            if _FRAMEWORK in data:
                framework.add(path)
            elif all(word in data for word in _CONFIGURATION):
                configuring.add(path)
            elif _STARTUP.are_in(data):
                starting.add(path)
        named = self._name_something(framework)
        self._naming = frozenset((*target_modules(self), *named))
        return tuple(sorted({*self._naming, *configuring, *(starting if framework else ())}))

    def _name_something(self, framework: set[str]) -> set[str]:
        """Framework files first; then, while that finds new models, the files that name a model."""
        defining, chosen, names = set(framework), set(framework), set[str]()
        while fresh := ModelIndex(self, sorted(defining)).names() - names:
            names |= fresh
            words, subclassed = Words(fresh), _subclassing(fresh)
            for path, data in self._contents():
                if path not in defining and words.are_in(data):
                    chosen.add(path)
                    # Only a file that subclasses or renames a model can define another one; the
                    # rest is never parsed unless a rule asks for it.
                    if subclassed.search(data):
                        defining.add(path)
        self._defining = tuple(sorted(defining))
        return chosen

    def _contents(self) -> Iterator[tuple[str, bytes]]:
        """All files that can be read, with their bytes."""
        for path in self.files:
            data = self.read(path)
            if not isinstance(data, Fault):
                yield path, data

    def source(self, path: str) -> Source | Fault:
        """The decoded text of a file."""
        data = self.read(path)
        return data if isinstance(data, Fault) else decode(path, data)

    def module(self, path: str) -> Module | Fault:
        """A parsed file; the last few stay in memory."""
        known = self._loaded.pop(path, None)
        if known is not None:
            self._loaded[path] = known
            return known
        source = self.source(path)
        if isinstance(source, Fault):
            return source
        tree = parse(source)
        if isinstance(tree, Fault):
            return tree
        facts = self._facts.get(path) or collect(path, tree, source.text)
        self._facts[path] = facts
        module = Module(source, tree, facts, self)
        self._keep(module)
        return module

    def _keep(self, module: Module) -> None:
        """Keep a parsed file, and let go of those that were asked for least recently."""
        self._loaded[module.path] = module
        self._size += len(module.source.text)
        while self._size > _KEPT_TEXT and len(self._loaded) > 1:
            oldest = self._loaded.pop(next(iter(self._loaded)))
            self._size -= len(oldest.source.text)

    def facts(self, path: str) -> FileFacts | None:
        """The facts of a file; None where it cannot be read or parsed."""
        if path not in self._facts:
            module = self.module(path)
            self._facts[path] = None if isinstance(module, Fault) else module.facts
        return self._facts[path]

    def known_facts(self) -> dict[str, FileFacts]:
        """The facts of all files that were asked for so far."""
        return {path: facts for path, facts in self._facts.items() if facts is not None}

    # Knowledge

    @property
    def models(self) -> ModelIndex:
        """The Tortoise models of the project and their relations."""
        if self._models is None:
            self._relevant = self.relevant
            self._models = ModelIndex(self, self._defining)
        return self._models

    def versions_of(self, path: str) -> Versions:
        """The library versions that hold for a file."""
        return self.versions.for_file(path)

    # Names

    def resolve_expression(self, path: str, node: ast.expr) -> Symbol | None:
        """What a dotted expression means at the module level of a file."""
        name = dotted(node)
        return self.resolve(path, name) if name else None

    def resolve(self, path: str, name: str) -> Symbol | None:
        """What a dotted name means at the module level of a file; None where not certain."""
        key = (path, name)
        if key in self._resolved:
            return self._resolved[key]
        outer, _, last = name.rpartition(".")
        # What stands before the last dot is often the same, so that it pays to keep that as well.
        if outer:
            found = self.member(self.resolve(path, outer), last)
        else:
            found = self._name(path, last, frozenset())
        self._resolved[key] = found
        return found

    def member(self, symbol: Symbol | None, name: str) -> Symbol | None:
        """What ``symbol.name`` means."""
        return self._member(symbol, name, frozenset())

    def class_fact(self, symbol: Class) -> ClassFact | None:
        """The facts of a class."""
        facts = self.facts(symbol.path)
        return facts.classes.get(symbol.qualname) if facts else None

    def resolve_import(self, path: str, found: Import) -> Symbol | None:
        """What an import statement of a file binds to its name."""
        return self._imported(path, found, frozenset())

    def _name(self, path: str, name: str, seen: frozenset[tuple[str, str]]) -> Symbol | None:
        facts = self.facts(path)
        if facts is None or (path, name) in seen:
            return None
        seen |= {(path, name)}
        count = facts.bindings.get(name, 0)
        if name in facts.rebound or count > len(facts.imports.get(name, ())) > 0:
            return None
        if name in facts.imports:
            found = {self._imported(path, i, seen) for i in facts.imports[name]}
            return found.pop() if len(found) == 1 else None
        if count > 1:
            return None
        if name in facts.classes:
            return Class(path, name)
        if name in facts.functions:
            return Function(path, name)
        if count:
            return Variable(path, name)
        return self._from_stars(path, facts, name, seen)

    def _from_stars(
        self, path: str, facts: FileFacts, name: str, seen: frozenset[tuple[str, str]]
    ) -> Symbol | None:
        """A name that only a star import, or Python itself, can have brought."""
        found: set[Symbol | None] = set()
        for star in facts.stars:
            target = self.modules.find(star.module, star.level, path)
            if target is None:
                return None
            if self._exports(target, name):
                symbol = self._module_member(target, name, seen)
                found |= {symbol} if symbol else set()
        if found:
            return found.pop() if len(found) == 1 else None
        return External(f"builtins.{name}") if _is_builtin(name) else None

    def _exports(self, target: str, name: str) -> bool:
        """Whether a star import of a module may bring a name."""
        facts = self.facts(target) if target.endswith(".py") else None
        if facts is None or facts.exports is None:
            return not name.startswith("_")
        return name in facts.exports

    def _imported(
        self, path: str, found: Import, seen: frozenset[tuple[str, str]]
    ) -> Symbol | None:
        target = self.modules.find(found.module, found.level, path)
        if target is None:
            if found.level or self.modules.knows(found.module):
                return None
            return External(f"{found.module}.{found.attr}" if found.attr else found.module)
        if target == path and found.attr:
            # A package that imports from itself means its submodule, not the name it is binding.
            child = self.modules.child(path, found.attr)
            return None if child is None else Package(child)
        return self._module_member(target, found.attr, seen) if found.attr else Package(target)

    def _module_member(
        self, target: str, name: str, seen: frozenset[tuple[str, str]]
    ) -> Symbol | None:
        """A name of a module, or a submodule of a package."""
        if target.endswith(".py"):
            facts = self.facts(target)
            if facts is None:
                return None
            if name in facts.bindings:
                return self._name(target, name, seen)
        child = self.modules.child(target, name)
        if child is not None:
            return Package(child)
        return self._name(target, name, seen) if target.endswith(".py") else None

    def _member(
        self, symbol: Symbol | None, name: str, seen: frozenset[tuple[str, str]]
    ) -> Symbol | None:
        if isinstance(symbol, External):
            return External(f"{symbol.dotted}.{name}")
        if isinstance(symbol, Package):
            return self._module_member(symbol.path, name, seen)
        if isinstance(symbol, Class):
            facts = self.facts(symbol.path)
            qualname = f"{symbol.qualname}.{name}"
            if facts and qualname in facts.classes:
                return Class(symbol.path, qualname)
            if facts and qualname in facts.functions:
                return Function(symbol.path, qualname)
        return None


def _subclassing(names: set[str]) -> re.Pattern[bytes]:
    """What finds a class that has any of the names among its bases, and what renames one."""
    words = "|".join(sorted(map(re.escape, names)))
    # A base may also be written with the other name that an import or an assignment gives it.
    other = rf"\b(?:{words})\s+as\s|=\s*(?:\w+\s*\.\s*)*(?:{words})\s*$"
    base = rf"\bclass\s+\w+\s*\([^)]*\b(?:{words})\b"
    return re.compile(f"{base}|{other}".encode(), re.MULTILINE)


def _is_builtin(name: str) -> bool:
    import builtins

    # ``__name__`` and its like are the module's own, not those of the module ``builtins``.
    return hasattr(builtins, name) and not name.startswith("__")
