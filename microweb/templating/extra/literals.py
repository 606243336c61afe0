"""Literals that few templates write: strings with backslashes, numbers but plain ones."""

from __future__ import annotations

import re

from ..exceptions import TemplateSyntaxError

_NUMBER_LIMIT = 1000
_STRING_ESCAPES: dict[str, str] = dict(zip("ntrabfv\\'\"\n", [*"\n\t\r\a\b\f\v\\'\"", ""]))
_STRING_ESCAPE_RE = r"\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-7]{1,3}|.)"


def unescape_string_literal(body: str, line: int) -> str:
    """Resolve the backslash escapes of Python's string literals; unknown ones stay as written."""

    def resolve(match: re.Match[str]) -> str:
        escape = match.group(1)
        if len(escape) > 1 and escape[0] in "xuU":
            return chr(int(escape[1:], 16))
        if escape[0] in "01234567":
            return chr(int(escape, 8))
        return _STRING_ESCAPES.get(escape, "\\" + escape)

    try:
        return re.sub(_STRING_ESCAPE_RE, resolve, body, flags=re.DOTALL)
    except (ValueError, OverflowError):
        message = f"the string {body[:40]!r} has an escape beyond \\U0010ffff"
        raise TemplateSyntaxError(message, line) from None


def read_number_literal(digits: str, following: str, line: int) -> int | float:
    """Return the value of a number as it is written, or say what is wrong with it."""
    plain = digits.replace("_", "")
    message = ""
    if following.isalnum() or following == "_":
        message = f"{digits[:40] + following!r} is no number: put a space or an operator after it"
    elif len(digits) > _NUMBER_LIMIT:
        message = f"a number of {len(digits)} characters is too long: {_NUMBER_LIMIT} is the limit"
    elif plain[:2].lower() in ("0x", "0o", "0b"):
        return int(plain, 0)
    elif not plain.isdigit():
        if float(plain) != float("inf"):
            return float(plain)
        message = f"the number {digits!r} is too large for a float"
    elif plain[0] == "0" and plain.strip("0"):
        message = f"the number {digits!r} begins with a zero: write {plain.lstrip('0')}"
    if message:
        raise TemplateSyntaxError(message, line)
    return int(plain)
