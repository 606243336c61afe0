"""What is wrong with an app: each fault is told once, with how to mend it; a sound app has none."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest

from microweb import Blueprint, Microweb
from microweb.dev.appcheck import check_app
from microweb.sessions import SessionInterface
from microweb.templating import FunctionLoader
from microweb.views import View

GOOD_KEY = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"


def view(**values):
    return "text"


def make_app(tmp_path, **options):
    app = Microweb("example", **{"root_path": str(tmp_path), **options})
    app.secret_key = GOOD_KEY
    app.config["REFUSE_CROSS_ORIGIN"] = True
    return app


def found(app):
    return list(check_app(app))


@pytest.fixture
def app(tmp_path):
    return make_app(tmp_path)


def test_a_sound_app_has_no_findings(tmp_path):
    app = make_app(tmp_path, static_folder="pictures", template_folder="pages")
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "a.html").write_text("{{ x }}")
    app.add_url_rule("/", "index", view)
    app.add_url_rule("/<int:n>", "number", view, methods=["GET", "POST"])
    app.add_url_rule("/<n>", "name", view)
    app.config.update(
        SERVER_NAME="www.example.com:8000",
        TRUSTED_HOSTS=[".example.com", "localhost"],
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=True,
        SESSION_COOKIE_DOMAIN="example.com",
        MAX_CONTENT_LENGTH=1000,
        MAIL_SERVER="mail.example.com",
    )
    app.register_blueprint(Blueprint("b", "example", root_path=str(tmp_path)))
    assert found(app) == []


@pytest.mark.filterwarnings("ignore:two rules answer")
def test_two_views_of_one_url_are_told_with_their_places(app):
    app.add_url_rule("/user/<name>", "first", view)
    app.add_url_rule("/user/<id>", "second", lambda id: "", methods=["GET", "POST"])
    [(kind, sentence)] = found(app)
    assert kind == "wrong"
    assert sentence.startswith("the rule '/user/<id>' to 'second' (")
    assert " is never reached by GET: '/user/<name>' to 'first' (view (" in sentence
    assert sentence.count("test_appcheck.py:") == 2


def test_a_rule_that_only_seems_hidden_is_a_note(app):
    app.add_url_rule("/<int:n>", "number", view)
    app.add_url_rule("/<re:[0-9]+:n>", "digits", view)
    [(kind, sentence)] = found(app)
    assert kind == "note"
    assert "to 'digits'" in sentence and "seems to be never reached by GET" in sentence


def test_a_second_name_of_a_url_is_no_fault(app):
    app.add_url_rule("/", "pages.index", view)
    app.add_url_rule("/", endpoint="index")
    assert found(app) == []


def test_a_rule_without_a_view_is_told(app):
    app.add_url_rule("/x", endpoint="nothing")
    app.add_url_rule("/y", endpoint="something")
    app.endpoint("something")(view)
    app.add_url_rule("/z", endpoint="outside", build_only=True)
    app.add_url_rule("/old", endpoint="old", redirect_to="/y")
    assert found(app) == [
        (
            "wrong",
            "the rule '/x' leads to the endpoint 'nothing', which has no view; register one with "
            "@app.endpoint('nothing')",
        )
    ]


@pytest.mark.parametrize(
    ("options", "server_name", "faults"),
    [
        ({}, None, 1),
        ({}, "example.com", 1),
        ({"subdomain_matching": True}, None, 1),
        ({"subdomain_matching": True}, "example.com", 0),
    ],
)
def test_subdomains_that_do_not_count_are_told(tmp_path, options, server_name, faults):
    app = make_app(tmp_path, **options)
    app.config["SERVER_NAME"] = server_name
    app.add_url_rule("/", "api", view, subdomain="api")
    app.add_url_rule("/b", "api2", view, subdomain="api")
    sentences = [sentence for _, sentence in found(app)]
    assert len(sentences) == faults
    assert all("subdomains such as 'api' count only with" in each for each in sentences)


class Shown(View):
    methods = ("GET",)

    def dispatch_request(self, name):
        return name


def test_views_that_cannot_take_their_arguments_are_told(app):
    app.add_url_rule("/<int:n>", endpoint="late")
    app.endpoint("late")(lambda: "")
    app.add_url_rule("/c/<n>", endpoint="of_class")
    app.view_functions["of_class"] = Shown.as_view("of_class")
    (first, one), (second, two) = found(app)
    assert first == second == "wrong"
    assert one.startswith("the rule '/<int:n>' gives the argument 'n', which ")
    assert two.startswith("the rule '/c/<n>' gives the argument 'n', which Shown.dispatch_request")


def test_a_preprocessor_may_take_arguments_away(app):
    app.add_url_rule("/<lang>", endpoint="late")
    app.endpoint("late")(lambda: "")
    app.url_value_preprocessor(lambda endpoint, values: values.pop("lang"))
    assert found(app) == []


def test_templates_that_do_not_compile_are_told(app):
    app.add_inline_templates({"a.html": "{% block %}", "b.html": "{{ x }}"})
    [(kind, sentence)] = found(app)
    assert kind == "wrong"
    assert sentence.startswith("the template a.html: ")


@pytest.fixture
def write_module(folder, monkeypatch):
    """Import a module of some text, written beside the app."""

    def write(text):
        import importlib

        (folder / "pages_of_app.py").write_text(text)
        monkeypatch.syspath_prepend(str(folder))
        monkeypatch.delitem(sys.modules, "pages_of_app", raising=False)
        return importlib.import_module("pages_of_app")

    return write


RENDERING = """
import microweb
from microweb import render_template, render_template as render, stream_template
from types import SimpleNamespace

framework = SimpleNamespace(render_template=render)

def show(which=None):
    render_template("indx.html")
    render_template("index.html", indx="no.html")
    render_template(which)
    render_template(["a.html", "index.html"])
    render("gone/away.txt"); microweb.render_template("zzz.txt"); stream_template("zzz.txt")
    framework.render_template("elsewhere.html"); other("elsewhere.html"); "x".join("y")

def other(name):
    return name
"""


def test_templates_that_views_name_and_nobody_wrote_are_told(tmp_path, write_module):
    module = write_module(RENDERING)
    app = make_app(tmp_path)
    app.add_inline_templates({"index.html": ""})
    app.add_url_rule("/", "show", module.show)
    app.add_url_rule("/2", "other", lambda: "")
    place = f"to render in {module.__file__}"
    assert [sentence for kind, sentence in found(app) if kind == "wrong"] == [
        f"there is no template 'indx.html' {place}:9; did you mean 'index.html'?",
        f"there is no template 'gone/away.txt' {place}:13; make it, or correct its name",
        f"there is no template 'zzz.txt' {place}:13; make it, or correct its name",
        f"there is no template 'zzz.txt' {place}:13; make it, or correct its name",
    ]


def test_a_template_that_fails_is_told_once(tmp_path, write_module):
    module = write_module(RENDERING.replace("indx.html", "index.html"))
    app = make_app(tmp_path)
    (tmp_path / "templates" / "gone").mkdir(parents=True)
    for name in ("index.html", "gone/away.txt", "zzz.txt"):
        (tmp_path / "templates" / name).write_bytes(b"\xff")
    app.add_url_rule("/", "show", module.show)
    assert [sentence.partition(": ")[0] for _, sentence in found(app)] == [
        "the template gone/away.txt",
        "the template index.html",
        "the template zzz.txt",
    ]


def test_what_a_loader_cannot_list_is_a_note(app):
    app.jinja_env.loader = FunctionLoader(lambda name: None)
    [(kind, sentence)] = found(app)
    assert kind == "note"
    assert sentence.startswith("the templates could not all be checked: TypeError: ")


@pytest.mark.parametrize(
    ("settings", "kind", "sentence"),
    [
        ({"SECRECT_KEY": "x"}, "wrong", "app.config['SECRECT_KEY'] is set, but it is not read: "),
        ({"JSON_SORT_KEYS": False}, "wrong", "app.config['JSON_SORT_KEYS'] is set, but it is n"),
        ({"MAX_CONTENT_LENGTH": "16MB"}, "wrong", "app.config['MAX_CONTENT_LENGTH'] is '16MB'; "),
        ({"MAX_FORM_PARTS": None}, "note", "app.config['MAX_FORM_PARTS'] is None, so a form may"),
        ({"MAX_FORM_MEMORY_SIZE": None}, "note", "app.config['MAX_FORM_MEMORY_SIZE'] is None, "),
        ({"SECRET_KEY": "dev"}, "wrong", "SECRET_KEY can be guessed: it has 3 bytes, and 32 are"),
        ({"SECRET_KEY": "ab" * 40}, "wrong", "SECRET_KEY can be guessed: it repeats a few lett"),
        ({"SECRET_KEY": b"0f1e2d3c4b5a697"}, "wrong", "SECRET_KEY can be guessed: it has 15 byt"),
        ({"SECRET_KEY": "My Super-Secret Words"}, "wrong", "SECRET_KEY can be guessed: there is "),
        (
            {"SECRET_KEY": "192b9bdd22ab9ed4d12e236c78afcb9a393ec15f71bbf5dc987d54727823bcbf"},
            "wrong",
            "SECRET_KEY can be guessed: it is printed in Flask's documentation; ",
        ),
        ({"SECRET_KEY_FALLBACKS": [GOOD_KEY, "dev"]}, "wrong", "SECRET_KEY_FALLBACKS[1] can be "),
        ({"SESSION_COOKIE_SAMESITE": "None"}, "wrong", "the session cookie cannot work as SESSI"),
        ({"SESSION_COOKIE_SAMESITE": "lux"}, "wrong", "the session cookie cannot work as SESSIO"),
        ({"SESSION_COOKIE_NAME": "a b"}, "wrong", "the session cookie cannot work as SESSION_CO"),
        ({"SESSION_COOKIE_NAME": "__Host-s"}, "wrong", "the session cookie cannot work as SESSI"),
        ({"SESSION_COOKIE_HTTPONLY": False}, "note", "SESSION_COOKIE_HTTPONLY is off, so scripts"),
        (
            {"SESSION_COOKIE_DOMAIN": "a.org", "SERVER_NAME": "b.org"},
            "wrong",
            "SESSION_COOKIE_DOMAIN is 'a.org', and browsers refuse such a cookie from 'b.org'; ",
        ),
        ({"SERVER_NAME": "http://a.org"}, "wrong", "SERVER_NAME is 'http://a.org'; it must be a "),
        ({"SERVER_NAME": "a.org:x"}, "wrong", "SERVER_NAME is 'a.org:x'; it must be a host "),
        ({"SERVER_NAME": "a/b", "TRUSTED_HOSTS": ["a"]}, "wrong", "SERVER_NAME is 'a/b'; it must"),
        ({"TRUSTED_HOSTS": ["*.a.org"]}, "wrong", "'*.a.org' in TRUSTED_HOSTS matches no host; "),
        ({"TRUSTED_HOSTS": [7]}, "wrong", "7 in TRUSTED_HOSTS matches no host; "),
        ({"TRUSTED_HOSTS": []}, "wrong", "TRUSTED_HOSTS is empty, so every request is refused; "),
        (
            {"TRUSTED_HOSTS": ["a.org"], "SERVER_NAME": "b.org"},
            "wrong",
            "SERVER_NAME, 'b.org', is not in TRUSTED_HOSTS, so it is refused; add it",
        ),
    ],
)
def test_settings_that_fail_or_endanger_are_told(app, settings, kind, sentence):
    app.config.update(settings)
    [(found_kind, text)] = found(app)
    assert (found_kind, text[: len(sentence)]) == (kind, sentence)


@pytest.mark.parametrize(
    "settings",
    [
        {"SESSION_COOKIE_SAMESITE": "None", "SESSION_COOKIE_PARTITIONED": True},
        {"SESSION_COOKIE_NAME": "__Host-s", "SESSION_COOKIE_SECURE": True},
        {"SESSION_COOKIE_DOMAIN": ".a.org", "SERVER_NAME": "a.org:80"},
        {"SECRET_KEY_FALLBACKS": [GOOD_KEY]},
        {"TRUSTED_HOSTS": ["127.0.0.1", "[::1]:5000", "localhost"]},
    ],
)
def test_unusual_settings_that_work_are_no_fault(app, settings):
    app.config.update(settings)
    assert found(app) == []


@pytest.mark.parametrize("key", ["My Super-Secret Words!", "dev", b"\xff" * 40, "s3cr3t-\ud800-s"])
def test_a_secret_key_is_never_printed(app, key):
    app.config["SECRET_KEY"] = key
    [(_, sentence)] = found(app)
    assert str(key) not in sentence and repr(key) not in sentence


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("from microweb import session", 1),
        ("from microweb import flash as say", 1),
        ("from microweb import request", 0),
    ],
)
def test_a_missing_secret_key_is_told_where_it_is_needed(tmp_path, write_module, text, faults):
    module = write_module(f"{text}\ndef show(): return ''")
    app = make_app(tmp_path)
    app.add_url_rule("/", "show", module.show)
    assert found(app) == []
    app.secret_key = None
    sentences = [sentence for kind, sentence in found(app) if kind == "wrong"]
    assert len(sentences) == faults
    assert all(each.startswith("there is no secret key, but 'pages_of_app' ") for each in sentences)
    app.session_interface = SessionInterface()
    assert found(app) == []


def test_folders_that_do_not_exist_are_told(tmp_path):
    app = make_app(tmp_path, static_folder="pictures", template_folder="pages")
    app.register_blueprint(
        Blueprint("b", "example", static_folder="static", root_path=str(tmp_path), url_prefix="/b")
    )
    assert found(app) == [
        (
            "wrong",
            f"the {kind} folder of {owner}, {str(tmp_path / name)!r}, does not exist: make it, or "
            f"correct its name",
        )
        for kind, owner, name in (
            ("static", "the app", "pictures"),
            ("template", "the app", "pages"),
            ("static", "the blueprint 'b'", "static"),
        )
    ]
    # In a zip there is no folder to look for.
    app.root_path = app.blueprints["b"].root_path = str(tmp_path / "app.zip" / "app")
    assert found(app) == []


@pytest.mark.parametrize("static", [".", "..", "../app"])
def test_a_static_folder_that_holds_the_source_is_told(tmp_path, static):
    (tmp_path / "app").mkdir()
    app = make_app(tmp_path / "app", static_folder=static)
    [(kind, sentence)] = found(app)
    assert kind == "wrong"
    assert sentence.endswith(
        "holds its source, which everybody can download: give static files a folder of their own"
    )


def test_a_name_is_looked_for_where_no_loader_can_list(tmp_path, write_module):
    module = write_module(RENDERING)
    app = make_app(tmp_path)
    app.jinja_env.loader = FunctionLoader({"indx.html": "", "zzz.txt": ""}.get)
    app.add_url_rule("/", "show", module.show)
    names = ["'index.html'", "'gone/away.txt'"]
    assert [sentence.split()[4] for kind, sentence in found(app) if kind == "wrong"] == names


def test_a_check_that_fails_does_not_end_the_others(app, monkeypatch):
    app.url_map = None
    app.config["MAX_FORM_PARTS"] = None
    kinds = [sentence.partition(":")[0] for _, sentence in found(app)]
    assert kinds[:2] == [f"the {name} could not all be checked" for name in ("routes", "views")]
    assert len(kinds) == 3


def test_forged_requests_that_would_be_taken_are_a_note(app):
    app.add_url_rule("/notes", "notes", view, methods=["GET", "POST"])
    app.config["REFUSE_CROSS_ORIGIN"] = False
    [(kind, sentence)] = found(app)
    assert kind == "note"
    assert sentence.startswith("'/notes' takes POST from pages of other sites too")
    assert "app.config['REFUSE_CROSS_ORIGIN'] = True" in sentence


def test_views_without_a_module_are_passed(app):
    strange = ModuleType("strange")
    app.add_url_rule("/", "index", type("Callable", (), {"__call__": view, "__module__": None})())
    app.add_url_rule("/2", "two", type("Two", (), {"__call__": view, "__module__": strange})())
    assert found(app) == []
