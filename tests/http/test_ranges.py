"""Parts of bodies that are iterables."""

from __future__ import annotations

import pytest

from microweb.http.extra.ranges import SlicedBody


@pytest.mark.parametrize(("start", "stop"), [(0, 7), (2, 5), (3, 4), (6, 7), (0, 1)])
def test_sliced_body(start, stop):
    assert b"".join(SlicedBody([b"abc", b"", b"de", b"fg"], start, stop)) == b"abcdefg"[start:stop]
