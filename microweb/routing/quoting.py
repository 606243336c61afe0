"""Percent-encoding of paths and queries (RFC 3986 §2.1).

The law of this module: text in, ASCII out, one table look-up per byte. It is written by hand
because ``urllib`` is missing on small systems and its import costs more than the whole router.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from typing import Any


def _make_escapes(safe: str) -> list[str]:
    """Return for each byte its text in a URL: itself if unreserved or *safe*, else ``%XX``."""
    keep = safe + "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
    return [chr(byte) if chr(byte) in keep else f"%{byte:02X}" for byte in range(256)]


# RFC 3986's pchar is unreserved, sub-delims, ":" and "@". A slash inside one segment is encoded, so
# that a value cannot add segments to a URL.
_SEGMENT_ESCAPES = _make_escapes("!$&'()*+,;=:@")
_PATH_ESCAPES = _make_escapes("!$&'()*+,;=:@/")
# In a query "&", "=", "+" and ";" separate, and a space is written "+" (WHATWG URL, urlencoded).
_QUERY_ESCAPES = _make_escapes("!$'()*,/:?@")
_QUERY_ESCAPES[32] = "+"


def quote_segment(value: Any) -> str:
    """Return *value* as text, percent-encoded for one segment of a path, as UTF-8.

    >>> quote_segment("a b/ü")
    'a%20b%2F%C3%BC'
    """
    text = value if type(value) is str else str(value)
    if text.isascii():
        return text if text.isalnum() else text.translate(_SEGMENT_ESCAPES)
    return _text_of_utf8(text).translate(_SEGMENT_ESCAPES)


def quote_path(text: str) -> str:
    """Return *text* percent-encoded for a path, as UTF-8; slashes stay.

    >>> quote_path("/a b/\\r\\n")
    '/a%20b/%0D%0A'
    """
    return (text if text.isascii() else _text_of_utf8(text)).translate(_PATH_ESCAPES)


def _text_of_utf8(text: str) -> str:
    """Return the bytes of *text* in UTF-8, each as the character of its number."""
    return text.encode("utf-8", "surrogatepass").decode("latin-1")


def quote_query(pairs: Iterable[tuple[str, Any]], skip: Collection[str] = ()) -> str:
    """Return *pairs* as an urlencoded query, without the question mark.

    *pairs*: keys and values; a ``None`` is left out, a list, tuple or set is repeated; *skip*: keys
    to leave out.

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

    A browser reads ``//host`` and ``/\\host`` as another machine. Every path the router hands out,
    for a redirect or a link, goes through here.

    *path*: a percent-encoded path, in which a backslash is already ``%5C``.

    >>> local_path("//evil.example/x")
    '/evil.example/x'
    """
    if path[:1] == "/" and path[1:2] != "/":
        return path
    return "/" + path.lstrip("/")
