"""Everything the tool knows and does, in rooms; each imports only from those below it."""
