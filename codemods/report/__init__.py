"""Findings and diffs as text, unified diff and JSON."""
