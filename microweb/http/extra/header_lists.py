"""Lists in header fields: names, ``key=value`` pairs, and what a client accepts (RFC 9110).

Everything works in time linear in the length of the value, and never raises.
"""

from __future__ import annotations

from ...text.tokens import (
    ASCII_DIGITS,
    is_token,
    quote_header_value,
    split_outside_quotes,
    split_parameters,
    unquote_header_value,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any


def parse_list_header(value: str | None) -> list[str]:
    """Parse a comma-separated list (RFC 9110 section 5.6.1); items unquoted, empty ones dropped.

    >>> parse_list_header('a, "b, c",,d')
    ['a', 'b, c', 'd']
    """
    if not value:
        return []
    items = (item.strip(" \t") for item in split_outside_quotes(value, ","))
    return [unquote_header_value(item) for item in items if item]


def parse_dict_header(value: str | None) -> dict[str, str | None]:
    """Parse ``key=value`` pairs in a list, as in Cache-Control; a bare key has the value None.

    What has no token as its key is left out.

    >>> parse_dict_header('max-age=5, public, realm="a, b"')
    {'max-age': '5', 'public': None, 'realm': 'a, b'}
    """
    result: dict[str, str | None] = {}
    for item in split_outside_quotes(value or "", ","):
        key, equals, text = item.partition("=")
        key = key.strip(" \t")
        if is_token(key):
            result[key] = unquote_header_value(text.strip(" \t")) if equals else None
    return result


def dump_header(items: Iterable[Any] | Mapping[str, Any]) -> str:
    """Write a list, or a mapping as ``key=value`` pairs, as one header value.

    >>> dump_header(["a", "b c"]), dump_header({"max-age": 5, "public": None})
    ('a, "b c"', 'max-age=5, public')
    """
    if hasattr(items, "items"):
        return ", ".join(
            key if value is None else f"{key}={quote_header_value(value)}"
            for key, value in items.items()
        )
    return ", ".join(quote_header_value(item) for item in items)


def parse_quality(text: str) -> float | None:
    """Read a weight (RFC 9110 section 12.4.2): 0 to 1 with decimals; None for all else.

    Java writes ``.2`` for 0.2.
    """
    whole, _, decimals = text.partition(".")
    is_short = not whole and bool(decimals)
    if not (is_short or whole in ("0", "1")) or len(decimals) > 15:
        return None
    if not ASCII_DIGITS.issuperset(decimals):
        return None
    quality = float(f"{whole or 0}.{decimals or 0}")
    return quality if quality <= 1 else None


def parse_accept_items(value: str | None) -> list[tuple[str, float]]:
    """Parse an Accept-like header into ``(item, quality)`` pairs in the order received.

    Parameters stay part of the item; one whose weight is no weight is left out. Never raises.
    """
    items = []
    for part in split_outside_quotes(value or "", ","):
        if ";" not in part:
            item = part.strip(" \t")
            if item:
                items.append((item, 1.0))
            continue
        head, parameters = split_parameters(part)
        quality: float | None = 1.0
        for name, text in parameters:
            if name == "q":
                # What follows the weight are extensions that are not used (RFC 9110 section
                # 12.5.1).
                quality = parse_quality(text)
                break
            head += f";{name}={quote_header_value(text)}"
        if head and quality is not None:
            items.append((head, quality))
    return items
