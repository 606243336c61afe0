"""What only shows once an app answers: rows that live between this part and the app."""

from __future__ import annotations

import html

import pytest

from microweb import Microweb, jsonify, redirect, request
from tests.support import checked_client, make_app


def answers(**views):
    """Return a client of an app with one view per keyword."""
    app = make_app(PROPAGATE_EXCEPTIONS=False)
    for name, view in views.items():
        app.add_url_rule(f"/{name}", name, view, methods=["GET", "POST"])
    return checked_client(app)


def nested(depth):
    value = []
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize("text", ["</script>", "\u2028", "\ud800", '"\\\0'])
def test_hd_13_json_of_any_text_is_valid(text):
    response = answers(view=lambda: {"a": text}).get("/view")
    assert response.get_json() == {"a": text}
    assert response.data.isascii()


def test_hd_13_json_too_deep_is_an_error_and_no_half_a_body():
    response = answers(view=lambda: jsonify(nested(100_000))).get("/view")
    assert (response.status_code, b"[[" in response.data) == (500, False)


@pytest.mark.parametrize("value", [None, 5, "\ud800", object()], ids=repr)
def test_hd_14_what_is_no_answer_is_500_and_tells_nothing(value):
    response = answers(view=lambda: value).get("/view")
    assert response.status_code == 500
    assert b"Traceback" not in response.data


def test_rd_07_a_forwarded_scheme_is_not_trusted():
    client = answers(view=lambda: redirect(request.url))
    response = client.get("/view", headers={"X-Forwarded-Proto": "https"})
    assert response.location == "http://localhost/view"


def test_ck_04_malformed_cookies_are_no_reason_to_log(caplog):
    client = answers(view=lambda: str(len(request.cookies)))
    cookies = "; ".join(f"]{index}\\=" for index in range(2000)) + "; =x; ;; rubbish"
    assert client.get("/view", headers={"Cookie": cookies}).text == "2000"
    assert not caplog.records


@pytest.fixture
def folder(tmp_path):
    static = tmp_path / "static"
    static.mkdir()
    (static / "a.txt").write_text("a")
    sibling = tmp_path / "static_private"
    sibling.mkdir()
    (sibling / "s.txt").write_text("secret")
    return tmp_path


def static_client(folder):
    return checked_client(Microweb("tests.static", root_path=str(folder)))


@pytest.mark.parametrize(
    "path", ["../static_private/s.txt", "..%2fstatic_private/s.txt", "_private/s.txt"]
)
def test_st_02_a_sibling_with_the_same_beginning_is_not_reached(folder, path):
    assert static_client(folder).get(f"/static/{path}").status_code == 404
    assert static_client(folder).get(f"/static{path}").status_code == 404


def test_st_07_links_that_the_owner_made_are_followed(folder):
    (folder / "static" / "link.txt").symlink_to(folder / "static_private" / "s.txt")
    assert static_client(folder).get("/static/link.txt").text == "secret"


def test_st_19_there_is_no_listing_of_a_folder(folder):
    (folder / "static" / "<img onerror=x>").write_text("x")
    for path in ("/static", "/static/", "/static/."):
        response = static_client(folder).get(path)
        assert (response.status_code, b"onerror" in response.data) == (404, False)


@pytest.mark.parametrize(
    ("arguments", "code", "named"),
    [
        (
            {"data": b"a=" + b"x" * 60, "content_type": "application/x-www-form-urlencoded"},
            413,
            "50",
        ),
        ({"data": b"{", "content_type": "application/json"}, 400, "JSON"),
        ({"data": b"{}", "content_type": "text/plain"}, 415, "text/plain"),
        ({"data": b"rubbish", "content_type": "multipart/form-data; boundary=B"}, 400, "boundary"),
        ({"data": {"other": "1"}}, 400, "name"),
        ({"headers": {"Host": "a b"}}, 400, "a b"),
    ],
    ids=["limit", "json", "type", "multipart", "field", "host"],
)
@pytest.mark.parametrize("debug", [True, False])
def test_bad_input_is_named_in_debug_mode_and_not_otherwise(arguments, code, named, debug):
    app = make_app(MAX_FORM_MEMORY_SIZE=50, TRAP_BAD_REQUEST_ERRORS=False)
    app.debug = debug

    @app.post("/")
    def view():
        request.host  # noqa: B018
        if "json" in (request.content_type or "") or "plain" in (request.content_type or ""):
            return request.get_json()
        return request.form["name"]

    with app.test_client() as client:
        response = client.post("/", **arguments)
    assert response.status_code == code
    assert (named in html.unescape(response.text)) == debug
