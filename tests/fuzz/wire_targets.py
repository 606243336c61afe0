"""Targets of the server: a connection's bytes, in memory and over a socket."""

from __future__ import annotations

import functools
import hashlib
import random
import re
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from microweb.serving import make_server
from microweb.serving.answer import Answer, plain_answer
from microweb.serving.body import BodyBroken, RequestBody
from microweb.serving.extra.chunked import ChunkedBody
from microweb.serving.parser import RequestRefused, find_head_end, parse_head
from microweb.serving.server import ServerLog

from ..serving.wire import receive_all
from .engine import RESOURCES, require, target
from .http_targets import HEADER_VALUES
from .mutate import cut, dice_of, entropy, words

METHODS = b"GET POST PUT HEAD OPTIONS BREW".split()
LINES = [
    b"Host: a.example",
    b"Content-Length: 3",
    b"Content-Length: 0",
    b"Transfer-Encoding: chunked",
    b"Transfer-Encoding: gzip, chunked",
    b"Connection: close",
    b"Connection: keep-alive",
    b"Expect: 100-continue",
    b"X-Tag: a, b",
    b"X_Tag: c",
    b" folded",
    b"Cookie: a=1",
    b"Upgrade: websocket",
]
WIRE_TOKENS = [
    *(
        b"GET / HTTP/1.1\r\n HTTP/1.0|HTTP/2.0|http://a.example/x|*|CONNECT |\r\n0\r\n\r\n".split(
            b"|"
        )
    ),
    *(
        b"0x3 +3 3;a=b 3; 00000003 FFFFFFFFFFFFFFFFF 7fffffffffffffff 3,3 chunked, \tchunked".split(
            b" "
        )
    ),
    *(line + b"\r\n" for line in LINES),
    b"5\r\nhello\r\n",
    b"0\r\nX: y\r\n\r\n",
    b"3\nabc\n",
]


class SentMessage:
    """A request that a client sends, and what the application must be told of it."""

    def __init__(self, dice: random.Random, closes: bool) -> None:
        self.method = dice.choice(METHODS)
        self.path = b"/" + words(dice, (b"a", b"b/", b"c", b"%41", b"?x=1"), 4)
        pieces = (b"\r\n", b"\r", b"0\r\n\r\n", b"GET / HTTP/1.1\r\n", b"x" * 40, b"\0", b"y")
        self.body = words(dice, pieces, 5)
        lines = [self.method + b" " + self.path + b" HTTP/1.1", b"Host: a.example"]
        for name in dice.sample(sorted(HEADER_VALUES), dice.randrange(3)):
            if name not in (b"Host", b"Content-Length", b"Expect"):
                lines.append(
                    name + dice.choice((b":", b": ", b":\t")) + dice.choice(HEADER_VALUES[name])
                )
        if closes:
            lines.append(b"Connection: close")
        if dice.random() < 0.4:
            lines.append(b"Transfer-Encoding: chunked")
            framed = chunked(dice, self.body)
        else:
            if self.body or dice.random() < 0.3:
                lines.append(b"Content-Length: %d" % len(self.body))
            framed = self.body
        self.sent = b"\r\n".join(lines) + b"\r\n\r\n" + framed


def chunked(dice: random.Random, body: bytes) -> bytes:
    """Return *body* in the chunked coding, in chunks of any size, with extensions and trailers."""
    pieces = []
    for piece in cut(dice, body) if body else []:
        size = dice.choice((b"%x", b"%X", b"%04x")) % len(piece)
        pieces.append(
            size + dice.choice((b"", b"", b";a=b", b';a="b"')) + b"\r\n" + piece + b"\r\n"
        )
    return b"".join(pieces) + b"0\r\n" + dice.choice((b"", b"", b"X-Trailer: 1\r\n")) + b"\r\n"


def messages(dice: random.Random) -> list[SentMessage]:
    """Return some requests, of which the last one ends the connection."""
    count = dice.choice((1, 1, 2, 4))
    return [SentMessage(dice, number == count - 1) for number in range(count)]


def make_stream(dice: random.Random) -> bytes:
    """Return what a client may send over one connection."""
    if dice.random() < 0.3:
        lines = dice.sample(LINES, dice.randrange(1, 5))
        head = dice.choice(METHODS) + b" /x HTTP/1." + dice.choice((b"1", b"1", b"0"))
        body = words(dice, (b"3\r\nabc\r\n", b"0\r\n\r\n", b"abc"), 3)
        return b"\r\n".join([head, *lines]) + b"\r\n\r\n" + body
    return b"".join(message.sent for message in messages(dice))


_LENGTH_RE = re.compile("[0-9]+")
_HOST_RE = re.compile(r"([A-Za-z0-9_.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]+)?")
_CHUNK_RE = re.compile(rb"([0-9A-Fa-f]{1,16})(?:;[\t\x20-\x7e\x80-\xff]*)?\r\n")
_TRAILERS_RE = re.compile(rb"(?:[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t\x20-\x7e\x80-\xff]*\r\n)*\r\n")


def reference_body(data: bytes) -> tuple[bytes, bytes] | None:
    """Return a chunked body and what follows it, by the grammar of RFC 9112 section 7.1 alone."""
    parts, at = [], 0
    while True:
        line = _CHUNK_RE.match(data, at)
        if line is None:
            return None
        size, at = int(line[1], 16), line.end()
        if not size:
            trailers = _TRAILERS_RE.match(data, at)
            return trailers and (b"".join(parts), data[trailers.end() :])
        parts.append(data[at : at + size])
        at += size + 2
        if data[at - 2 : at] != b"\r\n":
            return None


@target(
    lambda dice: chunked(dice, words(dice, (b"\r\n", b"abc", b"\r", b"0\r\n\r\n", b"x" * 20), 6)),
    [b"\r\n", b"\r", b"\n", b"0\r\n\r\n", b"1\r\n", b";", b"X: y\r\n", *b"0x1 +1 -1 1_0".split()],
)
def chunks(data: bytes) -> None:
    """A chunked body is read, to its end and no further, if the grammar has it, else refused."""
    data = data[:4000]
    expected = reference_body(data)
    for pieces in (
        [data],
        [data[at : at + 1] for at in range(len(data))],
        cut(dice_of(data), data),
    ):
        left, buffer = iter(pieces), bytearray()
        body = ChunkedBody(buffer, functools.partial(next, left, b""), None, 100_000)
        try:
            found = body.read(), bytes(buffer) + b"".join(left)
        except BodyBroken as error:
            require(error.status in (400, 413), f"{error} is answered with {error.status}")
            found = None
        require(found == expected, f"{found!r:.300} was read, {expected!r:.300} was sent")


def echo(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
    """Answer with all that came; how the body is read depends on the path."""
    stream, way = environ["wsgi.input"], len(environ["PATH_INFO"]) % 6
    if way == 0:
        body = stream.read()
    elif way == 1:
        body = b"".join(iter(lambda: stream.read(7), b""))
    elif way == 2:
        body = b"".join(iter(lambda: stream.readline(5), b""))
    elif way == 3:
        body = b"".join(stream)
    elif way == 4:
        body = stream.readline() + stream.read(1) + b"".join(stream.readlines()) + stream.read(3)
    else:
        body = b"(unread)"
    length, coding = (environ.get(key) for key in ("CONTENT_LENGTH", "HTTP_TRANSFER_ENCODING"))
    framed = coding is None or (length is None and coding.strip(" ").lower() == "chunked")
    require(framed and _LENGTH_RE.fullmatch(length or "0"), f"framed by {length!r} and {coding!r}")
    require(_HOST_RE.fullmatch(environ.get("HTTP_HOST", "a")), "there is no such host")
    fields = sorted(item for item in environ.items() if item[0].startswith(("HTTP_", "CONTENT_")))
    known = [environ[key] for key in ("REQUEST_METHOD", "PATH_INFO", "QUERY_STRING")]
    said = repr((known, fields)).encode() + b"|" + body
    headers = [("Content-Type", "text/plain"), ("X-Digest", hashlib.sha256(said).hexdigest())]
    if environ["REQUEST_METHOD"] == "HEAD":
        headers += [("X-Without-Body", "1"), ("Content-Length", str(len(said)))]
    start_response("200 OK", headers)
    return [said] if way % 2 else [said[:5], said[5:]]


_HEAD_RE = re.compile(
    rb"HTTP/1\.1 ([1-5][0-9]{2}) [ -~]*((?:\r\n[!-9;-~]+: [\t -~\x80-\xff]*)*)\r\n\r\n"
)


def split_answers(data: bytes) -> list[tuple[int, bytes]]:
    """Take apart what a server sent; `Broken` if any byte of it is not of a whole answer."""
    answers = []
    while data:
        head = _HEAD_RE.match(data)
        require(head, f"this is no answer: {data!r:.200}")
        status, data = int(head[1]), data[head.end() :]
        if status == 100:
            continue
        lines = head[2].split(b"\r\n")[1:]
        pairs = [line.partition(b": ")[::2] for line in lines]
        fields = {name.lower(): value for name, value in pairs}
        require(len(fields) == len(pairs), f"a header stands twice in {lines!r}")
        require(status < 500 or status in (501, 505), f"the status is {status}")
        if b"x-without-body" in fields:
            body = b""
        elif b"transfer-encoding" in fields:
            body, data = take_chunks(data)
        elif b"content-length" not in fields:
            require(status == 204 or fields.get(b"connection") == b"close", "an answer has no end")
            body, data = data, b""
        else:
            size = int(fields[b"content-length"])
            # The server's own answer to HEAD has a length and no body.
            body, data = data[:size], data[size:]
            require(len(body) == size or not body, f"{len(body)} of {size} bytes came")
        require(b"Traceback" not in body, f"a traceback: {body!r:.200}")
        if b"x-digest" in fields and body:
            require(
                fields[b"x-digest"] == hashlib.sha256(body).hexdigest().encode(), "bytes changed"
            )
        answers.append((status, body))
        if fields.get(b"connection") == b"close":
            require(not data, f"more comes after the last answer: {data!r:.200}")
    return answers


def take_chunks(data: bytes) -> tuple[bytes, bytes]:
    """Return a chunked body and what follows it."""
    parts = []
    while True:
        line, found, data = data.partition(b"\r\n")
        require(found, "a chunked body has no end")
        size = int(line, 16)
        parts.append(data[:size])
        require(data[size : size + 2] == b"\r\n", "a chunk has another size than it says")
        data = data[size + 2 :]
        if not size:
            return b"".join(parts), data


def converse(pieces: list[bytes]) -> bytes:
    """Do in memory what a server does with a connection; return all that it sends."""
    left, buffer, sent = iter(pieces), bytearray(), bytearray()

    def receive() -> bytes:
        return next(left, b"")

    environ = {"wsgi.errors": ServerLog(quiet=True), "REMOTE_ADDR": "", "SERVER_NAME": "a"}
    try:
        while True:
            scanned, end = 0, find_head_end(buffer, 0) if buffer else -1
            while end < 0:
                piece = receive()
                if not piece:
                    return bytes(sent)
                scanned = len(buffer)
                buffer += piece
                end = find_head_end(buffer, scanned)
            head = parse_head(buffer[:end].decode("latin-1"))
            if head.length is not None and head.length > 100_000:
                raise RequestRefused(413, "too much")
            del buffer[: end + 4]
            body = None
            if head.length != 0:
                kind = ChunkedBody if head.chunked else RequestBody
                body = kind(buffer, receive, head.length, 100_000)
            answer = Answer(head, body, dict(environ), sent.extend)
            if body is not None and head.expects_continue and not buffer:
                body.invite = answer.send_continue
            answer.run(echo)
            drained = body is None or body.drain()
            if not (answer.keep_alive and drained):
                return bytes(sent)
    except RequestRefused as refusal:
        return bytes(sent + plain_answer(refusal.status))


def as_told(status: int, body: bytes) -> tuple[Any, bytes]:
    """Return what an answer says; of several reasons to refuse, the first to be seen is told."""
    return ("refused", b"") if body.startswith(b"%d " % status) else (status, body)


def same_in_pieces(data: bytes, talk: Callable[[list[bytes]], bytes], pieces: list[bytes]) -> None:
    """Require the same answers when *data* comes whole and when it comes in *pieces*."""
    whole, parts = (
        [as_told(*answer) for answer in split_answers(talk(form))] for form in ([data], pieces)
    )
    # Whether an unread body that was announced with Expect is taken in depends on what has come.
    same = whole == parts or b"expect" in data.lower()
    require(same, f"whole: {whole!r:.400}; in pieces: {parts!r:.400}")


@target(make_stream, WIRE_TOKENS)
def wire(data: bytes) -> None:
    """Whatever comes over a connection, whole answers go back, the same for all ways to cut it."""
    same_in_pieces(data, converse, [data[at : at + 1] for at in range(len(data))])
    same_in_pieces(data, converse, cut(dice_of(data), data))


@target(entropy)
def wire_pipeline(data: bytes) -> None:
    """Requests that are well formed are all answered, in their order, with all they said."""
    dice = dice_of(data)
    sent = messages(dice)
    stream = b"".join(message.sent for message in sent)
    answers = split_answers(converse(cut(dice, stream)))
    require(len(answers) == len(sent), f"{len(sent)} requests, {len(answers)} answers")
    for message, (status, body) in zip(sent, answers):
        path = message.path.partition(b"?")[0].replace(b"%41", b"A")
        expected = b"(unread)" if len(path) % 6 == 5 else message.body
        require(status == 200, f"{status} for {message.sent!r:.200}")
        if message.method != b"HEAD":
            require(body.partition(b"|")[2] == expected, f"{expected!r:.200} came as {body!r:.200}")
            said = repr([message.method.decode(), path.decode()])[:-1].encode()
            require(body[1:].startswith(said), f"{said!r} came as {body!r:.200}")


@functools.lru_cache(maxsize=1)
def running_server() -> Any:
    """Return a server that runs in a thread until the targets are done."""
    server = make_server("127.0.0.1", 0, echo, quiet=True, max_body_size=100_000)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()

    def stop() -> None:
        server.shutdown()
        thread.join()
        running_server.cache_clear()

    RESOURCES.callback(stop)
    return server


def over_socket(pieces: list[bytes]) -> bytes:
    """Send *pieces* over a new connection and its end; return all that comes back."""
    server = running_server()
    with socket.create_connection((server.host, server.port), timeout=20) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # The server may close before it has heard all; what it said is still to be read.
        with suppress(BrokenPipeError, ConnectionResetError):
            for piece in pieces:
                sock.sendall(piece)
            sock.shutdown(socket.SHUT_WR)
        return receive_all(sock)


GOOD = b"GET /good HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"


@target(make_stream, WIRE_TOKENS, cost=8)
def server(data: bytes) -> None:
    """As `wire`, over a socket; after each case the server answers the next client."""
    same_in_pieces(data, over_socket, cut(dice_of(data), data[:1500]) + [data[1500:]])
    good = split_answers(over_socket([GOOD]))
    require([status for status, _ in good] == [200], f"the next request was answered {good!r:.200}")
