"""Addresses with letters of all scripts, a redirect to a slash, and headers of one connection."""

from __future__ import annotations

import re

from ..http import redirect_response
from ..text.quoting import quote_path, text_from_environ

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_HOP_BY_HOP_HEADERS = frozenset(
    "connection keep-alive proxy-authenticate proxy-authorization te trailer transfer-encoding"
    " upgrade".split()
)
_ENTITY_HEADERS = frozenset(
    "allow content-encoding content-language content-length content-location content-md5"
    " content-range content-type expires last-modified".split()
)
# What stays encoded in each part of a URL, as reading it would change what the URL means.
_KEPT_PERCENTS = {"login": "#%/:?@", "path": "#%/?", "query": "#%&+=", "fragment": "%"}


def iri_to_uri(iri: str) -> str:
    """Return an address in ASCII: other letters percent-encoded, those of a host as its label.

    >>> iri_to_uri("http://bücher.example/é?q=ü")
    'http://xn--bcher-kva.example/%C3%A9?q=%C3%BC'
    """
    from urllib.parse import quote, urlsplit, urlunsplit

    parts = urlsplit(iri)
    login, at, host = parts.netloc.rpartition("@")
    if not host.isascii():
        name, colon, port = host.partition(":")
        host = f"{name.encode('idna').decode('ascii')}{colon}{port}"
    login = quote(login, safe="%!$&'()*+,;=:")
    path = quote(parts.path, safe="%!$&'()*+,/:;=@")
    query = quote(parts.query, safe="%!$&'()*+,/:;=?@")
    fragment = quote(parts.fragment, safe="%!#$&'()*+,/:;=?@")
    return str(urlunsplit((parts.scheme, f"{login}{at}{host}", path, query, fragment)))


def uri_to_iri(uri: str) -> str:
    """Return an address to show: percent-encoded letters as themselves, a host's label as its name.

    What would end a part of the address, spaces and bytes that are no UTF-8 stay encoded.

    >>> uri_to_iri("http://xn--bcher-kva.example/%C3%A9%2F%FF?q=%C3%BC")
    'http://bücher.example/é%2F%FF?q=ü'
    """
    from urllib.parse import urlsplit, urlunsplit

    parts = urlsplit(uri)
    login, at, host = parts.netloc.rpartition("@")
    if "xn--" in host:
        name, colon, port = host.partition(":")
        try:
            host = f"{name.encode('ascii').decode('idna')}{colon}{port}"
        except UnicodeError:
            pass
    rest = [_decode_percents(name, getattr(parts, name)) for name in ("path", "query", "fragment")]
    login = _decode_percents("login", login)
    return str(urlunsplit((parts.scheme, f"{login}{at}{host}", *rest)))


def _decode_percents(part: str, text: str) -> str:
    def decode(match: re.Match[str]) -> str:
        raw = bytes.fromhex(match[0].replace("%", ""))
        return "".join(
            f"%{ord(char) - 0xDC00:02X}"
            if 0xDC80 <= ord(char) <= 0xDCFF
            else f"%{ord(char):02X}"
            if char <= " " or char == "\x7f" or char in _KEPT_PERCENTS[part]
            else char
            for char in raw.decode("utf-8", "surrogateescape")
        )

    return re.sub("(?:%[0-9A-Fa-f]{2})+", decode, text)


def append_slash_redirect(environ: dict[str, Any], code: int = 308) -> Any:
    """Return a redirect to the address of *environ* with a slash at its end.

    >>> append_slash_redirect({"PATH_INFO": "/docs/intro"}).location
    'intro/'
    """
    tail = text_from_environ(environ.get("PATH_INFO", "").rpartition("/")[2])
    query = environ.get("QUERY_STRING")
    location = f"{quote_path(tail)}/" if tail else "./"
    return redirect_response(f"{location}?{query}" if query else location, code)


def is_hop_by_hop_header(header: str) -> bool:
    """Return whether a header is meant for one connection only (RFC 9110 7.6.1).

    >>> is_hop_by_hop_header("Connection")
    True
    """
    return header.lower() in _HOP_BY_HOP_HEADERS


def is_entity_header(header: str) -> bool:
    """Return whether a header describes a body.

    >>> is_entity_header("Content-Type")
    True
    """
    return header.lower() in _ENTITY_HEADERS


def _remove_headers(headers: Any, is_removed: Callable[[str], bool]) -> None:
    """Take headers out, in place, of a list of pairs or of `Headers`."""
    kept = [(name, value) for name, value in headers if not is_removed(name)]
    if isinstance(headers, list):
        headers[:] = kept
    else:
        headers.clear()
        headers.extend(kept)


def remove_hop_by_hop_headers(headers: Any) -> None:
    """Take the headers of one connection out of a list of pairs or of `Headers`, in place.

    >>> headers = [("Connection", "close"), ("Date", "now")]
    >>> remove_hop_by_hop_headers(headers)
    >>> headers
    [('Date', 'now')]
    """
    _remove_headers(headers, is_hop_by_hop_header)


def remove_entity_headers(headers: Any, allowed: Any = ("expires", "content-location")) -> None:
    """Take the headers that describe a body out, in place, but for those in *allowed*.

    >>> headers = [("Content-Type", "text/html"), ("Expires", "0")]
    >>> remove_entity_headers(headers)
    >>> headers
    [('Expires', '0')]
    """
    kept = {name.lower() for name in allowed}
    _remove_headers(headers, lambda name: is_entity_header(name) and name.lower() not in kept)
