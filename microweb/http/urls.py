"""Hosts and locations: the parts of a URL that decide where a browser goes (RFC 3986).

A host is checked by characters, not parsed by a library that strips or normalises behind one's
back; a location leaves as ASCII, pointing where its author wrote, or not at all.
"""

from __future__ import annotations

import re

from ..text.hosts import split_host_port
from ..text.quoting import percent_encode

# RFC 3986 section 3.1.
_SCHEME_RE = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:")
_LOCATION_KEPT = "%!#$&'()*+,/:;=?@[]"


def location_from_iri(location: str) -> str:
    """Return *location* as it may stand in a Location header: ASCII, percent-encoded UTF-8.

    What is encoded already stays as it is; a relative location stays relative. Control characters
    are refused rather than removed, because a browser removes them and then sees another address
    (``/\\t/evil.example``); so are an empty or malformed host. ValueError for all of these.
    """
    if any(char < " " or "\x7f" <= char <= "\x9f" for char in location):
        raise ValueError(
            f"The location {location[:200]!r} holds a control character. "
            "Percent-encode it, or refuse what it was made from."
        )
    scheme = _SCHEME_RE.match(location)
    start = scheme.end() if scheme is not None else 0
    prefix = location[:start]
    rest = location[start:]
    if not rest.startswith("//"):
        return prefix + percent_encode(rest, _LOCATION_KEPT)
    end = min((at for at in (rest.find(mark, 2) for mark in "/?#") if at >= 0), default=len(rest))
    authority = rest[2:end]
    if authority or prefix.lower() in ("", "http:", "https:"):
        authority = _ascii_authority(authority, location)
    return f"{prefix}//{authority}{percent_encode(rest[end:], _LOCATION_KEPT)}"


def _ascii_authority(authority: str, location: str) -> str:
    """Check ``user@host:port`` and return it in ASCII, the host by IDNA (RFC 3986 section 3.2)."""
    user, at, host = authority.rpartition("@")
    if not host.isascii():
        from .extra.international import ascii_host

        host = ascii_host(host)
    # A browser reads "\\" as "/", and so another host than the one after the "@".
    if "\\" in user or split_host_port(host[:-1] if host.endswith(":") else host) is None:
        raise ValueError(
            f"The location {location[:200]!r} has no valid host. Write for example "
            "'https://example.com/page', or a path that begins with one slash."
        )
    return percent_encode(user, "%!$&'()*+,;=:") + at + host


def readable_url_part(text: str, keep: str = "!$&'()*+,/:;=@") -> str:
    """Percent-encode what may not stand in a path (or, with another *keep*, a query string).

    Letters of all scripts stay readable: the result is an IRI (RFC 3987).
    """
    if text.isascii():
        return percent_encode(text, keep)
    return "".join(
        char if char > "\x9f" and char.isprintable() else percent_encode(char, keep)
        for char in text
    )
