"""Values of header fields taken apart and written: options, lists and pairs (RFC 9110 section 5).

Everything works in time linear in the length of the value. This module knows names and values, not
what a particular field means.
"""

from __future__ import annotations

from ..text.quoting import percent_decode, percent_encode
from ..text.tokens import (
    ASCII_DIGITS,
    is_token,
    parse_digits,
    quote_header_value,
    split_outside_quotes,
    split_parameters,
    unquote_header_value,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

#: Where the conditions of a request stand in its environ, and the range it may ask for.
CONDITIONAL_ENVIRON_KEYS = (
    "HTTP_IF_NONE_MATCH",
    "HTTP_IF_MODIFIED_SINCE",
    "HTTP_RANGE",
    "HTTP_IF_MATCH",
    "HTTP_IF_UNMODIFIED_SINCE",
)


def is_json_mimetype(mimetype: str) -> bool:
    """Say whether a media type is JSON's: ``application/json`` or ``application/*+json``."""
    main, _, subtype = mimetype.partition("/")
    return main == "application" and (subtype == "json" or subtype.endswith("+json"))


def decode_extended_value(value: str) -> str | None:
    """Decode ``UTF-8'en'%e2%82%ac`` (RFC 8187 section 3.2), or return None if it is not one.

    UTF-8, ISO-8859-1 and US-ASCII are understood; bad bytes become U+FFFD.
    """
    charset, quote, rest = value.partition("'")
    _, second, text = rest.partition("'")
    charset = charset.strip(" \t").lower()
    if not quote or not second or charset not in ("utf-8", "iso-8859-1", "us-ascii"):
        return None
    return percent_decode(text, charset)


def parse_options_header(value: str | None) -> tuple[str, dict[str, str]]:
    """Parse a header with parameters, such as Content-Type or Content-Disposition.

    Returns ``(head, parameters)``; the head keeps its case, parameter names are in lower case,
    the first of two equal names counts. An RFC 8187 ``name*`` wins over ``name`` and RFC 2231
    continuations (``name*0``, ``name*1``) are joined. Never raises.

    >>> parse_options_header("attachment; filename=x; filename*=UTF-8''%c3%a9")
    ('attachment', {'filename': 'é'})
    """
    if not value or ";" not in value:
        return (value or "").strip(" \t"), {}
    head, parameters = split_parameters(value)
    options: dict[str, str] = {}
    extended: dict[str, str] = {}
    pieces: dict[str, dict[int, tuple[str, bool]]] = {}
    for name, text in parameters:
        if "*" not in name:
            options.setdefault(name, text)
            continue
        base, _, rest = name.partition("*")
        if not base:
            continue
        if not rest:
            decoded = decode_extended_value(text)
            if decoded is not None:
                extended.setdefault(base, decoded)
            continue
        number = parse_digits(rest[:-1] if rest.endswith("*") else rest, 3)
        if number is not None:
            pieces.setdefault(base, {}).setdefault(number, (text, rest.endswith("*")))
    for base, numbered in pieces.items():
        joined = _join_continuations(numbered)
        if joined is not None:
            extended.setdefault(base, joined)
    options.update(extended)
    return head, options


def _join_continuations(numbered: dict[int, tuple[str, bool]]) -> str | None:
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


def dump_options_header(header: str | None, options: Mapping[str, Any]) -> str:
    """Write *header* and its *options* as one header value.

    A value outside ASCII goes out as ``name*=UTF-8''…`` (RFC 8187); None writes the bare name;
    a name with ``_`` is written with ``-``, as keyword arguments cannot hold one.

    >>> dump_options_header("attachment", {"filename": "a b.txt"})
    'attachment; filename="a b.txt"'
    >>> dump_options_header("attachment", {"filename": "é"})
    "attachment; filename*=UTF-8''%C3%A9"
    """
    segments = [] if header is None else [header]
    for key, value in options.items():
        name = key.replace("_", "-")
        if value is None:
            segments.append(name)
            continue
        text = str(value)
        if text.isascii() and not name.endswith("*"):
            segments.append(f"{name}={quote_header_value(text)}")
        else:
            encoded = percent_encode(text, "!#$&+-.^_`|~")
            segments.append(f"{name.rstrip('*')}*=UTF-8''{encoded}")
    return "; ".join(segments)


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
    """Read a weight (RFC 9110 section 12.4.2): 0 to 1 with decimals; None for all else."""
    whole, _, decimals = text.partition(".")
    if whole not in ("0", "1") or len(decimals) > 15 or not ASCII_DIGITS.issuperset(decimals):
        return None
    quality = float(f"{whole}.{decimals or '0'}")
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


def quote_etag(etag: str, weak: bool = False) -> str:
    """Return *etag* in quotes, with ``W/`` if *weak*. ValueError if it holds a quote."""
    if '"' in etag:
        raise ValueError(f"The entity tag {etag!r} holds a '\"'. Leave the quotes out: 'abc'.")
    return f'W/"{etag}"' if weak else f'"{etag}"'


def unquote_etag(etag: str | None) -> tuple[str | None, bool | None]:
    """Return ``(tag, is_weak)``; ``(None, None)`` if there is none.

    >>> unquote_etag('W/"abc"'), unquote_etag(None)
    (('abc', True), (None, None))
    """
    if not etag:
        return None, None
    etag = etag.strip(" \t")
    weak = etag.startswith(("W/", "w/"))
    if weak:
        etag = etag[2:]
    if len(etag) > 1 and etag[0] == etag[-1] == '"':
        etag = etag[1:-1]
    return etag, weak
