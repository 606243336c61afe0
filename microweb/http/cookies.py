"""Cookies (RFC 6265bis), read and written without the stdlib's ``http.cookies``.

A Cookie header is split at ``;`` as browsers do, one bad pair never costs the others; a Set-Cookie
header is written from checked pieces only, so that no argument can add an attribute of its own.
"""

from __future__ import annotations

import re
import time

from ..text.dates import LATEST_HTTP_TIMESTAMP, http_date, parse_timestamp
from ..text.quoting import percent_encode, text_from_environ
from ..text.tokens import is_token
from .structures import MultiDict

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# What needs no quoting in a value: printable ASCII but SP, '"', ',', ';' and '\'.
_COOKIE_PLAIN_RE = re.compile(r"[!#-+\--:<-\[\]-~]*")
_COOKIE_QUOTED_RE = re.compile(rb'[\0-\x1f",;\\\x7f-\xff]')
_COOKIE_DOMAIN_RE = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?")


def parse_cookie_pairs(header: str) -> list[tuple[str, str]]:
    """Split a Cookie header, given as PEP 3333's Latin-1 text, into ``(name, value)`` pairs.

    Nameless pairs are dropped (CVE-2023-23934), and so is what has no ``=``. Linear; never raises.
    """
    pairs = []
    for item in text_from_environ(header).split(";"):
        name, equals, value = item.partition("=")
        name, value = name.strip(" \t"), value.strip(" \t")
        if name and equals:
            if value[:1] == '"' and len(value) > 1 and value[-1] == '"':
                value = _unquote_cookie_value(value[1:-1])
            pairs.append((name, value))
    return pairs


def _unquote_cookie_value(value: str) -> str:
    r"""Resolve ``\"``, ``\\`` and octal ``\163`` escapes in one pass."""
    if "\\" not in value:
        return value
    raw = re.sub(
        rb"(?s)\\(?:([0-3][0-7][0-7])|(.))",
        lambda match: bytes((int(match[1], 8),)) if match[1] else match[2],
        value.encode("utf-8", "replace"),
    )
    return raw.decode("utf-8", "replace")


def parse_cookie(header: Any, cls: type[MultiDict] | None = None) -> MultiDict:
    """Parse a Cookie header, or the one in a WSGI environ, into a MultiDict (or *cls*)."""
    if isinstance(header, dict):
        header = header.get("HTTP_COOKIE")
    return (cls or MultiDict)(parse_cookie_pairs(header) if header else None)


def dump_cookie(
    key: str,
    value: str = "",
    max_age: Any = None,
    expires: Any = None,
    path: str | None = "/",
    domain: str | None = None,
    secure: bool = False,
    httponly: bool = False,
    sync_expires: bool = True,
    max_size: int = 4093,
    samesite: str | None = None,
    partitioned: bool = False,
) -> str:
    """Return the value of a Set-Cookie header.

    *max_age* is seconds or a timedelta; *expires* a datetime, seconds since the epoch or an HTTP
    date; with *sync_expires* an Expires is derived from *max_age*. *samesite* is ``"Strict"``,
    ``"Lax"`` or ``"None"``; *partitioned* implies *secure*. A cookie beyond *max_size* bytes
    (0: no limit) is returned with a warning, because browsers drop it without a word.

    Raises ValueError for a name that is no token, for attributes that hold ``;`` or control
    characters, and for a ``__Host-`` or ``__Secure-`` name that browsers would refuse.

    >>> dump_cookie("theme", "dark", httponly=True, samesite="Lax")
    'theme=dark; HttpOnly; Path=/; SameSite=Lax'
    """
    if not isinstance(key, str) or not is_token(key):
        raise ValueError(
            f"The cookie name {key!r} is not a token: use ASCII letters, digits, '-' and '_', "
            "without spaces, '=' or ';'."
        )
    secure = secure or partitioned
    if key[:2] == "__":
        _check_cookie_prefix(key, path, domain, secure)
    parts = [f"{key}={_quote_cookie_value(value)}"]
    if domain:
        parts.append(f"Domain={_cookie_domain(domain)}")
    parts += _cookie_lifetime(max_age, expires, sync_expires)
    if secure:
        parts.append("Secure")
    if httponly:
        parts.append("HttpOnly")
    if path == "/":
        parts.append("Path=/")
    elif path is not None:
        if re.search("[\0-\x1f;\x7f]", path):
            raise _cookie_error("path", path, "'/', without ';' and control characters")
        parts.append("Path=" + percent_encode(path, "%!$&'()*+,/:=@"))
    if samesite is not None:
        policy = samesite.title() if isinstance(samesite, str) else ""
        if policy not in ("Strict", "Lax", "None"):
            raise _cookie_error("samesite", samesite, "'Strict', 'Lax' or 'None'")
        if policy == "None" and not secure:
            _warn_about_cookie(
                "A cookie with samesite='None' needs secure=True: browsers drop it otherwise."
            )
        parts.append(f"SameSite={policy}")
    if partitioned:
        parts.append("Partitioned")
    header = "; ".join(parts)
    if max_size and len(header) > max_size:
        _warn_about_cookie(large_cookie_message(key, header, max_size))
    return header


def large_cookie_message(key: str, header: str, max_size: int) -> str:
    """Return the sentence about a Set-Cookie value *header* that is longer than *max_size*."""
    return (
        f"The cookie {key!r} is {len(header)} bytes long; browsers may drop cookies above "
        f"{max_size} bytes without a word. Store less in it."
    )


def _warn_about_cookie(message: str) -> None:
    from warnings import warn

    warn(message, stacklevel=4)


def _cookie_error(attribute: str, value: Any, instead: str) -> ValueError:
    return ValueError(f"The cookie's {attribute} cannot be {value!r}. Write for example {instead}.")


def _quote_cookie_value(value: Any) -> str:
    """Return the value as it is where it may stand plainly, else quoted with octal escapes."""
    # What is not plain text, escaped markup for one, becomes it.
    text = value if value.__class__ is str else "".join(str(value))
    if _COOKIE_PLAIN_RE.fullmatch(text) is not None:
        return text
    quoted = _COOKIE_QUOTED_RE.sub(
        lambda found: b"\\" + (found[0] if found[0] in b'"\\' else b"%03o" % ord(found[0])),
        text.encode("utf-8"),
    )
    return f'"{quoted.decode("ascii")}"'


def _check_cookie_prefix(key: str, path: str | None, domain: str | None, secure: bool) -> None:
    """RFC 6265bis section 4.1.3: browsers drop prefixed cookies that lack what they promise."""
    host_only = key.lower().startswith("__host-")
    if not secure and (host_only or key.lower().startswith("__secure-")):
        raise ValueError(f"The cookie {key!r} needs secure=True: browsers refuse it without.")
    if host_only and (domain or path != "/"):
        raise ValueError(f"The cookie {key!r} needs path='/' and no domain: browsers ask for that.")


def _cookie_lifetime(max_age: Any, expires: Any, sync_expires: bool) -> list[str]:
    """Return the attributes Expires and Max-Age, as far as they are wanted."""
    if max_age is not None:
        if hasattr(max_age, "total_seconds"):
            max_age = max_age.total_seconds()
        if not isinstance(max_age, (int, float)):
            raise TypeError(
                f"The cookie's max_age must be seconds or a timedelta, not {max_age!r}."
            )
        max_age = int(max_age)
        if expires is None and sync_expires:
            # A moment before 1970 or after 9999 is one that no browser needs told exactly.
            moment = time.time() + max_age if max_age > 0 else 0
            expires = min(moment, LATEST_HTTP_TIMESTAMP)
    if isinstance(expires, str):
        # Read as a date first, so that it can hold nothing else.
        seconds = parse_timestamp(expires)
        if seconds is None:
            raise _cookie_error("expires", expires, "'Sun, 06 Nov 1994 08:49:37 GMT'")
        expires = seconds
    parts = [] if expires is None else [f"Expires={http_date(expires)}"]
    return parts if max_age is None else [*parts, f"Max-Age={max_age}"]


def _cookie_domain(domain: str) -> str:
    """Return the host name in ASCII, without port and leading dots."""
    host = domain.partition(":")[0].lstrip(".")
    if not host.isascii():
        try:
            host = host.encode("idna").decode("ascii")
        except UnicodeError:
            host = ""
    if _COOKIE_DOMAIN_RE.fullmatch(host) is None:
        raise _cookie_error("domain", domain, "'example.com'")
    return host
