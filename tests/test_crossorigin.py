"""Forged requests are refused before anything of the app runs."""

from __future__ import annotations

import pytest

from microweb import Microweb, request

OWN = {"Host": "notes.example:8000"}
FORGED = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "made up"},
    {"Sec-Fetch-Site": "cross-site", "Origin": "http://notes.example:8000"},
    {"Origin": "http://evil.example"},
    {"Origin": "http://notes.example"},
    {"Origin": "http://notes.example:8001"},
    {"Origin": "http://notes.example:8000.evil.example"},
    {"Origin": "null"},
]
HONEST = [
    {},
    {"Sec-Fetch-Site": "same-origin"},
    {"Sec-Fetch-Site": "none"},
    {"Origin": "http://notes.example:8000"},
    {"Origin": "https://notes.example:8000"},
]


def make_guarded_app(value=True):
    app = Microweb("example")
    app.config["REFUSE_CROSS_ORIGIN"] = value
    app.ran = []
    app.before_request(lambda: app.ran.append("before"))
    app.add_url_rule(
        "/", "act", lambda: app.ran.append("view") or "done", methods=["GET", "POST", "DELETE"]
    )
    return app


@pytest.mark.parametrize("headers", FORGED, ids=str)
@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_an_unsafe_request_of_another_origin_is_refused(headers, method):
    app = make_guarded_app()
    answer = app.test_client().open("/", method=method, headers={**OWN, **headers})
    assert answer.status_code == 403
    assert app.ran == []


@pytest.mark.parametrize("headers", HONEST, ids=str)
def test_an_honest_request_passes(headers):
    app = make_guarded_app()
    assert app.test_client().post("/", headers={**OWN, **headers}).text == "done"
    assert app.ran == ["before", "view"]


@pytest.mark.parametrize("headers", FORGED, ids=str)
def test_a_safe_request_passes_from_everywhere(headers):
    assert make_guarded_app().test_client().get("/", headers={**OWN, **headers}).text == "done"


def test_a_trusted_origin_passes_and_no_other():
    client = make_guarded_app(["https://www.example.com"]).test_client()
    sent = {"Sec-Fetch-Site": "cross-site", "Origin": "https://www.example.com"}
    assert client.post("/", headers=sent).status_code == 200
    assert client.post("/", headers={**sent, "Origin": "https://example.com"}).status_code == 403


def test_without_the_switch_nothing_is_refused():
    app = make_guarded_app(False)
    assert app.test_client().post("/", headers=FORGED[0]).status_code == 200


def test_a_handler_of_the_app_words_the_refusal():
    app = make_guarded_app()
    app.register_error_handler(403, lambda error: (f"no: {request.path}", 403))
    assert app.test_client().post("/", headers=FORGED[0]).text == "no: /"


@pytest.mark.parametrize("value", ["https://example.com", 1, ["example.com"], ["https://a.b/c"]])
def test_a_value_that_means_nothing_is_told(value):
    with pytest.raises((TypeError, ValueError), match="REFUSE_CROSS_ORIGIN"):
        make_guarded_app(value).test_client().get("/")


@pytest.mark.parametrize("trusted", [[], ()])
def test_an_empty_list_trusts_no_other_origin(trusted):
    client = make_guarded_app(trusted).test_client()
    assert client.post("/", headers={"Origin": "http://evil.example"}).status_code == 403
    assert client.post("/").status_code == 200


def test_a_forged_request_to_a_host_that_is_refused_runs_nothing():
    app = make_guarded_app()
    app.config["TRUSTED_HOSTS"] = ["example.com"]
    headers = {"Host": "other.example", "Sec-Fetch-Site": "cross-site"}
    assert app.test_client().post("/", headers=headers).status_code == 403
    assert app.ran == []
