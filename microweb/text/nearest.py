"""Which known name a misspelt one may mean."""

from __future__ import annotations


def nearest_name(name: object, names: list[str], cutoff: float = 0.5) -> str | None:
    """Return the one of *names* that is spelled most like *name*, or ``None`` if none is close.

    *name*: what was typed; anything but a ``str`` is near to nothing; *names*: what would have
    been right; *cutoff*: from 0 to 1, how like it the one must be.

    >>> nearest_name("itn", ["int", "path"])
    'int'
    """
    if not isinstance(name, str) or len(name) > 200:
        return None
    try:
        from difflib import get_close_matches
    except ImportError:
        # Small systems leave it out; then nothing is suggested.
        return None
    found = get_close_matches(name, names, 1, cutoff)
    return found[0] if found else None
