"""The app object itself: instance folders, factories that can be overridden."""

from __future__ import annotations

import os
import sys

import pytest

from microweb import (
    Blueprint,
    Microweb,
    Request,
    Response,
    abort,
    g,
    jsonify,
    render_template,
    render_template_string,
    request,
    template_rendered,
    url_for,
)
from microweb.http import Aborter, NotFound
from microweb.routing import BaseConverter
from microweb.templating import ChoiceLoader, DictLoader

from .support import make_app


@pytest.fixture
def importable(tmp_path, monkeypatch):
    """Make modules in a folder, import one by name and return an app of that name."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def build(name, *files):
        for file in files:
            path = tmp_path / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("")
        __import__(name)
        monkeypatch.delitem(sys.modules, name)
        __import__(name)
        return Microweb(name, static_folder=None)

    return build


@pytest.mark.parametrize(
    ("name", "files"),
    [
        ("instance_module", ["instance_module.py"]),
        ("instance_package", ["instance_package/__init__.py"]),
        ("instance_outer.inner", ["instance_outer/__init__.py", "instance_outer/inner.py"]),
        ("instance_a.b", ["instance_a/__init__.py", "instance_a/b/__init__.py"]),
    ],
)
def test_the_instance_folder_lies_beside_the_outermost_module(importable, tmp_path, name, files):
    app = importable(name, *files)
    assert app.instance_path == str(tmp_path / "instance")


def test_an_installed_package_has_its_instance_folder_under_var(importable, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    app = importable("instance_installed", "instance_installed.py")
    assert app.instance_path == str(tmp_path / "var" / "instance_installed-instance")


def test_instance_resources_and_configuration(tmp_path):
    (tmp_path / "config.py").write_text("COLOUR = 'red'")
    app = Microweb("x", instance_path=str(tmp_path), instance_relative_config=True)
    assert app.config.from_pyfile("config.py")
    assert app.config["COLOUR"] == "red"
    with app.open_instance_resource("data.txt", "w") as file:
        file.write("é")
    with app.open_instance_resource("data.txt") as file:
        assert file.read() == "é".encode()
    with pytest.raises(ValueError, match="os.path.abspath"):
        Microweb("x", instance_path="relative")


def test_the_aborter_can_be_another():
    class Own(Aborter):
        pass

    class App(Microweb):
        aborter_class = Own

    assert type(App("x", static_folder=None).aborter) is Own


def test_errors_a_teardown_shall_not_see():
    class App(Microweb):
        def should_ignore_error(self, error):
            return isinstance(error, KeyError)

    app = App("x", static_folder=None)
    seen = []
    app.teardown_request(seen.append)

    @app.get("/<kind>")
    def crash(kind):
        raise {"key": KeyError, "value": ValueError}[kind]("x")

    client = app.test_client()
    client.get("/key")
    client.get("/value")
    assert seen[0] is None
    assert isinstance(seen[1], ValueError)


def test_cookies_over_the_limit_warn_and_raise_while_debugging():
    from microweb import make_response

    def large():
        response = make_response("x")
        response.set_cookie("big", "x" * 200)
        return response

    app = make_app(MAX_COOKIE_SIZE=100)
    app.get("/")(large)
    with pytest.warns(UserWarning, match="big"):
        assert "Set-Cookie" in app.test_client().get("/").headers
    debugging = make_app(MAX_COOKIE_SIZE=100, DEBUG=True)
    debugging.get("/")(large)
    with pytest.raises(ValueError, match="big"):
        debugging.test_client().get("/")
    unlimited = make_app(MAX_COOKIE_SIZE=0, DEBUG=True)
    unlimited.get("/")(large)
    assert unlimited.test_client().get("/").status_code == 200


def test_a_static_file_is_sent_compressed_where_it_lies_so(tmp_path):
    import gzip

    (tmp_path / "a.css").write_text("a {}")
    (tmp_path / "a.css.gz").write_bytes(gzip.compress(b"a {}"))
    os.utime(tmp_path / "a.css", (1, 1))
    app = Microweb("x", static_folder=tmp_path, static_url_path="/static")
    response = app.test_client().get("/static/a.css", headers={"Accept-Encoding": "gzip"})
    assert response.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(response.data) == b"a {}"
    assert app.test_client().get("/static/a.css").data == b"a {}"


class SmallRequest(Request):
    max_content_length = 20
    max_form_parts = 2
    trusted_hosts = ["a.com"]


def test_limits_of_a_request_class_hold_where_the_configuration_says_nothing():
    class App(Microweb):
        request_class = SmallRequest

    app = App("x", static_folder=None)
    app.post("/")(lambda: str(len(request.get_data())))
    client = app.test_client()
    assert client.post("/", data="x" * 5, base_url="http://a.com").text == "5"
    assert client.post("/", data="x" * 99, base_url="http://a.com").status_code == 413
    assert client.post("/", data="x").status_code == 400
    configured = App("x", static_folder=None)
    configured.config["MAX_CONTENT_LENGTH"] = 200
    configured.post("/")(lambda: str(len(request.get_data())))
    client = configured.test_client()
    assert client.post("/", data="x" * 99, base_url="http://a.com").text == "99"


def test_what_a_program_sets_on_the_app_stays():
    app = make_app()
    app.name, app.logger, app.instance_path = "named", "a logger", "/somewhere"
    assert (app.name, app.logger, app.instance_path) == ("named", "a logger", "/somewhere")


def test_the_configuration_may_be_set_while_the_app_is_made():
    class App(Microweb):
        def make_config(self, instance_relative=False):
            config = super().make_config(instance_relative)
            config["OWN"] = 1
            return config

    assert App("x", static_folder=None).config["OWN"] == 1


def test_a_response_class_may_make_its_own_headers():
    class Own(Response):
        def get_wsgi_headers(self, environ):
            headers = super().get_wsgi_headers(environ)
            headers["X-Own"] = "1"
            return headers

    class App(Microweb):
        response_class = Own

    app = App("x", static_folder=None)
    app.get("/text")(lambda: "text")
    app.get("/json", endpoint="json")(lambda: {"a": 1})
    for path in ("/text", "/json", "/nothing"):
        assert app.test_client().get(path).headers["X-Own"] == "1"


def test_a_converter_may_answer_that_what_it_looks_up_is_not_there():
    class Known(BaseConverter):
        def to_python(self, value):
            return value if value == "ada" else abort(404, "no such person")

    app = make_app()
    app.url_map.converters["known"] = Known
    app.get("/<known:name>")(lambda name: name)
    app.register_error_handler(404, lambda error: (error.description, 404))
    client = app.test_client()
    assert client.get("/ada").text == "ada"
    assert (client.get("/bob").status_code, client.get("/bob").text) == (404, "no such person")


def test_the_loader_of_templates_can_be_set():
    app = make_app()
    app.jinja_loader = DictLoader({"a.html": "set"})
    with app.app_context():
        assert render_template("a.html") == "set"
        app.jinja_loader = ChoiceLoader([DictLoader({"a.html": "again"}), app.jinja_loader])
        assert render_template("a.html") == "again"


def test_options_of_a_registration_reach_the_recorded_functions():
    pages = Blueprint("pages", __name__)
    seen = []
    pages.record(lambda state: seen.append(state.options["flavour"]))
    make_app().register_blueprint(pages, flavour="vanilla")
    assert seen == ["vanilla"]


def test_a_number_too_large_for_json_is_a_bad_request():
    app = make_app()
    app.post("/")(lambda: jsonify(request.get_json()))
    client = app.test_client()
    assert client.post("/", data="[1e999]", content_type="application/json").status_code == 400
    assert client.post("/", data="[1.5e3]", content_type="application/json").json == [1500.0]


def test_of_several_rules_the_one_for_the_requests_method_is_built():
    app = make_app()
    app.add_url_rule("/m", "m", lambda: url_for("m"), methods=["POST"])
    app.add_url_rule("/m/get", "m", methods=["GET"])
    client = app.test_client()
    assert client.get("/m/get").text == "/m/get"
    assert client.post("/m").text == "/m"
    with app.test_request_context("/m/get"):
        assert url_for("m", _method="POST") == "/m"
        assert url_for("m", _external=True, _scheme="") == "//localhost/m/get"


def test_the_context_of_a_request_can_be_copied():
    app = make_app()
    with app.test_request_context("/?a=1") as context:
        g.x = 1
        copy = context.copy()
    with copy:
        assert (request.args["a"], g.get("x")) == ("1", None)


def test_whoever_listens_to_templates_finds_the_request_in_their_context():
    app = make_app()
    app.get("/")(lambda: render_template_string("x"))
    seen = []

    def receive(sender, template, context, **values):
        seen.append((context["request"].path, "g" in context))

    with template_rendered.connected_to(receive, app):
        app.test_client().get("/")
    assert seen == [("/", True)]


@pytest.mark.parametrize("code", ["404", {}, None, NotFound(), NotFound, 200])
def test_abort_with_what_is_no_code_says_so(code):
    with pytest.raises(LookupError, match="No exception is known"):
        abort(code)
