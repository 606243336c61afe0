"""Bodies by length and in chunks: decoded, or refused, never cut short in silence."""

from __future__ import annotations

import io

import pytest

from microweb.serving.body import BodyBroken, ChunkedBody, RequestBody

from .wire import HOST, Recorder, ask, body_of, connect, receive_until, serving, status_of

CHUNKED = b"POST / HTTP/1.1\r\nConnection: close\r\n" + HOST + b"Transfer-Encoding: Chunked\r\n\r\n"


def pieces_of(data, size):
    """Return a function that brings *data* in pieces of *size* bytes."""
    pieces = iter([data[at : at + size] for at in range(0, len(data), size)])
    return lambda: next(pieces, b"")


@pytest.mark.parametrize(
    ("encoded", "decoded"),
    [
        (b"0\r\n\r\n", b""),
        (b"3\r\nabc\r\n0\r\n\r\n", b"abc"),
        (b"00A\r\n0123456789\r\n1\r\nx\r\n000\r\n\r\n", b"0123456789x"),
        (b'3;a="b c"\r\nabc\r\n0;last\r\n\r\n', b"abc"),
        (b"1\r\na\r\n0\r\nX-Late: evil\r\nHosts: 5\r\n\r\n", b"a"),
    ],
)
@pytest.mark.parametrize("size", [1, 2, 3, 1000])
def test_ds_08_ds_11_chunks_are_decoded_wherever_they_are_cut(encoded, decoded, size):
    buffer = bytearray()
    body = ChunkedBody(buffer, pieces_of(encoded + b"GET /", size), None, 100)
    assert body.read() == decoded
    assert body.finished
    assert b"GET /".startswith(bytes(buffer))


MALFORMED = [
    *(
        (f"ds_06_size_{size!r}", size + b"\r\nabc\r\n0\r\n\r\n")
        for size in [b"0x1", b"0_1", b"+3", b"-3", b" 3", b"3 ", b"", b"3\n;", b"G", b"1" * 40]
    ),
    ("ds_07_longer_than_its_size", b"1\r\nZXX0\r\n\r\n"),
    ("ds_07_longer_than_the_second_size", b"1\r\nx\r\n1\r\nZXX0\r\n\r\n"),
    ("ds_07_lf_alone", b"1\nx\n0\n\n"),
    ("ds_07_lf_alone_after_two_digits", b"30\nabc\r\n0\r\n\r\n"),
    ("ds_07_no_final_line", b"1\r\nx\r\n0\r\n"),
    ("ds_08_control_in_extension", b"1;a\rb\r\nx\r\n0\r\n\r\n"),
    ("ds_08_extension_of_5000_bytes", b"1;" + b"a" * 5000 + b"\r\nx\r\n0\r\n\r\n"),
    ("ds_08_many_extensions", (b"1;" + b"a" * 1000 + b"\r\nx\r\n") * 20),
    ("ds_10_size_lies", b"FFFFFFFF\r\nZ"),
    ("ds_10_end_inside_a_chunk", b"5\r\nhe"),
    ("ds_11_trailer_without_colon", b"0\r\nfoo\r\n\r\n"),
    *(
        (f"ds_11_trailer_{name!r}", b"0\r\nX: y\r\n" + name + b": 5\r\n\r\n")
        for name in [b"Content-Length", b"TRANSFER-ENCODING", b"host"]
    ),
    ("ds_11_long_trailers", b"0\r\n" + b"A: b\r\n" * 200_000 + b"\r\n"),
]


@pytest.mark.parametrize("encoded", [row[1] for row in MALFORMED], ids=[r[0] for r in MALFORMED])
def test_a_malformed_chunked_body_is_refused_and_never_passed_off_as_whole(
    recording_server, recorder, encoded
):
    answer = ask(recording_server, CHUNKED + encoded, half_close=True)
    assert status_of(answer) in (400, 413)
    assert recorder.bodies == []


@pytest.mark.parametrize("size", [1, 7, 1 << 30])
@pytest.mark.parametrize("piece", [1, 100, 1 << 30])
def test_ds_09_tiny_chunks_are_decoded_whatever_is_there_and_asked_for(size, piece):
    encoded = b"".join(
        b"%x%s\r\n%s\r\n" % (length, b";a=b" if length == 5 else b"", b"x" * length)
        for length in [1, 1, 1, 2, 300, 5, 1, 0x1000, 1]
    )
    body = ChunkedBody(bytearray(), pieces_of(encoded + b"0\r\n\r\n", piece), None, 4408)
    parts = list(iter(lambda: body.read(size), b""))
    assert b"".join(parts) == b"x" * 4408 and len(max(parts, key=len)) <= size
    assert body.finished


@pytest.mark.parametrize("limit", [9999, 10_000])
def test_ds_09_the_limit_holds_for_tiny_chunks(limit):
    body = ChunkedBody(bytearray(b"1\r\nx\r\n" * 10_000 + b"0\r\n\r\n"), lambda: b"", None, limit)
    if limit == 10_000:
        assert len(body.read()) == 10_000
    else:
        assert sum(len(body.read(9)) for _ in range(1111)) == 9999
        with pytest.raises(BodyBroken) as caught:
            body.read(9)
        assert caught.value.status == 413


@pytest.mark.parametrize("kind", [RequestBody, ChunkedBody])
def test_a_body_that_broke_stays_broken(kind):
    body = kind(bytearray(b"5\r\nab"), lambda: b"", 10 if kind is RequestBody else None, 100)
    for _ in range(3):
        with pytest.raises(BodyBroken):
            body.read()
    assert not body.drain()


def test_a_body_reads_like_a_file():
    data = b"one\ntwo\n" + b"x" * 5000 + b"\nlast"

    def make():
        receive = pieces_of(data[2:] + b"GET", 7)
        return io.BufferedReader(RequestBody(bytearray(data[:2]), receive, len(data), 0))

    assert b"".join(make()) == data
    assert list(make()) == make().readlines() == data.splitlines(keepends=True)
    body = make()
    assert [body.readline(2), body.readline(), body.read(3), body.read(0)] == [
        b"on",
        b"e\n",
        b"two",
        b"",
    ]
    assert body.read(None) == data[7:]
    assert body.read(10) == body.readline() == b""


def test_ds_10_a_length_beyond_the_limit_is_refused_before_the_application():
    app = Recorder()
    with serving(app, max_body_size=10) as server:
        length = b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 11\r\n\r\n"
        assert status_of(ask(server, length)) == 413
        assert status_of(ask(server, CHUNKED + b"B\r\n01234567890\r\n0\r\n\r\n")) == 413
        assert status_of(ask(server, CHUNKED + b"A\r\n0123456789\r\n0\r\n\r\n")) == 200
    assert app.bodies == [b"0123456789"]


def test_fl_11_a_client_that_leaves_in_the_middle_gives_no_short_body(recording_server, recorder):
    request = b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 1000\r\n\r\nabc"
    assert status_of(ask(recording_server, request, half_close=True)) == 400
    assert recorder.bodies == []


def test_ds_24_a_client_that_waits_is_told_once_to_continue(recording_server, recorder):
    with connect(recording_server) as sock:
        sock.sendall(
            b"POST / HTTP/1.1\r\nConnection: close\r\nExpect: 100-Continue\r\n"
            + HOST
            + b"Content-Length: 4\r\n\r\n"
        )
        assert receive_until(sock, b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        sock.sendall(b"ab")
        sock.sendall(b"cd")
        answer = receive_until(sock, b"abcd")
    assert answer.count(b"HTTP/1.1 ") == 1 and body_of(answer) == b"abcd"


def unread(environ, start_response):
    start_response("403 Forbidden", [("Content-Length", "2")])
    return [b"no"]


def test_ds_24_nobody_is_told_to_continue_for_a_body_that_nobody_wants():
    head = b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 4\r\nExpect: 100-continue\r\n\r\n"
    with serving(unread) as server:
        answer = ask(server, head)
    assert status_of(answer) == 403 and b"Connection: close" in answer


@pytest.mark.parametrize("size", [10, 1_000_000])
def test_ds_26_a_body_that_nobody_read_is_not_taken_for_a_request(size):
    body = (b"GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n" * (size // 30 + 1))[:size]
    request = b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: %d\r\n\r\n" % size + body
    seen = []

    def app(environ, start_response):
        seen.append(environ["PATH_INFO"])
        return unread(environ, start_response)

    with serving(app) as server, connect(server) as sock:
        sock.sendall(request)
        assert receive_until(sock, b"\r\n\r\nno").startswith(b"HTTP/1.1 403")
        sock.sendall(b"GET /next HTTP/1.1\r\n" + HOST + b"\r\n")
        assert receive_until(sock, b"\r\n\r\nno").startswith(b"HTTP/1.1 403")
    assert seen == ["/", "/next"]


@pytest.mark.parametrize(("limit", "status"), [(1 << 30, 403), (1000, 413)])
def test_fl_12_an_answer_to_a_huge_upload_arrives(limit, status):
    with serving(unread, max_body_size=limit) as server:
        head = (
            b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 5000000\r\nConnection: close\r\n\r\n"
        )
        assert status_of(ask(server, head + b"x" * 5_000_000)) == status
