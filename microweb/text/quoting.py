"""Percent-encoding of paths, queries and other text (RFC 3986 section 2.1), as UTF-8.

OpenWrt's ``python3-light`` lacks ``urllib.parse``, whose import costs more than the whole router.
"""

from __future__ import annotations

from functools import lru_cache

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from typing import Any


# Each escape, as "3A" or "3a", and its byte; filled by the first text that has one.
_HEX_PAIRS: dict[str, bytes] = {}
_ASCII_ESCAPES: dict[str, str] = {}


def _fill_hex_pairs() -> None:
    digits = "0123456789abcdefABCDEF"
    for pair in [high + low for high in digits for low in digits]:
        _HEX_PAIRS[pair] = byte = bytes.fromhex(pair)
        if byte < b"\x80":
            _ASCII_ESCAPES[pair] = byte.decode()


def percent_decode(text: str, charset: str = "utf-8") -> str:
    """Resolve ``%xx`` in *text*; malformed escapes stay, bad bytes become U+FFFD."""
    if "%" not in text:
        return text
    if not _HEX_PAIRS:
        _fill_hex_pairs()
    first, *rest = text.split("%")
    if len(rest) == 1 and rest[0][:2] in _ASCII_ESCAPES:
        # One escape of a sign such as "@" is the usual case: a third of the time.
        return f"{first}{_ASCII_ESCAPES[rest[0][:2]]}{rest[0][2:]}"
    parts = [first.encode("utf-8", "replace")]
    for part in rest:
        byte = _HEX_PAIRS.get(part[:2])
        if byte is None:
            parts.append(b"%" + part.encode("utf-8", "replace"))
        else:
            parts.append(byte)
            if len(part) > 2:
                parts.append(part[2:].encode("utf-8", "replace"))
    return b"".join(parts).decode(charset, "replace")


def percent_encode(text: str | bytes, keep: str = "") -> str:
    """Percent-encode bytes, or *text* as UTF-8, but letters, digits, ``-._~`` and those in *keep*.

    A lone surrogate raises UnicodeEncodeError, which is a ValueError.
    """
    data = text.encode("utf-8") if isinstance(text, str) else bytes(text)
    return data.decode("latin-1").translate(_make_escapes(keep))


def text_from_environ(text: str) -> str:
    """Turn PEP 3333's Latin-1 view of bytes into UTF-8 text, bad bytes as U+FFFD.

    Some servers hand over text, or bytes as surrogates (PEP 383).
    """
    if text.isascii():
        return text
    try:
        data = text.encode("latin-1")
    except UnicodeEncodeError:
        try:
            data = text.encode("utf-8", "surrogateescape")
        except UnicodeEncodeError:
            data = text.encode("utf-8", "replace")
    return data.decode("utf-8", "replace")


@lru_cache(maxsize=32)
def _make_escapes(safe: str) -> list[str]:
    """Return for each byte its text in a URL: itself if unreserved or *safe*, else ``%XX``."""
    keep = safe + "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
    return [chr(byte) if chr(byte) in keep else f"%{byte:02X}" for byte in range(256)]


# RFC 3986's pchar is unreserved, sub-delims, ":" and "@". A slash inside one segment is encoded, so
# that a value cannot add segments to a URL.
_SEGMENT_ESCAPES = _make_escapes("!$&'()*+,;=:@")
_PATH_ESCAPES = _make_escapes("!$&'()*+,;=:@/")
# In a query "&", "=", "+" and ";" separate, and a space is written "+" (WHATWG URL, urlencoded).
_QUERY_ESCAPES = [*_make_escapes("!$'()*,/:?@")]
_QUERY_ESCAPES[32] = "+"


def quote_segment(value: Any) -> str:
    """Return *value* as text, percent-encoded for one segment of a path.

    >>> quote_segment("a b/ü"), quote_path("a b/ü")
    ('a%20b%2F%C3%BC', 'a%20b/%C3%BC')
    """
    text = value if type(value) is str else str(value)
    if text.isascii():
        return text if text.isalnum() else text.translate(_SEGMENT_ESCAPES)
    return _text_of_utf8(text).translate(_SEGMENT_ESCAPES)


def quote_path(text: str) -> str:
    """Return *text* percent-encoded for a path; slashes stay."""
    return (text if text.isascii() else _text_of_utf8(text)).translate(_PATH_ESCAPES)


def _text_of_utf8(text: str) -> str:
    """Return the bytes of *text* in UTF-8, each as the character of its number."""
    return text.encode("utf-8", "surrogatepass").decode("latin-1")


def quote_query(pairs: Iterable[tuple[str, Any]], skip: Collection[str] = ()) -> str:
    """Return *pairs* as an urlencoded query, without the question mark and the keys of *skip*.

    A value of ``None`` is left out, a list, tuple or set is repeated.

    >>> quote_query([("q", "a b"), ("n", [1, 2]), ("x", None)])
    'q=a+b&n=1&n=2'
    """
    parts = []
    for key, value in pairs:
        if key in skip:
            continue
        plain = type(key) is str and key.isidentifier() and key.isascii()
        name = key if plain else _quote_query_text(key)
        if type(value) is int:
            parts.append(f"{name}={value}")
        elif type(value) is str:
            parts.append(f"{name}={_quote_query_text(value)}")
        else:
            items = value if isinstance(value, (list, tuple, set, frozenset)) else (value,)
            parts += [f"{name}={_quote_query_text(item)}" for item in items if item is not None]
    return "&".join(parts)


def _quote_query_text(value: Any) -> str:
    if isinstance(value, (bytes, bytearray)):
        return value.decode("latin-1").translate(_QUERY_ESCAPES)
    text = value if type(value) is str else str(value)
    if text.isascii():
        return text if text.isalnum() else text.translate(_QUERY_ESCAPES)
    return _text_of_utf8(text).translate(_QUERY_ESCAPES)


def local_path(path: str) -> str:
    """Return the encoded *path* so that no client can take its beginning for a host.

    A browser reads ``//host`` as another machine. Every path the router hands out goes through
    here; a backslash is already ``%5C``.

    >>> local_path("//evil.example/x")
    '/evil.example/x'
    """
    if path[:1] == "/" and path[1:2] != "/":
        return path
    return "/" + path.lstrip("/")
