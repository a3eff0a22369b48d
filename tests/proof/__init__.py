"""Proof by running: programs are run before and after a rewrite, and must do the same."""
