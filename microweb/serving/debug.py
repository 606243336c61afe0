"""The page for an exception that reaches the server: read-only, and for this machine alone.

Law of this module: it shows where an exception came from, as source lines; it shows no value of a
variable, header or setting, offers no console and runs nothing. Who is not on this machine gets
what production would give.
"""

from __future__ import annotations

import re
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import TracebackType
    from typing import Any

# Hosts that name this machine: a page on another host's name that resolves to this machine
# (DNS rebinding) could otherwise read the source through a visitor's browser.
_LOCAL_HOST_RE = re.compile(
    r"(?:(?:[a-z0-9-]+\.)*localhost|127(?:\.[0-9]{1,3}){3}|\[::1\])(?::[0-9]{1,5})?", re.IGNORECASE
)
_MAX_MESSAGE = 10000
_MAX_FRAMES = 50
_MAX_CAUSES = 10
_CONTEXT_LINES = 3
_DEBUG_STYLE = (
    ":root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;margin:1em auto;"
    "max-width:60em;padding:0 1em}pre{overflow:auto;padding:.5em;background:#8881}"
    "pre.message{white-space:pre-wrap}mark{display:block}h1{font-size:1.4em}"
)


class DebuggedApplication:
    """Wraps a WSGI application: exceptions that escape from it become a page with the traceback.

    HTML for browsers, JSON for clients that accept it, plain text for others. Only clients on this
    machine that came without a proxy, by a name of this machine, see it; to others the exception
    goes on to the server, which answers 500. The traceback is written to ``wsgi.errors`` as well.

    >>> from microweb.serving import DebuggedApplication
    >>> def app(environ, start_response):
    ...     raise ValueError("no such thing")
    >>> import io
    >>> environ = {"REMOTE_ADDR": "127.0.0.1", "wsgi.errors": io.StringIO()}
    >>> page = DebuggedApplication(app)(environ, lambda status, headers, exc_info: print(status))
    500 Internal Server Error
    >>> b"no such thing" in page[0]
    True
    """

    def __init__(self, app: Any) -> None:
        self.app = app

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Call the application (PEP 3333)."""
        try:
            result = self.app(environ, start_response)
        except Exception as error:
            if not is_local_request(environ):
                raise
            return answer_with_traceback(error, environ, start_response)
        if result.__class__ is list:
            return result  # type: ignore[no-any-return]
        return self._watch_iteration(result, environ, start_response)

    def _watch_iteration(
        self, result: Any, environ: dict[str, Any], start_response: Any
    ) -> Iterator[bytes]:
        try:
            yield from result
        except Exception as error:
            if not is_local_request(environ):
                raise
            # If the head is gone already, start_response raises the exception again.
            yield from answer_with_traceback(error, environ, start_response)
        finally:
            close = getattr(result, "close", None)
            if close is not None:
                close()


def is_local_request(environ: dict[str, Any]) -> bool:
    """Return whether a request came from this machine, without a proxy, by a name of it.

    >>> from microweb.serving.debug import is_local_request
    >>> is_local_request({"REMOTE_ADDR": "127.0.0.1", "HTTP_HOST": "evil.example"})
    False
    """
    address = environ.get("REMOTE_ADDR", "")
    if not (address == "::1" or address.startswith(("127.", "::ffff:127."))):
        return False
    if any(name in environ for name in ("HTTP_FORWARDED", "HTTP_X_FORWARDED_FOR", "HTTP_VIA")):
        return False
    host = environ.get("HTTP_HOST")
    return host is None or _LOCAL_HOST_RE.fullmatch(host) is not None


def answer_with_traceback(
    error: BaseException, environ: dict[str, Any], start_response: Any
) -> list[bytes]:
    """Answer 500 with the traceback of *error*, in the form that the client accepts."""
    causes = describe_causes(error)
    text = render_as_text(causes)
    errors = environ.get("wsgi.errors")
    if errors is not None:
        errors.write(text)
        errors.flush()
    accepted = environ.get("HTTP_ACCEPT", "").lower()
    if "text/html" in accepted:
        kind, body = "text/html", render_as_page(causes)
    elif "json" in accepted:
        from json import dumps

        kind, body = "application/json", dumps({"error": causes}, indent=1)
    else:
        kind, body = "text/plain", text
    data = body.encode("utf-8", "backslashreplace")
    headers = [
        ("Content-Type", kind if kind == "application/json" else f"{kind}; charset=utf-8"),
        ("Content-Length", str(len(data))),
        ("Cache-Control", "no-store"),
        ("X-Content-Type-Options", "nosniff"),
        ("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'"),
    ]
    exc_info = (type(error), error, error.__traceback__)
    start_response("500 Internal Server Error", headers, exc_info)
    return [data]


def describe_causes(error: BaseException) -> list[dict[str, Any]]:
    """Return the chain of exceptions, the one that was raised last in front.

    Each is ``{"type", "message", "relation", "frames"}``, each frame ``{"file", "line",
    "function", "source"}`` with pairs of line number and text.
    """
    causes: list[dict[str, Any]] = []
    seen: set[int] = set()
    relation = ""
    current: BaseException | None = error
    while current is not None and id(current) not in seen and len(causes) < _MAX_CAUSES:
        seen.add(id(current))
        causes.append(
            {
                "type": type(current).__name__,
                "message": _message_of(current),
                "relation": relation,
                "frames": _describe_frames(current.__traceback__),
            }
        )
        if current.__cause__ is not None:
            current, relation = current.__cause__, "caused by"
        else:
            relation = "while handling"
            current = None if current.__suppress_context__ else current.__context__
    return causes


def _message_of(error: BaseException) -> str:
    try:
        text = str(error)
    except Exception as failure:
        return f"(its text cannot be had: {type(failure).__name__})"
    return text if len(text) <= _MAX_MESSAGE else text[:_MAX_MESSAGE] + " …"


def _describe_frames(traceback: TracebackType | None) -> list[dict[str, Any]]:
    from linecache import checkcache, getlines

    checkcache()
    frames: list[dict[str, Any]] = []
    while traceback is not None:
        code, number = traceback.tb_frame.f_code, traceback.tb_lineno or 0
        lines = getlines(code.co_filename, traceback.tb_frame.f_globals)
        first = max(1, number - _CONTEXT_LINES)
        source = [
            (at, lines[at - 1].rstrip("\r\n")[:500])
            for at in range(first, min(number + _CONTEXT_LINES, len(lines)) + 1)
        ]
        frames.append(
            {"file": code.co_filename, "line": number, "function": code.co_name, "source": source}
        )
        if len(frames) > _MAX_FRAMES:
            # Of endless recursion, the beginning and the end tell enough.
            del frames[_MAX_FRAMES // 2]
        traceback = traceback.tb_next
    return frames


def render_as_text(causes: list[dict[str, Any]]) -> str:
    """Return the chain as plain text, the last call at the end, without control characters.

    >>> from microweb.serving.debug import describe_causes, render_as_text
    >>> print(render_as_text(describe_causes(ValueError("why"))), end="")
    ValueError: why
    """
    parts = []
    for cause in causes:
        if cause["relation"]:
            parts.append(f"\n{cause['relation']}:\n")
        for frame in cause["frames"]:
            parts.append(
                f'  File "{frame["file"]}", line {frame["line"]}, in {frame["function"]}\n'
            )
            parts.extend(
                f"    {text.strip()}\n" for at, text in frame["source"] if at == frame["line"]
            )
        parts.append(f"{cause['type']}: {cause['message']}\n")
    return re.sub("[\x00-\x08\x0b-\x1f\x7f-\x9f]", "\N{REPLACEMENT CHARACTER}", "".join(parts))


def render_as_page(causes: list[dict[str, Any]]) -> str:
    """Return the chain as a page of HTML, everything in it escaped, without script."""
    from html import escape

    title = escape(f"{causes[0]['type']}: {causes[0]['message'][:200]}")
    parts = [
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{title}</title><style>{_DEBUG_STYLE}</style>"
    ]
    for cause in causes:
        if cause["relation"]:
            parts.append(f"<p>{escape(cause['relation'])}</p>")
        message = escape(cause["message"])
        parts.append(f"<h1>{escape(cause['type'])}</h1><pre class=message>{message}</pre>")
        for frame in reversed(cause["frames"]):
            where = escape(f"{frame['file']}:{frame['line']}")
            parts.append(f"<p><code>{where}</code> in <code>{escape(frame['function'])}</code></p>")
            lines = [
                (
                    f"<mark>{at:5} {escape(text)}</mark>"
                    if at == frame["line"]
                    else f"{at:5} {escape(text)}\n"
                )
                for at, text in frame["source"]
            ]
            parts.append(f"<pre>{''.join(lines)}</pre>")
    python = escape(sys.version.split()[0])
    parts.append(f"<p>Python {python}. This page is shown to this machine alone.</p></html>")
    return "".join(parts)
