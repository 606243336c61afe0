"""HTTP dates."""

from __future__ import annotations

import datetime
import random
from email.utils import formatdate

import pytest

from microweb.http import http_date, parse_date
from microweb.text.dates import parse_timestamp


def test_dates_agree_with_the_standard_library():
    random.seed(1)
    for seconds in [0, 951782400, 4107542400, *(random.randrange(0, 10**10) for _ in range(300))]:
        text = http_date(seconds)
        assert text == formatdate(seconds, usegmt=True)
        assert parse_timestamp(text) == seconds


def test_date_kinds():
    aware = datetime.datetime(
        1994, 11, 6, 9, 49, 37, tzinfo=datetime.timezone(datetime.timedelta(hours=1))
    )
    assert http_date(aware) == http_date(aware.timestamp()) == "Sun, 06 Nov 1994 08:49:37 GMT"
    assert http_date(datetime.datetime(1994, 11, 6, 8, 49, 37)).endswith("08:49:37 GMT")
    assert http_date(datetime.date(1994, 11, 6)) == "Sun, 06 Nov 1994 00:00:00 GMT"


@pytest.mark.parametrize(
    "value",
    ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"],
)
def test_three_forms_of_dates(value):
    assert parse_date(value).isoformat() == "1994-11-06T08:49:37+00:00"


@pytest.mark.parametrize(
    "value",
    [
        "Sun, 06 Nov 99999 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37 +9999",
        "(((((",
        "0" * 5000,
        "Sun, 06 Nov 1994 08:49:37 -2400",
        "Sun, 31 Feb 1994 08:49:37 GMT",
        "",
        None,
        "x y z a b c",
        "Sun, ٠٦ Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 0000 08:49:37 GMT",
        "a-b c-d-e f g",
        "a b-c-d-e f g",
    ],
)
def test_rq_18_what_is_no_date_is_none(value):
    assert parse_date(value) is None


@pytest.mark.parametrize("moment", [10**20, -(10**20), float("inf"), float("nan")])
def test_moments_beyond_the_calendar_are_refused(moment):
    with pytest.raises(ValueError, match="HTTP date"):
        http_date(moment)


def test_a_moment_of_another_kind_is_a_type_error():
    with pytest.raises(TypeError, match="not a moment"):
        http_date("tomorrow")
