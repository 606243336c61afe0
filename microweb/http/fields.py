"""The syntax of header fields (RFC 9110 section 5) and of dates in them, both ways.

Law of this module: ``check_field_name`` and ``check_field_value`` are the one gate through which
every outgoing header passes; everything else here takes text apart or puts it together, in time
linear in its length. Only SP and TAB are white space and only 0-9 are digits. A date is seconds
since the epoch, in UTC; ``datetime`` is loaded only for those who ask for one. The module knows
names and values, not what any particular header means.
"""

from __future__ import annotations

import re
import time
from functools import lru_cache

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime
    from typing import Any

# RFC 9110 section 5.6.2 (token). A name that ends in "-" or "_" is a token too, yet PEP 3333's
# validator refuses it, so the last character is narrower.
_FIELD_NAME_RE = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]*[!#$%&'*+.^`|~0-9A-Za-z]")
# RFC 9110 section 5.5: VCHAR, SP, HTAB and obs-text. PEP 3333 asks for Latin-1.
_FIELD_VALUE_REFUSED_RE = re.compile(r"[^\t\x20-\x7e\x80-\xff]")
_FIELD_DELIMITER_RE = re.compile(r'\\.|[",;]', re.DOTALL)

_field_name_matches = _FIELD_NAME_RE.fullmatch
_field_value_refused = _FIELD_VALUE_REFUSED_RE.search

# The usual names need no second look: a quarter of the time.
_USUAL_FIELD_NAMES = frozenset(
    """
    Accept-Ranges Allow Cache-Control Content-Disposition Content-Encoding Content-Length
    Content-Range Content-Type Date ETag Expires Last-Modified Location Retry-After Set-Cookie
    Vary WWW-Authenticate X-Sendfile
    """.split()
)
_TOKEN_CHARACTERS = frozenset(
    "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
)
_ASCII_DIGITS = frozenset("0123456789")


def check_field_name(name: str) -> str:
    """Return *name* if it is a token (RFC 9110 section 5.1); else ValueError or TypeError."""
    if name.__class__ is str and name in _USUAL_FIELD_NAMES:
        return name
    if not isinstance(name, str):
        raise TypeError(
            f"A header name must be a str, not {type(name).__name__}: {name!r}. "
            "Write for example headers['X-Name'] = 'value'."
        )
    if _field_name_matches(name) is None:
        raise ValueError(
            f"The header name {name!r} is not a token: it may hold ASCII letters, digits and "
            "!#$%&'*+-.^_`|~ only and must end in neither '-' nor '_'."
        )
    return name


def check_field_value(value: Any) -> str:
    """Return *value* as text that may be sent as a header value (RFC 9110 section 5.5).

    Bytes are read as Latin-1, numbers and the like through ``str()``. ValueError for control
    characters, and so every way to begin a second header, and for text outside Latin-1.
    """
    if value.__class__ is not str:
        # A subclass of str (escaped markup, for instance) becomes plain text: PEP 3333.
        if isinstance(value, str):
            value = "".join(value)
        elif isinstance(value, (bytes, bytearray)):
            value = bytes(value).decode("latin-1")
        else:
            value = str(value)
    refused = _field_value_refused(value)
    if refused is not None:
        shown = value if len(value) <= 100 else value[:100] + "..."
        raise ValueError(
            f"The header value {shown!r} holds the character {refused.group()!r}: header values "
            "take no line breaks, no control characters and nothing outside Latin-1. "
            "Remove it or percent-encode it."
        )
    return value  # type: ignore[no-any-return]


def is_token(text: str) -> bool:
    """Say whether *text* is a token (RFC 9110 section 5.6.2)."""
    return bool(text) and _TOKEN_CHARACTERS.issuperset(text)


def is_json_mimetype(mimetype: str) -> bool:
    """Say whether a media type is JSON's: ``application/json`` or ``application/*+json``."""
    main, _, subtype = mimetype.partition("/")
    return main == "application" and (subtype == "json" or subtype.endswith("+json"))


def parse_digits(text: str | None, most: int = 20) -> int | None:
    """Return the number that *text* writes in *most* ASCII digits or fewer, else None.

    Unlike ``int()`` it takes no sign, underscore or other script's digits; SP and TAB around it.
    """
    text = (text or "").strip(" \t")
    return int(text) if 0 < len(text) <= most and _ASCII_DIGITS.issuperset(text) else None


def split_outside_quotes(value: str, separator: str) -> list[str]:
    """Split *value* at each *separator* (``,`` or ``;``) that stands outside a quoted string."""
    if '"' not in value:
        return value.split(separator)
    parts = []
    start = 0
    quoted = False
    for match in _FIELD_DELIMITER_RE.finditer(value):
        mark = match.group()
        # A backslash escapes within quotes only; outside it is a character like others.
        if mark == '"' or (not quoted and mark == '\\"'):
            quoted = not quoted
        elif not quoted and mark[-1] == separator:
            parts.append(value[start : match.end() - 1])
            start = match.end()
    parts.append(value[start:])
    return parts


def unquote_header_value(value: str) -> str:
    r"""Return *value* without its quotes, ``\"`` and ``\\`` resolved (RFC 9110 section 5.6.4).

    Other backslashes stay: old browsers send ``filename="C:\temp\a.txt"``. A quoted string that
    never closes is taken to its end.
    """
    if not value.startswith('"'):
        return value
    value = value[1:-1] if len(value) > 1 and value.endswith('"') else value[1:]
    if "\\" in value:
        value = re.sub(r'\\(["\\])', r"\1", value)
    return value


def quote_header_value(value: Any, allow_token: bool = True) -> str:
    """Return *value* as a token where it is and may be one, else as a quoted string.

    >>> quote_header_value("gzip"), quote_header_value("a b")
    ('gzip', '"a b"')
    """
    text = str(value)
    if allow_token and is_token(text):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def split_parameters(value: str) -> tuple[str, list[tuple[str, str]]]:
    """Take ``text/html; charset=utf-8`` apart into its head and ``(name, value)`` pairs.

    Names come in lower case, values unquoted; what lacks ``=`` or a token before it is left out.
    """
    if ";" not in value:
        return value.strip(" \t"), []
    head, *parts = split_outside_quotes(value, ";")
    parameters = []
    for part in parts:
        name, equals, text = part.partition("=")
        name = name.strip(" \t").lower()
        if equals and is_token(name):
            parameters.append((name, unquote_header_value(text.strip(" \t"))))
    return head.strip(" \t"), parameters


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
    if whole not in ("0", "1") or len(decimals) > 15 or not _ASCII_DIGITS.issuperset(decimals):
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
                # What follows the weight are extensions nobody uses (RFC 9110 section 12.5.1).
                quality = parse_quality(text)
                break
            head += f";{name}={quote_header_value(text)}"
        if head and quality is not None:
            items.append((head, quality))
    return items


def percent_decode(text: str, charset: str = "utf-8") -> str:
    """Resolve ``%xx`` in *text*; malformed escapes stay, bad bytes become U+FFFD."""
    if "%" not in text:
        return text
    first, *rest = text.split("%")
    if len(rest) == 1 and rest[0][:2] in _ASCII_ESCAPES:
        # One escape of a sign such as "@" is the usual case: a third of the time.
        return f"{first}{_ASCII_ESCAPES[rest[0][:2]]}{rest[0][2:]}"
    parts = [first.encode("utf-8", "replace")]
    for part in rest:
        pair = part[:2]
        byte = _HEX_PAIRS.get(pair)
        if byte is None:
            parts.append(b"%" + part.encode("utf-8", "replace"))
        else:
            parts.append(byte)
            if len(part) > 2:
                parts.append(part[2:].encode("utf-8", "replace"))
    return b"".join(parts).decode(charset, "replace")


# "00" to "ff" in either case, one lookup per escape.
_HEX_PAIRS: dict[str, bytes] = {
    high + low: bytes((int(high + low, 16),))
    for high in "0123456789abcdefABCDEF"
    for low in "0123456789abcdefABCDEF"
}

_ASCII_ESCAPES = {pair: byte.decode() for pair, byte in _HEX_PAIRS.items() if byte < b"\x80"}

_UNRESERVED_CHARACTERS = frozenset(
    b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-._~"
)


def percent_encode(text: str | bytes, keep: str = "") -> str:
    """Percent-encode bytes, or *text* as UTF-8, but letters, digits, ``-._~`` and those in *keep*.

    A lone surrogate raises UnicodeEncodeError, which is a ValueError.
    """
    keep_bytes = _UNRESERVED_CHARACTERS.union(keep.encode("ascii"))
    data = text.encode("utf-8") if isinstance(text, str) else text
    return "".join(chr(byte) if byte in keep_bytes else f"%{byte:02X}" for byte in data)


def escape_page_text(text: str) -> str:
    """Escape *text* for HTML text and quoted attributes."""
    return (
        text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace('"', "&quot;")
        .replace("'", "&#39;")
    )


def text_from_environ(text: str) -> str:
    """Turn PEP 3333's Latin-1 view of bytes into UTF-8 text, bad bytes as U+FFFD."""
    if text.isascii():
        return text
    return text.encode("latin-1", "replace").decode("utf-8", "replace")


_WEEKDAY_NAMES = "Mon Tue Wed Thu Fri Sat Sun".split()
_MONTH_NAMES = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
_MONTH_NUMBERS = {month.lower(): number for number, month in enumerate(_MONTH_NAMES, 1)}

#: The last second that a four-digit year can write: 9999-12-31 23:59:59 UTC.
LATEST_HTTP_TIMESTAMP = 253402300799


def http_date(timestamp: Any = None) -> str:
    """Write a moment as an IMF-fixdate (RFC 9110 section 5.6.7).

    *timestamp* is seconds since the epoch, a datetime (without a zone: UTC), a date, a struct_time
    in UTC, or None for now. ValueError outside the years 1 to 9999, TypeError for anything else.

    >>> http_date(784111777)
    'Sun, 06 Nov 1994 08:49:37 GMT'
    """
    if isinstance(timestamp, (int, float)):
        return _date_of_second(timestamp // 1)
    if timestamp is None:
        parts = time.gmtime()
    elif isinstance(timestamp, time.struct_time):
        parts = timestamp
    elif hasattr(timestamp, "utctimetuple"):
        parts = timestamp.utctimetuple()
    elif hasattr(timestamp, "timetuple"):
        parts = timestamp.timetuple()
    else:
        raise TypeError(
            f"{timestamp!r} is not a moment: give seconds since the epoch, a datetime, "
            "a date or None for now."
        )
    return _date_of_parts(parts, timestamp)


# Files and cookies of one second bear one date: 0.2 µs instead of 2.
@lru_cache(maxsize=64)
def _date_of_second(seconds: int | float) -> str:
    try:
        parts = time.gmtime(seconds)
    except (OverflowError, ValueError, OSError):
        parts = time.struct_time((10000, 1, 1, 0, 0, 0, 0, 1, 0))
    return _date_of_parts(parts, seconds)


def _date_of_parts(parts: Any, timestamp: Any) -> str:
    if not 1 <= parts[0] <= 9999:
        raise ValueError(
            f"The moment {timestamp!r} cannot be written as an HTTP date: "
            "the year must lie between 1 and 9999."
        )
    return (
        f"{_WEEKDAY_NAMES[parts[6]]}, {parts[2]:02d} {_MONTH_NAMES[parts[1] - 1]} "
        f"{parts[0]:04d} {parts[3]:02d}:{parts[4]:02d}:{parts[5]:02d} GMT"
    )


def parse_timestamp(value: str | None) -> int | None:
    """Read an HTTP date, in any of RFC 9110's three forms, as seconds since the epoch, else None.

    IMF-fixdate, the RFC 850 form with two-digit years, and asctime; the zone is GMT or UTC.
    """
    if not value or len(value) > 64 or not value.isascii():
        return None
    words = [word for word in value.replace(",", " ").replace("\t", " ").split(" ") if word]
    if len(words) == 6:
        _, day, month, year, clock, zone = words
    elif len(words) == 4 and words[1].count("-") == 2:
        _, date, clock, zone = words
        day, month, year = date.split("-")
        if len(year) == 2:
            year = _expand_short_year(year)
    elif len(words) == 5:
        _, month, day, clock, year = words
        zone = "GMT"
    else:
        return None
    if zone.upper() not in ("GMT", "UTC", "Z", "+0000", "-0000") or len(year) != 4:
        return None
    return _seconds_of(parse_digits(year), month, parse_digits(day, 2), clock)


def _expand_short_year(year: str) -> str:
    """Two digits mean the year that lies at most fifty years ahead (RFC 9110 section 5.6.7)."""
    short = parse_digits(year, 2)
    if short is None:
        return ""
    now = time.gmtime().tm_year
    full = now - now % 100 + short
    return str(full - 100 if full > now + 50 else full)


def _seconds_of(year: int | None, month: str, day: int | None, clock: str) -> int | None:
    """Count the seconds to a calendar day and clock time, None when either does not exist."""
    number = _MONTH_NUMBERS.get(month.lower())
    fields: list[Any] = [parse_digits(part, 2) for part in clock.split(":")]
    if number is None or not year or not day or len(fields) != 3 or None in fields:
        return None
    hour, minute, second = fields
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    lengths = (31, 29 if leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
    if day > lengths[number - 1] or hour > 23 or minute > 59 or second > 60:
        return None
    before = year - 1
    days = before * 365 + before // 4 - before // 100 + before // 400
    days += sum(lengths[: number - 1]) + day - 1 - 719162  # 719162: from year 1 to 1970
    return days * 86400 + int(hour * 3600 + minute * 60 + second)


def parse_date(value: str | None) -> datetime | None:
    """Read an HTTP date as an aware datetime in UTC; None if it is not one."""
    seconds = parse_timestamp(value)
    return None if seconds is None else datetime_from_timestamp(seconds)


def datetime_from_timestamp(seconds: int) -> datetime | None:
    """Return the aware datetime in UTC for *seconds* since the epoch, None outside its years."""
    from datetime import datetime, timedelta, timezone

    try:
        # Adding to the epoch works before 1970 on every platform; fromtimestamp does not.
        return datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(seconds=seconds)
    except OverflowError:
        return None
