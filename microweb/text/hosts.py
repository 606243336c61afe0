"""Host names and ports, as a Host header or a URL writes them (RFC 9110 section 7.2).

A library that strips or normalises parts of a host would see another one than the browser does.
"""

from __future__ import annotations

import re
from functools import lru_cache

from .tokens import parse_digits

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

    Names compare without regard to case; one that begins with a dot matches subdomains as well.

    >>> [host_is_trusted(host, [".example.com"]) for host in ("A.example.com:80", "aexample.com")]
    [True, False]
    """
    parts = split_host_port(hostname) if hostname else None
    if parts is None or not trusted_list:
        return False
    name = parts[0].rstrip(".")
    for trusted in (trusted_list,) if isinstance(trusted_list, str) else trusted_list:
        wanted = trusted.lower().rstrip(".")
        split = split_host_port(wanted.lstrip("."))
        if split is not None and name == split[0]:
            return True
        if split is not None and wanted.startswith(".") and name.endswith("." + split[0]):
            return True
    return False


def join_host_port(host: str, port: int) -> str:
    """Return the two as they stand in a URL.

    >>> join_host_port("::1", 80), join_host_port("example.org", 80)
    ('[::1]:80', 'example.org:80')
    """
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def is_loopback_host(host: str) -> bool:
    """Return whether only this machine can reach a server that listens on *host*."""
    return host in ("localhost", "::1", "[::1]") or host.startswith(("127.", "unix://"))
