"""One exchange: an environ for the application, and its answer checked and framed.

Law of this module: what an application says reaches the wire only as one well-formed message of
HTTP/1.1 (RFC 9112), or not at all. It sends through a function and knows no socket and no thread.

`wsgiref.handlers` is beneath, with its steps under its names. Overridden is what it leaves out or
does slowly: ``run`` (it leaves the iterable open when a client goes, and takes an application's own
ConnectionError for the client's), the environ (it copies the process's variables into it),
``start_response`` (its checks are asserts, and let CR and LF pass), the head (four writes; here
one), Content-Length, chunks and HEAD (it frames nothing).
"""

from __future__ import annotations

import io
import re
import sys
from time import localtime, perf_counter, strftime, time

try:
    from wsgiref.handlers import SimpleHandler, format_date_time
except ImportError as error:
    raise ImportError(
        "the server of microweb needs the standard library's wsgiref, which this Python lacks; "
        "on Debian install the package python3, on OpenWrt python3"
    ) from error

from .body import BodyBroken

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .body import RequestBody
    from .parser import RequestHead

_STATUS_LINE_RE = re.compile(r"[2-9][0-9]{2} [^\x00-\x1f\x7f]*")
_ANSWER_NAME_RE = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_ANSWER_VALUE_RE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
_LOG_CONTROL_RE = re.compile('[^\\x20-\\x7e\\xa1-\\U0010ffff]|[\u2028\u2029\ud800-\udfff"\\\\]')
_TRACE_CONTROL_RE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
# RFC 9110 §7.6.1 and PEP 3333: these belong to the connection; `Status` is CGI's.
_HOP_BY_HOP_FIELDS = frozenset(
    [
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "status",
    ]
)
# Names that passed the checks, with their lower-case form: applications use few.
_CHECKED_NAMES: dict[str, str] = {}
_MAX_CHECKED_NAMES = 512


class ExchangeLog:
    """Where a server writes: one line per request, and tracebacks; nothing at all when *quiet*.

    `stream` is what an application gets as ``wsgi.errors``. Standard error may be missing.
    """

    def __init__(self, quiet: bool = False) -> None:
        self.quiet = quiet

    def write(self, text: str) -> int:
        """Write *text* to standard error as it is now, if there is one that takes it."""
        stream = sys.stderr
        if not self.quiet and stream is not None:
            try:
                stream.write(text)
            except UnicodeEncodeError:
                stream.write(text.encode("ascii", "backslashreplace").decode("ascii"))
            except (OSError, ValueError):
                pass
        return len(text)

    def writelines(self, lines: Any) -> None:
        """Write each of *lines*."""
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Flush standard error."""
        if not self.quiet and sys.stderr is not None:
            try:
                sys.stderr.flush()
            except (OSError, ValueError):
                pass

    def exception(self, error: BaseException | None) -> None:
        """Write the traceback of *error*, with what could command a terminal escaped."""
        if not self.quiet:
            self.write(format_traceback_safely(error))
            self.flush()

    def request(self, address: str, line: str, status: object, size: object) -> None:
        """Write the line of one request, everything that a client chose escaped.

        >>> import sys; saved, sys.stderr = sys.stderr, sys.stdout
        >>> ExchangeLog().request("::1", "GET /\\x1b[31m", 200, 5)  # doctest: +ELLIPSIS
        ::1 - - [...] "GET /\\x1b[31m" 200 5
        >>> sys.stderr = saved
        """
        if not self.quiet:
            when = strftime("%Y-%m-%d %H:%M:%S", localtime())
            line = _LOG_CONTROL_RE.sub(_escape_control, line[:2000])
            self.write(f'{address} - - [{when}] "{line}" {status} {size}\n')


def _escape_control(match: re.Match[str]) -> str:
    return match[0].encode("unicode_escape").decode("ascii").replace('"', '\\"')


def check_answer_fields(status: object, headers: object) -> list[tuple[str, str, str]]:
    r"""Return (lower-case name, name, value) of each header field; raise if anything is unfit.

    TypeError and ValueError say what is wrong: a status that is no ``"200 OK"``, a name that is no
    token, a value that is no Latin-1 or holds control characters, a field that belongs to the
    connection (PEP 3333), a Content-Length that is no number.

    >>> from microweb.serving.handler import check_answer_fields
    >>> check_answer_fields("200 OK", [("X-A", "a\r\nEvil: 1")])
    Traceback (most recent call last):
        ...
    ValueError: the value of the header X-A is 'a\r\nEvil: 1', which holds control characters
    """
    if type(status) is not str:
        raise TypeError(f"the status is {status!r:.60}; it must be text like '200 OK'")
    if not _STATUS_LINE_RE.fullmatch(status) or not _is_latin1(status):
        raise ValueError(f"the status is {status!r:.60}; it must be text like '200 OK'")
    if type(headers) is not list:
        raise TypeError(f"headers must be a list of tuples of two texts, not {headers!r:.60}")
    fields = []
    for name, value in headers:
        lower = _CHECKED_NAMES.get(name) or _check_answer_name(name)
        if type(value) is not str:
            raise TypeError(f"the value of the header {name} is {value!r:.60}; it must be text")
        if not (value.isascii() and value.isprintable()) and not _ANSWER_VALUE_RE.fullmatch(value):
            what = "holds control characters" if _is_latin1(value) else "is not Latin-1"
            raise ValueError(f"the value of the header {name} is {value!r:.60}, which {what}")
        fields.append((lower, name, value))
    return fields


def _is_latin1(text: str) -> bool:
    return not text or max(text) <= "\xff"


def _check_answer_name(name: Any) -> str:
    if type(name) is not str:
        raise TypeError(f"a header's name is {name!r:.60}; it must be text")
    if not _ANSWER_NAME_RE.fullmatch(name):
        raise ValueError(f"a header's name is {name!r:.60}, which is no token (RFC 9110 §5.1)")
    lower = name.lower()
    if lower in _HOP_BY_HOP_FIELDS:
        raise ValueError(f"the header {name} belongs to the connection, which is the server's")
    if len(_CHECKED_NAMES) < _MAX_CHECKED_NAMES:
        _CHECKED_NAMES[name] = lower
    return lower


class Exchange(SimpleHandler):
    """Runs an application for one request and sends what it answers.

    *send* takes bytes and sends them all, or raises an OSError; *body* is None where the request
    has none; *environ* holds what the server knows and becomes the application's. After ``run``: `keep_alive` says
    whether the connection may serve another request, `aborted` that what was sent is incomplete
    and must be seen to be, `code` and `body_sent` what the log is to say.
    """

    wsgi_multiprocess = False
    headers_sent = False
    aborted = False
    client_gone = False
    code = 0
    body_sent = 0
    application_seconds = 0.0
    _declared: int | None = None
    _chunked = False
    _bodiless = False

    def __init__(
        self,
        head: RequestHead,
        body: RequestBody | None,
        environ: dict[str, Any],
        send: Callable[[bytes], None],
        log: ExchangeLog,
    ) -> None:
        self.head = head
        self.body = body
        self.environ = environ
        self.log = log
        self.keep_alive = head.keep_alive
        self._send = send
        self._fields: list[tuple[str, str, str]] | None = None
        self._began = perf_counter()

    def run(self, application: Any) -> None:
        """Call the application and send its answer; whatever it raises ends here."""
        try:
            self.setup_environ()
            self.result = application(self.environ, self.start_response)
            self.finish_response()
        except BaseException:
            # SystemExit and KeyboardInterrupt of an application too: they end its answer, not us.
            self.handle_error()

    def _transmit(self, data: bytes) -> None:
        try:
            self._send(data)
        except OSError:
            self.client_gone = True
            raise

    def send_continue(self) -> None:
        """Send ``100 Continue``, unless the answer has begun."""
        if not self.headers_sent:
            self._transmit(b"HTTP/1.1 100 Continue\r\n\r\n")

    def setup_environ(self) -> None:
        """Add what the request says to the environ, which holds what the server knows."""
        head, environ = self.head, self.environ
        environ.update(head.fields)
        environ["REQUEST_METHOD"] = head.method
        environ["PATH_INFO"] = head.path
        environ["QUERY_STRING"] = head.query
        environ["RAW_URI"] = environ["REQUEST_URI"] = head.target
        environ["SERVER_PROTOCOL"] = head.version
        environ["wsgi.input"] = io.BytesIO() if self.body is None else self.body
        environ["wsgi.errors"] = self.log
        if head.chunked:
            environ["wsgi.input_terminated"] = True

    def start_response(
        self,
        status: str,
        headers: list[tuple[str, str]],
        exc_info: Any = None,
    ) -> Callable[[bytes], None]:
        """Take the status and headers of the answer, after checking them (PEP 3333)."""
        if exc_info:
            try:
                if self.headers_sent:
                    raise exc_info[1].with_traceback(exc_info[2])
            finally:
                exc_info = None
        elif self._fields is not None:
            raise AssertionError("start_response was called twice without exc_info")
        self._fields = check_answer_fields(status, headers)
        self.status = status
        return self.write

    def _begin(self, whole: int | None) -> bytes:
        """Return the head of the answer; *whole* is the length of the body where it is known."""
        if self._fields is None:
            raise AssertionError("the application sent a body before it called start_response")
        self.application_seconds = perf_counter() - self._began
        status, code = self.status, int(self.status[:3])
        lines = [f"HTTP/1.1 {status}"]
        names = set()
        for lower, name, value in self._fields:
            if lower == "content-length":
                if code == 204:
                    continue
                if lower in names or not re.fullmatch("[0-9]{1,18}", value):
                    raise ValueError(f"Content-Length is {value!r:.40}: one number is needed")
                self._declared = int(value)
            names.add(lower)
            lines.append(f"{name}: {value}")
        if "date" not in names:
            lines.append(f"Date: {current_http_date()}")
        if "server" not in names:
            lines.append("Server: microweb")
        self._settle_answer_framing(code, whole, lines)
        if not self.keep_alive:
            lines.append("Connection: close")
        elif self.head.version == "HTTP/1.0":
            lines.append("Connection: keep-alive")
        lines.append("\r\n")
        self.code = code
        self.headers_sent = True
        return "\r\n".join(lines).encode("latin-1")

    def _settle_answer_framing(self, code: int, whole: int | None, lines: list[str]) -> None:
        """Decide how the client learns where the body ends (RFC 9112 §6.3)."""
        head_only = self.head.method == "HEAD"
        self._bodiless = head_only or code == 204 or code == 304
        if self._declared is None and not (code == 204 or code == 304):
            if whole is not None:
                self._declared = whole
                lines.append(f"Content-Length: {whole}")
            elif head_only:
                pass
            elif self.head.version == "HTTP/1.1":
                self._chunked = True
                lines.append("Transfer-Encoding: chunked")
            else:
                self.keep_alive = False
        if self.body is not None and not (self.body.finished or self.body.worth_draining):
            self.keep_alive = False

    def _frame(self, data: bytes) -> bytes:
        """Return *data* as it goes over the wire, no more of it than was declared."""
        if self._bodiless:
            return b""
        if self._declared is not None:
            data = data[: self._declared - self.body_sent]
        self.body_sent += len(data)
        if self._chunked and data:
            return b"%x\r\n%b\r\n" % (len(data), data)
        return data

    def write(self, data: bytes) -> None:
        """Send a piece of the body, in front of the first one the head (PEP 3333)."""
        if not isinstance(data, bytes):
            raise TypeError(f"a body is made of bytes, not of {type(data).__name__}: {data!r:.60}")
        if self.headers_sent:
            framed = self._frame(data)
        else:
            head = self._begin(None)
            framed = head + self._frame(data)
        if framed:
            self._transmit(framed)

    def finish_response(self) -> None:
        """Send what the application returned, piece by piece, and close it once."""
        result: Any = self.result
        if result.__class__ is list and len(result) == 1 and not self.headers_sent:
            self._finish_at_once(result[0])
            return
        for data in result:
            if data or data.__class__ is not bytes:
                self.write(data)
                if self._bodiless:
                    break
        self.finish_content()
        self.close()

    def _finish_at_once(self, data: bytes) -> None:
        # The common case, head and body in one send. A list has nothing to close.
        if data.__class__ is not bytes:
            raise TypeError(f"a body is made of bytes, not of {type(data).__name__}: {data!r:.60}")
        self._transmit(self._begin(len(data)) + self._frame(data))
        self._check_length()

    def finish_content(self) -> None:
        """End the body: with the head if nothing was sent, with the last chunk if it is chunked."""
        if not self.headers_sent:
            self._transmit(self._begin(0))
        elif self._chunked:
            self._transmit(b"0\r\n\r\n")
        self._check_length()

    def _check_length(self) -> None:
        declared = self._declared
        if declared is not None and self.body_sent < declared and not self._bodiless:
            self.keep_alive = False
            self.aborted = True
            self.log.write(
                f"microweb: the body of {self.head.target!a:.200} has {self.body_sent} bytes, "
                f"fewer than its Content-Length of {declared}\n"
            )

    def close(self) -> None:
        """Close what the application returned: once, whatever happens."""
        result, self.result = self.result, None
        close = getattr(result, "close", None)
        if close is not None:
            close()

    def handle_error(self) -> None:
        """Log what the application raised; answer 500, or leave what was begun unfinished."""
        error = sys.exc_info()[1]
        status = error.status if isinstance(error, BodyBroken) else 500
        self.keep_alive = False
        if status == 500 and not self.client_gone:
            self.log_exception(sys.exc_info())
        try:
            self.close()
        except BaseException:
            self.log_exception(sys.exc_info())
        if self.headers_sent or self.client_gone:
            self.aborted = True
            return
        self._declared, self.code = None, status
        try:
            self._transmit(plain_answer(status, self.head.method == "HEAD"))
        except OSError:
            self.aborted = True

    @property
    def ends_with_connection(self) -> bool:
        """Whether only the end of the connection ends the body, so that a cut must be a reset."""
        return self.headers_sent and not self._chunked and self._declared is None

    def log_exception(self, exc_info: Any) -> None:
        """Write the traceback to the server's log."""
        self.log.exception(exc_info[1])


def format_traceback_safely(error: BaseException | None) -> str:
    """Return the traceback of *error* as text without control characters but newlines and tabs.

    >>> from microweb.serving.handler import format_traceback_safely
    >>> format_traceback_safely(ValueError("a\\x1bb"))
    'ValueError: a\\\\x1bb\\n'
    """
    from traceback import format_exception

    if error is None:
        return ""
    try:
        text = "".join(format_exception(type(error), error, error.__traceback__))
    except Exception as failure:
        # An exception whose own text cannot be had must not take the log down.
        text = f"{type(error).__name__} (its traceback cannot be shown: {type(failure).__name__})\n"
    return _TRACE_CONTROL_RE.sub(_escape_control, text)


_STATUS_PHRASES = {
    400: "Bad Request",
    408: "Request Timeout",
    413: "Content Too Large",
    414: "URI Too Long",
    417: "Expectation Failed",
    431: "Request Header Fields Too Large",
    500: "Internal Server Error",
    501: "Not Implemented",
    503: "Service Unavailable",
    505: "HTTP Version Not Supported",
}


def plain_answer(status: int, head_only: bool = False) -> bytes:
    """Return a whole answer of the server's own, which closes the connection.

    >>> from microweb.serving.handler import plain_answer
    >>> plain_answer(400).split(b"\\r\\n")[0]
    b'HTTP/1.1 400 Bad Request'
    """
    phrase = _STATUS_PHRASES[status]
    body = f"{status} {phrase}\n"
    head = (
        f"HTTP/1.1 {status} {phrase}\r\nDate: {current_http_date()}\r\nServer: microweb\r\n"
        f"Content-Type: text/plain; charset=utf-8\r\nContent-Length: {len(body)}\r\n"
        "Connection: close\r\n\r\n"
    )
    return (head if head_only else head + body).encode("ascii")


_date_of_second: tuple[int, str] = (0, "")


def current_http_date() -> str:
    """Return the time as RFC 9110 §5.6.7 writes it, made once per second.

    >>> from microweb.serving.handler import current_http_date
    >>> current_http_date()[-4:]
    ' GMT'
    """
    global _date_of_second
    now = int(time())
    second, text = _date_of_second
    if second != now:
        text = format_date_time(now)
        _date_of_second = (now, text)
    return text
