"""Headers and EnvironHeaders."""

from __future__ import annotations

import time

import pytest

from microweb.http import BadRequestKeyError, EnvironHeaders, Headers

SETTERS = [
    lambda h, n, v: h.add(n, v),
    lambda h, n, v: h.add_header(n, v),
    lambda h, n, v: h.set(n, v),
    lambda h, n, v: h.__setitem__(n, v),
    lambda h, n, v: h.extend([(n, v)]),
    lambda h, n, v: h.extend({n: v}),
    lambda h, n, v: h.update({n: v}),
    lambda h, n, v: h.update({n: [v]}),
    lambda h, n, v: Headers([(n, v)]),
    lambda h, n, v: Headers({n: v}),
]
REFUSED_HEADERS = [
    ("X", "a\r\nEvil: 1"),
    ("X", "a\0b"),
    ("X", "☃"),
    ("X\r\nY", "a"),
    ("X Y", "a"),
    ("", "a"),
    ("é", "a"),
]


@pytest.mark.parametrize("setter", SETTERS)
@pytest.mark.parametrize(("name", "value"), REFUSED_HEADERS)
def test_hd_01_hd_02_hd_06_every_way_in_is_checked(setter, name, value):
    headers = Headers([("Q", "q")])
    with pytest.raises(ValueError):
        setter(headers, name, value)
    assert "Evil" not in str(headers)


def test_hd_01_parameters_are_checked_too():
    with pytest.raises(ValueError):
        Headers().add("Content-Disposition", "attachment", filename="a\r\nX: 1")


def test_names_have_no_case_and_keep_their_order():
    h = Headers([("A", "1"), ("b", "2"), ("a", "3")])
    assert (h["a"], h.get("B", type=int), h.getlist("A")) == ("1", 2, ["1", "3"])
    assert (list(h.keys()), next(h.items(lower=True)), len(h)) == (
        ["A", "b", "a"],
        ("a", "1"),
        3,
    )
    assert ("B" in h, "c" in h, h.get("c", "d")) == (True, False, "d")
    assert h == Headers([("a", "3"), ("B", "2"), ("A", "1")])
    with pytest.raises(BadRequestKeyError):
        h["missing"]


def test_set_replaces_all_in_place_of_the_first():
    h = Headers([("A", "1"), ("b", "2"), ("a", "3")])
    h.set("a", "9")
    assert h.to_wsgi_list() == [("a", "9"), ("b", "2")]


def test_update_replaces_what_it_names_only():
    h = Headers([("A", "1"), ("b", "2")])
    h.update({"a": ["8", "9"]})
    assert sorted(h) == [("a", "8"), ("a", "9"), ("b", "2")]


def test_removing():
    h = Headers([("A", "1"), ("b", "2"), ("a", "3"), ("c", "4")])
    h.remove("A")
    h.remove("B")
    del h["never"]
    assert h.to_wsgi_list() == [("c", "4")]


def test_add_with_parameters():
    h = Headers()
    h.add("Content-Disposition", "attachment", filename='a"b', size_hint=3)
    assert h["content-disposition"] == 'attachment; filename="a\\"b"; size-hint=3'


def test_hd_07_adding_many_is_linear():
    h = Headers()
    started = time.perf_counter()
    for _ in range(50_000):
        h.add("X", "v")
    assert len(h.getlist("x")) == 50_000
    assert time.perf_counter() - started < 5


def test_environ_headers_read_the_environ():
    environ = {"HTTP_X_A": "1", "CONTENT_TYPE": "t", "CONTENT_LENGTH": "", "wsgi.input": 1}
    h = EnvironHeaders(environ)
    assert (h["x-a"], h["Content-Type"], h.get("Content-Length")) == ("1", "t", "")
    assert sorted(h) == [("Content-Type", "t"), ("X-A", "1")]
    assert ("X-A" in h, "X-B" in h, len(h), h.getlist("x-a")) == (True, False, 2, ["1"])
    with pytest.raises(BadRequestKeyError):
        h["X-B"]


@pytest.mark.parametrize("setter", SETTERS[:8])
def test_environ_headers_cannot_be_changed(setter):
    with pytest.raises(TypeError, match="copy"):
        setter(EnvironHeaders({}), "A", "b")


def test_copy_of_environ_headers_can():
    h = EnvironHeaders({"HTTP_A": "1"}).copy()
    h["A"] = "2"
    assert h["a"] == "2"
