"""The head of a request, from bytes to values, as strictly as RFC 9112 asks.

It never guesses what a client may have meant: two readers that guess differently are how requests
are smuggled. The standard library's parsers take bare CR and doubled lengths.
"""

from __future__ import annotations

import re

# Ceilings on what one head may hold, in bytes and in lines.
MAX_REQUEST_LINE = MAX_HEADER_LINE = 16384
MAX_HEAD_SIZE, MAX_HEADER_COUNT = 65536, 100
# RFC 9110 §5.6.2: token. RFC 9110 §5.5: a field value holds no control character but HTAB.
_FIELD_LINE_RE = re.compile(r"([!#$%&'*+\-.^_`|~0-9A-Za-z]+):([^\x00-\x08\x0a-\x1f\x7f]*)")
# RFC 9112 §3: methods are case-sensitive tokens; a target has no fragment, but may have bytes
# beyond ASCII, which clients send unquoted.
_METHOD_RE = re.compile(r"[A-Z][A-Z0-9!#$%&'*+\-.^_`|~]{0,31}")
_TARGET_RE = re.compile(r"[^\x00-\x20\x7f#]+")
_ABSOLUTE_TARGET_RE = re.compile(r"https?://([^/?]*)([^?]*)(.*)", re.IGNORECASE | re.DOTALL)
# RFC 9110 §7.2: uri-host and port, without user information, and never empty.
_AUTHORITY_RE = re.compile(r"(?:[A-Za-z0-9_.\-]+|\[[0-9A-Fa-f:.]+\])(?::([0-9]{1,5}))?")
_PERCENT_RE = re.compile(r"%([0-9A-Fa-f]{2})")
_BARE_LF_RE = re.compile(rb"(?<!\r)\n")
_TOKEN_START = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ\r")
# What frames, routes or authorizes a message stands in it once: a second one is refused, not joined
# or dropped.
_SINGLE_FIELD_RE = re.compile("CONTENT-(LENGTH|TYPE)|HOST|AUTHORIZATION")


class RequestRefused(Exception):
    """A request that is not served: `status` is the code to answer, the text says why."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class RequestHead:
    """What the head of a request says.

    `path` is decoded, one character per byte (PEP 3333); `fields` have the names of CGI (RFC 3875:
    ``HTTP_ACCEPT``); `length` is that of the body in bytes, None when it is `chunked`.
    """

    path = query = ""
    length: int | None = 0
    chunked = expects_continue = False

    def __init__(self, method: str, target: str, version: str) -> None:
        self.method, self.target, self.version = method, target, version
        self.fields: dict[str, str] = {}
        self.keep_alive = version == "HTTP/1.1"


def find_head_end(buffer: bytearray, scanned: int) -> int:
    """Return where the head in *buffer* ends, before its empty line; -1 if more must come.

    The first *scanned* bytes have been looked at before. Raises `RequestRefused` as soon as what is
    there can no longer become a request.
    """
    end = buffer.find(b"\r\n\r\n", max(0, scanned - 3))
    if 0 <= end <= MAX_REQUEST_LINE:
        return end
    if buffer and buffer[0] not in _TOKEN_START:
        raise RequestRefused(400, "what came first is no HTTP request")
    if len(buffer) > MAX_REQUEST_LINE:
        if buffer.find(b"\r\n", 0, MAX_REQUEST_LINE + 2) < 0:
            raise RequestRefused(414, f"the request line has more than {MAX_REQUEST_LINE} bytes")
        if (end if end >= 0 else len(buffer)) > MAX_HEAD_SIZE:
            raise RequestRefused(431, f"the header has more than {MAX_HEAD_SIZE} bytes")
    if end < 0 and _BARE_LF_RE.search(buffer, max(0, scanned - 1)):
        raise RequestRefused(400, "a line ends with LF alone instead of CR LF")
    return end


def parse_head(text: str, max_body_size: int = 1 << 62) -> RequestHead:
    r"""Parse a head, decoded as Latin-1, or raise `RequestRefused` (RFC 9112 §2.2, §5).

    *max_body_size* is the most bytes that it may announce (else 413).

    >>> from microweb.serving.parser import parse_head
    >>> head = parse_head("GET /a%20b?c=d HTTP/1.1\r\nHost: example.org\r\nX-Tag: 1")
    >>> head.path, head.query, head.fields
    ('/a b', 'c=d', {'HTTP_HOST': 'example.org', 'HTTP_X_TAG': '1'})
    """
    lines = (text[2:] if text[:2] == "\r\n" else text).split("\r\n")
    if len(lines) > MAX_HEADER_COUNT + 1:
        raise RequestRefused(431, f"there are more than {MAX_HEADER_COUNT} header lines")
    head = _parse_request_line(lines[0])
    fields = head.fields
    for line in lines[1:]:
        if len(line) > MAX_HEADER_LINE:
            raise RequestRefused(431, f"a header line has more than {MAX_HEADER_LINE} bytes")
        match = _FIELD_LINE_RE.fullmatch(line)
        if match is None:
            raise RequestRefused(400, f"this is no header line: {line!r:.80}")
        name = match[1].upper()
        if "_" in name or name == "PROXY":
            # `X_Auth` would pass for `X-Auth`, and `Proxy` for the variable HTTP_PROXY (httpoxy).
            continue
        key = name.replace("-", "_")
        if key != "CONTENT_LENGTH" and key != "CONTENT_TYPE":
            key = "HTTP_" + key
        if key not in fields:
            fields[key] = match[2].strip(" \t")
        elif _SINGLE_FIELD_RE.fullmatch(name):
            raise RequestRefused(400, f"{name.title()} stands in the header twice")
        else:
            # RFC 9110 §5.3; RFC 6265 §5.4 for Cookie. No more than MAX_HEADER_COUNT are joined.
            fields[key] += ("; " if name == "COOKIE" else ", ") + match[2].strip(" \t")
    _settle_target(head)
    _settle_framing(head, text)
    if (head.length or 0) > max_body_size:
        raise RequestRefused(413, f"the body has more than {max_body_size} bytes")
    return head


def _parse_request_line(line: str) -> RequestHead:
    if len(line) > MAX_REQUEST_LINE:
        raise RequestRefused(414, f"the request line has more than {MAX_REQUEST_LINE} bytes")
    parts = line.split(" ")
    if len(parts) != 3:
        raise RequestRefused(400, f"the request line is not METHOD TARGET VERSION: {line!r:.80}")
    method, target, version = parts
    if version != "HTTP/1.1" and version != "HTTP/1.0":
        if re.fullmatch(r"HTTP/[0-9]\.[0-9]", version):
            raise RequestRefused(505, f"{version} is not spoken here, HTTP/1.1 and HTTP/1.0 are")
        raise RequestRefused(400, f"{version!r:.40} is no version of HTTP")
    if not (_METHOD_RE.fullmatch(method) and _TARGET_RE.fullmatch(target)):
        raise RequestRefused(400, f"{method!r:.40} is no method, or {target!r:.80} no target")
    if method == "CONNECT":
        raise RequestRefused(501, "CONNECT is not served here: this is no proxy")
    return RequestHead(method, target, version)


def _settle_target(head: RequestHead) -> None:
    """Split the target into path and query; let Host be what it names (RFC 9112 §3.2, §3.3)."""
    target, host = head.target, head.fields.get("HTTP_HOST")
    if host is not None:
        _check_authority(host)
    elif head.version == "HTTP/1.1":
        raise RequestRefused(400, "a request of HTTP/1.1 needs a Host")
    if target[0] == "/":
        path, _, head.query = target.partition("?")
    elif target == "*" and head.method == "OPTIONS":
        path = "*"
    else:
        absolute = _ABSOLUTE_TARGET_RE.fullmatch(target)
        if absolute is None:
            raise RequestRefused(400, f"{target!r:.80} is no request target: it begins with no /")
        _check_authority(absolute[1])
        head.fields["HTTP_HOST"] = absolute[1]
        path, head.query = absolute[2] or "/", absolute[3][1:]
    head.path = _PERCENT_RE.sub(lambda match: chr(int(match[1], 16)), path)


def _check_authority(authority: str) -> None:
    match = _AUTHORITY_RE.fullmatch(authority)
    if match is None or (match[1] and not 0 < int(match[1]) < 65536):
        raise RequestRefused(400, f"{authority!r:.80} is no host")


def _settle_framing(head: RequestHead, text: str) -> None:
    """Decide where the body ends (RFC 9112 §6.3) and what becomes of the connection (§9.3)."""
    fields = head.fields
    length = fields.get("CONTENT_LENGTH")
    if "HTTP_TRANSFER_ENCODING" in fields:
        try:
            from .extra.chunked import check_transfer_encoding
        except ImportError:
            # RFC 9112 §6.3: a server may ask for a length.
            raise RequestRefused(411, "a body needs a Content-Length here") from None
        check_transfer_encoding(head, text)
        head.length, head.chunked = None, True
    elif length is not None:
        if not re.fullmatch("[0-9]{1,18}", length):
            raise RequestRefused(400, f"{length!r:.40} is no Content-Length")
        head.length = int(length)
    connection = fields.get("HTTP_CONNECTION")
    if connection is not None:
        options = [option.strip(" \t") for option in connection.lower().split(",")]
        head.keep_alive = "close" not in options and (head.keep_alive or "keep-alive" in options)
    expectation = fields.get("HTTP_EXPECT")
    if expectation is not None and head.version == "HTTP/1.1":
        expected = {part.strip(" \t") for part in expectation.lower().split(",")} - {""}
        if expected - {"100-continue"}:
            raise RequestRefused(417, f"{expectation!r:.40} cannot be expected here")
        head.expects_continue = bool(expected) and (head.chunked or bool(head.length))
