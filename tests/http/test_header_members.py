"""What few programs call on Headers."""

from __future__ import annotations

import copy

import pytest

from microweb.http import BadRequestKeyError, EnvironHeaders, Headers

from .test_headers import REFUSED_HEADERS

SETTERS = [
    lambda h, n, v: h.setdefault(n, v),
    lambda h, n, v: h.setlist(n, [v]),
    lambda h, n, v: h.setlistdefault(n, [v]),
    lambda h, n, v: h.__setitem__(0, (n, v)),
    lambda h, n, v: h.__setitem__(slice(0, 1), [(n, v)]),
]


@pytest.mark.parametrize("setter", SETTERS)
@pytest.mark.parametrize(("name", "value"), REFUSED_HEADERS)
def test_hd_01_hd_02_hd_06_every_way_in_is_checked(setter, name, value):
    headers = Headers([("Q", "q")])
    with pytest.raises(ValueError):
        setter(headers, name, value)
    assert "Evil" not in str(headers)


@pytest.mark.parametrize("setter", SETTERS)
def test_environ_headers_cannot_be_changed(setter):
    with pytest.raises(TypeError, match="copy"):
        setter(EnvironHeaders({}), "A", "b")


def test_headers_by_index_and_slice():
    h = Headers([("A", "1"), ("b", "2"), ("a", "3"), ("c", "4")])
    assert (h[0], h[-1], h[1:3]) == (("A", "1"), ("c", "4"), Headers([("b", "2"), ("a", "3")]))
    h[0] = ("Z", 5)
    h[1:3] = [("y", "6")]
    assert h.to_wsgi_list() == [("Z", "5"), ("y", "6"), ("c", "4")]
    h[1:2] = {"y": ["7"]}
    assert h[1] == ("y", "7")
    del h[1]
    assert (h.pop(0), h.popitem(), len(h)) == (("Z", "5"), ("c", "4"), 0)


def test_removing():
    h = Headers([("A", "1"), ("b", "2"), ("a", "3"), ("c", "4")])
    assert h.pop("a") == "1"
    assert h.pop("zz", None) is None
    with pytest.raises(BadRequestKeyError):
        h.pop("zz")
    assert list(h.values()) == ["2", "4"]
    assert str(h) == "b: 2\r\nc: 4\r\n\r\n"


def test_all_headers_of_a_name():
    h = Headers([("A", "1"), ("b", "2"), ("a", "3")])
    assert h.get_all("a") == ["1", "3"]
    h.setlist("A", ["8", "9"])
    h.setlist("B", [])
    assert h.to_wsgi_list() == [("A", "8"), ("A", "9")]
    assert h.setlistdefault("C", ["5"]) == h.setlistdefault("c", ["6"]) == ["5"]
    joined = copy.copy(h) | {"C": "7"}
    assert (joined["C"], h["C"]) == ("7", "5")
    h |= {"C": "8"}
    h.clear()
    assert not h
    with pytest.raises(BadRequestKeyError):
        EnvironHeaders({})[0]
