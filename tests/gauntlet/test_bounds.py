"""The cost of what a client sends grows with its size and no faster, and memory has its limits.

A row of `INPUTS` makes, for a size, the work of reading one input. `grows_linearly` decides by two
measures: the calls of functions, Python's and C's, which are the same in each run and see a loop
within a loop; and the time, as a ratio within one run, which sees copies and backtracking inside of
one call. A new input is one more line of the table.
"""

# A row of a table is one line.
# ruff: noqa: E501

from __future__ import annotations

import gc
import json
import os
import re
import sys
import time
from functools import partial

import pytest

from microweb import Microweb, Request
from microweb.http import (
    HTTPException,
    LanguageAccept,
    MIMEAccept,
    RequestEntityTooLarge,
    parse_accept_header,
    parse_cookie,
    parse_date,
    parse_dict_header,
    parse_etags,
    parse_options_header,
    parse_range_header,
)
from microweb.http.extra.multipart_decoder import MultipartDecoder
from microweb.http.files import file_response
from microweb.middleware import DispatcherMiddleware, ProxyFix
from microweb.routing import Map, NoMatch, RequestRedirect, Rule
from microweb.security import safe_join, secure_filename
from microweb.serving.body import BodyBroken, RequestBody
from microweb.serving.extra.chunked import ChunkedBody
from microweb.serving.parser import MAX_HEAD_SIZE, RequestRefused, find_head_end, parse_head
from microweb.signing import BadData, Signer, URLSafeTimedSerializer
from microweb.text.quoting import percent_decode

from ..http.support_http import (
    field_part,
    file_part,
    make_environ,
    make_request,
    multipart_body,
    post_form,
    post_multipart,
)
from ..support import make_app

ANSWERS = (HTTPException, NoMatch, RequestRedirect, RequestRefused, BodyBroken, BadData, ValueError)

URLS = Map(
    [
        Rule("/<path:p>/end", endpoint="path"),
        Rule("/i/<int:n>", endpoint="int"),
        Rule("/f/<float:n>", endpoint="float"),
        Rule("/u/<uuid:n>", endpoint="uuid"),
        Rule("/m/<a>-<b>-<int:c>.<ext>", endpoint="mixed"),
        Rule("/s/<a>/<b>/", endpoint="strings"),
        Rule("/two/<path:p>/a/<path:q>/b", endpoint="paths"),
    ]
)
APP = make_app()
APP.add_url_rule("/<path:p>", "index", lambda p: "x", methods=["GET", "POST"])
SERIALIZER = URLSafeTimedSerializer("key", salt="cookie-session")


def call_app(app, **environ):
    """Call a WSGI application with the environ; read its whole answer."""
    for _ in app(make_environ(**environ), lambda *started: None):
        pass


def feed(pieces, **limits):
    """Decode a multipart body in pieces."""
    decoder = MultipartDecoder(b"B", **limits)
    for piece in pieces:
        decoder.feed(piece)
    decoder.finish()


def in_bytes(data):
    return [data[at : at + 1] for at in range(len(data))]


def read_chunks(encoded, piece, size=-1):
    """Read a chunked body that arrives in pieces of *piece* bytes, *size* bytes at a time."""
    pieces = iter([encoded[at : at + piece] for at in range(0, len(encoded), piece)])
    body = ChunkedBody(bytearray(), lambda: next(pieces, b""), None, 1 << 30)
    while body.read(size):
        pass


def body_of(data):
    """Return a body of announced length whose bytes are there."""
    return RequestBody(bytearray(data), lambda: b"", len(data), 0)


def find_end(data):
    """Look for the end of a head that arrives byte by byte, as the server does."""
    buffer = bytearray()
    for byte in data:
        buffer.append(byte)
        find_head_end(buffer, len(buffer) - 1)


def head(*fields):
    return "\r\n".join(["GET / HTTP/1.1", "Host: localhost", *fields])


def upload(data):
    return multipart_body(file_part(b"f", b"n", data))


def environ_of(name, value):
    return make_request(**{name: value})


#: The name of an input: the least size, and a function that returns the work of reading it.
INPUTS = {
    "path of segments": (200, lambda n: lambda: URLS.find("GET", "/a" * n)),
    "path of slashes": (1000, lambda n: lambda: URLS.find("GET", "/" * n)),
    "path of two spans": (100, lambda n: lambda: URLS.find("GET", "/two" + "/a" * n)),
    "path of dots": (200, lambda n: lambda: URLS.find("GET", "/.." * n + "/end")),
    "segment for an int": (3000, lambda n: lambda: URLS.find("GET", "/i/" + "1" * n)),
    "segment for a float": (3000, lambda n: lambda: URLS.find("GET", "/f/" + "1" * n + ".1")),
    "segment for a UUID": (3000, lambda n: lambda: URLS.find("GET", "/u/" + "a-" * n)),
    "segment of four parts": (200, lambda n: lambda: URLS.find("GET", "/m/" + "a-" * n)),
    "segment of text": (3000, lambda n: lambda: URLS.find("GET", f"/s/{'é' * n}/b")),
    "path in a URL": (300, lambda n: lambda: environ_of("PATH_INFO", "/\xc3\xa9" * n).url),
    "path for the app": (300, lambda n: lambda: call_app(APP, PATH_INFO="/a" * n)),
    "path that is redirected": (1000, lambda n: lambda: call_app(APP, PATH_INFO="/" * n + "a")),
    "path below a mount": (
        500,
        lambda n: lambda: call_app(DispatcherMiddleware(APP, {"/a": APP}), PATH_INFO="/b" * n),
    ),
    "path of a file": (300, lambda n: lambda: safe_join("/srv", "a/../b/./" * n)),
    "name of a file": (300, lambda n: lambda: secure_filename("../é\0 " * n)),
    "escapes": (300, lambda n: lambda: percent_decode("%C3%A9%zz%" * n)),
    "query": (200, lambda n: lambda: environ_of("QUERY_STRING", "a=%41+&" * n).args.getlist("a")),
    "query of many names": (
        200,
        lambda n: lambda: environ_of("QUERY_STRING", "&".join(f"a{i}=b" for i in range(n))).args,
    ),
    "query of separators": (1500, lambda n: lambda: environ_of("QUERY_STRING", "&=;" * n).args),
    "query of percents": (100, lambda n: lambda: environ_of("QUERY_STRING", "%=%&%" * n).args),
    "query in a URL": (300, lambda n: lambda: environ_of("QUERY_STRING", "\xc3\xa9 " * n).url),
    "header lines": (6, lambda n: lambda: parse_head(head(*[f"X-{i}: y" for i in range(n)]))),
    "header lines of one name": (6, lambda n: lambda: parse_head(head(*["X:" + "y" * 60] * n))),
    "header value": (500, lambda n: lambda: parse_head(head("X: " + "\t y" * n))),
    "header of a connection": (300, lambda n: lambda: parse_head(head("Connection: " + "x, " * n))),
    "header byte by byte": (900, lambda n: lambda: find_end(b"GET / HTTP/1.1\r\nX: " + b"y" * n)),
    "header of lines byte by byte": (400, lambda n: lambda: find_end(b"GET / HTTP/1.1" + b"\r\nX: y" * n)),
    "target": (300, lambda n: lambda: parse_head(f"GET /{'%41' * n} HTTP/1.1\r\nHost: x")),
    "headers of a request": (
        50,
        lambda n: lambda: list(Request({f"HTTP_X_{i}": "y" for i in range(n)}).headers),
    ),
    "host": (2000, lambda n: lambda: environ_of("HTTP_HOST", "a." * n).host),
    "host of digits": (2000, lambda n: lambda: environ_of("HTTP_HOST", "a:" + "1" * n).host),
    "host in brackets": (2000, lambda n: lambda: environ_of("HTTP_HOST", f"[{'1:' * n}]").host),
    "forwarded addresses": (
        300,
        lambda n: lambda: call_app(ProxyFix(APP), HTTP_X_FORWARDED_FOR="1.2.3.4, " * n),
    ),
    "access route": (300, lambda n: lambda: environ_of("HTTP_X_FORWARDED_FOR", "a, " * n).access_route),
    "cookies": (200, lambda n: lambda: parse_cookie("; ".join(f"a{i}=b" for i in range(n)))),
    "cookies without a name": (10_000, lambda n: lambda: parse_cookie("=;" * n)),
    "cookie of escapes": (500, lambda n: lambda: parse_cookie('a="' + '\\"\\101' * n + '"')),
    "cookie of backslashes": (2000, lambda n: lambda: parse_cookie('a="' + "\\" * n + '"')),
    "cookie of blanks": (1500, lambda n: lambda: parse_cookie("a=" + " " * n + "b" + " \t" * n)),
    "session": (1000, lambda n: lambda: call_app(APP, HTTP_COOKIE="session=" + "a." * n)),
    "token of dots": (1000, lambda n: lambda: SERIALIZER.loads("." * n)),
    "token": (1000, lambda n: lambda: SERIALIZER.loads("A" * n + ".A.A")),
    "token that is signed": (
        1000,
        lambda n: lambda: Signer("key").unsign(Signer("key").sign(b"a" * n)),
    ),
    "urlencoded fields": (200, lambda n: lambda: post_body(b"a=%41+&" * n)),
    "urlencoded separators": (8000, lambda n: lambda: post_body(b"&=;" * n)),
    "urlencoded value": (300, lambda n: lambda: post_body(b"a=" + b"%zz\xff+" * n)),
    "form names with brackets": (300, lambda n: lambda: post_body(b"a[b][c]=1&" * n)),
    "multipart fields": (20, lambda n: lambda: feed([multipart_body(*[field_part(b"a", b"b")] * n)])),
    "multipart files": (20, lambda n: lambda: post_parts([file_part(b"a", b"n", b"b")] * n)),
    "multipart data": (10000, lambda n: lambda: feed([upload(b"x" * n)])),
    "multipart data byte by byte": (100, lambda n: lambda: feed(in_bytes(upload(b"\r\n--" * n)))),
    "multipart header byte by byte": (
        60,
        lambda n: lambda: feed(in_bytes(b"--B\r\nX: " + b"y" * n)),
    ),
    "multipart header of parameters": (
        80,
        lambda n: lambda: feed([multipart_body((b"Content-Disposition: form-data" + b"; a=b" * n, b""))]),
    ),
    "multipart header lines": (
        80,
        lambda n: lambda: feed([multipart_body((b"X: y" + b"\r\n z" * n, b""))]),
    ),
    "multipart preamble": (2000, lambda n: lambda: feed([b"\r\n--" * n + upload(b"x")])),
    "multipart epilogue": (1000, lambda n: lambda: feed([upload(b"x"), *[b"\r\n--B"] * n])),
    **{
        f"multipart data of {data!r}": (1000, lambda n, data=data: lambda: feed([upload(data * n)]))
        for data in [b"\r", b"\n", b"\r\n", b"\r\n--", b"\r\n--A", b"\r\n--Bx", b"\r\n--B \tx"]
    },
    "JSON list": (2000, lambda n: lambda: load_json("[" + "1," * n + "1]")),
    "JSON object": (500, lambda n: lambda: load_json(json.dumps(dict.fromkeys(map(str, range(n)))))),
    "JSON depth": (50, lambda n: lambda: load_json("[" * n + "]" * n)),
    "JSON depth without end": (5000, lambda n: lambda: load_json('{"a":' * n)),
    "JSON text": (2000, lambda n: lambda: load_json('"' + '\\u00e9\\"' * n + '"')),
    "JSON digits": (5000, lambda n: lambda: load_json("1" * n)),
    "JSON fraction": (2000, lambda n: lambda: load_json("0." + "1" * n)),
    "JSON blanks": (5000, lambda n: lambda: load_json(" " * n + "]")),
    "ranges": (6000, lambda n: lambda: parse_range_header("bytes=" + "0-1," * n + "2-3")),
    "ranges of digits": (2000, lambda n: lambda: parse_range_header("bytes=" + "1" * n)),
    "ranges of blanks": (3000, lambda n: lambda: parse_range_header("bytes=" + " " * n + "x")),
    "media types": (
        100,
        lambda n: lambda: parse_accept_header("a/b;c=d;q=0.5, " * n, MIMEAccept).best_match(["x/y"]),
    ),
    "languages": (
        100,
        lambda n: lambda: parse_accept_header("en-US, de;q=.5," * n, LanguageAccept).best_match(["fr"]),
    ),
    "language": (
        500,
        lambda n: lambda: parse_accept_header("a-" * n, LanguageAccept).best_match(["fr"]),
    ),
    "accept quotes": (200, lambda n: lambda: parse_accept_header('a;b="\\' * n)),
    "accept commas": (1500, lambda n: lambda: parse_accept_header("," * n)),
    "entity tags": (500, lambda n: lambda: parse_etags('W/"a", b, ' * n).contains("c")),
    "entity tags unquoted": (1500, lambda n: lambda: parse_etags('W/"' * n)),
    "parameters": (300, lambda n: lambda: parse_options_header("x" + "; a=b" * n)),
    "parameters in quotes": (500, lambda n: lambda: parse_options_header('x; a="' + '\\"' * n)),
    "parameters continued": (
        100,
        lambda n: lambda: parse_options_header("x" + "".join(f"; a*{i}=b" for i in range(n))),
    ),
    "parameters of quotes": (200, lambda n: lambda: parse_options_header('x; a="' * n)),
    "cache control": (200, lambda n: lambda: environ_of("HTTP_CACHE_CONTROL", "a=b, " * n).cache_control),
    "directives": (300, lambda n: lambda: parse_dict_header('a="b\\", ' * n)),
    "basic authorization": (
        500,
        lambda n: lambda: environ_of("HTTP_AUTHORIZATION", "Basic " + "QUFB" * n).authorization,
    ),
    "digest authorization": (
        200,
        lambda n: lambda: environ_of("HTTP_AUTHORIZATION", "Digest " + 'a="b", ' * n).authorization,
    ),
    "date": (2000, lambda n: lambda: parse_date("Sun, " + "0" * n + " - " * n)),
    "body read by the byte": (1000, lambda n: lambda: list(iter(partial(body_of(b"x" * n).read, 1), b""))),
    "body of lines": (1000, lambda n: lambda: list(body_of(b"x\n" * n))),
    "body of one line": (3000, lambda n: lambda: list(body_of(b"x" * n))),
    "stream of lines": (300, lambda n: lambda: list(make_request("POST", b"x\n" * n).stream)),
    "chunks of a byte": (300, lambda n: lambda: read_chunks(b"1\r\nx\r\n" * n + b"0\r\n\r\n", 65536)),
    "chunks read by the byte": (200, lambda n: lambda: read_chunks(b"1\r\nx\r\n" * n, 65536, 1)),
    "chunks that come in bytes": (50, lambda n: lambda: read_chunks(b"1\r\nx\r\n" * n, 1)),
    "chunk read by the byte": (200, lambda n: lambda: read_chunks(b"%x\r\n" % n + b"x" * n, 65536, 1)),
    "chunk extensions": (200, lambda n: lambda: read_chunks(b"1;a=b\r\nx\r\n" * n, 65536)),
    "chunk line": (250, lambda n: lambda: read_chunks(b"1;" + b"a" * n, 1)),
    "trailers": (80, lambda n: lambda: read_chunks(b"0\r\n" + b"A: b\r\n" * n, 65536)),
    "trailers that come in bytes": (80, lambda n: lambda: read_chunks(b"0\r\n" + b"A: b\r\n" * n, 1)),
}  # fmt: skip


def unlimited(request):
    request.max_form_memory_size = request.max_form_parts = None
    return request.form


def post_body(body):
    return unlimited(post_form(body))


def post_parts(parts):
    return unlimited(post_multipart(multipart_body(*parts)))


def load_json(text):
    body = text.encode()
    return make_request("POST", body, CONTENT_TYPE="application/json").get_json()


def done(work):
    """Do the work; it may end with an answer or with the documented error."""
    try:
        work()
    except ANSWERS:
        pass


def count_calls(work):
    """Return how many calls of functions, Python's and C's, the work makes."""
    calls = [0]

    def note(frame, event, argument):
        if event == "call" or event == "c_call":
            calls[0] += 1

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        done(work)
    finally:
        sys.setprofile(before)
    return calls[0]


def seconds_of(work, times):
    started = time.process_time()
    for _ in range(times):
        done(work)
    return time.process_time() - started


def grows_linearly(make, size):
    """Say whether four times the size costs about four times as much, and not sixteen times.

    The calls are counted at *size* and twice and four times as much, the time is taken at four and
    sixteen times as much: a copy costs so little that small ones do not show.
    """
    counts = [count_calls(make(size * factor)) for factor in (1, 2, 4)]
    if counts[1] > 2.5 * counts[0] + 50 or counts[2] > 2.5 * counts[1] + 50:
        return False
    works = make(4 * size), make(16 * size)
    # Half a millisecond and more for each measure. The least of several is the work's own time;
    # all is measured anew where others on the machine may have disturbed the one and not the other.
    times = 1 + int(0.0005 / max(min(seconds_of(works[0], 1) for _ in range(2)), 1e-6))
    for _ in range(4):
        least = [float("inf"), float("inf")]
        for _ in range(4):
            least = [min(known, seconds_of(work, times)) for known, work in zip(least, works)]
            if least[1] < 8 * least[0]:
                return True
    return False


@pytest.fixture(autouse=True)
def no_collection_of_garbage():
    gc.disable()
    yield
    gc.enable()


@pytest.mark.parametrize("name", INPUTS)
def test_work_grows_with_the_size_and_no_faster(name):
    size, make = INPUTS[name]
    assert grows_linearly(make, size)


def strip_one_by_one(data):
    while data:
        data = data[1:]


def search_from_each_place(data):
    re.search(b"a*b", data)


def compare_each_with_each(data):
    for one in data:
        for other in data:
            max(one, other)


@pytest.mark.parametrize(
    ("quadratic", "size"),
    [(strip_one_by_one, 2_500), (search_from_each_place, 250), (compare_each_with_each, 30)],
)
def test_the_measure_tells_what_grows_faster(quadratic, size):
    assert not grows_linearly(lambda n: lambda: quadratic(b"a" * n), size)


class Endless:
    """A body of *start*, *size* bytes of *pattern* and *end*, made as it is read, `taken` so far."""

    def __init__(self, size, pattern=b"x", start=b"", end=b""):
        self.block = pattern * (65536 // len(pattern))
        self.blocks, self.held, self.end, self.taken = size // len(self.block), start, end, 0

    def read(self, size=-1):
        if not self.held and self.blocks:
            self.blocks -= 1
            self.held = self.block
        elif not self.held:
            self.held, self.end = self.end, b""
        size = len(self.held) if size < 0 else size
        data, self.held = self.held[:size], self.held[size:]
        self.taken += len(data)
        return data

    readline = read


def peak_of(work):
    """Return how many bytes the work held at most, beyond what was held before; 0 on PyPy."""
    try:
        import tracemalloc
    except ImportError:
        done(work)
        return 0
    tracemalloc.start()
    try:
        done(work)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


LARGE = 64 << 20
MULTIPART = "multipart/form-data; boundary=B"
FIELD_START = b'--B\r\nContent-Disposition: form-data; name="a"\r\n\r\n'
FILE_START = FIELD_START.replace(b'"a"', b'"a"; filename="n"')


def large_request(source, content_type, **limits):
    environ = {"wsgi.input": source, "wsgi.input_terminated": True, "CONTENT_TYPE": content_type}
    request = make_request("POST", None, **environ)
    for name, value in limits.items():
        setattr(request, name, value)
    return request


FORM = "application/x-www-form-urlencoded"
READERS = {
    "form": lambda request: request.form,
    "files": lambda request: request.files,
    "data": lambda request: request.get_data(),
    "json": lambda request: request.get_json(force=True),
    "stream": lambda request: request.stream.read(),
    "line": lambda request: request.stream.readline(),
}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("content_type", [FORM, MULTIPART])
def test_a_body_is_held_up_to_max_content_length(reader, content_type):
    source = Endless(LARGE)
    request = large_request(source, content_type, max_content_length=1 << 20)
    request.max_form_memory_size = None
    assert peak_of(lambda: READERS[reader](request)) < 5 << 20
    assert source.taken < 3 << 20
    with pytest.raises(RequestEntityTooLarge):
        READERS[reader](request)


@pytest.mark.parametrize(
    ("content_type", "start", "pattern"),
    [
        (FORM, b"a=", b"x"),
        (FORM, b"", b"a=b&"),
        (MULTIPART, FIELD_START, b"x"),
        (MULTIPART, b"", FIELD_START + b"\r\n"),
        (MULTIPART, b"", FILE_START + b"\r\n"),
        (MULTIPART, b"--B\r\nX: ", b"x"),
        (MULTIPART, b"--B\r\n", b"X: y\r\n"),
    ],
)
def test_a_form_is_held_up_to_max_form_memory_size(content_type, start, pattern):
    source = Endless(LARGE, pattern, start)
    request = large_request(source, content_type, max_form_memory_size=500_000)
    assert peak_of(lambda: request.form) < 6 << 20
    assert source.taken < 2 << 20
    with pytest.raises(RequestEntityTooLarge):
        request.form  # noqa: B018


@pytest.mark.parametrize("pattern", [b"x", b"\r\n", b"\r\n--B-"])
def test_mp_23_an_uploaded_file_is_not_held_in_memory(pattern):
    source = Endless(LARGE, pattern, FILE_START, b"\r\n--B--")
    request = large_request(source, MULTIPART)
    assert peak_of(lambda: request.files) < 5 << 20
    assert LARGE - 65536 < request.files["a"].seek(0, 2) <= LARGE
    request.close()


def test_what_stands_around_the_parts_is_not_held_in_memory():
    for start in (b"", FILE_START + b"x\r\n--B--\r\n"):
        request = large_request(Endless(LARGE, b"\r\n--A", start), MULTIPART)
        assert peak_of(lambda request=request: request.files) < 3 << 20


def test_ds_18_a_head_that_never_ends_is_held_up_to_its_limit():
    for line in (b"x", b"X: y\r\n", b"\r\n"):
        buffer = bytearray(b"GET / HTTP/1.1\r\n")
        with pytest.raises(RequestRefused):
            for _ in range(LARGE):
                scanned = len(buffer)
                buffer += line
                end = find_head_end(buffer, scanned)
                if end >= 0:
                    parse_head(buffer[:end].decode("latin-1"))
        assert len(buffer) < MAX_HEAD_SIZE + 100


@pytest.mark.parametrize(
    ("encoded", "limit"),
    [
        (b"40000000\r\n", 1 << 20),
        (b"1000\r\n" + b"x" * 4096 + b"\r\n", 1 << 20),
        (b"2\r\nxy\r\n", 1 << 16),
    ],
)
def test_ds_10_a_chunked_body_is_held_up_to_its_limit(encoded, limit):
    received = [0]

    def receive():
        received[0] += len(block)
        return block

    block = encoded * max(1, 65536 // len(encoded))
    body = ChunkedBody(bytearray(), receive, None, limit)
    assert peak_of(body.read) < 4 << 20
    assert received[0] < 2 << 20
    with pytest.raises(BodyBroken) as caught:
        body.read()
    assert caught.value.status in (400, 413)


def test_ds_10_a_chunk_takes_no_memory_before_it_comes():
    pieces = [b"3fffffff\r\n", b"x", b"yz"]
    body = ChunkedBody(bytearray(), lambda: pieces.pop(0) if pieces else b"", None, 1 << 30)
    assert peak_of(body.read) < 1 << 20
    with pytest.raises(BodyBroken):
        body.read()


@pytest.mark.parametrize("piece", ["[", "[1,", '{"a":', '"\\u00e9', "1"])
def test_json_is_held_a_few_times_and_no_more(piece):
    body = piece.encode() * (1 << 20)
    request = make_request("POST", body, CONTENT_TYPE="application/json")
    assert peak_of(request.get_json) < 6 * len(body) + (1 << 20)


def opened_files():
    """Return the paths of the files that this process has open."""
    return {os.path.realpath(item.path) for item in os.scandir("/proc/self/fd")}


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="needs /proc")
def test_st_16_a_huge_file_is_sent_in_blocks_and_closed_when_the_client_leaves(tmp_path):
    path = tmp_path / "huge"
    path.touch()
    os.truncate(path, 1 << 30)
    environ = make_environ()
    response = file_response(path, environ, "a/b")
    body = response(environ, lambda *started: None)
    chunks = iter(body)
    assert peak_of(lambda: [len(next(chunks)) for _ in range(200)]) < 2 << 20
    assert str(path) in opened_files()
    body.close()
    assert str(path) not in opened_files()


def test_nothing_that_a_client_chooses_is_remembered_without_bound():
    app = Microweb("bounds", static_folder=None)
    app.add_url_rule("/<path:p>", "index", lambda p: p)

    def ask(number):
        word = f"w{number}"
        call_app(
            app,
            PATH_INFO=f"/{word}" * 20,
            HTTP_HOST=f"{word}.example",
            HTTP_ACCEPT=f"a/{word}",
            HTTP_ACCEPT_LANGUAGE=word,
            HTTP_COOKIE=f"session={word}.a.b; {word}=1",
            QUERY_STRING=f"{word}=1",
            CONTENT_TYPE=f"text/plain; charset={word}",
        )

    for number in range(300):
        ask(number)
    gc.collect()
    assert peak_of(lambda: [ask(number) for number in range(300, 1300)]) < 1 << 20
