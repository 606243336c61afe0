"""The functions that views call: URLs, redirects, files, templates, flashed messages."""

from __future__ import annotations

import pytest

from microweb import (
    Microweb,
    abort,
    flash,
    get_flashed_messages,
    make_response,
    redirect,
    render_template,
    render_template_string,
    send_file,
    send_from_directory,
    url_for,
)
from microweb.routing import BuildError

from .support import checked_client, make_app


def url_app():
    app = make_app()
    app.add_url_rule("/", "index", lambda: "")
    app.add_url_rule("/user/<name>/<int:page>", "user", lambda name, page: "")
    app.add_url_rule("/files/<path:where>", "files", lambda where: "")
    return app


@pytest.mark.parametrize(
    ("endpoint", "values", "url"),
    [
        ("index", {}, "/"),
        ("user", {"name": "Ada L/ö", "page": 2}, "/user/Ada%20L%2F%C3%B6/2"),
        ("index", {"q": "a b&c", "none": None, "many": [1, 2]}, "/?q=a+b%26c&many=1&many=2"),
        ("index", {"_anchor": "<x y"}, "/#%3Cx%20y"),
        ("index", {"_external": True}, "http://localhost/"),
        ("index", {"_scheme": "https"}, "https://localhost/"),
        ("files", {"where": "a/b c"}, "/files/a/b%20c"),
    ],
)
def test_url_for(endpoint, values, url):
    with url_app().test_request_context():
        assert url_for(endpoint, **values) == url


def test_url_for_knows_where_the_app_is_mounted():
    with url_app().test_request_context(base_url="http://example.com/moünt/"):
        assert url_for("index") == "/mo%C3%BCnt/"
        assert url_for("index", _external=True) == "http://example.com/mo%C3%BCnt/"


def test_url_for_outside_of_a_request():
    app = url_app()
    with app.app_context():
        assert url_for("index", _external=False) == "/"
        with pytest.raises(RuntimeError, match="SERVER_NAME"):
            url_for("index")
        app.config.update(SERVER_NAME="example.com", APPLICATION_ROOT="/root")
        assert url_for("index", _scheme="https") == "https://example.com/root/"
    with pytest.raises(RuntimeError, match="'url_for' was used outside of an application context"):
        url_for("index")


@pytest.mark.parametrize("scheme", ["java script", "a:b", "ä"])
def test_rt_15_a_scheme_is_a_scheme(scheme):
    with url_app().test_request_context(), pytest.raises(ValueError, match="_scheme"):
        url_for("index", _scheme=scheme, _external=True)


def test_a_url_that_cannot_be_built_names_what_is_missing():
    with url_app().test_request_context():
        with pytest.raises(BuildError, match="page"):
            url_for("user", name="x")
        with pytest.raises(BuildError, match="'user'"):
            url_for("usr", name="x", page=1)


def test_url_defaults_are_added():
    app = url_app()
    app.url_defaults(lambda endpoint, values: values.setdefault("lang", "de"))
    with app.test_request_context():
        assert url_for("index") == "/?lang=de"
        assert url_for("index", lang="en") == "/?lang=en"


def test_redirect():
    app = make_app()
    app.get("/", endpoint="/")(lambda: redirect("/elsewhere?ü"))
    app.get("/gone", endpoint="/gone")(lambda: redirect("http://example.com/", code=301))
    client = checked_client(app)
    assert (client.get("/").status_code, client.get("/").location) == (302, "/elsewhere?%C3%BC")
    assert client.get("/gone").status_code == 301
    with pytest.raises(ValueError, match="200"):
        redirect("/", code=200)


def test_abort_with_a_response_and_with_arguments():
    app = make_app()
    app.get("/<int:code>", endpoint="/<int:code>")(lambda code: abort(code, "because"))
    app.get("/response", endpoint="/response")(lambda: abort(make_response("mine", 402)))
    client = checked_client(app)
    assert (client.get("/409").status_code, "because" in client.get("/409").text) == (409, True)
    assert (client.get("/response").status_code, client.get("/response").text) == (402, "mine")


def test_flashed_messages_are_shown_once():
    app = make_app()

    @app.get("/flash")
    def index():
        flash("one")
        flash("two", "error")
        return redirect("/show")

    @app.get("/show")
    def show():
        first = get_flashed_messages(with_categories=True)
        again = get_flashed_messages(category_filter=["error"])
        return {"first": [list(pair) for pair in first], "again": again}

    client = checked_client(app)
    shown = client.get("/flash", follow_redirects=True)
    assert shown.json == {"first": [["message", "one"], ["error", "two"]], "again": ["two"]}
    assert client.get("/show").json == {"first": [], "again": []}


def file_app(tmp_path):
    static = tmp_path / "static"
    static.mkdir()
    (static / "site.css").write_bytes(b"body{}")
    (static / "sub").mkdir()
    (tmp_path / "secret.txt").write_text("secret")
    (tmp_path / "static_private").mkdir()
    (tmp_path / "static_private" / "s.txt").write_text("secret")
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "page.html").write_text(
        "{{ url_for('static', filename='site.css') }} {{ name }} {{ request.path }}"
    )
    (tmp_path / "templates" / "page.txt").write_text("{{ name }}")
    return Microweb("tests.files", root_path=str(tmp_path))


def test_static_files_are_served_and_not_changed_is_said(tmp_path):
    app = file_app(tmp_path)
    client = checked_client(app)
    response = client.get("/static/site.css")
    assert (response.status_code, response.data) == (200, b"body{}")
    assert response.mimetype == "text/css"
    again = client.get("/static/site.css", headers={"If-None-Match": response.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    head = client.head("/static/site.css")
    assert (head.data, head.headers["Content-Length"]) == (b"", "6")


@pytest.mark.parametrize(
    "path",
    ["../secret.txt", "..%2fsecret.txt", "%2e%2e/secret.txt", "sub/../../secret.txt", "....//"]
    + ["/etc/passwd", "%5c..%5csecret.txt", "%252e%252e/secret.txt", "../static_private/s.txt"]
    + ["site.css%00", "sub", "", "site.css/", "nothing", "x" * 300, "a/" * 3000],
)
def test_st_01_st_02_st_03_st_04_nothing_outside_the_static_folder_is_reached(tmp_path, path):
    response = checked_client(file_app(tmp_path)).get(f"/static/{path}")
    assert response.status_code in (404, 308)
    assert b"secret" not in response.data


def test_send_file_as_attachment(tmp_path):
    app = file_app(tmp_path)
    app.get("/css", endpoint="/css")(
        lambda: send_file("static/site.css", as_attachment=True, download_name="ü.css")
    )
    app.get("/<path:name>", endpoint="/<path:name>")(
        lambda name: send_from_directory(str(tmp_path), name)
    )
    client = checked_client(app)
    disposition = client.get("/css").headers["Content-Disposition"]
    assert disposition.startswith("attachment")
    assert "filename*=UTF-8''%C3%BC.css" in disposition
    assert client.get("/secret.txt").text == "secret"


def test_send_file_max_age_is_configured(tmp_path):
    app = file_app(tmp_path)
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = 60
    assert "max-age=60" in checked_client(app).get("/static/site.css").headers["Cache-Control"]


def test_templates_know_the_app_and_are_escaped_by_their_name(tmp_path):
    app = file_app(tmp_path)
    with app.test_request_context("/here"):
        assert render_template("page.html", name="<b>") == "/static/site.css &lt;b&gt; /here"
        assert render_template("page.txt", name="<b>") == "<b>"


def test_context_processors_filters_tests_and_globals_reach_templates():
    app = make_app()
    app.context_processor(lambda: {"name": "processor", "extra": "extra"})
    app.template_filter()(lambda_named("shout", lambda text: text.upper() + "!"))
    app.template_test("short")(lambda text: len(text) < 4)
    app.template_global("seven")(lambda: 7)
    with app.test_request_context():
        source = "{{ name }} {{ extra }} {{ 'a'|shout }} {{ 'abc' is short }} {{ seven() }}"
        assert render_template_string(source, name="view") == "view extra A! True 7"


def lambda_named(name, function):
    function.__name__ = name
    return function


def test_a_template_that_never_mentions_the_session_does_not_open_it():
    app = make_app()
    app.get("/without", endpoint="/without")(lambda: render_template_string("x"))
    app.get("/with", endpoint="/with")(lambda: render_template_string("{{ session.get('x') }}"))
    client = checked_client(app)
    assert "Vary" not in client.get("/without").headers
    assert client.get("/with").headers["Vary"] == "Cookie"


@pytest.mark.parametrize(
    ("name", "escaped"),
    [("a.html", True), ("A.HTML", True), ("a.html.j2", True), ("a.svg", True), ("a.xhtml", True)]
    + [("a.txt", False), ("a.js", False), ("html", False), ("a.txt.j2", False), (None, True)],
)
def test_tp_06_which_templates_are_escaped(name, escaped):
    assert make_app().select_jinja_autoescape(name) is escaped


def test_tojson_may_stand_in_a_script_and_in_an_attribute():
    with make_app().test_request_context():
        text = render_template_string("{{ x|tojson }}", x="</script>'&")
    assert text == '"\\u003c/script\\u003e\\u0027\\u0026"'


def test_a_template_decorator_may_stand_without_parentheses():
    app = make_app()

    @app.template_filter
    def shout(text):
        return text.upper()

    @app.template_test
    def loud(text):
        return text.isupper()

    @app.template_global
    def greeting():
        return "hello"

    with app.test_request_context():
        source = "{{ greeting()|shout }} {{ 'A' is loud }}"
        assert render_template_string(source) == "HELLO True"


def test_a_route_decorator_without_parentheses_says_so():
    with pytest.raises(TypeError, match=r'write @route\("/path"\)'):

        @make_app().route
        def index():
            return ""


def test_url_for_says_what_it_cannot_take():
    with url_app().test_request_context():
        with pytest.raises(ValueError, match="_external=True"):
            url_for("index", _scheme="https", _external=False)
        with pytest.raises(TypeError, match="the name of an endpoint"):
            url_for(url_app)


def test_one_category_may_be_given_as_text():
    app = make_app()
    with app.test_request_context():
        flash("a", "error")
        flash("b")
        assert get_flashed_messages(category_filter="error") == ["a"]


def test_a_context_processor_that_returns_no_dict_is_named():
    app = make_app()

    @app.context_processor
    def forgets():
        pass

    with app.test_request_context(), pytest.raises(TypeError, match=r"forgets \(.*not None"):
        render_template_string("x")
