"""Locations in headers: percent-encoded, whoever set them."""

from __future__ import annotations

import pytest

from microweb.http import Headers, Response


@pytest.mark.parametrize(
    ("location", "sent"),
    [
        ("/\\\\evil.example", "/%5C%5Cevil.example"),
        ("/user/José", "/user/Jos%C3%A9"),
        ("/user/日", "/user/%E6%97%A5"),
        ("/a b", "/a%20b"),
        ("/a%20b?c=d#e", "/a%20b?c=d#e"),
        ("https://exämple.com/ü", "https://xn--exmple-cua.com/%C3%BC"),
        ("/user/José".encode(), "/user/Jos%C3%A9"),
    ],
)
@pytest.mark.parametrize("name", ["Location", "location", "Content-Location"])
def test_a4_a_location_is_encoded_whoever_set_it(location, sent, name):
    def changed(change):
        headers = Headers({name: "/"})
        change(headers)
        return headers[name]

    assert Headers({name: location})[name] == sent
    assert Headers([(name, location)])[name] == sent
    assert changed(lambda h: h.set(name, location)) == sent
    assert changed(lambda h: h.update({name: location})) == sent
    assert changed(lambda h: h.update([(name, location)])) == sent
    assert changed(lambda h: h.setlist(name, [location])) == sent
    assert changed(lambda h: h.__setitem__(0, (name, location))) == sent
    response = Response("", 302, {name: location})
    assert response.headers[name] == sent
    response.headers[name] = location
    assert response.headers[name] == sent
    with pytest.raises(ValueError, match="control character"):
        Headers({name: "/\t/evil.example"})
