"""What the pages say while debugging: 404, 405, 400, 413, 415, missing keys, templates."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import textwrap

import pytest

from microweb import Microweb, abort, render_template, request, send_from_directory
from microweb.dev.debug import DebuggedApplication
from microweb.http.exceptions import HTTPException, NotFound
from microweb.testing import Client
from microweb.views import MethodView

from ..support import needs_package


class Items(MethodView):
    def get(self):
        return "items"


@pytest.fixture
def app(tmp_path):
    (tmp_path / "static").mkdir()
    (tmp_path / "static" / "style.css").write_text("p {}")
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "user.html").write_text("<p>\n{{ user.name / 2 }}\n</p>\n")
    (tmp_path / "templates" / "open.html").write_text("<p>\n{% if user %}\n</p>\n")
    app = Microweb("tests.teaching", root_path=tmp_path)
    app.config.update(
        DEBUG=True, SECRET_KEY="a-key-nobody-may-see", MAIL_PASSWORD="hunter2-hunter2"
    )
    app.add_url_rule("/about", "about", lambda: "about")
    app.add_url_rule("/news/", "news", lambda: "news")
    app.add_url_rule("/users/<int:user_id>", "user", lambda user_id: f"user {user_id}")
    app.add_url_rule("/items", view_func=Items.as_view("items"))
    app.add_url_rule("/form", "form", lambda: request.form["naem"], methods=["POST"])
    app.add_url_rule("/json", "json", lambda: request.json["a"], methods=["POST"])
    app.add_url_rule("/gone", "gone", lambda: abort(404, "No such note."))
    app.add_url_rule(
        "/t/<name>", "template", lambda name: render_template(name, user={"name": "x"})
    )
    return app


def ask(app, path, method="GET", accept="*/*", **options):
    headers = {"Accept": accept, **options.pop("headers", {})}
    client = Client(DebuggedApplication(app))
    return client.open(path, method=method, headers=headers, **options)


def fix_of(answer):
    return answer.text.partition("Most likely fix\n---------------\n")[2]


def test_a_path_that_nearly_leads_somewhere(app):
    answer = ask(app, "/abuot")
    assert answer.status_code == 404 and answer.mimetype == "text/plain"
    assert answer.text.startswith("404 Not Found\nNo route leads to '/abuot'.\n")
    assert "/: 'abuot' is none of the fixed segments" in answer.text
    assert "@app.route('/abuot')\ndef abuot():" in textwrap.dedent(answer.text).replace("    ", "")
    assert "GET /users/<int:user_id> = user: " in answer.text
    assert "Link to it with `url_for('about')`." in fix_of(answer)


@pytest.mark.parametrize(
    ("path", "fix"),
    [
        (
            "/about/",
            "`/about` exists without the slash at its end: link to it with `url_for('about')`",
        ),
        ("/users/x", "`/users/<int:user_id>` comes near: <int> does not take 'x'. Link to it with"),
        ("/user/7", "`url_for('user', user_id=...)`"),
        ("/static/styl.css", "Did you mean `style.css`?"),
        ("/nothing/like/12/this", "@app.route('/nothing/like/<int:id>/this')"),
        ("/nothing/like/12/this", "def nothing_like_this(id):"),
        ("/t/usre.html", "Did you mean `user.html`?"),
    ],
)
def test_the_likely_fix(app, path, fix):
    assert fix in fix_of(ask(app, path))


def test_the_new_view_answers_the_method_that_came(app):
    assert "@app.route('/quite/other', methods=['PUT'])" in ask(app, "/quite/other", "PUT").text


def test_db_05_a_path_with_markup_is_escaped_and_pasted_as_a_literal(app):
    answer = ask(app, "/%3Cscript%3E')%0Aimport%20os", accept="text/html")
    assert answer.text.count("<script") == 1 and "&lt;script&gt;" in answer.text
    assert "\nimport os" not in ask(app, "/%3Cscript%3E')%0Aimport%20os").text


def test_a_missing_static_file_names_its_folder(app, tmp_path):
    answer = ask(app, "/static/styl.css")
    assert f"no file 'styl.css' in the folder '{tmp_path / 'static'}'" in answer.text
    app.static_folder = "nowhere"
    assert f"create `{tmp_path / 'nowhere'}`" in fix_of(ask(app, "/static/styl.css"))


def test_a_file_that_a_view_sends_names_its_folder_too(app, tmp_path):
    app.add_url_rule("/files/<n>", "files", lambda n: send_from_directory("static", n))
    assert f"in the folder '{tmp_path / 'static'}'" in ask(app, "/files/x").text


def test_an_abort_shows_its_description_and_its_place(app):
    text = ask(app, "/gone").text
    assert text.startswith("404 Not Found\nNo such note.\n")
    assert f"Raised in\n---------\n`<lambda>` ({__file__}:" in text
    assert "endpoint = gone" in text


def test_405_names_the_views_and_what_to_paste(app):
    answer = ask(app, "/form")
    assert answer.status_code == 405 and answer.headers["Allow"] == "OPTIONS, POST"
    assert "'/form' does not take GET; it takes OPTIONS, POST." in answer.text
    assert f"({__file__}:" in answer.text
    assert '@app.route("/form", methods=["POST", "GET"])' in fix_of(answer)
    assert 'a form with `method="post"`' in " ".join(fix_of(answer).split())


def test_405_of_a_class_names_the_method_to_write(app):
    fix = fix_of(ask(app, "/items", "POST"))
    assert "Give the class `Items` a method for it:" in fix and "def post(self):" in fix


def test_400_names_the_missing_key_and_those_that_came(app):
    answer = ask(app, "/form", "POST", data={"name": "Ada", "password": "hunter2"})
    assert answer.status_code == 400
    assert answer.text.startswith(
        "400 Bad Request: BadRequestKeyError\nThe view reads the key 'naem'"
    )
    assert "request.form = 'name', 'password'" in answer.text
    assert "hunter2" not in answer.text and "in <lambda>" in answer.text
    assert "`name` came" in fix_of(answer) and "request.form.get('naem', '')" in fix_of(answer)


def test_400_without_trapping_teaches_as_well(app):
    app.config["TRAP_BAD_REQUEST_ERRORS"] = False
    answer = ask(app, "/form", "POST", data={"name": "Ada"})
    assert answer.status_code == 400 and "`name` came" in fix_of(answer)


def test_400_shows_where_json_breaks(app):
    answer = ask(app, "/json", "POST", data='{\n"a": 1\nb}', content_type="application/json")
    assert answer.status_code == 400 and "line 3 column 1" in answer.text
    assert "  >    3 | b}\n         | ^" in answer.text
    body = '{"password": "s3cret", "x": ' + " " * 500 + "oops}"
    text = ask(app, "/json", "POST", data=body, content_type="application/json").text
    assert "oops" in text and "s3cret" not in text
    text = ask(app, "/json", "POST", data=body[:29] + "oops}", content_type="application/json").text
    assert "oops" in text and "s3cret" not in text


def test_400_of_a_host_says_what_to_trust(app):
    app.config["TRUSTED_HOSTS"] = ["example.com"]
    answer = ask(app, "/about", headers={"Host": "localhost:5000"})
    assert answer.status_code == 400
    assert "app.config['TRUSTED_HOSTS'] = ['example.com', 'localhost']" in fix_of(answer)


def test_413_names_the_limit_and_what_was_sent(app):
    app.config["MAX_CONTENT_LENGTH"] = 10
    answer = ask(app, "/form", "POST", data={"name": "a" * 100})
    assert answer.status_code == 413
    assert "The body has 105 bytes; MAX_CONTENT_LENGTH allows 10." in answer.text
    assert "app.config['MAX_CONTENT_LENGTH'] = 10\n" in answer.text
    assert "app.config['MAX_CONTENT_LENGTH'] = 210\n" in fix_of(answer)


@pytest.mark.parametrize("key", ["MAX_FORM_PARTS", "MAX_FORM_MEMORY_SIZE"])
def test_413_of_a_form_names_its_own_limit(app, key):
    app.config[key] = 1
    answer = ask(app, "/form", "POST", data={"name": "Ada", "b": "2"})
    assert answer.status_code == 413 and f"app.config['{key}'] = " in fix_of(answer)


@pytest.mark.parametrize(
    ("kind", "text"),
    [("text/plain", "Send JSON"), ("application/x-www-form-urlencoded", "read `request.form`")],
)
def test_415_says_what_to_send(app, kind, text):
    answer = ask(app, "/json", "POST", data="a=1", content_type=kind)
    assert answer.status_code == 415 and kind in answer.text and text in fix_of(answer)
    assert "curl -X POST http://localhost/json -H 'Content-Type: application/json'" in fix_of(
        answer
    )


def test_a_missing_template_names_the_places(app, tmp_path):
    answer = ask(app, "/t/quite_other.html")
    assert answer.status_code == 500
    assert "TemplateNotFound\nTemplate 'quite_other.html' not found" in answer.text
    path = tmp_path / "templates" / "quite_other.html"
    assert f"Looked for at\n-------------\n    {path}\n" in answer.text
    assert f"Create the file `{path}`." in fix_of(answer)


def test_a_template_that_cannot_be_read_shows_its_lines(app, tmp_path):
    app.add_inline_templates({"inline.html": "first\n{{ 1 + }}"})
    text = ask(app, "/t/open.html").text
    assert f"In '{tmp_path / 'templates' / 'open.html'}', line " in text
    assert "The template\n------------\n       1 | <p>\n" in text and "{% if user %}" in text
    assert "  >    2 | {{ 1 + }}\n" in ask(app, "/t/inline.html").text


def test_an_error_inside_a_template_shows_the_templates_line(app):
    text = ask(app, "/t/user.html").text
    assert "  >    2 | {{ user.name / 2 }}\n" in text and "    user = {'name': 'x'}\n" in text
    assert "rule = /t/<name>" in text and "/t: <string> takes 'user.html'" in text


def test_a_name_of_the_package_that_was_not_imported(app):
    app.add_url_rule("/nj", "nj", lambda: jsonify(a=1))  # noqa: F821
    assert fix_of(ask(app, "/nj")) == "`from microweb import jsonify` at the top of the file.\n"


@pytest.mark.parametrize("accept", ["text/html", "text/plain", "application/json"])
def test_db_07_secrets_of_the_configuration_are_masked(app, accept):
    def view():
        copy = f"{app.config['SECRET_KEY']} and {app.config['MAIL_PASSWORD']}"
        raise ValueError(copy + repr(app.config))

    app.add_url_rule("/secret", "secret", view)
    text = ask(app, "/secret", accept=accept).text
    assert app.config["SECRET_KEY"] not in text and app.config["MAIL_PASSWORD"] not in text
    assert "ValueError: ******** and ********<Config" in text.replace("&lt;", "<")
    # The cookie's name is no secret.
    assert "session" in ask(app, "/secret", headers={"Cookie": "session=x"}).text


@pytest.mark.parametrize("path", ["/abuot", "/form", "/gone"])
def test_json_for_who_asks_for_it(app, path):
    answer = ask(app, path, accept="application/json")
    found = json.loads(answer.text)
    assert answer.mimetype == "application/json"
    assert set(found) == {"code", "name", "description", "details"}
    assert found["code"] == answer.status_code and "The request" in found["details"]


def test_html_for_browsers(app):
    answer = ask(app, "/abuot", accept="text/html,*/*;q=0.8")
    assert answer.mimetype == "text/html" and "<code>/about</code> comes near" in answer.text
    assert "script-src 'nonce-" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cache-Control"] == "no-store"


def test_head_has_the_headers_alone(app):
    answer = ask(app, "/abuot", "HEAD", accept="text/html")
    assert answer.status_code == 404 and answer.data == b""


OTHERS = [
    {"environ_base": {"REMOTE_ADDR": "10.0.0.1"}},
    {"headers": {"Host": "evil.example"}},
    {"headers": {"Host": "localhost.evil.example"}},
    {"headers": {"X-Forwarded-For": "10.0.0.1"}},
]


@pytest.mark.parametrize("options", OTHERS)
@pytest.mark.parametrize(("path", "code"), [("/abuot", 404), ("/form", 405), ("/gone", 404)])
def test_db_10_others_get_the_plain_pages(app, options, path, code):
    answer = ask(app, path, **options)
    assert answer.status_code == code and len(answer.text) < 300
    assert "route" not in answer.text and "Content-Security-Policy" not in answer.headers


@pytest.mark.parametrize("path", ["/abuot", "/form"])
def test_db_07_without_debug_nothing_is_told(app, path):
    app.debug = False
    answer = ask(app, path)
    assert len(answer.text) < 300 and "about" not in answer.text


def test_db_11_a_server_in_front_that_forwards_gets_the_plain_pages(app):
    proxied = {"X-Forwarded-For": "10.0.0.1", "X-Forwarded-Proto": "https"}
    assert len(app.test_client().get("/abuot", headers=proxied).text) < 300


@needs_package
def test_without_debug_nothing_is_imported():
    code = """
import sys
from microweb import Microweb
app = Microweb("example")
client = app.test_client()
assert client.get("/nothing").status_code == 404
assert "microweb.dev.teaching" not in sys.modules and "microweb.serving" not in sys.modules
app.debug = True
assert client.get("/nothing").text.startswith("404 Not Found\\nNo route")
"""
    subprocess.run([sys.executable, "-c", code], check=True)


@needs_package
def test_a_system_without_the_servers_modules_gets_the_plain_page():
    code = """
import sys
sys.modules["selectors"] = None
from microweb import Microweb
app = Microweb("example")
app.debug = True
assert "<h1>Not Found</h1>" in app.test_client().get("/nothing").text
"""
    subprocess.run([sys.executable, "-c", code], check=True)


class OwnPage(NotFound):
    def get_body(self, environ=None, scope=None):
        return "my own page"


class OwnCode(HTTPException):
    code = 418


@pytest.mark.parametrize(
    ("error", "text"),
    [(OwnPage(), "my own page"), (OwnCode(), "teapot"), (NotFound("x" * 9), "xxx")],
)
def test_errors_with_a_page_of_their_own_keep_it(app, error, text):
    def view():
        raise error

    app.add_url_rule("/own", "own", view)
    answer = ask(app, "/own")
    assert text in answer.text and ("Raised in" in answer.text) == (type(error) is NotFound)


def test_an_error_that_carries_a_response_sends_it(app):
    def view():
        raise NotFound(response=app.response_class("mine", 404))

    app.add_url_rule("/own", "own", view)
    assert ask(app, "/own").text == "mine"


def test_an_app_that_is_asked_twice_has_one_traceback(app):
    def twice(environ, start_response):
        try:
            return app(environ, start_response)
        except ZeroDivisionError:
            return app(environ, start_response)

    app.add_url_rule("/zero", "zero", lambda: 1 / 0)
    assert len(re.findall("\nTraceback\n", ask(twice, "/zero").text)) == 1


def test_an_error_handler_is_asked_first(app):
    app.register_error_handler(404, lambda error: ("handled", 404))
    assert ask(app, "/abuot").text == "handled"


def test_hooks_see_the_page(app):
    @app.after_request
    def add_header(response):
        response.headers["X-After"] = "1"
        return response

    assert ask(app, "/abuot").headers["X-After"] == "1"


def test_an_app_under_a_prefix_and_with_hosts(tmp_path):
    app = Microweb(
        "tests.teaching", root_path=tmp_path, host_matching=True, static_host="localhost"
    )
    app.debug = True
    app.add_url_rule("/about", "about", lambda: "about", host="localhost")
    answer = ask(app, "/abuot", environ_base={"SCRIPT_NAME": "/prefix"})
    assert "GET /prefix/abuot" in answer.text and "url_for('about')" in fix_of(answer)


def test_an_explanation_that_fails_leaves_the_rest(app, monkeypatch):
    monkeypatch.setattr(type(app.url_map), "explain", lambda *args: 1 / 0)
    answer = ask(app, "/abuot")
    assert answer.status_code == 404 and "The explanation ends in ZeroDivisionError" in answer.text
    assert "The request" in answer.text


def test_an_exception_that_another_layer_raises_has_a_page_of_its_own(app):
    def outer(environ, start_response):
        try:
            return app(environ, start_response)
        except ZeroDivisionError:
            raise ValueError(app.config["SECRET_KEY"]) from None

    app.add_url_rule("/zero", "zero", lambda: 1 / 0)
    text = ask(outer, "/zero").text
    assert text.startswith("500 Internal Server Error: ValueError: ********\n")
    assert len(re.findall("\nTraceback\n", text)) == 1
