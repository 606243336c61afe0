"""Encoding multipart/form-data: what is written is what a request reads."""

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

from .support_http import post_multipart


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
