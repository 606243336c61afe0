"""Parameters that were sent in pieces: ``name*0``, ``name*1`` and so on (RFC 2231 section 3)."""

from __future__ import annotations

from ...text.tokens import parse_digits
from ..fields import decode_extended_value


def join_continuations(parameters: list[tuple[str, str]]) -> dict[str, str]:
    """Return the values of the parameters that came in pieces, by their names.

    >>> join_continuations([("a*0", "x"), ("b", "-"), ("a*1*", "y")])
    {'a': 'xy'}
    """
    pieces: dict[str, dict[int, tuple[str, bool]]] = {}
    for name, text in parameters:
        base, _, rest = name.partition("*")
        number = parse_digits(rest[:-1] if rest.endswith("*") else rest, 3)
        if base and number is not None:
            pieces.setdefault(base, {}).setdefault(number, (text, rest.endswith("*")))
    joined = {base: _join_pieces(numbered) for base, numbered in pieces.items()}
    return {base: text for base, text in joined.items() if text is not None}


def _join_pieces(numbered: dict[int, tuple[str, bool]]) -> str | None:
    """Join RFC 2231 pieces 0, 1, 2 … up to the first that is missing; None without a piece 0."""
    raw = []
    encoded = False
    for index in range(len(numbered)):
        if index not in numbered:
            break
        text, is_encoded = numbered[index]
        encoded = encoded or is_encoded
        raw.append(text)
    if not raw:
        return None
    joined = "".join(raw)
    return (decode_extended_value(joined) or joined) if encoded else joined
