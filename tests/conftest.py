"""What holds for all tests."""

from __future__ import annotations

from hypothesis import settings

# The same examples on every run, so that a failure is the fault of a change. To look at others:
# `pytest --hypothesis-profile default`.
settings.register_profile("repeatable", derandomize=True)
settings.load_profile("repeatable")
