"""The page for an exception that reaches the server: read-only, and for this machine alone.

Law of this module: it shows source lines, but no value of a variable, header or setting; it offers
no console and runs nothing. Who is not on this machine gets what production would give.
"""

from __future__ import annotations

import re
import sys

from .handler import format_traceback_safely

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

# Hosts that name this machine: a page of another host whose name resolves to this machine
# (DNS rebinding) could otherwise read the source through a visitor's browser.
_LOCAL_HOST_RE = re.compile(
    r"(?:(?:[a-z0-9-]+\.)*localhost|127(?:\.[0-9]{1,3}){3}|\[::1\])(?::[0-9]{1,5})?", re.IGNORECASE
)
_PROXY_FIELDS = ("HTTP_FORWARDED", "HTTP_X_FORWARDED_FOR", "HTTP_X_REAL_IP", "HTTP_VIA")
_DEBUG_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width"><style>:root{{color-scheme:light dark}}
body{{font:1em/1.5 system-ui,sans-serif}}pre{{overflow:auto;padding:1em;background:#8882}}</style>
<h1>{title}</h1><pre>{traceback}</pre>
<p>Python {python}. This page is shown to this machine alone.</p></html>
"""


class DebuggedApplication:
    """Wraps a WSGI application: exceptions that escape from it become a page with the traceback.

    HTML, JSON or plain text, as the client accepts. Only clients on this machine that came without
    a proxy, by a name of this machine, see it; for others the server answers 500 as ever.

    >>> from microweb.serving import DebuggedApplication
    >>> def app(environ, start_response):
    ...     raise ValueError("no such thing")
    >>> environ = {"REMOTE_ADDR": "127.0.0.1", "HTTP_ACCEPT": "text/html"}
    >>> page = DebuggedApplication(app)(environ, lambda status, headers, exc_info: print(status))
    >>> b"<title>ValueError: no such thing</title>" in b"".join(page)
    500 Internal Server Error
    True
    """

    def __init__(self, app: Any) -> None:
        self.app = app

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterator[bytes]:
        """Call the application (PEP 3333)."""
        result: Any = ()
        try:
            result = self.app(environ, start_response)
            yield from result
        except Exception as error:
            if not is_local_request(environ):
                raise
            # If the head is gone already, start_response raises the exception again.
            yield _answer_with_traceback(error, environ, start_response)
        finally:
            if hasattr(result, "close"):
                result.close()


def is_local_request(environ: dict[str, Any]) -> bool:
    """Return whether a request came from this machine, without a proxy, by a name of it."""
    address, host = environ.get("REMOTE_ADDR", ""), environ.get("HTTP_HOST", "localhost")
    local = address == "::1" or address.startswith(("127.", "::ffff:127."))
    proxied = any(name in environ for name in _PROXY_FIELDS)
    return local and not proxied and _LOCAL_HOST_RE.fullmatch(host) is not None


def _answer_with_traceback(error: Exception, environ: Any, start_response: Any) -> bytes:
    """Answer 500 with the traceback of *error*, in the form that the client accepts."""
    text = format_traceback_safely(error)
    if "wsgi.errors" in environ:
        environ["wsgi.errors"].write(text)
    # The last line that is not indented names the exception.
    title = [line for line in text.splitlines() if line[:1].strip()][-1][:300]
    accepted, kind = environ.get("HTTP_ACCEPT", "").lower(), "text/plain; charset=utf-8"
    if "text/html" in accepted:
        from html import escape

        kind, python = "text/html; charset=utf-8", sys.version.split()[0]
        text = _DEBUG_PAGE.format(title=escape(title), traceback=escape(text), python=python)
    elif "json" in accepted:
        from json import dumps

        kind, text = "application/json", dumps({"error": title, "traceback": text.splitlines()})
    data = text.encode("utf-8", "backslashreplace")
    headers = [
        ("Content-Type", kind),
        ("Content-Length", str(len(data))),
        ("Cache-Control", "no-store"),
        ("X-Content-Type-Options", "nosniff"),
        ("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'"),
    ]
    start_response("500 Internal Server Error", headers, sys.exc_info())
    return data
