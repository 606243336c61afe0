"""Redirects (RFC 9110 section 15.4).

Law of this module: a redirect goes where its author wrote or raises at the call.
"""

from __future__ import annotations

from .fields import escape_page_text
from .response import Response
from .urls import location_from_iri

_REDIRECT_CODES = frozenset((300, 301, 302, 303, 304, 305, 307, 308))


def redirect_response(
    location: str, code: int = 302, response_class: type[Response] | None = None
) -> Response:
    """Return a response that sends the client to *location*.

    *location* may be relative and stays so; non-ASCII is percent-encoded. *code* is one of 300,
    301, 302, 303, 304, 305, 307 and 308. A ``javascript:`` location is the caller's decision: check
    what comes from a client.

    Raises ValueError for another code, for control characters and for a malformed host.

    >>> from microweb.http.redirects import redirect_response
    >>> response = redirect_response("/caf\\u00e9")
    >>> response.status, response.location
    ('302 FOUND', '/caf%C3%A9')
    """
    if code not in _REDIRECT_CODES:
        raise ValueError(
            f"{code!r} is not a redirect's status code. Use 302, 303, 307 (temporary) or "
            "301, 308 (permanent)."
        )
    target = location_from_iri(location)
    shown = escape_page_text(target)
    response = (response_class or Response)(
        "<!doctype html>\n"
        "<html lang=en>\n"
        "<title>Redirecting...</title>\n"
        "<h1>Redirecting...</h1>\n"
        f'<p>The page is at <a href="{shown}">{shown}</a>.\n',
        code,
        mimetype="text/html",
    )
    response.headers.set("Location", target)
    return response
