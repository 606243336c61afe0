"""Credentials and challenges."""

from __future__ import annotations

import random
from base64 import b64encode

import pytest

from microweb.http import Authorization, Response, WWWAuthenticate


@pytest.mark.parametrize(
    "auth",
    [
        Authorization("basic", {"username": "ü", "password": "a:b"}),
        Authorization("bearer", token="abc=="),
        Authorization("digest", {"username": 'a"b', "nonce": "x, y"}),
    ],
)
def test_round_trip(auth):
    assert Authorization.from_header(str(auth)) == auth


def test_missing_parameters_are_none():
    auth = Authorization("digest", {"a": "b"})
    assert (auth.a, auth["a"], auth.get("a"), "a" in auth, auth.zz, auth.username) == (
        "b",
        "b",
        "b",
        True,
        None,
        None,
    )


@pytest.mark.parametrize(
    ("challenge", "header"),
    [
        (WWWAuthenticate("basic", {"realm": 'a "b"'}), 'Basic realm="a \\"b\\""'),
        (WWWAuthenticate("Bearer"), "Bearer"),
        (WWWAuthenticate("negotiate", token="abc="), "Negotiate abc="),
    ],
)
def test_challenges(challenge, header):
    assert challenge.to_header() == header
    again = WWWAuthenticate.from_header(header)
    assert (again.type, again.parameters, again.token) == (
        challenge.type,
        challenge.parameters,
        challenge.token,
    )


def test_a_scheme_is_a_token():
    with pytest.raises(ValueError, match="scheme"):
        WWWAuthenticate("a\r\nb")


def test_random_headers_raise_nothing():
    random.seed(8)
    for _ in range(3000):
        text = "".join(random.choice('Basic =,"YTpi\xff\0:') for _ in range(25))
        Authorization.from_header(text)
        Authorization.from_header("Basic " + text)
        WWWAuthenticate.from_header(text)


@pytest.mark.parametrize("charset", ["utf-8", "latin-1"])
def test_c15_basic_credentials_in_latin_1(charset):
    pair = b64encode("jürgen:geheim§".encode(charset)).decode()
    authorization = Authorization.from_header(f"Basic {pair}")
    assert (authorization.username, authorization.password) == ("jürgen", "geheim§")


def test_a_parameter_that_was_got_writes_through():
    response = Response()
    response.www_authenticate = WWWAuthenticate("digest", {"realm": "r"})
    response.www_authenticate.parameters["qop"] = "auth"
    assert response.headers["WWW-Authenticate"] == 'Digest realm="r", qop=auth'
    response.mimetype_params["x"] = "y"
    assert response.headers["Content-Type"] == "text/html; charset=utf-8; x=y"
