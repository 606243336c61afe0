"""The router in an app: what its map raises in a view, and what becomes of it."""

from __future__ import annotations

import pytest

from microweb import Microweb, request
from microweb.http import HTTPException
from microweb.routing import RequestRedirect
from microweb.testing import EnvironBuilder


def routed_app():
    app = Microweb("routed")
    app.add_url_rule("/page/", "page", lambda: "page", methods=["GET"])
    app.add_url_rule("/echo", "echo", lambda: "never", websocket=True)

    @app.post("/match/<name>")
    def match(name):
        adapter = app.url_map.bind("h")
        try:
            adapter.match("/" + name, method=request.args.get("method"))
        except HTTPException as error:
            if "code" in request.args:
                error.code = int(request.args["code"])
            return error
        return "matched"

    @app.post("/let-through/<name>")
    def let_through(name):
        return str(app.url_map.bind("h").match("/" + name))

    @app.get("/raise")
    def go():
        raise RequestRedirect("http://h/page/")

    return app


@pytest.mark.parametrize(
    ("url", "code", "location"),
    [
        ("/match/nowhere", 404, None),
        ("/match/page", 308, "http://h/page/"),
        ("/match/page?code=301", 301, "http://h/page/"),
        ("/match/raise?method=PUT", 405, None),
        ("/match/echo", 400, None),
        ("/let-through/nowhere", 404, None),
        ("/let-through/page", 308, "http://h/page/"),
    ],
)
def test_what_the_apps_map_raises_is_an_http_exception(url, code, location):
    response = routed_app().test_client().post(url)
    assert (response.status_code, response.location) == (code, location)
    assert code != 405 or "GET" in response.headers["Allow"]


def test_a_redirect_of_the_router_goes_to_no_handler_of_errors():
    app = routed_app()
    app.register_error_handler(HTTPException, lambda error: (f"handled {error.code}", error.code))
    client = app.test_client()
    assert client.get("/raise").location == "http://h/page/"
    assert client.get("/raise").status_code == 308
    assert client.post("/let-through/page").status_code == 308
    assert client.post("/let-through/nowhere").text == "handled 404"
    app = routed_app()
    app.register_error_handler(RequestRedirect, lambda error: f"to {error.new_url}")
    assert app.test_client().get("/raise").text == "to http://h/page/"


def test_what_the_apps_map_raises_is_a_wsgi_application():
    answered = []
    environ = EnvironBuilder("/").get_environ()
    for path, method in (("/page", "GET"), ("/page/", "POST"), ("/nowhere", "GET")):
        with pytest.raises(HTTPException) as caught:
            routed_app().url_map.bind("h").match(path, method)
        body = caught.value(environ, lambda status, headers: answered.append(status[:3]))
        assert b"".join(body)
    assert answered == ["308", "405", "404"]


def test_a_route_for_websockets_answers_400_to_a_request():
    response = routed_app().test_client().get("/echo")
    assert response.status_code == 400
