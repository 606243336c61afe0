"""Errors as JSON."""

from __future__ import annotations

import json

import pytest

from microweb.http import NotFound
from tests.support import checked_client, make_app

from .support_http import make_environ, run_app


@pytest.mark.parametrize(
    ("accept", "is_json"),
    [
        (None, False),
        ("*/*", False),
        ("text/html,application/xhtml+xml,*/*;q=0.8", False),
        ("application/json", True),
        ("application/json, text/plain, */*", True),
        ("application/problem+json", True),
        ("text/html, application/json;q=0.9", False),
        ("application/json, text/html;q=0.5", True),
        ("application/json;q=0", False),
        ("application/json, text/html", False),
    ],
)
def test_json_for_clients_that_prefer_it(accept, is_json):
    _, headers, body = run_app(NotFound(), make_environ(HTTP_ACCEPT=accept))
    if is_json:
        assert dict(headers)["Content-Type"] == "application/json"
        assert json.loads(body) == {
            "code": 404,
            "name": "Not Found",
            "description": NotFound.description,
        }
    else:
        assert dict(headers)["Content-Type"] == "text/html; charset=utf-8"


def test_an_error_page_is_json_for_clients_that_ask_for_json():
    app = make_app()
    response = checked_client(app).get("/nothing", headers={"Accept": "application/json"})
    assert (response.status_code, response.json["code"]) == (404, 404)
