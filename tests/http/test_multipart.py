"""Encoding multipart/form-data; ``test_forms_multipart`` decodes it."""

from __future__ import annotations

import io
import random

import pytest

from microweb.http import (
    FileStorage,
    Headers,
    MultipartData,
    MultipartDecoder,
    MultipartEncoder,
    MultipartPart,
    encode_multipart,
)

from .support_http import multipart_body, post_multipart


@pytest.mark.parametrize(
    ("name", "filename"),
    [
        ("a", None),
        ("é☃", "ü.txt"),
        ('quo"te', 'a"; filename="evil'),
        ("semi;colon", "back\\slash"),
        ("", ""),
    ],
)
def test_what_is_encoded_is_decoded(name, filename):
    headers = Headers([("Content-Type", "text/plain"), ("Content-Disposition", "ignored")])
    part = MultipartPart(name, filename, headers)
    encoder = MultipartEncoder(b"B")
    data = [MultipartData(b"one\r\n", True), MultipartData(b"--B two", False)]
    body = b"".join([encoder.encode(event) for event in (part, *data)]) + encoder.finish()
    decoder = MultipartDecoder(b"B")
    found, *events = decoder.feed(body)
    decoder.finish()
    assert (found.name, found.filename) == (name, filename)
    assert found.headers.getlist("Content-Type") == ["text/plain"]
    assert b"".join(event.data for event in events) == b"one\r\n--B two"


@pytest.mark.parametrize("evil", ['a"\r\nX-Evil: 1\r\n\r\n--B--', "a\nb", 'a"; filename="evil"'])
def test_tc_05_a_name_adds_no_header_and_no_parameter(evil):
    for field in [(evil, "1"), ("a", FileStorage(io.BytesIO(b"1"), evil))]:
        body = encode_multipart([field], "B")
        [part, data] = MultipartDecoder(b"B").feed(body)
        assert data == MultipartData(b"1", False)
        assert len(part.headers) == 1
        assert b"\r\nX-Evil" not in body


@pytest.mark.parametrize("name", ["\x15", "a\0b", "\x7f"])
def test_a_name_that_no_decoder_would_take_is_not_encoded(name):
    for field in [(name, "1"), ("a", FileStorage(io.BytesIO(b"1"), name))]:
        with pytest.raises(ValueError, match="holds a control character"):
            encode_multipart([field], "B")


def test_a_form_of_fields_and_files():
    upload = FileStorage(io.BytesIO(b"\0\xff"), "a.bin", content_type="image/png")
    request = post_multipart(encode_multipart([("f", upload), ("a", "é"), ("a", b"2")], "B"))
    assert request.form.getlist("a") == ["é", "2"]
    found = request.files["f"]
    assert (found.filename, found.content_type, found.read()) == ("a.bin", "image/png", b"\0\xff")


def test_random_forms_come_back():
    random.seed(11)
    for _ in range(200):
        fields = [
            (
                "".join(random.choice('ab";\\é \t') for _ in range(4)),
                "".join(random.choice("\r\n-B ax\0é") for _ in range(20)).replace("\r\n--B", ""),
            )
            for _ in range(3)
        ]
        request = post_multipart(encode_multipart(fields, "BBBBBBB"), "BBBBBBB")
        assert sorted(request.form.items(multi=True)) == sorted(fields)


@pytest.mark.parametrize("tail", [b"x", b"-x", b" x", b"\tx", b"\rx", b" \r", b"--"[:1] + b" "])
def test_mp_05_longer_words_than_the_boundary_are_data_however_many(tail):
    data = (b"\r\n--B" + tail) * 2000
    body = multipart_body((b'Content-Disposition: form-data; name="a"; filename="f"', data))
    for size in (len(body), 1000, 7):
        decoder = MultipartDecoder(b"B")
        events = [
            event
            for start in range(0, len(body), size)
            for event in decoder.feed(body[start : start + size])
        ]
        decoder.finish()
        assert b"".join(event.data for event in events[1:]) == data


def test_mp_05_a_part_after_longer_words_is_found():
    first = (b'Content-Disposition: form-data; name="a"', b"\r\n--Bx\r\n--B x")
    second = (b'Content-Disposition: form-data; name="b"', b"2")
    for order in ([first, second], [second, first, second]):
        events = MultipartDecoder(b"B").feed(multipart_body(*order))
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
        decoder = MultipartDecoder(b"B")
        pieces = [body[start : start + size] for start in range(0, len(body), size)]
        events = [event for piece in pieces for event in decoder.feed(piece)]
        decoder.finish()
        assert [event.name for event in events if hasattr(event, "name")] == ["a", "b"]
        assert b"".join(event.data for event in events if hasattr(event, "data")) == before + b"2"


def test_mp_15_more_padding_than_there_may_be_is_data_however_it_is_cut():
    data = b"\r\n--B" + b" " * 129 + b"\r\n"
    body = multipart_body((b'Content-Disposition: form-data; name="a"', data))
    for size in (len(body), 7, 1):
        decoder = MultipartDecoder(b"B")
        pieces = [body[start : start + size] for start in range(0, len(body), size)]
        _part, *events = [event for piece in pieces for event in decoder.feed(piece)]
        decoder.finish()
        assert b"".join(event.data for event in events) == data
