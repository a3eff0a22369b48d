"""The edge of the program: what ends a command early, in a few words and with an exit code."""

from __future__ import annotations

from typing import Any

import click

WRITING = "tortoise_fix.writing"  #: in ``Context.meta``: whether files may have been written by now


class RefusedError(click.ClickException):
    """A call that cannot be carried out: its text on standard error, exit code 2."""

    exit_code = 2


class Main(click.Group):
    """A group whose commands end in a few words and an exit code, whatever happens in them."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command that was called."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            click.echo(_interrupted(writing=bool(ctx.meta.get(WRITING))), err=True)
            ctx.exit(130)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception:
            import traceback

            traceback.print_exc()
            click.echo("Error: this is a fault of tortoise-fix. No file is half written.", err=True)
            ctx.exit(2)


def _interrupted(writing: bool) -> str:
    if not writing:
        return "Interrupted. Nothing was written."
    return "Interrupted. No file is half written; `tortoise-fix undo` takes back what was."
