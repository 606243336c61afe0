"""Flask's import path for the proxies: ``from microweb.globals import request``."""

from __future__ import annotations

from .context import LocalProxy, current_context, request_context
from .context import current_app as current_app
from .context import g as g
from .context import request as request
from .context import session as session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .context import Context

app_ctx: Context = LocalProxy(lambda: current_context("app_ctx"))  # type: ignore[assignment]
request_ctx: Context = LocalProxy(lambda: request_context("request_ctx"))  # type: ignore[assignment]
