"""How much of real code the inference decides.

    python tests/decided.py --github DIR     work trees below DIR, named owner+name
    python tests/decided.py --pypi DIR       unpacked releases below DIR, named NAME
    python tests/decided.py ... --reasons    also the commonest reasons of what stays open

Of the calls whose method name is in the table of the query API, in files that name the framework
or a model of the project, a call is decided when its receiver has a type of the ORM, or is proven
to have none. The rest is open: it stops every rewrite.
"""

from __future__ import annotations

import argparse
import ast
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from tortoise_fix.codemods.orm import api, scopes
from tortoise_fix.codemods.orm.infer import Types, types_of
from tortoise_fix.codemods.orm.types import (
    UNKNOWN,
    ListOf,
    Reference,
    TupleOf,
    is_apart,
    members_of,
)
from tortoise_fix.codemods.project.index import Project
from tortoise_fix.codemods.project.module import Module
from tortoise_fix.codemods.run.files import select
from tortoise_fix.codemods.run.reader import Reader

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tortoise_fix.codemods.project.module import Scope

#: Receivers that are no queries, models or rows, whatever they hold.
_OTHERS = (ListOf, TupleOf, Reference)
_NAMES = api.method_names()


def calls(project: Project) -> Iterator[tuple[Types, ast.Attribute]]:
    """The functions of all calls that could be of the query API, with the types around them."""
    for path in project.relevant:
        module = project.module(path)
        if not isinstance(module, Module):
            continue
        places: list[Scope] = [module.tree]
        places += [*module.nodes(ast.FunctionDef), *module.nodes(ast.AsyncFunctionDef)]
        for scope in places:
            types = types_of(module, scope)
            for node in scopes.own_nodes(scope):
                function = node.func if isinstance(node, ast.Call) else None
                if isinstance(function, ast.Attribute) and function.attr in _NAMES:
                    yield types, function


def decided(types: Types, function: ast.Attribute) -> bool:
    """Whether it is known what a call calls, or that it is not of the ORM."""
    receivers = members_of(types.of(function.value))
    if types.of(function) != UNKNOWN:
        return True
    return all(is_apart(one) or isinstance(one, _OTHERS) for one in receivers)


def reason(types: Types, function: ast.Attribute) -> str:
    """Why a call stays open, by the shape of its receiver."""
    receiver = function.value
    while isinstance(receiver, ast.Call) and isinstance(receiver.func, ast.Attribute):
        receiver = receiver.func.value  # the head of the chain is what is not known
    if isinstance(receiver, ast.Name):
        return "a name: a parameter without annotation, or the result of a call that is open"
    if isinstance(receiver, ast.Attribute):
        own = isinstance(receiver.value, ast.Name) and receiver.value.id in ("self", "cls")
        return "an attribute of self or cls" if own else "an attribute of another object"
    return f"a {type(receiver).__name__.lower()} expression"


def measure(root: Path) -> tuple[Counter[bool], Counter[str]]:
    """Decided and open calls of one project, and the reasons of the open ones."""
    project = Project(root, select(root).files, Reader(root))
    counts: Counter[bool] = Counter()
    reasons: Counter[str] = Counter()
    for types, function in calls(project):
        known = decided(types, function)
        counts[known] += 1
        if not known:
            reasons[reason(types, function)] += 1
    return counts, reasons


def line(name: str, counts: Counter[bool]) -> str:
    """One row of the table."""
    total = sum(counts.values())
    share = f"{counts[True] / total:6.1%}" if total else "     -"
    return f"{name:50} {total:6} {counts[True]:7} {share}"


def main() -> int:
    """Print a row for each project and the share overall."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--github", type=Path, action="append", default=[], metavar="DIR")
    parser.add_argument("--pypi", type=Path, action="append", default=[], metavar="DIR")
    parser.add_argument("--reasons", action="store_true")
    options = parser.parse_args()
    roots = sorted(path for top in (*options.github, *options.pypi) for path in top.iterdir())
    if not roots:
        parser.error("name at least one folder of projects")
    total: Counter[bool] = Counter()
    reasons: Counter[str] = Counter()
    print(f"{'project':50} {'calls':>6} {'decided':>7}  share")
    for root in roots:
        counts, why = measure(root)
        total += counts
        reasons += why
        print(line(root.name, counts))
    print(line("total", total))
    for text, count in reasons.most_common() if options.reasons else ():
        print(f"{count:6}  {text}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
