"""Runs in a copy of the bookshop: sends requests to its app, prints what came back as JSON.

For each path of the command line: the status, the body, and how many SQL statements it took.
"""

from __future__ import annotations

import importlib
import json
import logging
import sys

from fastapi.testclient import TestClient


class Counter(logging.Handler):
    """Counts the statements that Tortoise logs."""

    def __init__(self) -> None:
        super().__init__()
        self.statements = 0

    def emit(self, record: logging.LogRecord) -> None:
        self.statements += 1


def main() -> None:
    """Ask for each path in turn; a ``POST`` path is written as ``POST:/path``."""
    counter = Counter()
    logger = logging.getLogger("tortoise.db_client")
    logger.setLevel(logging.DEBUG)
    logger.addHandler(counter)
    sys.path.insert(0, "")
    app = importlib.import_module("bookshop.main").app
    answers = {}
    with TestClient(app, raise_server_exceptions=False) as client:
        for path in sys.argv[1:]:
            method, _, url = path.rpartition(":")
            counter.statements = 0
            response = client.request(method or "GET", url)
            body = response.json() if response.status_code == 200 else response.text
            answers[path] = [response.status_code, body, counter.statements]
    print(json.dumps(answers))


if __name__ == "__main__":
    main()
