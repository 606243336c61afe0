"""Flask's import path for the proxies: ``from microweb.globals import request``."""

from __future__ import annotations

from .context import current_app as current_app
from .context import g as g
from .context import request as request
from .context import session as session
