"""Addresses in all scripts, a redirect to a slash, and headers of one connection."""

from __future__ import annotations

import pytest

from microweb.compat.addresses import (
    append_slash_redirect,
    iri_to_uri,
    remove_entity_headers,
    remove_hop_by_hop_headers,
    uri_to_iri,
)
from microweb.http import Headers


@pytest.mark.parametrize(
    ("iri", "uri"),
    [
        ("/a b/%20", "/a%20b/%20"),
        ("http://☃.net/å?q=<>", "http://xn--n3h.net/%C3%A5?q=%3C%3E"),
        ("http://ü:ä@x.example:80/", "http://%C3%BC:%C3%A4@x.example:80/"),
        ("mailto:é", "mailto:%C3%A9"),
        ("", ""),
    ],
)
def test_iri_to_uri(iri, uri):
    assert iri_to_uri(iri) == uri


@pytest.mark.parametrize(
    ("uri", "iri"),
    [
        ("/%20%25%3F", "/%20%25%3F"),
        ("/%E2%98%83%00%7F%41%2B?%26=%3D", "/☃%00%7FA+?%26=%3D"),
        ("/%c3%a9%FF", "/é%FF"),
        ("http://u%C3%BC:p%40@h/", "http://uü:p%40@h/"),
        ("http://xn--n3h.net/", "http://☃.net/"),
    ],
)
def test_uri_to_iri(uri, iri):
    assert uri_to_iri(uri) == iri


@pytest.mark.parametrize(
    ("path", "location"),
    [("/docs/intro", "intro/"), ("/docs/", "./"), ("/\xc3\xa9", "%C3%A9/")],
)
def test_append_slash_redirect(path, location):
    response = append_slash_redirect({"PATH_INFO": path})
    assert (response.status_code, response.location) == (308, location)


def test_append_slash_redirect_keeps_the_query():
    environ = {"PATH_INFO": "/a", "QUERY_STRING": "x=1"}
    assert append_slash_redirect(environ).location == "a/?x=1"


@pytest.mark.parametrize("kind", [list, "headers"])
def test_headers_are_removed_in_place(kind):
    pairs = [("Connection", "x"), ("TE", "y"), ("X", "1"), ("Content-Type", "t"), ("Expires", "0")]
    headers = Headers(pairs) if kind == "headers" else pairs
    remove_hop_by_hop_headers(headers)
    assert list(headers) == [("X", "1"), ("Content-Type", "t"), ("Expires", "0")]
    remove_entity_headers(headers)
    assert list(headers) == [("X", "1"), ("Expires", "0")]
