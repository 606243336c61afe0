"""Hosts and locations: the parts of a URL that decide where a browser goes (RFC 3986).

Law of this module: a host is checked by characters, not parsed by a library that strips or
normalises behind one's back; a location leaves as ASCII, pointing where its author wrote, or not
at all.
"""

from __future__ import annotations

import re
from functools import lru_cache

from .fields import parse_digits, percent_encode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

# Letters, digits, "-", "." and the "_" that many intranets use; labels must not be empty.
_HOST_NAME_RE = re.compile(r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*\.?")
_IPV6_CHARACTERS = frozenset("0123456789abcdefABCDEF:.")


def _is_ipv6_literal(text: str) -> bool:
    """Say whether *text* may stand between brackets: at most 8 groups, one ``::``."""
    if len(text) > 45 or not _IPV6_CHARACTERS.issuperset(text) or text.count("::") > 1:
        return False
    groups = text.split(":")
    return (
        3 <= len(groups) <= 9
        and ":::" not in text
        and all(len(group) <= 4 or "." in group for group in groups)
        and ("::" in text or len(groups) + ("." in text) == 8)
    )


def split_host_port(host: str) -> tuple[str, int | None] | None:
    """Split ``name:port`` and check both; None if either is malformed.

    The name comes in lower case, an IPv6 address with its brackets; a port is 1 to 65535.
    """
    if host.startswith("["):
        inside, closed, tail = host[1:].partition("]")
        if not closed or not _is_ipv6_literal(inside) or (tail and tail[0] != ":"):
            return None
        name, colon, port = f"[{inside}]", tail[:1], tail[1:]
    else:
        name, colon, port = host.partition(":")
        if len(name) > 255 or _HOST_NAME_RE.fullmatch(name) is None:
            return None
    if not colon:
        return name.lower(), None
    number = parse_digits(port, 5)
    if number is None or not 1 <= number <= 65535 or port[0] in " \t" or port[-1] in " \t":
        return None
    return name.lower(), number


@lru_cache(maxsize=64)
def is_valid_host(host: str) -> bool:
    """Say whether *host* may be the value of a Host header (RFC 9110 section 7.2)."""
    return split_host_port(host) is not None


def host_is_trusted(hostname: str | None, trusted_list: Iterable[str] | str | None) -> bool:
    """Say whether *hostname* (a port may follow) is among *trusted_list*.

    Names compare exactly and without regard to case; one that begins with a dot matches the name
    after the dot and all its subdomains.

    >>> host_is_trusted("A.example.com:80", [".example.com"])
    True
    >>> host_is_trusted("evil-example.com", ["example.com"])
    False
    """
    parts = split_host_port(hostname) if hostname else None
    if parts is None or not trusted_list:
        return False
    name = parts[0].rstrip(".")
    for trusted in (trusted_list,) if isinstance(trusted_list, str) else trusted_list:
        wanted = trusted.lower().rstrip(".")
        split = split_host_port(wanted.lstrip("."))
        if split is None:
            continue
        if name == split[0] or (wanted.startswith(".") and name.endswith("." + split[0])):
            return True
    return False


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
        name, colon, port = host.partition(":")
        host = ".".join(_ascii_label(label) for label in name.split(".")) + colon + port
    # A browser reads "\" as "/", and so another host than the one after the "@".
    if "\\" in user or split_host_port(host[:-1] if host.endswith(":") else host) is None:
        raise ValueError(
            f"The location {location[:200]!r} has no valid host. Write for example "
            "'https://example.com/page', or a path that begins with one slash."
        )
    return percent_encode(user, "%!$&'()*+,;=:") + at + host


def _ascii_label(label: str) -> str:
    """Return one label of a host name by IDNA; '' (no valid label) if that is not possible.

    The label must not turn into several: some characters normalise to a dot.
    """
    if label.isascii():
        return label
    try:
        encoded = label.encode("idna").decode("ascii")
    except (UnicodeError, ImportError, LookupError):
        return ""
    return "" if "." in encoded else encoded


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
