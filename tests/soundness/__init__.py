"""Runs programs and compares what every expression is with what inference says of it."""
