"""Status codes and their reason phrases (RFC 9110 section 15 and the IANA registry).

Law of this module: a number becomes a status line and a status line becomes a number, here and
nowhere else. It knows no headers, no bodies and no exceptions.
"""

from __future__ import annotations

#: Reason phrase by status code, as the IANA registry words them.
HTTP_STATUS_CODES: dict[int, str] = {
    100: "Continue",
    101: "Switching Protocols",
    102: "Processing",
    103: "Early Hints",
    200: "OK",
    201: "Created",
    202: "Accepted",
    203: "Non-Authoritative Information",
    204: "No Content",
    205: "Reset Content",
    206: "Partial Content",
    207: "Multi-Status",
    208: "Already Reported",
    226: "IM Used",
    300: "Multiple Choices",
    301: "Moved Permanently",
    302: "Found",
    303: "See Other",
    304: "Not Modified",
    305: "Use Proxy",
    307: "Temporary Redirect",
    308: "Permanent Redirect",
    400: "Bad Request",
    401: "Unauthorized",
    402: "Payment Required",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    406: "Not Acceptable",
    407: "Proxy Authentication Required",
    408: "Request Timeout",
    409: "Conflict",
    410: "Gone",
    411: "Length Required",
    412: "Precondition Failed",
    413: "Request Entity Too Large",
    414: "Request URI Too Long",
    415: "Unsupported Media Type",
    416: "Requested Range Not Satisfiable",
    417: "Expectation Failed",
    418: "I'm a teapot",
    421: "Misdirected Request",
    422: "Unprocessable Entity",
    423: "Locked",
    424: "Failed Dependency",
    425: "Too Early",
    426: "Upgrade Required",
    428: "Precondition Required",
    429: "Too Many Requests",
    431: "Request Header Fields Too Large",
    449: "Retry With",
    451: "Unavailable For Legal Reasons",
    500: "Internal Server Error",
    501: "Not Implemented",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
    505: "HTTP Version Not Supported",
    506: "Variant Also Negotiates",
    507: "Insufficient Storage",
    508: "Loop Detected",
    510: "Not Extended",
    511: "Network Authentication Required",
}

# One ready line per known code: a response that names a usual code formats nothing.
_KNOWN_STATUS_LINES: dict[int, str] = {
    code: f"{code} {phrase.upper()}" for code, phrase in HTTP_STATUS_CODES.items()
}


def status_line_of(code: int) -> str:
    """Return the status line (``"404 NOT FOUND"``) for the integer *code*.

    The phrase is in capitals, as Flask's users compare it with.

    Raises ValueError unless 100 <= code <= 999 (RFC 9110 section 15: three digits).

    >>> from microweb.http.status import status_line_of
    >>> status_line_of(404)
    '404 NOT FOUND'
    >>> status_line_of(299)
    '299 UNKNOWN'
    """
    known = _KNOWN_STATUS_LINES.get(code)
    if known is not None:
        return known
    if not 100 <= code <= 999:
        raise ValueError(
            f"The status code {code!r} is out of range: it must have three digits, "
            "from 100 to 999. Write for example status=404."
        )
    return f"{int(code)} UNKNOWN"


def split_status_line(status: str) -> tuple[int, str]:
    """Check the text *status* and return ``(code, line)``.

    A reason phrase may be missing; it may hold printable Latin-1 only, so that nothing can be
    smuggled behind the status line (RFC 9112 section 4).

    Raises ValueError for anything that does not begin with three ASCII digits.

    >>> from microweb.http.status import split_status_line
    >>> split_status_line("201 Made it")
    (201, '201 Made it')
    >>> split_status_line("404")
    (404, '404 NOT FOUND')
    """
    digits, _, reason = status.partition(" ")
    if len(digits) != 3 or not (digits.isascii() and digits.isdigit()):
        raise ValueError(
            f"The status {status!r} does not begin with a three-digit code. "
            "Write for example '404 Not Found' or the number 404."
        )
    code = int(digits)
    line = status_line_of(code)
    if not reason:
        return code, line
    # chr(127) and above 255 cannot travel; CR and LF would begin a header of their own.
    if not all(" " <= char <= "~" or "\xa0" <= char <= "\xff" for char in reason):
        raise ValueError(
            f"The reason phrase in the status {status!r} holds a control character or one "
            "outside Latin-1. Use printable text, or leave the phrase out."
        )
    return code, f"{digits} {reason}"
