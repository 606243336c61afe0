"""Blueprints: their names and prefixes, what holds for them alone, and what for the whole app."""

from __future__ import annotations

import pytest

from microweb import (
    Blueprint,
    Microweb,
    abort,
    g,
    render_template,
    render_template_string,
    request,
    url_for,
)

from .support import checked_client, make_app


def test_names_and_prefixes_stand_in_front():
    pages = Blueprint("pages", __name__, url_prefix="/pages")

    @pages.get("/")
    def index():
        return url_for(".show", name="x") + " " + url_for("pages.show", name="y")

    @pages.get("/<name>")
    def show(name):
        return f"{request.endpoint} {request.blueprint} {request.blueprints}"

    app = make_app()
    app.register_blueprint(pages)
    app.register_blueprint(pages, name="again", url_prefix="/more/")
    client = checked_client(app)
    assert client.get("/pages/").text == "/pages/x /pages/y"
    assert client.get("/more/").text == "/more/x /pages/y"
    assert client.get("/pages/a").text == "pages.show pages ['pages']"
    assert client.get("/more/a").text == "again.show again ['again']"
    assert [blueprint.name for blueprint in app.iter_blueprints()] == ["pages", "pages"]


def test_blueprints_nest():
    inner = Blueprint("inner", __name__, url_prefix="/in")
    outer = Blueprint("outer", __name__, url_prefix="/out")
    seen = []
    inner.get("/x", endpoint="x")(lambda: request.endpoint)
    inner.before_request(lambda: seen.append("inner"))
    outer.before_request(lambda: seen.append("outer"))
    outer.register_blueprint(inner)
    app = make_app()
    app.before_request(lambda: seen.append("app"))
    app.register_blueprint(outer)
    assert checked_client(app).get("/out/in/x").text == "outer.inner.x"
    assert seen == ["app", "outer", "inner"]


def test_hooks_hold_for_the_blueprint_unless_they_say_app():
    pages = Blueprint("pages", __name__)
    seen = []
    pages.get("/in", endpoint="in")(lambda: "in")
    pages.before_request(lambda: seen.append("own before"))
    pages.before_app_request(lambda: seen.append("app before"))

    @pages.after_request
    def own_after(response):
        seen.append("own after")
        return response

    @pages.after_app_request
    def app_after(response):
        seen.append("app after")
        return response

    pages.teardown_request(lambda error: seen.append("own teardown"))
    pages.teardown_app_request(lambda error: seen.append("app teardown"))
    app = make_app()
    app.get("/out", endpoint="out")(lambda: "out")
    app.register_blueprint(pages)
    client = checked_client(app)
    client.get("/out")
    assert seen == ["app before", "app after", "app teardown"]
    seen.clear()
    client.get("/in")
    assert seen == [
        "app before",
        "own before",
        "own after",
        "app after",
        "own teardown",
        "app teardown",
    ]


def test_error_handlers_of_the_innermost_blueprint_come_first():
    pages = Blueprint("pages", __name__)
    pages.get("/in", endpoint="in")(lambda: abort(404))
    pages.register_error_handler(404, lambda error: ("own", 404))
    pages.app_errorhandler(403)(lambda error: ("app-wide", 403))
    app = make_app()
    app.get("/out", endpoint="out")(lambda: abort(404))
    app.get("/forbidden", endpoint="forbidden")(lambda: abort(403))
    app.register_error_handler(404, lambda error: ("app", 404))
    app.register_blueprint(pages)
    client = checked_client(app)
    texts = [client.get(path).text for path in ("/in", "/out", "/nothing", "/forbidden")]
    assert texts == ["own", "app", "app", "app-wide"]


def test_one_blueprint_serves_two_apps():
    pages = Blueprint("pages", __name__)
    pages.get("/", endpoint="index")(lambda: g.hello)
    pages.before_app_request(lambda: setattr(g, "hello", "hello"))
    for _ in range(2):
        app = make_app()
        app.register_blueprint(pages)
        assert checked_client(app).get("/").text == "hello"


def test_templates_and_static_files_of_a_blueprint(tmp_path):
    for name in ("app", "pages"):
        (tmp_path / name / "templates").mkdir(parents=True)
        (tmp_path / name / "templates" / "both.html").write_text(f"of {name}")
    (tmp_path / "pages" / "templates" / "own.html").write_text("{{ 'own'|shout }}")
    (tmp_path / "pages" / "files").mkdir()
    (tmp_path / "pages" / "files" / "a.txt").write_text("a file")
    pages = Blueprint(
        "pages",
        __name__,
        root_path=str(tmp_path / "pages"),
        template_folder="templates",
        static_folder="files",
        url_prefix="/p",
    )
    pages.app_template_filter("shout")(lambda text: text.upper())
    pages.get("/<name>")(template := lambda name: render_template(f"{name}.html"))
    assert template
    app = make_app()
    app.root_path = str(tmp_path / "app")
    app.template_folder = "templates"
    app.register_blueprint(pages)
    client = checked_client(app)
    assert [client.get(f"/p/{name}").text for name in ("both", "own")] == ["of app", "OWN"]
    assert client.get("/p/files/a.txt").text == "a file"
    with app.test_request_context():
        assert url_for("pages.static", filename="a.txt") == "/p/files/a.txt"


def test_url_defaults_and_view_defaults():
    pages = Blueprint("pages", __name__, url_prefix="/<lang>", url_defaults={"theme": "dark"})
    pages.get("/x", endpoint="x", defaults={"size": 1})(lambda **values: values)
    pages.url_value_preprocessor(lambda endpoint, values: setattr(g, "lang", values["lang"]))
    pages.url_defaults(lambda endpoint, values: values.setdefault("lang", g.lang))
    pages.get("/link", endpoint="link")(lambda lang, theme: url_for(".link"))
    app = make_app()
    app.register_blueprint(pages)
    client = checked_client(app)
    assert client.get("/de/x").json == {"lang": "de", "theme": "dark", "size": 1}
    assert client.get("/fr/link").text == "/fr/link"


def test_what_cannot_be_is_told():
    with pytest.raises(ValueError, match="has no dot"):
        Blueprint("a.b", __name__)
    with pytest.raises(ValueError, match="not empty"):
        Blueprint("", __name__)
    pages = Blueprint("pages", __name__)
    with pytest.raises(ValueError, match="an endpoint of a blueprint has no dot"):
        pages.add_url_rule("/", "a.b", lambda: "")
    with pytest.raises(ValueError, match="on itself"):
        pages.register_blueprint(pages)
    app = make_app()
    app.register_blueprint(pages)
    with pytest.raises(ValueError, match="registered as 'pages' already; register it with name="):
        app.register_blueprint(pages)
    with pytest.raises(ValueError, match="it is another one"):
        app.register_blueprint(Blueprint("pages", __name__))
    with pytest.raises(AssertionError, match="of .*lambda.*came after the blueprint"):
        pages.before_request(lambda: None)


def test_tests_and_globals_for_templates():
    pages = Blueprint("pages", __name__)
    pages.app_template_test("short")(lambda text: len(text) < 3)
    pages.app_template_global("seven")(lambda: 7)
    app = make_app()
    app.register_blueprint(pages)
    with app.test_request_context():
        assert render_template_string("{{ 'ab' is short }} {{ seven() }}") == "True 7"


def test_the_prefixes_of_nested_blueprints_are_joined_as_they_are():
    inner = Blueprint("inner", __name__, url_prefix="/c/")
    inner.get("", endpoint="root")(lambda: "root")
    inner.get("/x", endpoint="x")(lambda: "x")
    outer = Blueprint("outer", __name__, url_prefix="/p/")
    outer.register_blueprint(inner)
    app = make_app()
    app.register_blueprint(outer)
    client = checked_client(app)
    assert (client.get("/p/c/").text, client.get("/p/c/x").text) == ("root", "x")


def test_a_prefix_of_none_is_no_prefix_given():
    parent = Blueprint("parent", __name__, url_prefix="/parent")
    child = Blueprint("child", __name__, url_prefix="/child")
    child.get("/")(lambda: "child")
    parent.register_blueprint(child, url_prefix=None)
    app = make_app()
    app.register_blueprint(parent, url_prefix=None)
    assert checked_client(app).get("/parent/child/").text == "child"


def host_app(**options):
    app = Microweb("hosts", static_folder=None, subdomain_matching=True, **options)
    app.config["SERVER_NAME"] = "example.com"
    return app


def test_subdomains_of_nested_blueprints_join():
    child = Blueprint("child", __name__, subdomain="api")
    child.get("/")(lambda: url_for("parent.index"))
    parent = Blueprint("parent", __name__, subdomain="<who>")
    parent.get("/", endpoint="index")(lambda who: f"{who} {url_for('parent.child.<lambda>')}")
    child.url_value_preprocessor(lambda endpoint, values: g.setdefault("who", values.pop("who")))
    child.url_defaults(lambda endpoint, values: values.setdefault("who", g.get("who", "ada")))
    parent.url_defaults(lambda endpoint, values: values.setdefault("who", g.get("who", "ada")))
    parent.register_blueprint(child)
    app = host_app()
    app.register_blueprint(parent)
    client = app.test_client()
    assert client.get("/", subdomain="bob").text == "bob http://api.ada.example.com/"
    assert client.get("/", subdomain="api.bob").text == "http://bob.example.com/"


def test_subdomains_count_only_where_the_app_asks_for_them():
    app = make_app(SERVER_NAME="example.com")
    app.add_url_rule("/", "api", lambda: "api", subdomain="api")
    app.add_url_rule("/", "www", lambda: "www")
    client = app.test_client()
    assert client.get("/", subdomain="api").text == "www"
    matching = host_app()
    matching.add_url_rule("/", "api", lambda: "api", subdomain="api")
    matching.add_url_rule("/", "www", lambda: url_for("api"))
    client = matching.test_client()
    assert client.get("/", subdomain="api").text == "api"
    assert client.get("/").text == "http://api.example.com/"


def test_hosts_are_matched_and_static_files_have_theirs(tmp_path):
    (tmp_path / "a.txt").write_text("static")
    app = Microweb(
        "hosts", static_folder=tmp_path, static_host="static.example", host_matching=True
    )
    app.add_url_rule("/", "index", lambda: url_for("static", filename="a.txt"), host="www.example")
    app.add_url_rule("/<who>", "who", lambda who, where: f"{who} {where}", host="<where>.org")
    client = app.test_client()
    url = f"http://static.example{app.static_url_path}/a.txt"
    assert client.get("/", base_url="http://www.example").text == url
    assert client.get(url).data == b"static"
    assert client.get("/", base_url="http://other.example").status_code == 404
    assert client.get("/ada", base_url="http://x.org").text == "ada x"
    with pytest.raises(ValueError, match="static_host"):
        Microweb("hosts", host_matching=True)
    with pytest.raises(ValueError, match="static_host"):
        Microweb("hosts", static_host="x")


def test_an_endpoint_of_a_blueprint_serves_a_rule_of_the_app_too():
    pages = Blueprint("pages", __name__)
    pages.endpoint("bar")(lambda: "bar")
    pages.add_url_rule("/own", endpoint="bar")
    app = make_app()
    app.add_url_rule("/foo", endpoint="bar")
    app.register_blueprint(pages)
    client = checked_client(app)
    assert client.get("/foo").text == client.get("/own").text == "bar"
