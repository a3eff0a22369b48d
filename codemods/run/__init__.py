"""One run: choose files, plan, verify, write, journal."""
