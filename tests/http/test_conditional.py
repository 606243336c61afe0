"""Entity tags, preconditions and ranges."""

from __future__ import annotations

import datetime
import random
import time

import pytest

from microweb.http import (
    ContentRange,
    IfRange,
    Range,
    generate_etag,
    parse_content_range_header,
    parse_etags,
    parse_range_header,
    quote_etag,
    unquote_etag,
)
from microweb.http.extra.conditional import (
    evaluate_preconditions,
    find_satisfiable_ranges,
    parse_if_range_header,
)

from .support_http import make_environ


@pytest.mark.parametrize(
    ("value", "ranges"),
    [
        ("bytes=0-4", [(0, 5)]),
        ("bytes=5-", [(5, None)]),
        ("bytes=-5", [(-5, None)]),
        ("bytes=0-1, 4-5", [(0, 2), (4, 6)]),
        ("Bytes = 0-1", [(0, 2)]),
        ("bytes=5-2", None),
        ("items=0-1", None),
        ("bytes=a-b", None),
        ("bytes", None),
        ("bytes=", None),
        ("bytes=-", None),
        ("bytes=+1-4", None),
        ("bytes=1-+4", None),
        ("bytes=\u0660-\u0664", None),
        ("bytes=0-4\x0b", None),
        ("bytes=0 - 4", None),
        ("bytes=--5", None),
        ("bytes=" + "9" * 5000 + "-", None),
        (None, None),
    ],
)
def test_st_12_range_syntax(value, ranges):
    parsed = parse_range_header(value)
    assert (parsed.ranges if parsed else None) == ranges
    if ranges:
        assert parse_range_header(parsed.to_header()).ranges == ranges


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("bytes=0-4", [(0, 5)]),
        ("bytes=5-", [(5, 100)]),
        ("bytes=-5", [(95, 100)]),
        ("bytes=0-0", [(0, 1)]),
        ("bytes=99-", [(99, 100)]),
        ("bytes=0-" + "9" * 20, [(0, 100)]),
        ("bytes=-1000", [(0, 100)]),
        ("bytes=100-", []),
        ("bytes=-0", []),
        ("bytes=0-1,2-3", [(0, 2), (2, 4)]),
        ("bytes=-1, 0-0", [(99, 100), (0, 1)]),
        ("bytes=0-1, 100-", [(0, 2)]),
        ("bytes=100-, 200-", []),
        ("bytes=0-5,5-9", None),
        ("bytes=0-,-1", None),
        ("bytes=" + ",".join(f"{i}-{i}" for i in range(17)), None),
        ("items=0-1", None),
    ],
)
def test_st_10_st_11_ranges_of_a_hundred_bytes(value, found):
    environ = make_environ(HTTP_RANGE=value)
    assert find_satisfiable_ranges(environ, None, False, None, 100) == found
    assert (
        find_satisfiable_ranges(make_environ("HEAD", HTTP_RANGE=value), None, False, None, 100)
        is None
    )


@pytest.mark.parametrize("value", ["bytes=" + "0-," * 1000, "bytes=" + "0-1," * 20_000 + "2-3"])
def test_st_09_many_ranges_are_linear(value):
    started = time.perf_counter()
    find_satisfiable_ranges(make_environ(HTTP_RANGE=value), None, False, None, 100)
    assert time.perf_counter() - started < 0.5


@pytest.mark.parametrize(
    ("if_range", "weak", "sent"),
    [
        ('"a"', False, True),
        ('"b"', False, False),
        ('W/"a"', False, False),
        ('"a"', True, False),
        ("a", False, False),
        ("rubbish", False, False),
        ("", False, False),
        ("Sun, 06 Nov 1994 08:49:37 GMT", False, True),
        ("Sun, 06 Nov 1994 08:49:38 GMT", False, False),
    ],
)
def test_st_14_if_range_compares_strongly(if_range, weak, sent):
    environ = make_environ(HTTP_RANGE="bytes=0-4", HTTP_IF_RANGE=if_range)
    found = find_satisfiable_ranges(environ, "a", weak, 784111777, 100)
    assert found == ([(0, 5)] if sent else None)


def test_ranges_and_content_ranges():
    single = Range("bytes", [(-5, None)])
    assert single.to_content_range_header(100) == "bytes 95-99/100"
    assert Range("bytes", [(0, 1), (2, 3)]).make_content_range(9) is None
    assert Range("bytes", [(9, None)]).to_content_range_header(9) is None
    changes = []
    content_range = parse_content_range_header("bytes 0-4/*", changes.append)
    assert (content_range.start, content_range.stop, content_range.length) == (0, 5, None)
    content_range.set(5, 10, 10)
    assert (changes, str(content_range)) == ([content_range], "bytes 5-9/10")
    content_range.unset()
    assert (bool(content_range), str(content_range)) == (False, "")


@pytest.mark.parametrize(
    "value",
    ["", "bytes", "bytes 0-4", "bytes 4-0/9", "bytes 0-9/9", "bytes +0-4/9", "bytes */x", None],
)
def test_malformed_content_ranges_are_none(value):
    assert parse_content_range_header(value) is None


@pytest.mark.parametrize("value", ["bytes 0-4/100", "bytes */100", "bytes 0-4/*", "items 7-7/8"])
def test_content_range_round_trips(value):
    assert parse_content_range_header(value).to_header() == value


@pytest.mark.parametrize(
    ("start", "stop", "length"), [(5, 5, 9), (0, 10, 9), (None, 1, 9), (-1, 2, 9)]
)
def test_a_content_range_that_is_none_is_refused(start, stop, length):
    with pytest.raises(ValueError, match="no part"):
        ContentRange("bytes", start, stop, length)


def test_what_cannot_be_satisfied_is_written_as_it_came():
    assert parse_range_header("bytes=-0,1-2").to_header() == "bytes=-0,1-2"


@pytest.mark.parametrize("value", ['"""', '"a"b"', '"a', '"', 'W/"a"'])
def test_if_range_is_no_tag_that_could_not_be_written(value):
    parsed = parse_if_range_header(value)
    assert (parsed.etag, str(parsed)) == (None, "")


def test_if_range_header():
    assert parse_if_range_header("Sun, 06 Nov 1994 08:49:37 GMT").date.year == 1994
    assert parse_if_range_header(None).etag is None
    for value in ('"a"', "Sun, 06 Nov 1994 08:49:37 GMT", ""):
        assert parse_if_range_header(value).to_header() == value
    moment = datetime.datetime(1994, 11, 6, 8, 49, 37, tzinfo=datetime.timezone.utc)
    assert IfRange(date=moment).date == moment


@pytest.mark.parametrize(
    ("value", "strong", "weak"),
    [
        ('"a", W/"b", c', {"a", "c"}, {"b"}),
        ('"a,b"', {"a,b"}, set()),
        ('""', {""}, set()),
        ("", set(), set()),
        (None, set(), set()),
    ],
)
def test_entity_tags(value, strong, weak):
    tags = parse_etags(value)
    assert tags.as_set() == strong
    assert tags.as_set(include_weak=True) == strong | weak
    assert bool(tags) == bool(strong | weak)


def test_entity_tags_compare():
    tags = parse_etags('"a", W/"b"')
    assert (tags.contains("b"), tags.contains_weak("b"), tags.contains_raw('W/"b"')) == (
        False,
        True,
        True,
    )
    assert ("a" in tags, tags.is_weak("b"), tags.is_strong("a")) == (True, True, True)
    assert parse_etags(tags.to_header()).contains_weak("b")
    assert parse_etags(" * ").contains("anything")


@pytest.mark.parametrize("value", ['"a",' * 25_000, '"' * 60_001, 'W/"' * 20_000])
def test_st_15_many_tags_are_linear(value):
    started = time.perf_counter()
    parse_etags(value)
    assert time.perf_counter() - started < 0.5


def test_quoting_tags():
    assert unquote_etag(quote_etag("a", weak=True)) == ("a", True)
    assert unquote_etag("") == (None, None)
    with pytest.raises(ValueError, match="entity tag"):
        quote_etag('a"b')


def test_writing_methods_get_412():
    environ = make_environ("PUT", HTTP_IF_NONE_MATCH="*")
    assert evaluate_preconditions(environ, "a", False, None) == 412


def test_random_headers_raise_nothing():
    random.seed(6)
    for _ in range(3000):
        text = "".join(random.choice('bytes=0-9,"W/* \x0b٣') for _ in range(20))
        environ = make_environ(
            HTTP_RANGE="bytes=" + text,
            HTTP_IF_RANGE=text,
            HTTP_IF_MATCH=text,
            HTTP_IF_NONE_MATCH=text,
        )
        evaluate_preconditions(environ, "a", False, 5)
        find_satisfiable_ranges(environ, "a", False, 5, 10)


@pytest.mark.parametrize("byte", ["\x85", "\xa0", "\x0b", "\x1c"])
def test_rq_20_other_bytes_than_blanks_are_no_white_space(byte):
    for value in (f"bytes=0-4{byte}", f"{byte}bytes=0-4", f"bytes={byte}0-4", f"bytes=0{byte}-4"):
        assert parse_range_header(value) is None
    assert parse_range_header("\tbytes = \t0-4 ").ranges == [(0, 5)]
    tags = parse_etags(f"{byte}a{byte}")
    assert not tags.contains("a") and not parse_etags(f"*{byte}").contains("a")
    assert parse_if_range_header(f'{byte}"a"').etag is None


def test_entity_tags_can_be_called():
    tags = parse_etags('"a", W/"b"')
    assert (tags("a"), tags("b"), tags("b", include_weak=True), tags("x")) == (
        True,
        False,
        True,
        False,
    )
    assert parse_etags(f'"{generate_etag(b"x")}"')(data=b"x")
    with pytest.raises(TypeError):
        tags()
