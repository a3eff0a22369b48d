"""The command line: parse, call, print, exit code."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypedDict, TypeVar

import click

from . import __version__
from .codemods.report.edge import WRITING, Main, RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.shell_completion import CompletionItem
    from typing_extensions import Unpack

    from .codemods.report.console import Console
    from .codemods.report.outcome import Reporter
    from .codemods.run.changes import Plan
    from .codemods.run.request import Request
    from .codemods.source import Fault

_F = TypeVar("_F", bound="Callable[..., Any]")
_Value = TypeVar("_Value")


class Options(TypedDict):
    """The options that ``apply`` and ``check`` share."""

    paths: tuple[Path, ...]
    select: tuple[str, ...]
    ignore: tuple[str, ...]
    target_version: str | None
    jobs: int
    no_cache: bool
    output_format: str
    color: str
    quiet: bool
    verbose: bool
    config: Path | None
    isolated: bool


def _processors() -> int:
    import os

    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def _output(*formats: str) -> Callable[[_F], _F]:
    return click.option(
        "--output-format",
        type=click.Choice(formats),
        default=formats[0],
        show_default=True,
        help="What to print on standard output.",
    )


_COLOR = click.option(
    "--color",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    show_default=True,
    help="When to use colors; auto honors NO_COLOR and FORCE_COLOR.",
)
_QUIET = click.option("-q", "--quiet", is_flag=True, help="Print no summary.")
_COMMON = (
    click.argument(
        "paths", nargs=-1, type=click.Path(exists=True, path_type=Path), metavar="[PATH]..."
    ),
    click.option(
        "--select",
        multiple=True,
        metavar="RULES",
        help="Run these rules alone: codes or names, comma-separated; ALL is every rule, DEFAULT "
        "those that run when nothing is selected.",
    ),
    click.option(
        "--ignore", multiple=True, metavar="RULES", help="Do not run these rules, though selected."
    ),
    click.option(
        "--target-version",
        metavar="VERSION",
        help="The tortoise-orm version to write code for, such as 1.1; detected by default.",
    ),
    click.option(
        "--jobs",
        type=click.IntRange(min=1),
        default=_processors,
        metavar="N",
        help="Use at most N processes; by default as many as there are processors.",
    ),
    click.option("--no-cache", is_flag=True, help="Neither read nor write the cache."),
    _output("text", "json", "markdown", "github", "sarif"),
    _COLOR,
    _QUIET,
    click.option("-v", "--verbose", is_flag=True, help="Say more about each finding."),
    click.option(
        "--config",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        metavar="FILE",
        help="Read the settings from this pyproject.toml or setup.cfg.",
    ),
    click.option("--isolated", is_flag=True, help="Read no settings from any file."),
)


def _common(command: _F) -> _F:
    """Add the options that ``apply`` and ``check`` share."""
    for option in reversed(_COMMON):
        command = option(command)
    return command


@click.group(cls=Main, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="%(prog)s %(version)s")
def main() -> None:
    """Find and repair anti-patterns and outdated API uses of Tortoise ORM.

    Exit codes: 0 when nothing is left to do; 1 when something would change, or is left for a
    hand; 2 when the call or the configuration is wrong, or a file could not be read, parsed,
    verified or written.
    """


@main.command(short_help="Rewrite the files in place.")
@_common
@click.option("--unsafe/--no-unsafe", default=None, help="Apply unsafe repairs as well.")
@click.option("--dry-run", is_flag=True, help="Write nothing; print a unified diff.")
@click.option("--diff", "show_diff", is_flag=True, help="Print the diff of what is written.")
@click.option("--allow-dirty", is_flag=True, help="Write files with uncommitted changes, too.")
@click.pass_context
def apply(
    ctx: click.Context,
    unsafe: bool | None,
    dry_run: bool,
    show_diff: bool,
    allow_dirty: bool,
    **options: Unpack[Options],
) -> None:
    """Repair what is found in the PATHs (default: the current folder), in place.

    With --dry-run the diff is all that goes to standard output, ready for `git apply`.
    """
    from .codemods.report.outcome import Outcome
    from .codemods.run.carry_out import carry_out

    reporter = _reporter(options)
    plan = _plan(_request(options, unsafe), options["quiet"])
    changes, faults = plan.changes, plan.faults
    if not dry_run and changes:
        if not allow_dirty:
            _refuse_dirty(plan)
        ctx.meta[WRITING] = True
        written = carry_out(plan)
        changes = tuple(change for change in changes if change.path in written.written)
        faults = (*faults, *written.faults)
    outcome = Outcome("apply", plan, changes, faults, dry_run, dry_run or show_diff)
    reporter.report(outcome)
    _finish(ctx, reporter.console, outcome.exit_code)


@main.command(short_help="List the findings; change nothing.")
@_common
@click.pass_context
def check(ctx: click.Context, **options: Unpack[Options]) -> None:
    """List what is found in the PATHs (default: the current folder); change nothing.

    One line a finding: path:line:col: CODE name: message. Those marked [*] are repaired by
    `tortoise-fix apply`, those marked [unsafe] with --unsafe.
    """
    from .codemods.report.outcome import Outcome

    reporter = _reporter(options)
    plan = _plan(_request(options, None, find_only=True), options["quiet"])
    outcome = Outcome("check", plan, faults=plan.faults)
    reporter.report(outcome)
    _finish(ctx, reporter.console, outcome.exit_code)


@main.command()
@_output("text", "json")
@_COLOR
@click.pass_context
def rules(ctx: click.Context, output_format: str, color: str) -> None:
    """List the rules, with their set, safety and versions."""
    from .codemods.rules._registry import all_cards

    console = _console(color)
    if output_format == "json":
        from .codemods.report.machine import rules_document

        console.out(rules_document(all_cards()))
    else:
        from .codemods.report.rules import table

        console.out(table(all_cards(), console.paint))
    _finish(ctx, console, 0)


def _complete_rule(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    from click.shell_completion import CompletionItem

    from .codemods.rules._registry import all_cards

    words = [(text, rule.summary) for rule in all_cards() for text in (rule.code, rule.name)]
    return [CompletionItem(text, help=help) for text, help in words if text.startswith(incomplete)]


@main.command(short_help="Show the page of a rule.")
@click.argument("rule", shell_complete=_complete_rule)
@_COLOR
@click.pass_context
def explain(ctx: click.Context, rule: str, color: str) -> None:
    """Show the page of a RULE, given by its code or its name."""
    from .codemods.report.rules import explained
    from .codemods.rules._registry import all_cards, page
    from .codemods.run.settings import find_rule

    console = _console(color)
    found = _value(find_rule(rule, all_cards()))
    console.out(explained(found, page(found), console.paint))
    _finish(ctx, console, 0)


@main.command(short_help="Restore what the last apply changed.")
@click.argument(
    "path", default=Path(), type=click.Path(exists=True, path_type=Path), metavar="[PATH]"
)
@_COLOR
@_QUIET
@click.pass_context
def undo(ctx: click.Context, path: Path, color: str, quiet: bool) -> None:
    """Restore the files that the last `apply` changed in the project around PATH.

    A file that was edited since is left as it is.
    """
    from .codemods.report.outcome import Reporter
    from .codemods.run.files import find_root
    from .codemods.run.journal import undo as restore

    root = find_root((path,))
    reporter = Reporter(_console(color), {}, quiet=quiet)
    done = restore(root)
    reporter.undone(str(root), done.restored, done.refused, done.faults)
    _finish(ctx, reporter.console, 2 if done.faults else int(bool(done.refused)))


def _console(color: str) -> Console:
    from .codemods.report.console import Console

    return Console(color)


def _reporter(options: Options) -> Reporter:
    from .codemods.report.outcome import Reporter
    from .codemods.rules._registry import all_cards

    names = {rule.code: rule.name for rule in all_cards()}
    console, quiet = _console(options["color"]), options["quiet"]
    output, verbose = options["output_format"], options["verbose"]
    return Reporter(console, names, __version__, output, quiet, verbose)


def _value(result: _Value | Fault) -> _Value:
    """The value, or the end of the command where there is a fault in its place."""
    from .codemods.source import Fault

    if isinstance(result, Fault):
        raise RefusedError(str(result) if result.path else result.reason)
    return result


def _request(options: Options, unsafe: bool | None, *, find_only: bool = False) -> Request:
    """What the run is asked to do, from the configuration and the command line."""
    from .codemods.rules._registry import all_cards
    from .codemods.run.config import choose
    from .codemods.run.files import find_root
    from .codemods.run.request import Request

    # Absolute, so that whatever names them is understood from any folder.
    paths = tuple(path.absolute() for path in options["paths"] or (Path(),))
    root = find_root(paths)
    settings = choose(
        root,
        paths,
        all_cards(),
        options["config"],
        options["isolated"],
        select=options["select"],
        ignore=options["ignore"],
        unsafe=unsafe,
        target_version=options["target_version"],
    )
    cache = not options["no_cache"]
    return Request(root, paths, _value(settings), options["jobs"], cache, find_only)


def _plan(request: Request, quiet: bool) -> Plan:
    from .codemods.report.progress import Progress
    from .codemods.run.plan import plan

    with Progress(show=not quiet) as progress:
        return plan(request, progress)


def _refuse_dirty(plan: Plan) -> None:
    from .codemods.report.where import Where
    from .codemods.run.git import dirty

    names = dirty(plan.root, [change.path for change in plan.changes])
    if names:
        where = Where(str(plan.root))
        shown = "".join(f"\n  {where.show(name)}" for name in names)
        raise RefusedError(
            f"nothing was written, for these files have uncommitted changes:{shown}\n"
            "Commit or stash them, or pass --allow-dirty."
        )


def _finish(ctx: click.Context, console: Console, code: int) -> NoReturn:
    """Leave with the exit code, or with 2 when standard output could not be written."""
    console.flush()
    if console.failure:
        raise RefusedError(f"the output could not be written: {console.failure}")
    ctx.exit(code)
