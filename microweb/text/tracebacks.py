"""Errors and strangers' text as a log may show them."""

from __future__ import annotations

import re

# Characters that could command a terminal, and those that no encoding of a log takes.
_CONTROL_RE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_MAX_TRACEBACK = 100_000


def escape_controls(text: str) -> str:
    r"""Return *text* with its control characters, other than HTAB and LF, written as in Python.

    >>> escape_controls("red: \x1b[31m")
    'red: \\x1b[31m'
    """
    return _CONTROL_RE.sub(lambda match: ascii(match[0])[1:-1], text)


def format_traceback_safely(error: BaseException) -> str:
    """Return the traceback of *error* with controls escaped, its middle cut where it is endless.

    ``traceback`` needs ``unicodedata`` for source that is not ASCII, and an error's own ``__str__``
    may raise: then it is the error's name alone.

    >>> format_traceback_safely(ValueError("no such thing"))
    'ValueError: no such thing\\n'
    """
    try:
        from traceback import format_exception

        text = "".join(format_exception(type(error), error, error.__traceback__))
    except Exception as failure:
        text = f"{type(error).__name__} (its traceback raises {type(failure).__name__})\n"
    if len(text) > _MAX_TRACEBACK:
        half = _MAX_TRACEBACK // 2
        text = f"{text[:half]}\n...\n{text[-half:]}"
    return escape_controls(text)
