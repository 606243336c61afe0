"""Flask's import path for its two wrappers: ``from microweb.wrappers import Response``."""

from __future__ import annotations

from .http import Request as Request
from .http import Response as Response
