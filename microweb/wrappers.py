"""The request and the response of an app: HTTP's own classes, introduced to the app.

HTTP knows no app. What it asks of its user is answered here: how large a cookie may be, how an
environ is made for `Request.from_values`, which limits a request has that a view makes, and who is
told of headers that were left out.
"""

from __future__ import annotations

from .globals import CURRENT_CONTEXT
from .http import Request as Request
from .http import Response as Response

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def find_cookie_limits() -> tuple[int, bool] | None:
    """Return the size that a cookie may have in the current app, and whether more is an error."""
    context = CURRENT_CONTEXT.get(None)
    if context is None:
        return None
    return context.app.config["MAX_COOKIE_SIZE"] or 0, context.app.debug


def find_request_settings(environ: dict[str, Any]) -> dict[str, Any]:
    """Return the limits that the current app sets for requests with the body of *environ*."""
    context = CURRENT_CONTEXT.get(None)
    if context is None or context.environ is None:
        return {}
    if environ.get("wsgi.input") is not context.environ.get("wsgi.input"):
        return {}
    app = context.app
    return (app._serving_table or app.dispatch_table).request_settings


def plant_request_settings(settings: dict[str, Any]) -> None:
    """Have requests that a view makes itself ask for limits, once an app has *settings* for them:
    apps without any pay nothing."""
    if settings:
        Request.find_settings = staticmethod(find_request_settings)


_named_headers: set[tuple[Any, ...]] = set()


def warn_of_headers(names: list[str]) -> None:
    """Log, once for each view, which of its headers were left out because they are the server's."""
    context = CURRENT_CONTEXT.get(None)
    if context is None:
        return
    rule = context.url_rule
    app, endpoint = context.app, None if rule is None else rule.endpoint
    if (app.name, endpoint, *names) in _named_headers:
        return
    _named_headers.add((app.name, endpoint, *names))
    app.logger.warning(
        "%s",
        f"The answer of the endpoint {endpoint!r} was sent without {', '.join(names)}: headers of "
        f"the connection are the server's. Leave them out in the view.",
    )


def make_environ_builder(*args: Any, **kwargs: Any) -> Any:
    """Return an `EnvironBuilder` of the arguments, for `Request.from_values`."""
    from .environ import EnvironBuilder

    return EnvironBuilder(*args, **kwargs)


Response.find_cookie_limits = staticmethod(find_cookie_limits)
Response.warn_of_headers = staticmethod(warn_of_headers)
Request.environ_builder = staticmethod(make_environ_builder)
