"""The app object itself: instance folders, factories that can be overridden."""

from __future__ import annotations

import os
import sys
import zipfile

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
from microweb.templating import ChoiceLoader, DictLoader, TemplateNotFound

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


ZIPPED = {
    "zipped_app/__init__.py": """
from microweb import Microweb, render_template, send_file, send_from_directory
from .pages.views import pages
app = Microweb(__name__, template_folder="../shared/templates")
app.register_blueprint(pages)
app.add_url_rule("/", "index", lambda: render_template("index.html"))
app.add_url_rule("/part", "part", lambda: render_template("pages/part.html"))
app.add_url_rule("/sent", "sent", lambda: send_file("static/a.css"))
from_files = lambda name: send_from_directory("pages/files", name)
app.add_url_rule("/from/<path:name>", "from", from_files)
""",
    "zipped_app/data.txt": "one\r\ntw\xf6",
    "zipped_app/static/a.css": "a { }" * 100,
    "zipped_app/static/b.css": "b { }",
    "zipped_app/static/b.css.gz": "packed",
    "zipped_app/pages/__init__.py": "",
    "zipped_app/pages/views.py": """
from microweb import Blueprint
pages = Blueprint("pages", __name__, "files", template_folder="templates", url_prefix="/pages")
""",
    "zipped_app/pages/files/x.txt": "of the blueprint",
    "zipped_app/pages/templates/pages/part.html": "{% extends 'index.html' %}",
    "shared/templates/index.html": "<p>{{ config.NAME }}",
    "outside.txt": "outside",
}


@pytest.fixture(scope="module", params=[zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def zipped(request, tmp_path_factory):
    """An app that was imported from a zip."""
    archive = tmp_path_factory.mktemp("zipped") / "an app.zip"
    with zipfile.ZipFile(archive, "w", request.param) as file:
        for name, text in ZIPPED.items():
            file.writestr(name, text)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(archive))
        app = __import__("zipped_app").app
        app.config["NAME"] = "<zip>"
        yield app
    for name in [name for name in sys.modules if name.startswith("zipped_app")]:
        del sys.modules[name]


def test_an_app_in_a_zip_opens_its_resources(zipped):
    with zipped.open_resource("data.txt") as file:
        assert file.read() == b"one\r\ntw\xc3\xb6"
    with zipped.open_resource("data.txt", "r") as file:
        assert list(file) == ["one\n", "tw\xf6"]
    with zipped.open_resource("data.txt", "rt", encoding="latin-1") as file:
        assert file.read().endswith("tw\xc3\xb6")
    assert zipped.blueprints["pages"].open_resource("files/x.txt").read() == b"of the blueprint"
    for wrong in ("none.txt", "static", "../../nope.txt", "data.txt/x"):
        with pytest.raises(FileNotFoundError, match=os.path.basename(wrong)):
            zipped.open_resource(wrong)


def test_an_app_in_a_zip_has_its_instance_folder_beside_it(zipped):
    archive = os.path.dirname(zipped.root_path)
    assert archive.endswith("an app.zip")
    assert zipped.instance_path == os.path.join(os.path.dirname(archive), "instance")


def test_an_app_in_a_zip_renders_its_templates_and_those_of_its_blueprints(zipped):
    client = zipped.test_client()
    assert client.get("/").text == client.get("/part").text == "<p>&lt;zip&gt;"
    names = zipped.jinja_env.list_templates()
    assert names == ["index.html", "pages/part.html"]
    with pytest.raises(TemplateNotFound, match="Did you mean 'index.html'") as caught:
        zipped.jinja_env.get_template("indx.html")
    assert [path.partition("an app.zip")[2] for path in caught.value.tried] == [
        os.path.join(os.sep, "zipped_app", "..", "shared", "templates", "indx.html"),
        os.path.join(os.sep, "zipped_app", "pages", "templates", "indx.html"),
    ]


@pytest.mark.parametrize("path", ["/static/a.css", "/sent"])
def test_an_app_in_a_zip_sends_its_files(zipped, path):
    client = zipped.test_client()
    whole = client.get(path)
    assert (whole.text, whole.mimetype) == ("a { }" * 100, "text/css")
    assert whole.headers["Content-Length"] == "500"
    for name, key in (("If-None-Match", "ETag"), ("If-Modified-Since", "Last-Modified")):
        assert client.get(path, headers={name: whole.headers[key]}).status_code == 304
    part = client.get(path, headers={"Range": "bytes=2-5"})
    assert (part.status_code, part.text, part.headers["Content-Range"]) == (
        206,
        "{ }a",
        "bytes 2-5/500",
    )
    assert client.head(path).headers["ETag"] == whole.headers["ETag"]


def test_an_app_in_a_zip_sends_nothing_from_outside_its_folders(zipped):
    client = zipped.test_client()
    for start, good in (("/static/", "b.css"), ("/pages/files/", "x.txt"), ("/from/", "x.txt")):
        assert client.get(start + good).status_code == 200
        for wrong in (
            "../__init__.py",
            "../../outside.txt",
            "..%2f__init__.py",
            "%2e%2e/data.txt",
            "x/../../data.txt",
            "/etc/passwd",
            "%2fetc%2fpasswd",
            f"{good}/",
            f"{good}/../{good}",
            f"{good}%00",
            "",
            "none",
        ):
            status = client.get(start + wrong, follow_redirects=True).status_code
            # Within its folder a path may go up and down again.
            assert status == (200 if wrong.endswith(f"/../{good}") else 404), start + wrong
