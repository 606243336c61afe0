"""Bodies in chunks: decoded, or refused, never cut short in silence."""

from __future__ import annotations

import sys

import pytest

from microweb.serving.body import BodyBroken
from microweb.serving.extra.chunked import ChunkedBody

from ..support import needs_package
from .test_body import pieces_of
from .test_parser import check_byte_by_byte, check_refused_alone, post
from .test_server_raw import CODED_ROWS, has_verdict, verdict_server  # noqa: F401
from .wire import HOST, Recorder, ask, serving, status_of

CHUNKED = b"POST / HTTP/1.1\r\nConnection: close\r\n" + HOST + b"Transfer-Encoding: Chunked\r\n\r\n"


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


def test_a_chunked_body_that_broke_stays_broken():
    body = ChunkedBody(bytearray(b"5\r\nab"), lambda: b"", None, 100)
    for _ in range(3):
        with pytest.raises(BodyBroken):
            body.read()
    assert not body.drain()


def test_ds_10_chunks_beyond_the_limit_are_refused():
    app = Recorder()
    with serving(app, max_body_size=10) as server:
        assert status_of(ask(server, CHUNKED + b"B\r\n01234567890\r\n0\r\n\r\n")) == 413
        assert status_of(ask(server, CHUNKED + b"A\r\n0123456789\r\n0\r\n\r\n")) == 200
    assert app.bodies == [b"0123456789"]


def test_pe_11_a_chunked_body_is_announced_as_ending_by_itself(recording_server, recorder):
    head = (
        b"POST / HTTP/1.1\r\nConnection: close\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n"
    )
    ask(recording_server, head + b"0\r\n\r\n")
    assert recorder.environs[0]["wsgi.input_terminated"] is True


CODINGS = [
    ("ds_03_length_and_coding", 400, post(b"Content-Length: 5\r\nTransfer-Encoding: chunked")),
    *(
        (f"ds_04_coding_{value!r}", status, post(b"Transfer-Encoding: " + value))
        for status, value in [
            (501, b"xchunked"),
            (501, b"gzip"),
            (501, b"identity"),
            (501, b"gzip, chunked"),
            (400, b"chunked, identity"),
            (400, b",chunked"),
            (400, b"chunked, chunked"),
            (400, b"chunked\r\nTransfer-Encoding: chunked"),
            (400, b"\x0bchunked"),
            (400, b"\xa0chunked"),
            (400, b"\tchunked"),
            (400, b""),
        ]
    ),
    ("ds_05_coding_in_1_0", 400, b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"),
]


@pytest.mark.parametrize(
    ("status", "request_bytes"), [row[1:] for row in CODINGS], ids=[row[0] for row in CODINGS]
)
def test_ds_25_another_coding_is_refused_and_nothing_after_it_is_served(
    recording_server, recorder, status, request_bytes
):
    check_refused_alone(recording_server, recorder, status, request_bytes)


@pytest.mark.parametrize("request_bytes", [row[2] for row in CODINGS], ids=[r[0] for r in CODINGS])
def test_fl_25_byte_by_byte_another_coding_is_refused_as_well(request_bytes):
    check_byte_by_byte(request_bytes)


@pytest.mark.parametrize(
    ("request_bytes", "verdict"),
    [row[2:] for row in CODED_ROWS],
    ids=[" ".join(row[:2]) for row in CODED_ROWS],
)
def test_a_raw_request_in_chunks_has_its_verdict(
    verdict_server,  # noqa: F811
    request_bytes,
    verdict,
):
    has_verdict(verdict_server, request_bytes, verdict)


@needs_package
def test_without_its_module_a_coding_is_refused_and_a_length_asked_for(monkeypatch):
    monkeypatch.setitem(sys.modules, "microweb.serving.extra.chunked", None)
    app = Recorder()
    with serving(app) as server:
        assert status_of(ask(server, CHUNKED + b"0\r\n\r\n")) == 411
    assert app.environs == []
