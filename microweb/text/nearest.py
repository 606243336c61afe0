"""Which known names a misspelt one may mean."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

_MOST_NAMES, _MOST_LETTERS = 2000, 200


def near_names(
    name: object, names: Iterable[object], cutoff: float = 0.6, most: int = 3
) -> list[str]:
    """Return up to *most* of *names* that are spelled most like *name*, the nearest first.

    *cutoff* says how like it they must be, from 0 to 1. Without ``difflib`` nothing is suggested.

    >>> near_names("retrun", ["return", "yield"])
    ['return']
    """
    if not isinstance(name, str) or len(name) > _MOST_LETTERS:
        return []
    try:
        from difflib import get_close_matches
    except ImportError:
        return []
    known = [each for each in list(names)[:_MOST_NAMES] if isinstance(each, str)]
    return get_close_matches(name, known, most, cutoff)


def nearest_name(name: object, names: Iterable[object], cutoff: float = 0.5) -> str | None:
    """Return the one of *names* that is spelled most like *name*, or ``None`` if none is close."""
    found = near_names(name, names, cutoff, 1)
    return found[0] if found else None


def did_you_mean(name: object, names: Iterable[object], before: str = " Did you") -> str:
    """Return "Did you mean 'x'?" for the nearest of *names*, with *before* in front, or nothing.

    >>> did_you_mean("retrun", ["return"]), did_you_mean("x", ["return"])
    (" Did you mean 'return'?", '')
    """
    near = nearest_name(name, names, 0.6)
    return "" if near is None else f"{before} mean {near!r}?"
