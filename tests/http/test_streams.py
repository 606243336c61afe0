"""Bodies in blocks, in and out."""

from __future__ import annotations

import io

import pytest

from microweb.http import ClientDisconnected, ClosingIterator
from microweb.http.streams import FileWrapper, LimitedStream, call_all

DATA = b"one\ntwo\nthree"


@pytest.mark.parametrize(
    "make",
    [
        lambda: LimitedStream(io.BytesIO(DATA + b"more"), 13),
        lambda: LimitedStream(io.BytesIO(DATA), 99, True),
    ],
)
def test_reading_like_a_file(make):
    assert make().read() == DATA
    assert make().readlines() == [b"one\n", b"two\n", b"three"]
    assert list(make()) == [b"one\n", b"two\n", b"three"]
    assert io.TextIOWrapper(io.BufferedReader(make())).read() == DATA.decode()
    stream = make()
    assert (stream.read(4), stream.readline(2), stream.readline()) == (b"one\n", b"tw", b"o\n")
    assert (stream.read(0), stream.read(99)) == (b"", b"three")
    assert (stream.read(), stream.read(5), stream.readline(), stream.tell()) == (b"", b"", b"", 13)
    assert stream.readable()


def test_every_way_of_being_cut_short():
    for size in range(1, 6):
        stream = LimitedStream(io.BytesIO(b"abc"), 5)
        with pytest.raises(ClientDisconnected):
            while stream.read(size):
                pass


def test_call_all_calls_all_and_raises_the_first():
    calls = []

    def fail():
        calls.append("fail")
        raise RuntimeError("first")

    with pytest.raises(RuntimeError, match="first"):
        call_all([fail, lambda: calls.append("after")])
    assert calls == ["fail", "after"]


def test_closing_iterator_closes_once():
    calls = []
    body = ClosingIterator(iter([b"a"]), [lambda: calls.append(1)])
    assert list(body) == [b"a"]
    body.close()
    body.close()
    assert calls == [1]


@pytest.mark.parametrize(
    ("start", "length"), [(None, None), (2, None), (2, 3), (None, 0), (9, 50), (50, 1)]
)
@pytest.mark.parametrize("block", [1, 3, 100])
def test_file_body(start, length, block):
    file = io.BytesIO(b"0123456789")
    file.seek(start or 0)
    body = FileWrapper(file, block, length)
    first = start or 0
    assert b"".join(body) == b"0123456789"[first : None if length is None else first + length]
    body.close()
    assert file.closed


def test_st_16_st_17_a_file_that_grows_is_sent_to_its_first_length():
    file = io.BytesIO(b"0123456789")
    assert b"".join(FileWrapper(file, 3, 4)) == b"0123"


def test_a_closing_iterator_takes_one_function_or_several():
    called = []
    for callbacks in (lambda: called.append(1), [lambda: called.append(2)]):
        body = ClosingIterator([b"a"], callbacks)
        assert list(body) == [b"a"]
        body.close()
        body.close()
    assert called == [1, 2]


def test_a_stream_can_be_exhausted():
    stream = LimitedStream(io.BytesIO(b"hello, world"), 5)
    assert stream.limit == 5
    assert stream.read(1) + stream.exhaust() == b"hello"
    assert stream.exhaust() == b""
