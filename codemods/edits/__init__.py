"""The libcst transformers: small, reusable, each does one kind of change at one place."""
