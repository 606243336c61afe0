"""The same small app under each framework; a function that raises ImportError is a missing peer."""

from __future__ import annotations

import warnings
from importlib import import_module
from pathlib import Path
from typing import Any, Callable

WSGIApp = Callable[..., Any]
STATIC = Path(__file__).parent / "static"


def flask_app(module: str = "flask") -> WSGIApp:
    """Return the app under Flask, or under microweb: the source is the same."""
    framework: Any = import_module(module)
    request, session, url_for = framework.request, framework.session, framework.url_for
    app = framework.Flask("benchmarks", static_folder=str(STATIC))
    app.secret_key = "benchmark"

    @app.get("/")
    def hello() -> str:
        return "Hello, World!"

    @app.get("/json")
    def json() -> dict[str, object]:
        return {"message": "Hello, World!", "number": 1}

    @app.get("/user/<name>/post/<int:number>")
    def post(name: str, number: int) -> str:
        return f"{name} {number}"

    @app.post("/form")
    def form() -> str:
        return request.form["name"] + request.form["mail"]

    @app.get("/args")
    def args() -> str:
        return f"{request.args['name']} {request.args['page']} {request.cookies['theme']}"

    @app.post("/number")
    def number() -> dict[str, object]:
        return {"number": request.get_json()["number"] + 1}

    @app.get("/session")
    def count() -> str:
        session["count"] = session.get("count", 0) + 1
        return "counted"

    @app.get("/url")
    def url() -> str:
        return url_for("post", name="ada", number=7)

    @app.post("/upload")
    def upload() -> str:
        return str(len(request.files["file"].read()))

    result: WSGIApp = app
    return result


def microweb_app() -> WSGIApp:
    """Return the app under microweb."""
    return flask_app("microweb")


def bottle_app() -> WSGIApp:
    from bottle import Bottle, request, response, static_file

    app = Bottle()

    @app.get("/")
    def hello() -> str:
        return "Hello, World!"

    @app.get("/json")
    def json() -> dict[str, object]:
        return {"message": "Hello, World!", "number": 1}

    @app.get("/user/<name>/post/<number:int>", name="post")
    def post(name: str, number: int) -> str:
        return f"{name} {number}"

    @app.post("/form")
    def form() -> str:
        return request.forms["name"] + request.forms["mail"]

    @app.get("/args")
    def args() -> str:
        return f"{request.query['name']} {request.query['page']} {request.get_cookie('theme')}"

    @app.post("/number")
    def number() -> dict[str, object]:
        return {"number": request.json["number"] + 1}

    @app.get("/session")
    def count() -> str:
        # Bottle has no session; a signed cookie is the nearest it offers.
        number = int(request.get_cookie("count", default="0", secret="benchmark"))
        response.set_cookie("count", str(number + 1), secret="benchmark")
        return "counted"

    @app.get("/url")
    def url() -> str:
        return app.get_url("post", name="ada", number=7)

    @app.get("/static/<filename:path>")
    def static(filename: str) -> Any:
        return static_file(filename, root=str(STATIC))

    @app.post("/upload")
    def upload() -> str:
        return str(len(request.files["file"].file.read()))

    return app


def falcon_app() -> WSGIApp:
    import falcon

    class Hello:
        def on_get(self, req: Any, resp: Any) -> None:
            resp.text = "Hello, World!"

    class Json:
        def on_get(self, req: Any, resp: Any) -> None:
            resp.media = {"message": "Hello, World!", "number": 1}

    class Post:
        def on_get(self, req: Any, resp: Any, name: str, number: int) -> None:
            resp.text = f"{name} {number}"

    class Form:
        def on_post(self, req: Any, resp: Any) -> None:
            form = req.get_media()
            resp.text = form["name"] + form["mail"]

    class Args:
        def on_get(self, req: Any, resp: Any) -> None:
            theme = req.get_cookie_values("theme")[0]
            resp.text = f"{req.params['name']} {req.params['page']} {theme}"

    class Number:
        def on_post(self, req: Any, resp: Any) -> None:
            resp.media = {"number": req.get_media()["number"] + 1}

    app = falcon.App()
    app.add_route("/args", Args())
    app.add_route("/number", Number())
    app.add_route("/", Hello())
    app.add_route("/json", Json())
    app.add_route("/user/{name}/post/{number:int}", Post())
    app.add_route("/form", Form())
    app.add_static_route("/static", str(STATIC))
    return app


def wheezy_app() -> WSGIApp:
    from wheezy.http import HTTPResponse, WSGIApplication
    from wheezy.http.response import json_response
    from wheezy.routing import url
    from wheezy.web.middleware import bootstrap_defaults, path_routing_middleware_factory

    def hello(request: Any) -> Any:
        response = HTTPResponse()
        response.write("Hello, World!")
        return response

    def json(request: Any) -> Any:
        return json_response({"message": "Hello, World!", "number": 1})

    def post(request: Any) -> Any:
        arguments = request.environ["route_args"]
        response = HTTPResponse()
        response.write(f"{arguments['name']} {int(arguments['number'])}")
        return response

    def form(request: Any) -> Any:
        response = HTTPResponse()
        response.write(request.form["name"][0] + request.form["mail"][0])
        return response

    urls = [
        url("", hello),
        url("json", json),
        url("user/{name}/post/{number:int}", post),
        url("form", form),
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return WSGIApplication(
            [bootstrap_defaults(url_mapping=urls), path_routing_middleware_factory], {}
        )


def multipart_app() -> WSGIApp:
    """Return an app that does nothing but read an upload, with the package ``multipart``."""
    from multipart import parse_form_data

    def application(environ: Any, start_response: Any) -> list[bytes]:
        _, files = parse_form_data(environ, strict=True)
        size = len(files["file"].file.read())
        start_response("200 OK", [("Content-Type", "text/plain")])
        for part in files.values():
            part.close()
        return [str(size).encode()]

    return application


FRAMEWORKS: dict[str, Callable[[], WSGIApp]] = {
    "microweb": microweb_app,
    "Flask": flask_app,
    "Bottle": bottle_app,
    "Falcon": falcon_app,
    "wheezy.web": wheezy_app,
    "multipart": multipart_app,
}
