"""Hosts and locations: the parts of a URL that decide where a browser goes (RFC 3986).

A host is checked by characters, not parsed by a library that strips or normalises behind one's
back; a location leaves as ASCII, pointing where its author wrote, or not at all.
"""

from __future__ import annotations

import re

from ..text.hosts import split_host_port
from ..text.quoting import percent_encode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# Scheme, authority and the rest (RFC 3986 sections 3.1 and 3.2).
_LOCATION_RE = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*:)?(?://([^/?#]*))?(.*)", re.DOTALL)


def location_from_iri(location: str) -> str:
    """Return *location* as it may stand in a Location header: ASCII, percent-encoded UTF-8.

    What is encoded already stays as it is; a relative location stays relative. Control characters
    are refused rather than removed, because a browser removes them and then sees another address
    (``/\\t/evil.example``); so are an empty or malformed host. ValueError for all of these.
    """
    if re.search("[\0-\x1f\x7f-\x9f]", location):
        raise ValueError(
            f"The location {location[:200]!r} holds a control character. "
            "Percent-encode it, or refuse what it was made from."
        )
    parts: Any = _LOCATION_RE.fullmatch(location)
    scheme, authority, rest = parts.groups()
    start = scheme or ""
    if authority is not None:
        if authority or start.lower() in ("", "http:", "https:"):
            authority = _ascii_authority(authority, location)
        start += f"//{authority}"
    return start + percent_encode(rest, "%!#$&'()*+,/:;=?@[]")


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
