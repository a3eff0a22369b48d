"""What a name stands for: a definition in the project, a module, or something from outside."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class External:
    """Something that another distribution, or Python itself, defines, by its full dotted name."""

    dotted: str


@dataclass(frozen=True, slots=True)
class Package:
    """A module or package of the project. ``path`` is its file, or its folder if it has no file."""

    path: str


@dataclass(frozen=True, slots=True)
class Class:
    """A class of the project."""

    path: str
    qualname: str

    @property
    def name(self) -> str:
        """The last part of the qualified name."""
        return self.qualname.rpartition(".")[2]


@dataclass(frozen=True, slots=True)
class Function:
    """A function or method of the project."""

    path: str
    qualname: str


@dataclass(frozen=True, slots=True)
class Variable:
    """A module-level name of the project that exactly one statement binds."""

    path: str
    name: str


Symbol = External | Package | Class | Function | Variable
