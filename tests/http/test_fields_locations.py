"""Hosts, locations and redirects."""

from __future__ import annotations

import pytest

from microweb.http import Response, redirect_response
from microweb.http.fields import location_from_iri
from microweb.text.hosts import split_host_port

from .support_http import run_app


@pytest.mark.parametrize(
    ("host", "split"),
    [
        ("Example.COM", ("example.com", None)),
        ("a:65535", ("a", 65535)),
        ("[2001:DB8::1]:80", ("[2001:db8::1]", 80)),
        ("[::ffff:1.2.3.4]", ("[::ffff:1.2.3.4]", None)),
        ("[1:2:3:4:5:6:7:8]", ("[1:2:3:4:5:6:7:8]", None)),
        ("[1:2:3]", None),
        ("[1::2::3]", None),
        ("[:::]", None),
        ("[12345::]", None),
        ("[]", None),
        ("a\n", None),
        ("a:80\n", None),
        ("x" * 256, None),
        ("", None),
    ],
)
def test_host_and_port(host, split):
    assert split_host_port(host) == split


@pytest.mark.parametrize(
    "location",
    [
        "a\r\nSet-Cookie: x=1",
        "/\nx",
        "/\t/evil.com",
        "\x00//evil.com",
        "\x08javascript:alert(1)",
        "java\tscript:x",
        "\x01javascript:x",
        "/\x7f",
        "/\x85",
        "/\x9f/",
    ],
)
def test_rd_01_rd_02_rd_03_control_characters_are_refused(location):
    with pytest.raises(ValueError, match="control character"):
        redirect_response(location)
    with pytest.raises(ValueError, match="control character"):
        Response().location = location


@pytest.mark.parametrize(
    ("location", "sent"),
    [
        (" //evil.com", "%20//evil.com"),
        ("/\\evil.com", "/%5Cevil.com"),
        ("\\\\evil.com", "%5C%5Cevil.com"),
        ("/%09/evil.com", "/%09/evil.com"),
        ("/a//b", "/a//b"),
        ("\xa0//evil.com", "%C2%A0//evil.com"),
        ("", ""),
        ("?a=b", "?a=b"),
        ("next page", "next%20page"),
        ("/é/\u2028/", "/%C3%A9/%E2%80%A8/"),
        ("/%C3%A9?a=é#ü", "/%C3%A9?a=%C3%A9#%C3%BC"),
        ("https://u:p@e.com:8000/x", "https://u:p@e.com:8000/x"),
        ("//e.com/x", "//e.com/x"),
        ("http://[::1]:80/", "http://[::1]:80/"),
        ("mailto:a@b.c", "mailto:a@b.c"),
        ("file:///x", "file:///x"),
    ],
)
def test_rd_02_rd_06_rd_08_locations_keep_their_form(location, sent):
    assert location_from_iri(location) == sent
    status, headers, _ = run_app(redirect_response(location))
    assert (status, headers.count(("Location", sent))) == ("302 FOUND", 1)
    assert sent.startswith("//") == location.startswith("//")


@pytest.mark.parametrize(
    "location",
    [
        "http://[::1",
        "//[",
        "////evil.com",
        "///evil.com",
        "http://",
        "http:///e.com",
        "//a b/",
        "http://good.com\\@evil.com/",
        "https://a..b/",
        "http://a:99999/",
    ],
)
def test_rd_05_malformed_hosts_raise_at_the_call(location):
    with pytest.raises(ValueError):
        redirect_response(location)


@pytest.mark.parametrize("target", ['/a"><script>', "/x'onclick=", "/a&b=<i>"])
def test_rd_04_the_page_is_escaped(target):
    body = redirect_response(target).get_data()
    for evil in (b"<script>", b"'onclick", b"<i>", b"&b="):
        assert evil not in body


@pytest.mark.parametrize("code", [200, 306, 404, 399, 0])
def test_rd_06_other_codes_are_refused(code):
    with pytest.raises(ValueError, match="redirect"):
        redirect_response("/", code)


def test_rd_08_long_targets_are_sent():
    assert len(redirect_response("/" + "é" * 35_000).location) == 210_001


def test_redirect_of_another_class():
    class Mine(Response):
        pass

    assert type(redirect_response("/", 303, Mine)) is Mine
