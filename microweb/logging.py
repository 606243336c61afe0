"""Flask's import path for logging: ``from microweb.logging import default_handler``."""

from __future__ import annotations

from .logs import create_logger as create_logger
from .logs import find_default_handler
from .logs import has_level_handler as has_level_handler
from .logs import wsgi_errors_stream as wsgi_errors_stream

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def missing_logging_name(name: str) -> Any:
    """Answer for ``default_handler``: it needs Python's own logging, so it is made when asked."""
    if name == "default_handler":
        return find_default_handler()
    raise AttributeError(f"module 'logging' has no attribute {name!r}")


__getattr__ = missing_logging_name
