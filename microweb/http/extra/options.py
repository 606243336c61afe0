"""Header values with parameters taken apart (RFC 9110 section 5.6.6, RFC 8187, RFC 2231)."""

from __future__ import annotations

from ...text.tokens import parse_digits, split_parameters
from ..fields import decode_extended_value


def parse_options_header(value: str | None) -> tuple[str, dict[str, str]]:
    """Parse a header with parameters, such as Content-Type or Content-Disposition.

    Returns ``(head, parameters)``; the head keeps its case, parameter names are in lower case,
    the first of two equal names counts. An RFC 8187 ``name*`` wins over ``name``, RFC 2231
    continuations (``name*0``, ``name*1``) are joined. Never raises.

    >>> parse_options_header("attachment; filename=x; filename*=UTF-8''%c3%a9")
    ('attachment', {'filename': 'é'})
    """
    if not value or ";" not in value:
        return (value or "").strip(" \t"), {}
    head, parameters = split_parameters(value)
    options: dict[str, str] = {}
    extended: dict[str, str] = {}
    for name, text in parameters:
        base, star, rest = name.partition("*")
        if not star:
            options.setdefault(name, text)
        elif base and not rest:
            decoded = decode_extended_value(text)
            if decoded is not None:
                extended.setdefault(base, decoded)
    if "*0" in value:
        extended = {**join_continuations(parameters), **extended}
    return head, {**options, **extended}


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
