"""One answer: calls an application for one request, and checks and frames what it says (PEP 3333).

`Answer` runs the application as ``wsgiref.handlers`` does. What it changes is what goes over the
wire: every status and header field is checked, the body is framed as RFC 9112 §6 asks, and head and
first piece leave in one send. It knows no socket and no thread: it sends through a function.
"""

from __future__ import annotations

import io
import re
import time
from contextlib import suppress

from ..text.dates import http_date
from ..text.tracebacks import escape_controls, format_traceback_safely
from .body import BodyBroken, RequestBody
from .foundation import SimpleHandler
from .parser import RequestHead

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_STATUS_LINE_RE = re.compile(r"[2-9][0-9]{2} [\t\x20-\x7e\x80-\xff]*")
_ANSWER_NAME_RE = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_ANSWER_VALUE_RE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
# RFC 9110 §7.6.1 and PEP 3333: these belong to the connection, `Status` to CGI: they are left out.
_HOP_BY_HOP_RE = re.compile(
    "(proxy-)?connection|keep-alive|proxy-authenticate|proxy-authorization|te|trailers?"
    "|transfer-encoding|upgrade|status"
)
# Those that the log has told of: an application sends them with every answer.
_TOLD_NAMES: set[str] = set()
# Names that passed the checks, with their lower-case form: applications use few.
_CHECKED_NAMES: dict[str, str] = {}
# RFC 9110 §15: what the server itself answers.
_OWN_STATUSES = (
    "400 Bad Request|408 Request Timeout|411 Length Required|413 Content Too Large|414 URI Too Long"
    "|417 Expectation Failed|431 Request Header Fields Too Large|500 Internal Server Error"
    "|501 Not Implemented|505 HTTP Version Not Supported"
).split("|")


def check_answer_fields(status: object, headers: object) -> list[tuple[str, str, str]]:
    r"""Return (lower-case name, name, value) of each header field; raise if anything is unfit.

    Fields that belong to the connection are not among them.

    >>> check_answer_fields("200 OK", [("X-A", "a\r\nEvil: 1")])
    Traceback (most recent call last):
        ...
    ValueError: the header X-A is 'a\r\nEvil: 1': only Latin-1 without controls can be sent
    """
    if type(status) is not str or not _STATUS_LINE_RE.fullmatch(status):
        raise ValueError(f"the status is {status!r:.60}; it must be text like '200 OK'")
    if type(headers) is not list:
        raise TypeError(f"headers must be a list of tuples of two texts, not {headers!r:.60}")
    fields = []
    for name, value in headers:
        lower = _CHECKED_NAMES.get(name) or _check_answer_name(name)
        if type(value) is not str or not _ANSWER_VALUE_RE.fullmatch(value):
            reason = "only Latin-1 without controls can be sent"
            raise ValueError(f"the header {name} is {value!r:.60}: {reason}")
        if lower:
            fields.append((lower, name, value))
    return fields


def _check_answer_name(name: Any) -> str:
    if type(name) is not str or not _ANSWER_NAME_RE.fullmatch(name):
        raise ValueError(f"a header's name is {name!r:.60}, which is no token (RFC 9110 §5.1)")
    lower = name.lower()
    if _HOP_BY_HOP_RE.fullmatch(lower):
        return ""
    if len(_CHECKED_NAMES) < 512:
        _CHECKED_NAMES[name] = lower
    return lower


class Answer(SimpleHandler):
    """Runs an application for one request and sends what it answers.

    *send* sends all of some bytes or raises an OSError; *environ*, what the server knows, becomes
    the application's. After `run`: whether to `keep_alive` the connection; whether the answer was
    cut so that it `must_reset`; the status `code`; of the body the bytes `declared`, if known,
    and those sent (`body_sent`).
    """

    # The process's variables are not the application's business.
    os_environ: dict[str, str] = {}
    base_env: Any
    environ: dict[str, Any]
    status: Any = None
    headers: Any = None
    result: Any = None
    headers_sent = False
    client_gone = must_reset = _chunked = _bodiless = False
    code, body_sent, application_seconds = 0, 0, 0.0
    declared: int | None = None

    def __init__(
        self, head: RequestHead, body: RequestBody | None, environ: dict[str, Any], send: Any
    ) -> None:
        stdin = io.BytesIO() if body is None else io.BufferedReader(body)
        # What is written goes through `_transmit`: no stream is needed for it.
        super().__init__(stdin, None, environ["wsgi.errors"], environ)  # type: ignore[arg-type]
        self.head, self.body, self._send = head, body, send
        self.keep_alive = head.keep_alive
        self._began = time.perf_counter()

    def run(self, application: Any) -> None:
        """Call the application and send its answer; whatever it raises ends here."""
        try:
            self.setup_environ()
            self.result = application(self.environ, self.start_response)
            self.finish_response()
        except BaseException as error:
            self._end_with_error(error)

    def setup_environ(self) -> None:
        """Add what the request says to the environ, which holds what the server knows."""
        head, environ = self.head, self.base_env
        self.environ = environ
        environ.update(head.fields)
        environ["REQUEST_METHOD"] = head.method
        environ["PATH_INFO"], environ["QUERY_STRING"] = head.path, head.query
        environ["RAW_URI"] = environ["REQUEST_URI"] = head.target
        environ["SERVER_PROTOCOL"] = head.version
        environ["wsgi.input"] = self.stdin
        if head.chunked:
            environ["wsgi.input_terminated"] = True

    def start_response(
        self, status: str, headers: list[tuple[str, str]], exc_info: Any = None
    ) -> Callable[[bytes], None]:
        """Take the status and headers of the answer, after checking them (PEP 3333)."""
        if exc_info and self.headers_sent:
            raise exc_info[1].with_traceback(exc_info[2])
        if not exc_info and self.headers is not None:
            raise AssertionError("start_response was called twice without exc_info")
        self.headers = check_answer_fields(status, headers)
        self.status = status
        if len(self.headers) < len(headers):
            self._leave_out(headers)
        return self.write

    def _leave_out(self, headers: list[tuple[str, str]]) -> None:
        """Tell the log, once for each name, which fields are the server's; close if they say so."""
        for name, value in headers:
            lower = name.lower()
            if lower == "connection" and "close" in value.lower():
                self.keep_alive = False
            elif _HOP_BY_HOP_RE.fullmatch(lower) and lower not in _TOLD_NAMES:
                _TOLD_NAMES.add(lower)
                what = f"{name}: {value} of the answer to {self.head.method} {self.head.target}"
                text = f"microweb: the header {what:.200} is left out: it is the server's to send"
                self.stderr.write(escape_controls(text) + "\n")

    def finish_response(self) -> None:
        """Send what the application returned, piece by piece, and close it once."""
        result = self.result
        try:
            # Where a list holds the whole body, its length is known before the first byte leaves.
            alone = result.__class__ is list and len(result) == 1
            for data in result:
                if data or data.__class__ is not bytes:
                    self.write(data, len(data) if alone and data.__class__ is bytes else None)
                    if self._bodiless:
                        break
                elif not alone:
                    self._transmit(data)  # Fails where the client of a stream has left.
            self.finish_content()
        finally:
            self.close()

    def write(self, data: bytes, whole: int | None = None) -> None:
        """Send a piece of the body; *whole* is its length in bytes, where it is known."""
        if not isinstance(data, bytes):
            raise TypeError(f"a body is made of bytes, not of {type(data).__name__}: {data!r:.60}")
        head = b"" if self.headers_sent else self._write_head(whole)
        if self._bodiless:
            data = b""
        elif self.declared is not None:
            data = data[: self.declared - self.body_sent]
        self.body_sent += len(data)
        if self._chunked and data:
            data = b"%x\r\n%b\r\n" % (len(data), data)
        if head or data:
            self._transmit(head + data)

    def finish_content(self) -> None:
        """Send what ends the body, and the head where no piece came before."""
        if not self.headers_sent:
            # Of what GET would answer, the length is not known (RFC 9110 §8.6).
            self._transmit(self._write_head(None if self.head.method == "HEAD" else 0))
        elif self._chunked:
            self._transmit(b"0\r\n\r\n")
        if self.declared is not None and self.body_sent < self.declared and not self._bodiless:
            sizes = f"{self.body_sent} bytes, its Content-Length says {self.declared}"
            raise ValueError(f"the body has {sizes}")

    def close(self) -> None:
        """Close what the application returned, once."""
        result, self.result = self.result, None
        if hasattr(result, "close"):
            result.close()

    def _end_with_error(self, error: BaseException) -> None:
        """Log what the application raised; answer 500, or leave what was begun unfinished.

        SystemExit and KeyboardInterrupt come here too: they end this answer, not the server.
        """
        self.keep_alive = False
        status = error.status if isinstance(error, BodyBroken) else 500
        if status == 500 and not self.client_gone:
            self.stderr.write(format_traceback_safely(error))
        if self.headers_sent or self.client_gone:
            # Where only the end of the connection ends the body, a reset tells that it was cut.
            self.must_reset = not (self._chunked or self._bodiless) and self.declared is None
            return
        self.code = status
        with suppress(OSError):
            self._transmit(plain_answer(status, self.head.method == "HEAD"))

    def send_continue(self) -> None:
        """Send ``100 Continue``, unless the answer has begun."""
        if not self.headers_sent:
            self._transmit(b"HTTP/1.1 100 Continue\r\n\r\n")

    def _transmit(self, data: bytes) -> None:
        try:
            self._send(data)
        except OSError:
            self.client_gone, self.keep_alive = True, False
            raise

    def _write_head(self, whole: int | None) -> bytes:
        """Return the head of the answer, and decide how its body is framed."""
        if self.headers is None:
            raise AssertionError("the application sent a body before it called start_response")
        self.application_seconds = time.perf_counter() - self._began
        self.code = int(self.status[:3])
        lines, names = [f"HTTP/1.1 {self.status}"], set()
        for lower, name, value in self.headers:
            if lower == "content-length":
                if self.code == 204:
                    continue
                if lower in names or not re.fullmatch("[0-9]{1,18}", value):
                    raise ValueError(f"Content-Length is {value!r:.40}: one number is needed")
                self.declared = int(value)
            names.add(lower)
            lines.append(f"{name}: {value}")
        if "date" not in names:
            lines.append(f"Date: {http_date(int(time.time()))}")
        if "server" not in names:
            lines.append("Server: microweb")
        self._settle_answer_framing(whole, lines)
        if not self.keep_alive:
            lines.append("Connection: close")
        elif self.head.version == "HTTP/1.0":
            lines.append("Connection: keep-alive")
        lines.append("\r\n")
        self.headers_sent = True
        return "\r\n".join(lines).encode("latin-1")

    def _settle_answer_framing(self, whole: int | None, lines: list[str]) -> None:
        """Decide how the client learns where the body ends (RFC 9112 §6.3)."""
        empty = self.code == 204 or self.code == 304
        self._bodiless = empty or self.head.method == "HEAD"
        if self.declared is None and not empty:
            if whole is not None:
                self.declared = whole
                lines.append(f"Content-Length: {whole}")
            elif self.head.version == "HTTP/1.1":
                self._chunked = not self._bodiless
                lines.append("Transfer-Encoding: chunked")
            else:
                self.keep_alive = False
        if self.body is not None and not (self.body.finished or self.body.worth_draining):
            self.keep_alive = False


def plain_answer(status: int, head_only: bool = False) -> bytes:
    """Return a whole answer of the server's own, which closes the connection."""
    (body,) = [line for line in _OWN_STATUSES if line.startswith(str(status))]
    head = (
        f"HTTP/1.1 {body}\r\nDate: {http_date(int(time.time()))}\r\nContent-Type: text/plain\r\n"
        f"Server: microweb\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    return (head if head_only else head + body).encode("ascii")
