"""From what a view returns to a response."""

from __future__ import annotations

from .globals import CURRENT_CONTEXT
from .http import HTTPException
from .scaffold import describe_function

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .app import Microweb
    from .http import Response


def response_of(app: Microweb, rv: Any) -> Response:
    """Return what a view returned as a response object; see `Microweb.make_response`."""
    if isinstance(rv, app.response_class):
        return rv
    status: Any = None
    headers: Any = None
    if isinstance(rv, tuple):
        rv, status, headers = _unpack_response_tuple(rv)
    response = _response_of_body(app, rv)
    if status is not None:
        if isinstance(status, (str, bytes, bytearray)):
            response.status = status if isinstance(status, str) else status.decode("latin-1")
        else:
            response.status_code = status
    if headers:
        response.headers.update(headers)
    return response


def _response_of_body(app: Microweb, rv: Any) -> Response:
    if isinstance(rv, app.response_class):
        return rv
    if isinstance(rv, (str, bytes, bytearray)) or hasattr(rv, "__next__"):
        return app.response_class(rv)
    if isinstance(rv, (dict, list)):
        response: Response = app.json.response(rv)
        return response
    if isinstance(rv, HTTPException):
        context = CURRENT_CONTEXT.get(None)
        if context is not None and app.debug:
            try:
                from .dev.teaching import teaching_response

                return teaching_response(context.app, context, rv)
            except ImportError:
                # A small system lacks what those pages need: then the plain one is sent.
                pass
        rv = rv.get_response(None if context is None else context.environ)
        return rv if isinstance(rv, app.response_class) else app.response_class.force_type(rv)
    if callable(rv):
        return app.response_class.force_type(rv, CURRENT_CONTEXT.get().environ)
    raise TypeError(f"{_describe_view(app)} returned {_describe_bad_answer(rv)}")


def _describe_view(app: Microweb) -> str:
    context = CURRENT_CONTEXT.get(None)
    rule = None if context is None else context.url_rule
    view = None if rule is None else app.view_functions.get(rule.endpoint)
    return "the view" if view is None else f"the view {describe_function(view)}"


def _unpack_response_tuple(rv: tuple[Any, ...]) -> tuple[Any, Any, Any]:
    """Return body, status and headers of what a view returned as a tuple."""
    if len(rv) == 3:
        return rv
    if len(rv) == 2:
        if isinstance(rv[1], (dict, list, tuple)) or hasattr(rv[1], "items"):
            return rv[0], None, rv[1]
        return rv[0], rv[1], None
    raise TypeError(
        f"a view may return (body, status), (body, headers) or (body, status, headers), not a "
        f"tuple of {len(rv)}: {rv!r:.80}"
    )


def _describe_bad_answer(rv: Any) -> str:
    """Say what is wrong with something that a view returned and that cannot be a response."""
    if rv is None:
        return "None: it may have ended without a return statement; return text, a dict, a list..."
    return (
        f"a {type(rv).__name__}, which cannot be made a response: {rv!r:.80}; return text, bytes, "
        f"a dict, a list, a response, or a tuple of one of these with status and headers"
    )
