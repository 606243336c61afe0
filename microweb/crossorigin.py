"""Forged requests: what a page of another site makes a browser send, with the user's cookies.

With ``REFUSE_CROSS_ORIGIN`` in the configuration an app answers them with 403, before any function
of its own runs. Browsers say by themselves where a request comes from, so no token has to be put
into forms: ``Sec-Fetch-Site`` (W3C Fetch Metadata) since 2023 in all of them, ``Origin`` (Fetch
standard) for longer. What sends neither is no browser, and nobody else's cookies are in it.
"""

from __future__ import annotations

from .http import Forbidden

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

_SAFE_METHODS = frozenset(["GET", "HEAD", "OPTIONS", "TRACE"])
# "same-site" is another program on another port of this host, or another subdomain.
_OWN_SITES = ("same-origin", "none")


class CrossOriginRefused(Forbidden):
    """A request that a page of another origin had a browser send; see `check_origin`."""

    # Before the functions that run before every request.
    is_refused_at_once = True
    description = "This request was sent by a page of another site, and is refused here."


def check_origin(environ: Mapping[str, Any], trusted: Any = True) -> CrossOriginRefused | None:
    """Return the 403 for an unsafe request of another origin, None for all others.

    *trusted* is the value of ``REFUSE_CROSS_ORIGIN``: True, or the origins beside its own that the
    app trusts, as ``["https://www.example.com"]``. Safe methods (RFC 9110 §9.2.1) pass: a view
    must not change anything when it is asked by GET.

    >>> environ = {"REQUEST_METHOD": "POST", "HTTP_HOST": "example.com"}
    >>> check_origin({**environ, "HTTP_ORIGIN": "http://example.com"})
    >>> check_origin({**environ, "HTTP_ORIGIN": "http://evil.example"}).code
    403
    """
    if environ["REQUEST_METHOD"] in _SAFE_METHODS:
        return None
    site, origin = environ.get("HTTP_SEC_FETCH_SITE"), environ.get("HTTP_ORIGIN")
    if site:
        is_own = site in _OWN_SITES
    else:
        # Without a scheme: behind a proxy the app may not know that it was https.
        host = (origin or "").partition("://")[2]
        is_own = not origin or (host != "" and host == environ.get("HTTP_HOST"))
    if is_own or (origin and isinstance(trusted, (list, tuple, set)) and origin in trusted):
        return None
    return CrossOriginRefused()


def check_trusted_origins(value: Any) -> None:
    """Raise the TypeError or ValueError of a ``REFUSE_CROSS_ORIGIN`` that means nothing.

    >>> check_trusted_origins(["example.com"])
    Traceback (most recent call last):
        ...
    ValueError: REFUSE_CROSS_ORIGIN names 'example.com'; an origin is written as \
'https://example.com', without a path
    """
    if isinstance(value, bool) or value is None:
        return
    if not isinstance(value, (list, tuple, set)):
        raise TypeError(
            f"REFUSE_CROSS_ORIGIN is True, False or a list of origins to trust, not {value!r}"
        )
    for origin in value:
        scheme, _, host = str(origin).partition("://")
        if not scheme or not host or "/" in host:
            raise ValueError(
                f"REFUSE_CROSS_ORIGIN names {origin!r}; an origin is written as "
                f"'https://example.com', without a path"
            )
