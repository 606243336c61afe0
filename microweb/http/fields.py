"""Values of header fields, taken apart and written: parameters, entity tags, locations (RFC 9110).

A location leaves as ASCII, pointing where its author wrote, or not at all.
"""

from __future__ import annotations

import re

from ..text.dates import parse_timestamp
from ..text.hosts import split_host_port
from ..text.quoting import percent_decode, percent_encode
from ..text.tokens import quote_header_value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

_LOCATION_CONTROL_RE = re.compile("[\0-\x1f\x7f-\x9f]")

# An entity tag in a list of them: weak or not, quoted or not.
ETAG_RE = re.compile(r'(W/)?(?:"([^"]*)"|([^", \t]+))')
# Scheme, authority and the rest (RFC 3986 sections 3.1 and 3.2).
_LOCATION_RE = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*:)?(?://([^/?#]*))?(.*)", re.DOTALL)


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


def dump_options_header(header: str | None, options: Mapping[str, Any]) -> str:
    """Write *header* and its *options* as one header value.

    A value outside ASCII goes out as ``name*=UTF-8''…`` (RFC 8187); None is left out;
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
            continue
        text = str(value)
        if text.isascii() and not name.endswith("*"):
            segments.append(f"{name}={quote_header_value(text)}")
        else:
            encoded = percent_encode(text, "!#$&+-.^_`|~")
            segments.append(f"{name.rstrip('*')}*=UTF-8''{encoded}")
    return "; ".join(segments)


def quote_etag(etag: str, weak: bool = False) -> str:
    """Return *etag* in quotes, with ``W/`` if *weak*. ValueError if it holds a quote."""
    if '"' in etag:
        raise ValueError(f"The entity tag {etag!r} holds a '\"'. Leave the quotes out: 'abc'.")
    return f'W/"{etag}"' if weak else f'"{etag}"'


def names_etag(header: str, etag: str | None, weakly: bool = True) -> bool:
    """Say whether a condition is ``*`` or names *etag*; weak tags count when compared *weakly*."""
    return header.strip(" \t") == "*" or any(
        etag == (quoted or plain) and (weakly or not weak)
        for weak, quoted, plain in ETAG_RE.findall(header)
    )


def is_unchanged(environ: dict[str, Any], etag: str | None, modified: int | None) -> bool:
    """Say whether the client has it already (RFC 9110 sections 13.1.2 and 13.1.3).

    *etag* is without quotes, *modified* seconds since the epoch; None where there is none.
    """
    if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
        return False
    if "HTTP_IF_NONE_MATCH" in environ:
        return names_etag(environ["HTTP_IF_NONE_MATCH"], etag)
    since = parse_timestamp(environ.get("HTTP_IF_MODIFIED_SINCE"))
    return since is not None and modified is not None and modified <= since


def location_from_iri(location: str) -> str:
    """Return *location* as it may stand in a Location header: ASCII, percent-encoded UTF-8.

    What is encoded already stays as it is; a relative location stays relative. Control characters
    are refused rather than removed, because a browser removes them and then sees another address
    (``/\\t/evil.example``); so are an empty or malformed host. ValueError for all of these.
    """
    if _LOCATION_CONTROL_RE.search(location):
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
