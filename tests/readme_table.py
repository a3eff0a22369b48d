"""The table of rules in README.md, made from the rules themselves.

python tests/readme_table.py            exits 1 when README.md has another table
python tests/readme_table.py --write    writes the table into README.md
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

README = Path(__file__).parents[1] / "README.md"
BEGIN, END = "<!-- rules: begin -->\n", "<!-- rules: end -->\n"


def table() -> str:
    """What ``tortoise-fix rules`` says, as a Markdown table."""
    command = [sys.executable, "-m", "tortoise_fix", "rules", "--output-format", "json"]
    said = subprocess.run(command, capture_output=True, text=True, check=True, cwd="/")
    lines = [
        "| Code | Name | Set | Safety | Versions | What it does |",
        "|---|---|---|---|---|---|",
    ]
    for rule in json.loads(said.stdout):
        cells = [rule["code"], f"`{rule['name']}`", rule["set"], rule["safety"]]
        cells += [versions(rule["since"], rule["until"]), rule["summary"].replace("|", "\\|")]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def versions(since: str, until: str) -> str:
    """Which releases of tortoise-orm a rule is for, in words."""
    words = [f"from {since}"] if since else []
    words += [f"before {until}"] if until else []
    return " ".join(words) or "all"


def with_table(text: str, rows: str) -> str:
    """The README with ``rows`` between its two marks. Raises ValueError when it lacks them."""
    head, found, rest = text.partition(BEGIN)
    _, also, tail = rest.partition(END)
    if not found or not also:
        raise ValueError(f"README.md lacks the line {BEGIN.strip()} or {END.strip()}")
    return head + BEGIN + rows + END + tail


def main() -> int:
    """Compare, or write; return the exit status."""
    text = README.read_text(encoding="utf-8")
    wanted = with_table(text, table())
    if text == wanted:
        return 0
    if "--write" in sys.argv[1:]:
        README.write_text(wanted, encoding="utf-8")
        return 0
    print("README.md has another table of rules: python tests/readme_table.py --write")
    return 1


if __name__ == "__main__":
    sys.exit(main())
