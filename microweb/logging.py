"""The app's logger, made when it is first used.

Python's ``logging`` costs as much to import as the whole framework, and small systems lack it. So
it is imported when an app logs for the first time; without it errors go to standard error.
"""

from __future__ import annotations

import sys
import time
from io import StringIO

from .globals import CURRENT_CONTEXT, LocalProxy
from .text.missing import import_stdlib

TYPE_CHECKING = False
if TYPE_CHECKING:
    from logging import Handler, Logger
    from typing import Any

    from .app import Microweb


def _find_error_stream() -> Any:
    """Return the current request's ``wsgi.errors``, or standard error.

    A windowed Python has no standard error, and either may have been closed: what is written is
    dropped then.
    """
    context = CURRENT_CONTEXT.get(None)
    environ = {} if context is None else context.environ or {}
    for stream in (environ.get("wsgi.errors"), sys.stderr):
        if stream is not None and not getattr(stream, "closed", False):
            return stream
    return StringIO()


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
        logging = import_stdlib("logging", "a log handler")
        handler = logging.StreamHandler(wsgi_errors_stream)
        formatter = logging.Formatter("[%(asctime)s] %(levelname)s in %(module)s: %(message)s")
        formatter.formatException = lambda info: format_logged_error(info[1])
        handler.setFormatter(formatter)
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


def _plain_logging_method(level: str, exc_info: Any = None) -> Any:
    """Return a method of `PlainLogger`, whose arguments are those of `logging`'s."""

    def write(
        self: PlainLogger, msg: object, *args: Any, exc_info: Any = exc_info, **_: Any
    ) -> None:
        if level in ("DEBUG", "INFO") and not self.app.debug:
            return
        if exc_info and not isinstance(exc_info, BaseException):
            exc_info = (exc_info if isinstance(exc_info, tuple) else sys.exc_info())[1]
        text = str(msg) % args if args else str(msg)
        when = time.strftime("%Y-%m-%d %H:%M:%S")
        lines = [f"[{when}] {level} in {self.app.name}: {text}"]
        lines += [format_logged_error(exc_info)] if exc_info else []
        from contextlib import suppress

        with suppress(OSError):  # A disk that is full must not change the answer.
            wsgi_errors_stream.write("\n".join(lines) + "\n")

    return write


class PlainLogger:
    """What stands in for the logger on a Python without `logging`: it writes where errors go.

    It has the methods that write; less than a warning is written only while *app* is debugging.

    >>> from microweb import Microweb
    >>> PlainLogger(Microweb("example")).info("%s do not need to know", "users")
    """

    def __init__(self, app: Microweb) -> None:
        self.app = app

    debug, info = _plain_logging_method("DEBUG"), _plain_logging_method("INFO")
    warning, error = _plain_logging_method("WARNING"), _plain_logging_method("ERROR")
    critical = _plain_logging_method("CRITICAL")
    exception = _plain_logging_method("ERROR", exc_info=True)


def create_logger(app: Microweb) -> Logger:
    """Return the logger named like the app: at DEBUG level while debugging, and with the default
    handler unless one is configured already; a `PlainLogger` without `logging`."""
    try:
        from logging import DEBUG, getLogger
    except ImportError:
        plain: Any = PlainLogger(app)
        return plain  # type: ignore[no-any-return]
    logger = getLogger(app.name)
    if app.debug and not logger.level:
        logger.setLevel(DEBUG)
    if not has_level_handler(logger):
        logger.addHandler(find_default_handler())
    return logger


def format_logged_error(error: BaseException) -> str:
    """Return the traceback of an error, or the error alone where this Python cannot say more.

    >>> format_logged_error(ValueError("no such thing"))
    'ValueError: no such thing'
    """
    try:
        from traceback import format_exception

        text = "".join(format_exception(type(error), error, error.__traceback__))
    except Exception:
        # It needs `unicodedata` for a line of the source that is not ASCII.
        text = f"{type(error).__name__}: {error}"
    return text.rstrip("\n")


def missing_logging_name(name: str) -> Any:
    """Answer for ``default_handler``: it needs Python's own logging, so it is made when asked."""
    if name == "default_handler":
        return find_default_handler()
    raise AttributeError(f"module 'logging' has no attribute {name!r}")


__getattr__ = missing_logging_name
