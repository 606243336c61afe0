"""The request and the response of an app: HTTP's own classes, introduced to the app.

HTTP knows no app. Two things it asks of its user are answered here: how large a cookie may be, and
how an environ is made for `Request.from_values`.
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


def make_environ_builder(*args: Any, **kwargs: Any) -> Any:
    """Return an `EnvironBuilder` of the arguments, for `Request.from_values`."""
    from .environ import EnvironBuilder

    return EnvironBuilder(*args, **kwargs)


Response.find_cookie_limits = staticmethod(find_cookie_limits)
Request.environ_builder = staticmethod(make_environ_builder)
