"""The syntax of header fields (RFC 9110 section 5), both ways.

Law of this module: ``check_field_name`` and ``check_field_value`` are the one gate through which
every outgoing header passes; everything else here takes text apart or puts it together, in time
linear in its length. Only SP and TAB are white space and only 0-9 are digits. The module knows
names and values, not what any particular header means.
"""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

# RFC 9110 section 5.6.2 (token). A name that ends in "-" or "_" is a token too, yet PEP 3333's
# validator refuses it, so the last character is narrower.
_FIELD_NAME_RE = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]*[!#$%&'*+.^`|~0-9A-Za-z]")
# RFC 9110 section 5.5: VCHAR, SP, HTAB and obs-text. PEP 3333 asks for Latin-1.
_FIELD_VALUE_REFUSED_RE = re.compile(r"[^\t\x20-\x7e\x80-\xff]")
_FIELD_DELIMITER_RE = re.compile(r'\\.|[",;]', re.DOTALL)

_field_name_matches = _FIELD_NAME_RE.fullmatch
_field_value_refused = _FIELD_VALUE_REFUSED_RE.search

_TOKEN_CHARACTERS = frozenset(
    "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
)
_ASCII_DIGITS = frozenset("0123456789")


def check_field_name(name: str) -> str:
    """Return *name* if it may be sent as a header name, else raise ValueError.

    RFC 9110 section 5.1: a token. TypeError if it is not text.

    >>> from microweb.http.fields import check_field_name
    >>> check_field_name("X-Powered-By")
    'X-Powered-By'
    """
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
    """Return *value* as text that may be sent as a header value, else raise ValueError.

    Bytes are read as Latin-1, other objects through ``str()`` (so that numbers can be given).
    Control characters, and so every way to begin a second header, and characters outside
    Latin-1 are refused (RFC 9110 section 5.5, PEP 3333).

    >>> from microweb.http.fields import check_field_value
    >>> check_field_value(42)
    '42'
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
    """Say whether *text* is a token (RFC 9110 section 5.6.2).

    >>> from microweb.http.fields import is_token
    >>> is_token("gzip"), is_token("a b"), is_token("")
    (True, False, False)
    """
    return bool(text) and _TOKEN_CHARACTERS.issuperset(text)


def parse_digits(text: str | None, most: int = 20) -> int | None:
    """Return the number that *text* writes in ASCII digits, or None.

    Unlike ``int()`` it takes no sign, no underscore, no other script's digits and no white space
    but SP and TAB around the number; more than *most* digits are not a number either.

    >>> from microweb.http.fields import parse_digits
    >>> parse_digits(" 12"), parse_digits("+12"), parse_digits("1_2"), parse_digits("")
    (12, None, None, None)
    """
    if text is None:
        return None
    text = text.strip(" \t")
    if 0 < len(text) <= most and _ASCII_DIGITS.issuperset(text):
        return int(text)
    return None


def split_outside_quotes(value: str, separator: str) -> list[str]:
    """Split *value* at each *separator* (``,`` or ``;``) that stands outside a quoted string.

    >>> from microweb.http.fields import split_outside_quotes
    >>> split_outside_quotes('a, "b, c"', ",")
    ['a', ' "b, c"']
    """
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

    >>> from microweb.http.fields import unquote_header_value
    >>> unquote_header_value('"say \\"hi\\""')
    'say "hi"'
    >>> unquote_header_value("plain")
    'plain'
    """
    if not value.startswith('"'):
        return value
    value = value[1:-1] if len(value) > 1 and value.endswith('"') else value[1:]
    if "\\" in value:
        value = re.sub(r'\\(["\\])', r"\1", value)
    return value


def quote_header_value(value: Any, allow_token: bool = True) -> str:
    """Return *value* as a token where it is one, else as a quoted string.

    *allow_token* False quotes always. Control characters are the gate's business, not this
    function's (RFC 9110 section 5.6.4).

    >>> from microweb.http.fields import quote_header_value
    >>> quote_header_value("gzip"), quote_header_value('a "b"')
    ('gzip', '"a \\\\"b\\\\""')
    """
    text = str(value)
    if allow_token and is_token(text):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def split_parameters(value: str) -> tuple[str, list[tuple[str, str]]]:
    """Take ``text/html; charset=utf-8`` apart into its head and its raw parameters.

    Names come in lower case and in the order received, values unquoted; parameters whose name is
    no token, or that lack ``=``, are left out. Extended names (``filename*``) stay as they are.

    >>> from microweb.http.fields import split_parameters
    >>> split_parameters('form-data; name="a;b"; x')
    ('form-data', [('name', 'a;b')])
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

    >>> from microweb.http.fields import decode_extended_value
    >>> decode_extended_value("UTF-8''%C3%A9t%C3%A9")
    'été'
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

    >>> from microweb.http.fields import parse_options_header
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

    >>> from microweb.http.fields import dump_options_header
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

    >>> from microweb.http.fields import parse_list_header
    >>> parse_list_header('a, "b, c",,d')
    ['a', 'b, c', 'd']
    """
    if not value:
        return []
    items = (item.strip(" \t") for item in split_outside_quotes(value, ","))
    return [unquote_header_value(item) for item in items if item]


def parse_dict_header(value: str | None) -> dict[str, str | None]:
    """Parse ``key=value`` pairs in a list, as in Cache-Control; a bare key has the value None.

    >>> from microweb.http.fields import parse_dict_header
    >>> parse_dict_header('max-age=5, public, realm="a, b"')
    {'max-age': '5', 'public': None, 'realm': 'a, b'}
    """
    result: dict[str, str | None] = {}
    for item in split_outside_quotes(value or "", ","):
        key, equals, text = item.partition("=")
        key = key.strip(" \t")
        if key:
            result[key] = unquote_header_value(text.strip(" \t")) if equals else None
    return result


def dump_header(items: Iterable[Any] | Mapping[str, Any]) -> str:
    """Write a list, or a mapping as ``key=value`` pairs, as one header value.

    >>> from microweb.http.fields import dump_header
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

    >>> from microweb.http.fields import parse_quality
    >>> parse_quality("0.5"), parse_quality("1"), parse_quality("1.5"), parse_quality("nan")
    (0.5, 1.0, None, None)
    """
    whole, _, decimals = text.partition(".")
    if whole not in ("0", "1") or len(decimals) > 15 or not _ASCII_DIGITS.issuperset(decimals):
        return None
    quality = float(f"{whole}.{decimals or '0'}")
    return quality if quality <= 1 else None


def parse_accept_items(value: str | None) -> list[tuple[str, float]]:
    """Parse an Accept-like header into ``(item, quality)`` pairs in the order received.

    Media type parameters stay part of the item (``text/html;level=1``). An item whose weight is
    no weight is left out, as are empty ones. Never raises.

    >>> from microweb.http.fields import parse_accept_items
    >>> parse_accept_items("text/html;level=1;q=0.5, */*;q=2, text/plain")
    [('text/html;level=1', 0.5), ('text/plain', 1.0)]
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
    """Resolve ``%xx`` in *text*; malformed escapes stay, bad bytes become U+FFFD.

    >>> from microweb.http.fields import percent_decode
    >>> percent_decode("%C3%A9%zz%")
    'é%zz%'
    """
    if "%" not in text:
        return text
    first, *rest = text.split("%")
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

_UNRESERVED_CHARACTERS = frozenset(
    b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-._~"
)


def percent_encode(text: str, keep: str = "") -> str:
    """Percent-encode *text* as UTF-8, but letters, digits, ``-._~`` and the characters in *keep*.

    A lone surrogate raises UnicodeEncodeError, which is a ValueError.

    >>> from microweb.http.fields import percent_encode
    >>> percent_encode("a/é b", "/")
    'a/%C3%A9%20b'
    """
    keep_bytes = _UNRESERVED_CHARACTERS.union(keep.encode("ascii"))
    return "".join(
        chr(byte) if byte in keep_bytes else f"%{byte:02X}" for byte in text.encode("utf-8")
    )


def escape_page_text(text: str) -> str:
    """Escape *text* for HTML text and quoted attributes.

    >>> from microweb.http.fields import escape_page_text
    >>> escape_page_text('<a href="x">')
    '&lt;a href=&quot;x&quot;&gt;'
    """
    return (
        text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace('"', "&quot;")
        .replace("'", "&#39;")
    )


def text_from_environ(text: str) -> str:
    """Turn PEP 3333's Latin-1 view of bytes into UTF-8 text, bad bytes as U+FFFD.

    >>> from microweb.http.fields import text_from_environ
    >>> text_from_environ("caf\\xc3\\xa9")
    'café'
    """
    if text.isascii():
        return text
    return text.encode("latin-1", "replace").decode("utf-8", "replace")
