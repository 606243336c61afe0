"""Tokens, quoted strings and parameters: the grammar of header fields (RFC 9110 section 5).

Every outgoing field passes `check_field_name` and `check_field_value`. Values are taken apart in
time linear in their length; only SP and TAB are white space, and only 0-9 are digits.
"""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


# RFC 9110 section 5.6.2 (token). A name that ends in "-" or "_" is a token too, yet PEP 3333's
# validator refuses it, so the last character is narrower.
_FIELD_NAME_RE = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]*[!#$%&'*+.^`|~0-9A-Za-z]")
# RFC 9110 section 5.5: VCHAR, SP, HTAB and obs-text. PEP 3333 asks for Latin-1.
_FIELD_VALUE_REFUSED_RE = re.compile(r"[^\t\x20-\x7e\x80-\xff]")
_FIELD_DELIMITER_RE = re.compile(r'\\.|[",;]', re.DOTALL)
_field_name_matches = _FIELD_NAME_RE.fullmatch
_field_value_refused = _FIELD_VALUE_REFUSED_RE.search
_TOKEN_CHARACTERS = frozenset(
    "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
)
ASCII_DIGITS = frozenset("0123456789")


def check_field_name(name: str) -> str:
    """Return *name* if it is a token (RFC 9110 section 5.1); else ValueError or TypeError."""
    if not isinstance(name, str):
        text = f"A header name must be a str, not {type(name).__name__}: {name!r}."
        raise TypeError(f"{text} Write for example headers['X-Name'] = 'value'.")
    if _field_name_matches(name) is None:
        raise ValueError(
            f"The header name {name!r} is not a token: it may hold ASCII letters, digits and "
            "!#$%&'*+-.^_`|~ only and must end in neither '-' nor '_'."
        )
    return name


def check_field_value(value: Any) -> str:
    """Return *value* as text that may be sent as a header value (RFC 9110 section 5.5).

    Bytes are read as Latin-1, numbers and the like through ``str()``. ValueError for control
    characters, and so every way to begin a second header, and for text outside Latin-1.
    """
    if value.__class__ is not str:
        # A subclass of str (escaped markup, for instance) becomes plain text: PEP 3333.
        if isinstance(value, str):
            value = "".join(value)
        elif isinstance(value, (bytes, bytearray)):
            value = bytes(value).decode("latin-1")
        else:
            value = str(value)
    refused = _field_value_refused(value)
    if refused is not None:
        shown = value if len(value) <= 100 else value[:100] + "..."
        raise ValueError(
            f"The header value {shown!r} holds the character {refused.group()!r}: header values "
            "take no line breaks, no control characters and nothing outside Latin-1. "
            "Remove it or percent-encode it."
        )
    return value  # type: ignore[no-any-return]


def is_token(text: str) -> bool:
    """Say whether *text* is a token (RFC 9110 section 5.6.2)."""
    return bool(text) and _TOKEN_CHARACTERS.issuperset(text)


def parse_digits(text: str | None, most: int = 20) -> int | None:
    """Return the number that *text* writes in *most* ASCII digits or fewer, else None.

    Unlike ``int()`` it takes no sign, underscore or other script's digits; SP and TAB around it.
    """
    text = (text or "").strip(" \t")
    return int(text) if 0 < len(text) <= most and ASCII_DIGITS.issuperset(text) else None


def split_outside_quotes(value: str, separator: str) -> list[str]:
    """Split *value* at each *separator* (``,`` or ``;``) that stands outside a quoted string."""
    if '"' not in value:
        return value.split(separator)
    parts = []
    start = 0
    quoted = False
    for match in _FIELD_DELIMITER_RE.finditer(value):
        mark = match.group()
        # A backslash escapes within quotes only; outside it is a character like others.
        if mark == '"' or (not quoted and mark == '\\"'):
            quoted = not quoted
        elif not quoted and mark[-1] == separator:
            parts.append(value[start : match.end() - 1])
            start = match.end()
    parts.append(value[start:])
    return parts


def unquote_header_value(value: str) -> str:
    r"""Return *value* without its quotes, ``\"`` and ``\\`` resolved (RFC 9110 section 5.6.4).

    Other backslashes stay: old browsers send ``filename="C:\temp\a.txt"``.
    """
    if not value.startswith('"'):
        return value
    value = value[1:-1] if len(value) > 1 and value.endswith('"') else value[1:]
    if "\\" in value:
        value = re.sub(r'\\(["\\])', r"\1", value)
    return value


def quote_header_value(value: Any, allow_token: bool = True) -> str:
    """Return *value* as a token where it is and may be one, else as a quoted string.

    >>> quote_header_value("gzip"), quote_header_value("a b")
    ('gzip', '"a b"')
    """
    text = str(value)
    if allow_token and is_token(text):
        return text
    return '"{}"'.format(text.replace("\\", "\\\\").replace('"', '\\"'))


def split_parameters(value: str) -> tuple[str, list[tuple[str, str]]]:
    """Take ``text/html; charset=utf-8`` apart into its head and ``(name, value)`` pairs.

    Names come in lower case, values unquoted; what lacks ``=`` or a token before it is left out.
    """
    if ";" not in value:
        return value.strip(" \t"), []
    head, *parts = split_outside_quotes(value, ";")
    parameters = []
    for part in parts:
        name, equals, text = part.partition("=")
        name = name.strip(" \t").lower()
        if equals and is_token(name):
            parameters.append((name, unquote_header_value(text.strip(" \t"))))
    return head.strip(" \t"), parameters
