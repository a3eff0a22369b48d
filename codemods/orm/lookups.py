"""What the last part of a filter's name may ask, as in ``title__icontains``."""

from __future__ import annotations

_WORDS = """contained_by contains day endswith filter gt gte hour icontains iendswith iexact in
    iposix_regex isnull istartswith len lt lte microsecond minute month not not_in not_isnull
    overlap posix_regex quarter range search second startswith week year"""

#: The lookups of all releases. A name that is none of them, and no field, raises an error.
LOOKUPS = frozenset(_WORDS.split())
