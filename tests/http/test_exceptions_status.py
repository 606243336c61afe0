"""Status codes and lines."""

from __future__ import annotations

import pytest

from microweb.http import HTTP_STATUS_CODES, Response
from microweb.http.exceptions import split_status_line, status_line_of


def test_known_codes_have_their_phrase():
    assert status_line_of(404) == "404 NOT FOUND"
    assert HTTP_STATUS_CODES[418] == "I'm a teapot"


def test_unknown_code_is_sent_with_a_phrase():
    assert status_line_of(299) == "299 UNKNOWN"


@pytest.mark.parametrize("status", [0, 99, 1000, -1, "", "abc", "20", "2000 OK", "٢٠٠ OK", "99 x"])
def test_hd_05_status_out_of_range_is_refused(status):
    with pytest.raises(ValueError, match="status"):
        Response(status=status)


@pytest.mark.parametrize("reason", ["OK\r\nX: 1", "OK\nX", "a\0b", "\x7f", "☃", "\x85"])
def test_hd_04_reason_phrase_cannot_carry_a_header(reason):
    with pytest.raises(ValueError, match="reason phrase"):
        split_status_line(f"200 {reason}")


def test_status_keeps_a_reason_of_ones_own():
    response = Response(status="200 All is well")
    assert (response.status, response.status_code) == ("200 All is well", 200)
