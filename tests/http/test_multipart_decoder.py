"""Decoding a body that is fed in pieces; ``test_multipart`` has the cases."""

from __future__ import annotations

import pytest

from microweb.http import BadRequest, MultipartData, MultipartDecoder, RequestEntityTooLarge

from .support_http import field_part, multipart_body

BODY = multipart_body(field_part(b"a", b"1"), field_part(b"b", b"22"))


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_events_come_as_soon_as_they_are_certain(size):
    decoder = MultipartDecoder(b"B")
    events = []
    for at in range(0, len(BODY), size):
        events += decoder.feed(BODY[at : at + size])
    assert decoder.feed(b"") == []
    assert decoder.feed(b"what stands behind the end") == []
    decoder.finish()
    assert [event.name for event in events if hasattr(event, "name")] == ["a", "b"]
    assert b"".join(event.data for event in events if hasattr(event, "data")) == b"122"
    assert events[-1].more_data is False
    assert size < 1000 or events[-1] == MultipartData(b"22", False)


def test_an_end_that_comes_early_and_one_that_never_began():
    MultipartDecoder(b"B").finish()
    decoder = MultipartDecoder(b"B")
    decoder.feed(BODY[:20])
    with pytest.raises(BadRequest, match="before its closing boundary"):
        decoder.finish()


def test_parts_are_limited():
    with pytest.raises(RequestEntityTooLarge, match="more than 1 parts"):
        MultipartDecoder(b"B", 1).feed(BODY)
