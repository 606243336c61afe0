"""What few programs call on MultiDict and Headers."""

from __future__ import annotations

import copy

import pytest

from microweb.http import (
    BadRequestKeyError,
    CombinedMultiDict,
    EnvironHeaders,
    Headers,
    ImmutableMultiDict,
    MultiDict,
)

PAIRS = [("a", "1"), ("b", "x"), ("a", "2")]
SETTERS = [
    lambda h, n, v: h.setlist(n, [v]),
    lambda h, n, v: h.setlistdefault(n, [v]),
    lambda h, n, v: h.__setitem__(0, (n, v)),
    lambda h, n, v: h.__setitem__(slice(0, 1), [(n, v)]),
]


@pytest.mark.parametrize("setter", SETTERS)
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X", "a\r\nEvil: 1"),
        ("X", "a\0b"),
        ("X", "☃"),
        ("X\r\nY", "a"),
        ("X Y", "a"),
        ("", "a"),
        ("é", "a"),
    ],
)
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
    del h[1]
    assert (h.pop(0), h.popitem(), len(h)) == (("Z", "5"), ("c", "4"), 0)


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


def test_or_joins_into_a_new_one():
    assert (MultiDict({"a": 1}) | {"a": 2}).getlist("a") == [1, 2]


def test_lists_of_values():
    d = MultiDict(PAIRS)
    assert list(d.listvalues()) == [["1", "2"], ["x"]]
    assert d.setlistdefault("f", ["8"]) == ["8"]
    assert d.poplist("f") == ["8"]
    assert d.poplist("f") == []
    assert d.popitemlist() == ("b", ["x"])
    assert d.popitem() == ("a", "1")
    with pytest.raises(BadRequestKeyError):
        d.popitem()


@pytest.mark.parametrize("change", [lambda d: d.poplist("a"), lambda d: d.popitem()])
def test_immutable_refuses_and_says_what_to_do(change):
    with pytest.raises(TypeError, match="copy"):
        change(ImmutableMultiDict(PAIRS))


@pytest.mark.parametrize("cls", [MultiDict, ImmutableMultiDict, lambda d: CombinedMultiDict([d])])
def test_copies(cls):
    d = cls(MultiDict(PAIRS))
    assert copy.copy(d) == d
    assert copy.deepcopy(d) == d
    assert copy.deepcopy(d).getlist("a") == ["1", "2"]
