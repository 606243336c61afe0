"""HeaderSet and Cache-Control."""

from __future__ import annotations

from collections.abc import Set

import pytest

from microweb.http import HeaderSet, parse_cache_control_header, parse_set_header
from microweb.http.extra.header_values import ResponseCacheControl


def test_header_set():
    changes = []
    names = HeaderSet(["Accept", " accept ", "Cookie"], changes.append)
    assert (list(names), len(names), names[1], names.find("COOKIE")) == (
        ["Accept", "Cookie"],
        2,
        "Cookie",
        1,
    )
    names.add("ACCEPT")
    assert changes == []
    names.add("Origin")
    names.discard("nothing")
    names.remove("cookie")
    assert (names.to_header(), len(changes)) == ("Accept, Origin", 2)
    assert (names.as_set(), names.as_set(True)) == ({"accept", "origin"}, {"Accept", "Origin"})
    with pytest.raises(KeyError):
        names.remove("cookie")
    with pytest.raises(IndexError):
        names.index("cookie")
    names.clear()
    assert not names
    assert list(parse_set_header('a, "b c"')) == ["a", "b c"]


@pytest.mark.parametrize(
    ("header", "attribute", "value"),
    [
        ("max-age=5", "max_age", 5),
        ("MAX-AGE=5", "max_age", 5),
        ("max-age=+5", "max_age", None),
        ("max-age", "max_age", None),
        ("no-cache", "no_cache", True),
        ('no-cache="a, b"', "no_cache", "a, b"),
        ("", "no_cache", None),
        ("no-store", "no_store", True),
        ("", "no_store", False),
    ],
)
def test_directives(header, attribute, value):
    control = parse_cache_control_header(header, cls=ResponseCacheControl)
    assert getattr(control, attribute) == value


def test_directives_unknown_here_are_kept():
    control = parse_cache_control_header("x-own=1, public", cls=ResponseCacheControl)
    control.s_maxage = 3
    assert control.to_header() == "x-own=1, public, s-maxage=3"


def test_a_header_set_is_a_set():
    names = HeaderSet(["X-A", "X-B"])
    assert names == {"X-B", "X-A"}
    assert {"X-A", "X-B"} == names
    assert names != {"X-A"}
    assert names == HeaderSet(["x-b", "x-a"])
    assert isinstance(names, Set)
    assert list(names & {"X-A"}) == ["X-A"]
    assert names | ["X-C"] == {"X-A", "X-B", "X-C"}
    seen = []
    names = HeaderSet(["A"], on_update=lambda changed: seen.append(changed.to_header()))
    names |= {"B"}
    assert seen == ["A, B"]
