"""Runs generated programs for as long as you like, on SQLite, and prints figures as it goes.

``python tests/long_run.py --programs 20000`` rewrites that many programs and runs them before and
after, and then as many in which nearly everything is a loop over rows and their relations. It ends
with a status other than 0 if one of them does something else after the rewrite.
"""

from __future__ import annotations

import argparse
import sys
import time

from proof.campaign import SQLITE, Total, campaign

_PART = 250  #: programs between two lines of figures
_APART = 10_000  #: between the first seeds of two parts, more than a part ever uses
_KINDS = ("all", "loops")
_ALONE = ([SQLITE] * 2, [SQLITE] * 2)


def run(programs: int, first: int, processes: int, loops: bool) -> Total:
    """Run programs part by part."""
    total, start = Total(), time.perf_counter()
    while total.rewritten < programs:
        count = min(_PART, programs - total.rewritten)
        part = campaign(first, count, [_ALONE] * processes, loops=loops)
        total.add(part)
        first += _APART
        seconds = time.perf_counter() - start
        print(f"{'loops' if loops else 'all kinds'}, {seconds:.0f} s: {total}", flush=True)
        for seed, found in part.failures.items():
            print(f"seed {seed}:", *found, sep="\n  ", flush=True)
    return total


def main() -> int:
    """Read the command line, run, and say whether all is well."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--programs", type=int, default=20_000, help="how many of each kind")
    parser.add_argument("--first", type=int, default=1, help="the first seed")
    parser.add_argument("--processes", type=int, default=1, help="how many run side by side")
    parser.add_argument("--only", choices=_KINDS, help="one kind of programs")
    given = parser.parse_args()
    wanted = [given.only] if given.only else _KINDS
    totals = [run(given.programs, given.first, given.processes, k == "loops") for k in wanted]
    return 1 if any(total.failures for total in totals) else 0


if __name__ == "__main__":
    sys.exit(main())
