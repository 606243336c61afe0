"""Flask's import path for logging: ``from microweb.logging import default_handler``."""

from __future__ import annotations

from .logs import create_logger as create_logger
from .logs import find_default_handler
from .logs import has_level_handler as has_level_handler
from .logs import wsgi_errors_stream as wsgi_errors_stream

default_handler = find_default_handler()
