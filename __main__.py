"""``python -m tortoise_fix``."""

from .cli import main

if __name__ == "__main__":
    main(prog_name="tortoise-fix")
