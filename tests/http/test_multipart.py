"""Decoding multipart/form-data; ``test_forms_multipart`` reads whole forms."""

from __future__ import annotations

import pytest

from .support_http import multipart_body, multipart_events


@pytest.mark.parametrize("tail", [b"x", b"-x", b" x", b"\tx", b"\rx", b" \r", b"--"[:1] + b" "])
def test_mp_05_longer_words_than_the_boundary_are_data_however_many(tail):
    data = (b"\r\n--B" + tail) * 2000
    body = multipart_body((b'Content-Disposition: form-data; name="a"; filename="f"', data))
    for size in (len(body), 1000, 7):
        events = multipart_events([body[at : at + size] for at in range(0, len(body), size)])
        assert b"".join(event.data for event in events[1:]) == data


def test_mp_05_a_part_after_longer_words_is_found():
    first = (b'Content-Disposition: form-data; name="a"', b"\r\n--Bx\r\n--B x")
    second = (b'Content-Disposition: form-data; name="b"', b"2")
    for order in ([first, second], [second, first, second]):
        events = multipart_events([multipart_body(*order)])
        assert [event.name for event in events if hasattr(event, "name")] == [
            "a" if part is first else "b" for part in order
        ]


@pytest.mark.parametrize("padding", [b"", b" ", b"\t", b" \t ", b"\t" * 128])
@pytest.mark.parametrize("before", [b"\r\n--Bx", b"\r\n--Bx\r\n--B x", b"\r\n--B\tx"])
def test_mp_16_padding_is_seen_after_longer_words_too(padding, before):
    head = b'Content-Disposition: form-data; name="%s"\r\n\r\n'
    body = b"--B\r\n" + head % b"a" + before + b"\r\n--B" + padding + b"\r\n" + head % b"b"
    body += b"2\r\n--B--"
    for size in (len(body), 5, 1):
        pieces = [body[start : start + size] for start in range(0, len(body), size)]
        events = multipart_events(pieces)
        assert [event.name for event in events if hasattr(event, "name")] == ["a", "b"]
        assert b"".join(event.data for event in events if hasattr(event, "data")) == before + b"2"


def test_mp_15_more_padding_than_there_may_be_is_data_however_it_is_cut():
    data = b"\r\n--B" + b" " * 129 + b"\r\n"
    body = multipart_body((b'Content-Disposition: form-data; name="a"', data))
    for size in (len(body), 7, 1):
        pieces = [body[start : start + size] for start in range(0, len(body), size)]
        _part, *events = multipart_events(pieces)
        assert b"".join(event.data for event in events) == data
