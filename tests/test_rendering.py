"""Templates in an app: where they come from, what they may use, streams and attributes."""

from __future__ import annotations

import gettext
import os

import pytest

from microweb import (
    Blueprint,
    Microweb,
    get_template_attribute,
    render_template,
    render_template_string,
    request,
    stream_template,
    stream_template_string,
)
from microweb.globals import LocalProxy
from microweb.templating import DictLoader, Environment, Markup, TemplateSyntaxError

from .support import checked_client, make_app

INLINE = """

@@ layout.html
<p>{% block body %}{% endblock %}</p>
@@ page.html
{% extends "layout.html" %}
{% block body %}{{ text }}{% endblock %}
@@ macros.txt
{% macro twice(x) %}{{ x }}{{ x }}{% endmacro %}{% set answer = 42 %}
"""


def inline_app():
    app = make_app()
    app.add_inline_templates(INLINE)
    return app


def test_the_first_template_that_exists_of_several_is_rendered():
    app = inline_app()
    with app.test_request_context():
        assert render_template(["missing.html", "page.html"], text="<b>") == "<p>&lt;b&gt;</p>"


def test_templates_inside_the_script():
    app = inline_app()
    app.get("/")(lambda: render_template("page.html", text="<x>"))
    assert checked_client(app).get("/").text == "<p>&lt;x&gt;</p>"


def test_inline_templates_win_and_may_come_as_a_mapping(tmp_path):
    (tmp_path / "a.html").write_text("file")
    (tmp_path / "b.html").write_text("file")
    app = Microweb("inline", static_folder=None, template_folder=tmp_path)
    with app.app_context():
        assert render_template("a.html") == "file"
    app.add_inline_templates({"a.html": "inline"})
    with app.app_context():
        assert render_template("a.html") == "inline"
        assert render_template("b.html") == "file"


@pytest.mark.parametrize(
    ("debug", "configured", "reloads"),
    [(False, None, False), (True, None, True), (True, False, False), (False, True, True)],
)
def test_templates_are_read_anew_while_debugging_or_on_request(
    debug, configured, reloads, tmp_path
):
    (tmp_path / "a.html").write_text("old")
    app = Microweb("reloading", static_folder=None, template_folder=tmp_path)
    app.config.update(DEBUG=debug, TEMPLATES_AUTO_RELOAD=configured)
    with app.app_context():
        assert render_template("a.html") == "old"
        (tmp_path / "a.html").write_text("newer")
        os.utime(tmp_path / "a.html", (1, 1))
        assert render_template("a.html") == ("newer" if reloads else "old")


def test_text_before_the_first_template_is_a_mistake():
    with pytest.raises(ValueError, match="'<p>'"):
        make_app().add_inline_templates("<p>\n@@ a\nb")


def test_inline_templates_after_the_first_request_are_refused():
    app = make_app()
    app.test_client().get("/")
    with pytest.raises(AssertionError, match="add_inline_templates"):
        app.add_inline_templates({"a": "b"})
    with pytest.raises(AssertionError, match="add_template_filter"):
        app.add_template_filter(len)


def test_macros_and_variables_can_be_had_from_python():
    app = inline_app()
    with app.app_context():
        assert get_template_attribute("macros.txt", "twice")("ab") == "abab"
        assert get_template_attribute("macros.txt", "answer") == 42
        with pytest.raises(AttributeError):
            get_template_attribute("macros.txt", "missing")


def test_streams_are_made_while_they_are_sent_in_the_requests_context():
    app = inline_app()
    made = []

    def counting():
        for number in range(1000):
            made.append(number)
            yield number

    @app.get("/")
    def index():
        return stream_template_string(
            "{% for n in rows %}{{ n }} {{ request.path }}\n{% endfor %}", rows=counting()
        )

    @app.get("/file")
    def file():
        return stream_template("page.html", text=request.args["t"])

    response = app.test_client().get("/", buffered=False)
    chunks = iter(response.response)
    next(chunks)
    assert len(made) < 1000
    rest = b"".join(chunks)
    assert rest.endswith(b"999 /\n")
    assert len(made) == 1000
    response.close()
    assert checked_client(app).get("/file?t=x").text == "<p>x</p>"


def test_a_stream_outside_of_a_request():
    app = inline_app()
    with app.app_context():
        assert "".join(stream_template("page.html", text="x")) == "<p>x</p>"


def test_options_and_the_class_of_the_environment():
    class Own(Environment):
        pass

    class App(Microweb):
        jinja_environment = Own
        jinja_options = {"variable_start_string": "[[", "variable_end_string": "]]"}

        def create_global_jinja_loader(self):
            return DictLoader({"a.html": "[[ x ]]"})

    app = App("own", static_folder=None)
    assert type(app.jinja_env) is Own
    with app.app_context():
        assert render_template("a.html", x="<") == "&lt;"


def test_a_context_processor_of_a_blueprint_holds_for_its_requests_alone():
    app = make_app()
    pages = Blueprint("pages", __name__, url_prefix="/pages")
    view = lambda: render_template_string("{{ mine }}{{ all }}")  # noqa: E731
    pages.get("/")(view)
    app.add_url_rule("/", "index", view)
    pages.context_processor(lambda: {"mine": "mine "})
    pages.app_context_processor(lambda: {"all": "all"})
    app.register_blueprint(pages)
    client = checked_client(app)
    assert client.get("/pages/").text == "mine all"
    assert client.get("/").text == "all"


def test_a_context_processor_may_be_async_and_must_return_a_dict():
    app = make_app(TESTING=True)

    @app.context_processor
    async def names():
        return {"x": 1} if request.args else None

    app.get("/")(lambda: render_template_string("{{ x }}"))
    assert app.test_client().get("/?a").text == "1"
    with pytest.raises(TypeError, match="names"):
        app.test_client().get("/")


def test_blueprints_register_filters_tests_and_globals_for_the_app():
    pages = Blueprint("pages", __name__)

    @pages.app_template_filter("loud")
    def shout(text):
        return text.upper()

    @pages.app_template_test
    def big(number):
        return number > 9

    pages.add_app_template_global(lambda: "g", name="letter")
    app = make_app()
    app.register_blueprint(pages)
    with app.test_request_context():
        source = "{{ letter()|loud }} {{ 10 is big }}"
        assert render_template_string(source) == "G True"


def test_while_debugging_an_undefined_variable_is_logged_with_its_place(caplog):
    app = make_app(DEBUG=True)
    app.import_name = "tests.undefined"
    app.add_inline_templates({"page.html": "Hello\n{{ usr }}{% if other %}{% endif %}"})
    app.get("/")(lambda: render_template("page.html", user="Ada"))
    assert checked_client(app).get("/").text == "Hello\n"
    records = [record.getMessage() for record in caplog.records]
    assert len(records) == 1
    for part in ("'usr'", "'user'", "page.html", "2"):
        assert part in records[0]
    quiet = make_app()
    quiet.add_inline_templates({"page.html": "{{ usr }}"})
    with quiet.app_context():
        render_template("page.html")
    assert len(caplog.records) == 1


def test_template_loading_is_explained_where_it_is_asked_for(tmp_path, caplog):
    caplog.set_level("INFO")
    (tmp_path / "a.html").write_text("file")
    app = Microweb("explained", static_folder=None, template_folder=tmp_path)
    app.config["EXPLAIN_TEMPLATE_LOADING"] = True
    app.add_inline_templates({"b.html": "inline"})
    with app.app_context():
        assert render_template(["missing.html", "a.html"]) == "file"
        assert render_template("b.html") == "inline"
    messages = [record.getMessage() for record in caplog.records]
    assert str(tmp_path / "missing.html") in messages[0]
    assert messages[1:] == [
        f"template 'a.html': found {tmp_path / 'a.html'}",
        "template 'b.html': found in the script",
    ]


@pytest.mark.parametrize(
    ("name", "escaped"),
    [
        ("a.html", True),
        ("a.HTML", True),
        ("a.htm", True),
        ("a.xml", True),
        ("a.xhtml", True),
        ("a.svg", True),
        ("a.html.j2", True),
        ("a.Html.Jinja2", True),
        ("a.svg.tmpl", True),
        ("a.html.jinja", True),
        ("a.txt", False),
        ("a.js", False),
        ("html", False),
        ("a.txt.j2", False),
        ("a.html.txt", False),
    ],
)
def test_tp_06_which_templates_escape(name, escaped):
    app = make_app()
    app.add_inline_templates({name: "{{ x }}"})
    with app.app_context():
        assert render_template(name, x="<") == ("&lt;" if escaped else "<")


def test_tp_06_a_template_given_as_text_escapes():
    with make_app().app_context():
        assert render_template_string("{{ x }}", x="<") == "&lt;"


@pytest.mark.parametrize("switch_on", ["debug", "key"])
def test_templates_are_read_again_when_debugging_begins_later(tmp_path, switch_on):
    app = make_app()
    app.template_folder = str(tmp_path)
    # This makes the environment, as one @app.template_filter does.
    app.add_template_filter(str.upper, "shout")
    page = tmp_path / "page.html"
    page.write_text("old")
    if switch_on == "debug":
        app.debug = True
    else:
        app.config["TEMPLATES_AUTO_RELOAD"] = True
    with app.app_context():
        assert render_template("page.html") == "old"
        page.write_text("new one")
        assert render_template("page.html") == "new one"


def test_a_programs_own_switch_for_reloading_is_left_alone():
    app = make_app()
    app.jinja_env.auto_reload = True
    app.config["OTHER"] = 1
    assert app.jinja_env.auto_reload is True


def test_the_template_folder_may_be_set_when_the_environment_is_there(tmp_path):
    app = make_app()
    app.jinja_env.globals["x"] = 1
    (tmp_path / "page.html").write_text("found")
    app.template_folder = tmp_path
    with app.app_context():
        assert render_template("page.html") == "found"


def test_a_global_may_be_any_value_if_it_has_a_name():
    app = make_app()
    app.add_template_global(5, name="n")
    app.add_template_global(None, "nothing")
    with app.app_context():
        assert render_template_string("{{ n }}{{ nothing }}") == "5None"
    with pytest.raises(TypeError, match="registers a function, not 5"):
        app.add_template_global(5)


def test_a_streams_head_leaves_before_the_first_row_is_made():
    app = make_app()
    made = []

    def rows():
        for number in range(3):
            made.append(number)
            yield number

    @app.route("/")
    def index():
        return stream_template_string(
            "<h1>head</h1>{% for r in rows %}<p>{{ r }}</p>{% endfor %}", rows=rows()
        )

    response = app.test_client().get("/", buffered=False)
    pieces = iter(response.response)
    assert next(pieces) == b"<h1>head</h1>"
    assert made == []
    assert [next(pieces), next(pieces), next(pieces)] == [b"<p>", b"0", b"</p>"]
    assert made == [0]
    assert b"".join(pieces) == b"<p>1</p><p>2</p>"


def test_a_local_proxy_to_text_is_escaped():
    app = make_app()
    for value, shown in (("ada", "ada"), ("<b>", "&lt;b&gt;"), (Markup("<b>"), "<b>")):
        proxy = LocalProxy(lambda value=value: value)
        with app.app_context():
            assert render_template_string("hi {{ n }}{{ n|e }}", n=proxy) == f"hi {shown}{shown}"
        assert Markup("%s|{}") % proxy == f"{shown}|{{}}"


def test_an_app_translates_with_the_standard_library():
    app = make_app()
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_translations(gettext.NullTranslations(), newstyle=True)
    source = (
        "{% trans n=2 %}one{% pluralize %}{{ n }} for {{ who }}{% endtrans %} {{ _('%(a)s', a=1) }}"
    )
    with app.app_context():
        assert render_template_string(source, who="<me>") == "2 for &lt;me&gt; 1"


def test_a_template_with_a_byte_order_mark_or_of_another_encoding(tmp_path):
    app = make_app()
    app.template_folder = tmp_path
    (tmp_path / "marked.html").write_bytes("\ufeff<p>é".encode())
    (tmp_path / "old.html").write_bytes(b"<p>\n\xe9")
    with app.app_context():
        assert render_template("marked.html") == "<p>é"
        with pytest.raises(TemplateSyntaxError, match=r"save it as UTF-8\n.*line 2"):
            render_template("old.html")
