"""Find and repair anti-patterns and outdated API uses of Tortoise ORM."""

__version__ = "0.1.0"
