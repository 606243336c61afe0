"""The app's logger, made when it is first used.

`logging` costs as much to import as the whole framework, and small systems leave it out; so
nothing here is imported before somebody logs, and without it errors go to standard error.
"""

from __future__ import annotations

import sys
from io import StringIO

from .context import CURRENT_CONTEXT, LocalProxy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from logging import Handler, Logger
    from typing import Any

    from .appbase import AppBase


def _find_error_stream() -> Any:
    """Return the current request's ``wsgi.errors``, or standard error.

    A windowed Python has no standard error: what is written is dropped then.
    """
    context = CURRENT_CONTEXT.get(None)
    if context is not None and context.environ is not None:
        return context.environ.get("wsgi.errors") or sys.stderr or StringIO()
    return sys.stderr or StringIO()


wsgi_errors_stream: Any = LocalProxy(_find_error_stream)
_made_default_handler: list[Any] = []


def find_default_handler() -> Handler:
    """Return the handler that loggers of apps get: one for all, which writes to where the
    current request's errors go.

    Flask's name for it is ``microweb.logging.default_handler``.

    >>> find_default_handler() is find_default_handler()
    True
    """
    if not _made_default_handler:
        from logging import Formatter, StreamHandler

        handler = StreamHandler(wsgi_errors_stream)
        handler.setFormatter(Formatter("[%(asctime)s] %(levelname)s in %(module)s: %(message)s"))
        _made_default_handler.append(handler)
    handler_of_all: Handler = _made_default_handler[0]
    return handler_of_all


def has_level_handler(logger: Logger) -> bool:
    """Return whether a message at the logger's level reaches a handler, its parents' included.

    >>> from logging import NullHandler, getLogger
    >>> logger = getLogger("an.example"); logger.addHandler(NullHandler())
    >>> has_level_handler(logger)
    True
    """
    level = logger.getEffectiveLevel()
    current: Logger | None = logger
    while current is not None:
        if any(handler.level <= level for handler in current.handlers):
            return True
        current = current.parent if current.propagate else None
    return False


def create_logger(app: AppBase) -> Logger:
    """Return the logger named like the app: at DEBUG level while debugging, and with the default
    handler unless somebody has configured one already."""
    from logging import DEBUG, getLogger

    logger = getLogger(app.name)
    if app.debug and not logger.level:
        logger.setLevel(DEBUG)
    if not has_level_handler(logger):
        logger.addHandler(find_default_handler())
    return logger


def log_without_logging(message: str, error: BaseException) -> None:
    """Write a message and a traceback where errors go, on a Python without `logging`."""
    from traceback import format_exception

    lines = format_exception(type(error), error, error.__traceback__)
    wsgi_errors_stream.write(f"{message}\n{''.join(lines)}")
