"""From a request to a response: which view runs, and what its answer becomes."""

from __future__ import annotations

import io
import threading
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest

from microweb import Microweb, Response, jsonify, make_response, request, url_for
from microweb.environ import create_environ
from microweb.http import HTTPException, NotFound
from microweb.routing import BaseConverter

from .support import MALFORMED_HOSTS, checked_client, make_app

FORM = "application/x-www-form-urlencoded"

HTML = "text/html; charset=utf-8"


@pytest.mark.parametrize(
    ("answer", "status", "content_type", "body"),
    [
        ("héllo", 200, HTML, "héllo".encode()),
        (b"\xff\x00", 200, HTML, b"\xff\x00"),
        (bytearray(b"abc"), 200, HTML, b"abc"),
        ({"b": 1, "a": [None]}, 200, "application/json", b'{"a":[null],"b":1}\n'),
        ([1, 2], 200, "application/json", b"[1,2]\n"),
        (("text", 201), 201, HTML, b"text"),
        (("text", "299 Odd"), 299, HTML, b"text"),
        (("text", {"Content-Type": "text/plain"}), 200, "text/plain", b"text"),
        (({"a": 1}, 202, [("X-A", "1")]), 202, "application/json", b'{"a":1}\n'),
        (("", 204), 204, None, b""),
    ],
)
def test_what_a_view_may_return(answer, status, content_type, body):
    app = make_app()
    app.add_url_rule("/", "index", lambda: answer)
    response = checked_client(app).get("/")
    assert (response.status_code, response.headers.get("Content-Type")) == (status, content_type)
    assert response.data == body
    if status != 204:
        assert response.headers["Content-Length"] == str(len(body))


def test_a_generator_is_streamed_and_closed():
    closed = []

    def stream():
        try:
            yield "a"
            yield b"b"
        finally:
            closed.append(True)

    app = make_app()
    app.add_url_rule("/", "index", stream)
    response = checked_client(app).get("/")
    assert response.data == b"ab"
    assert "Content-Length" not in response.headers
    assert closed == [True]


def test_a_response_object_is_sent_as_it_is():
    app = make_app()
    app.add_url_rule("/", "index", lambda: Response("x", 418, {"X-Tea": "pot"}))
    response = checked_client(app).get("/")
    assert (response.status, response.headers["X-Tea"]) == ("418 I'M A TEAPOT", "pot")


def test_a_wsgi_application_may_answer():
    def other(environ, start_response):
        start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "5")])
        return [b"other"]

    app = make_app()
    app.add_url_rule("/", "index", lambda: other)
    assert checked_client(app).get("/").text == "other"


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (None, "returned None: it may have ended without a return statement"),
        (7, "returned a int, which cannot be made a response: 7"),
        (("a", 1, {}, "more"), "not a tuple of 4"),
    ],
)
def test_a_bad_answer_names_the_view_and_what_it_returned(answer, message):
    app = make_app(TESTING=True)

    @app.get("/")
    def index():
        return answer

    with pytest.raises(TypeError, match="(?s).*") as caught:
        app.test_client().get("/")
    assert message in str(caught.value)
    if answer is None or answer == 7:
        assert "index (" in str(caught.value)
        assert "test_app_dispatch.py" in str(caught.value)


@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete"])
def test_each_method_has_its_decorator(method):
    app = make_app()
    getattr(app, method)("/", endpoint="index")(lambda: request.method)
    client = checked_client(app)
    assert getattr(client, method)("/").text == method.upper()
    assert client.open("/", method="TRACE").status_code == 405


def test_rt_13_head_options_and_wrong_methods():
    app = make_app()
    app.route("/", methods=["GET", "POST"])(lambda: "hello")
    unchecked = app.test_client()
    methods = ("DELETE", "BREW", "B" * 100_000, "GE\0T")
    wrong = [unchecked.open("/", method=method) for method in methods]
    client = checked_client(app)
    head = client.head("/")
    assert (head.status_code, head.data, head.headers["Content-Length"]) == (200, b"", "5")
    options = client.options("/")
    assert (options.status_code, options.data) == (200, b"")
    assert [response.status_code for response in wrong] == [405] * 4
    for response in (options, *wrong):
        allowed = {name.strip() for name in response.headers["Allow"].split(",")}
        assert allowed == {"GET", "HEAD", "OPTIONS", "POST"}


def test_options_may_be_a_views_own():
    app = make_app()

    @app.route("/", methods=["GET", "OPTIONS"])
    def index():
        return request.method

    assert checked_client(app).options("/").text == "OPTIONS"


def test_url_arguments_reach_the_view_converted():
    app = make_app()

    @app.get("/user/<name>/post/<int:number>")
    def post(name, number):
        return {"name": name, "number": number + 1}

    client = checked_client(app)
    assert client.get("/user/Adé/post/41").json == {"name": "Adé", "number": 42}
    assert client.get("/user/ada/post/x").status_code == 404


def test_a_missing_slash_is_redirected_with_the_query_kept():
    app = make_app()
    app.get("/notes/", endpoint="/notes/")(lambda: "notes")
    response = checked_client(app).get("/notes?page=2", base_url="http://localhost/mounted")
    assert response.status_code == 308
    assert response.location == "/mounted/notes/?page=2"


def test_defaults_and_several_rules_for_one_view():
    app = make_app()

    @app.route("/page/", defaults={"number": 1})
    @app.route("/page/<int:number>")
    def page(number):
        return str(number)

    client = checked_client(app)
    assert [client.get(path).text for path in ("/page/", "/page/7")] == ["1", "7"]


def test_request_url_rule_and_view_args_tell_what_matched():
    app = make_app()

    @app.get("/a/<b>")
    def view(b):
        return f"{request.endpoint} {request.url_rule} {request.view_args}"

    assert checked_client(app).get("/a/x").text == "view /a/<b> {'b': 'x'}"


def test_an_overridden_step_is_not_passed_over():
    class Shouting(Microweb):
        def make_response(self, rv):
            response = super().make_response(rv)
            response.set_data(response.get_data().upper())
            return response

    app = Shouting("tests", static_folder=None)
    app.get("/", endpoint="/")(lambda: "quiet")
    assert checked_client(app).get("/").text == "QUIET"


def test_another_response_class_is_used_for_plain_text():
    class Marked(Response):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            self.headers["X-Marked"] = "yes"

    app = make_app()
    app.response_class = Marked
    app.get("/", endpoint="/")(lambda: "x")
    assert checked_client(app).get("/").headers["X-Marked"] == "yes"


def test_changed_json_options_show_in_plain_dicts():
    app = make_app()
    app.json.sort_keys = False
    app.get("/", endpoint="/")(lambda: {"b": 1, "a": 2})
    app.get("/same", endpoint="/same")(lambda: jsonify({"b": 1, "a": 2}))
    client = checked_client(app)
    assert client.get("/").text == client.get("/same").text == '{"b":1,"a":2}\n'


def test_configuration_changed_between_requests_takes_effect():
    app = make_app()
    app.post("/", endpoint="/")(lambda: str(len(request.get_data())))
    client = checked_client(app)
    assert client.post("/", data=b"12345").text == "5"
    app.config["MAX_CONTENT_LENGTH"] = 4
    assert client.post("/", data=b"12345").status_code == 413


def test_form_json_and_query_reach_the_view():
    app = make_app()

    @app.post("/")
    def index():
        return {"query": request.args["q"], "form": request.form.get("f"), "json": request.is_json}

    client = checked_client(app)
    assert client.post("/?q=ä", data={"f": "ö"}).json == {"query": "ä", "form": "ö", "json": False}
    assert client.post("/?q=1", json={}).json == {"query": "1", "form": None, "json": True}


def test_an_upload_reaches_the_view():
    app = make_app()

    @app.post("/")
    def index():
        upload = request.files["file"]
        return {"name": upload.filename, "size": len(upload.read()), "type": upload.mimetype}

    data = {"file": (io.BytesIO(b"x" * 600_000), "big ü.bin")}
    answer = checked_client(app).post("/", data=data).json
    assert answer == {"name": "big ü.bin", "size": 600_000, "type": "application/octet-stream"}


def test_wsgi_app_may_be_wrapped():
    app = make_app()
    app.get("/", endpoint="/")(lambda: "inner")

    def middleware(inner):
        def call(environ, start_response):
            environ["PATH_INFO"] = "/"
            return inner(environ, start_response)

        return call

    app.wsgi_app = middleware(app.wsgi_app)
    assert app.test_client().get("/elsewhere").text == "inner"


def test_an_exception_that_is_a_finished_response_is_sent():
    app = make_app()

    @app.get("/")
    def index():
        raise HTTPException(response=Response("finished", 409))

    response = checked_client(app).get("/")
    assert (response.status_code, response.text) == (409, "finished")


@pytest.mark.parametrize("path", ["", "leaf/x", "@evil.com/x", "*", "/\xff\xfe", "/a\x00b", "//"])
def test_rt_16_odd_paths_are_answered_and_name_no_other_host(path):
    app = make_app()
    app.get("/leaf", endpoint="/leaf")(lambda: "leaf")

    @app.errorhandler(404)
    def missing(error):
        return f"missing {urlsplit(request.url).hostname}", 404

    response = app.test_client().get("/", environ_overrides={"PATH_INFO": path})
    if response.status_code == 308:
        assert response.location == "/"
    else:
        assert (response.status_code, response.text) == (404, "missing localhost")


def test_rt_11_handlers_see_the_request_whose_path_is_no_utf_8():
    app = make_app(PROPAGATE_EXCEPTIONS=False)
    app.logger.disabled = True
    app.get("/fail/<s>", endpoint="fail")(lambda s: 1 / 0)
    for code in (404, 500):
        app.register_error_handler(code, lambda error: (f"{error.code} {request.path}", error.code))
    client = app.test_client()
    for path, text in [("/fail/\xff", "500 /fail/\ufffd"), ("/zz\xff", "404 /zz\ufffd")]:
        assert client.get("/", environ_overrides={"PATH_INFO": path}).text == text


@pytest.mark.parametrize(
    "setting", ["MAX_CONTENT_LENGTH", "MAX_FORM_MEMORY_SIZE", "MAX_FORM_PARTS", None]
)
def test_cf_04_limits_come_from_the_configuration_or_from_the_request(setting):
    app = make_app(**({setting: 3} if setting else {}))

    @app.post("/")
    def index():
        if setting is None:
            request.max_form_memory_size = 3
        return str(len(request.form))

    data = {"a": "1", "b": "2", "c": "3", "d": "4"}
    assert app.test_client().post("/", data=data).status_code == 413
    assert app.test_client().post("/", data=b"a=1", content_type=FORM).status_code == 200


def test_rq_11_a_body_that_is_too_long_is_refused_where_it_is_read_and_nowhere_else():
    app = make_app(MAX_CONTENT_LENGTH=50)
    app.post("/form")(lambda: str(len(request.form)))
    app.post("/json", endpoint="json")(lambda: request.get_json(force=True))
    app.post("/data", endpoint="data")(lambda: request.get_data())
    app.post("/unread", endpoint="unread")(lambda: "unread")
    source = io.BytesIO(b"a" * 51)
    environ = {"wsgi.input": source, "CONTENT_LENGTH": "51", "CONTENT_TYPE": FORM}
    client = app.test_client()
    for path, code in [("form", 413), ("json", 413), ("data", 413), ("none", 404), ("unread", 200)]:
        assert client.post(f"/{path}", environ_overrides=environ).status_code == code
    assert source.tell() == 0


@pytest.mark.parametrize("host", [*MALFORMED_HOSTS, "a\x00", "\xfc.com"])
def test_rq_01_a_malformed_host_is_400_whatever_the_view_reads(host):
    app = make_app()
    app.get("/")(lambda: pytest.fail("the view was called"))
    response = app.test_client(use_cookies=False).get("/", environ_overrides={"HTTP_HOST": host})
    assert response.status_code == 400
    assert host.encode("latin-1") not in response.data


def test_rq_03_only_trusted_hosts_are_answered():
    app = make_app(TRUSTED_HOSTS=["good.com", ".sub.com"])
    app.get("/")(lambda: "x")
    client = checked_client(app)
    hosts = {"good.com": 200, "GOOD.com": 200, "good.com:80": 200, "a.sub.com": 200}
    hosts.update({"xgood.com": 400, "good.com.evil.com": 400, "localhost": 400})
    answers = {host: client.get("/", base_url=f"http://{host}/").status_code for host in hosts}
    assert answers == hosts


@pytest.mark.parametrize("host", ["evil.com", "user:pass@evil.com"])
def test_rq_04_a_forged_host_reaches_no_url(host):
    app = make_app(TRUSTED_HOSTS=["good.com"])
    app.get("/folder/", endpoint="folder")(lambda: url_for("folder", _external=True))
    for path in ("/folder", "/folder/"):
        response = app.test_client().get(path, environ_overrides={"HTTP_HOST": host})
        assert (response.status_code, response.location) == (400, None)
        assert b"evil" not in response.data
    # Without the setting what is built for the router's own redirects is still relative.
    app = make_app()
    app.get("/folder/", endpoint="folder")(lambda: "")
    assert app.test_client().get("/folder", base_url="http://evil.com").location == "/folder/"


def test_hosts_are_remembered_up_to_a_number():
    app = make_app()
    app.get("/")(lambda: request.host)
    client = checked_client(app)
    for number in range(300):
        assert client.get("/", base_url=f"http://h{number}.com/").text == f"h{number}.com"
    assert len(app._serving_table.checked_hosts) <= 100


def test_decorators_leave_functions_as_they_are():
    app = make_app()

    def function(*arguments):
        return ""

    assert app.route("/")(function) is function
    for decorate in (app.before_request, app.after_request, app.teardown_request):
        assert decorate(function) is function
    assert app.errorhandler(404)(function) is function
    assert app.template_filter()(function) is function


def test_make_response_without_arguments_is_an_empty_one():
    app = make_app()
    app.get("/")(make_response)
    response = checked_client(app).get("/")
    assert (response.status_code, response.data) == (200, b"")


def test_run_serves_with_the_settings_it_is_given(monkeypatch):
    app = make_app()
    calls = []
    monkeypatch.setattr(
        "microweb.running.run_simple", lambda *args, **options: calls.append((args, options))
    )
    app.run(port=0, debug=True, quiet=True)
    options = {"quiet": True, "use_debugger": True, "use_reloader": True}
    assert calls == [(("127.0.0.1", 0, app), options)]
    assert app.debug
    app.run("::1", debug=False)
    assert calls[1] == (("::1", 5000, app), {"use_debugger": False, "use_reloader": False})
    # In a thread, as in a plug-in, there is no program to start anew.
    thread = threading.Thread(target=app.run, kwargs={"debug": True, "use_debugger": False})
    thread.start()
    thread.join()
    assert calls.pop()[1] == {"use_debugger": False, "use_reloader": False}
    monkeypatch.setenv("MICROWEB_RUN_FROM_CLI", "true")
    app.run()
    assert len(calls) == 2


def test_a_named_tuple_is_a_tuple():
    class Answer(NamedTuple):
        body: str
        status: int

    app = make_app()
    app.get("/")(lambda: Answer("made", 201))
    assert checked_client(app).get("/").status_code == 201


def test_a_rule_that_was_refused_leaves_nothing_behind():
    app = make_app()

    def view(x):
        return x

    with pytest.raises(ValueError, match="nope"):
        app.add_url_rule("/<nope:x>", "view", view)
    app.add_url_rule("/<x>", "view", lambda x: x)
    assert checked_client(app).get("/a").text == "a"


def test_an_error_page_is_of_the_apps_response_class():
    class Marked(Response):
        mark = "marked"

    app = make_app()
    app.response_class = Marked
    marks = []

    @app.after_request
    def look(response):
        marks.append(response.mark)
        return response

    app.get("/dict", endpoint="dict")(dict)
    client = checked_client(app)
    client.get("/nothing")
    client.get("/dict")
    assert marks == ["marked", "marked"]


@pytest.mark.parametrize(
    ("key", "value", "wanted"),
    [
        ("MAX_CONTENT_LENGTH", "16MB", "a whole number or None"),
        ("SECRET_KEY", 123, "text or bytes"),
        ("SECRET_KEY_FALLBACKS", "old", "a list of keys"),
        ("TRUSTED_HOSTS", "a.com", "a list of hosts"),
        ("PERMANENT_SESSION_LIFETIME", "x", "a timedelta or a number of seconds"),
        ("APPLICATION_ROOT", None, "a path that begins with a slash"),
    ],
)
def test_cf_04_a_setting_of_the_wrong_kind_is_told(key, value, wanted):
    app = make_app(**{key: value})
    with pytest.raises(TypeError) as caught:
        app.test_client().get("/", base_url="http://localhost/")
    assert f"app.config[{key!r}] is {value!r}; it must be {wanted}" == str(caught.value)


@pytest.mark.parametrize("port", [-1, 70000])
def test_run_says_in_one_sentence_why_it_cannot_listen(port, capsys):
    with pytest.raises(SystemExit) as caught:
        make_app().run(port=port, use_reloader=False, load_dotenv=True, quiet=True)
    assert caught.value.code == 2
    assert capsys.readouterr().err.startswith(
        f"microweb: cannot listen on '127.0.0.1', port {port}"
    )


def test_rt_20_two_views_under_one_endpoint_are_refused_and_both_named():
    app = make_app()

    def first():
        return "first"

    app.add_url_rule("/", "same", first)
    app.add_url_rule("/again", "same", first)
    with pytest.raises(AssertionError, match="two views have the endpoint 'same': ") as caught:
        app.add_url_rule("/other", "same", lambda: "second")
    assert str(caught.value).count("test_app_dispatch.py:") == 2


@pytest.mark.parametrize("path", ["//hook", "///hook", "hook", "//hook/é", "hook/é"])
def test_leading_slashes_are_one(path):
    app = make_app()

    @app.post("/hook")
    @app.post("/hook/<name>")
    def hook(name="none"):
        return f"{request.path} {name}"

    environ = create_environ("/", method="POST", environ_overrides={"PATH_INFO": as_wsgi(path)})
    answer = app.test_client().open(environ)
    assert answer.status_code == 200, answer.text
    assert answer.text.startswith("/hook")


def as_wsgi(path):
    return path.encode().decode("latin-1")


def test_a_path_that_passenger_hands_on_encoded_is_decoded_once():
    app = make_app()
    app.add_url_rule("/<path:name>", "show", lambda name: name)
    for path, name in [
        ("/a%20b", "a b"),
        ("/%C3%A9", "é"),
        ("/50%2525", "50%25"),
        ("//%2F%2Fx", "x"),
    ]:
        overrides = {"PATH_INFO": path, "passenger.hijack": object()}
        environ = create_environ("/", environ_overrides=overrides)
        assert app.test_client().open(environ).text.lstrip("/") == name
    # Elsewhere the server has decoded it.
    environ = create_environ("/", environ_overrides={"PATH_INFO": "/a%20b"})
    assert app.test_client().open(environ).text == "a%20b"


def test_a_path_that_holds_text_already_is_no_crash():
    app = make_app()
    app.add_url_rule("/<name>", "show", lambda name: name)
    environ = create_environ("/", environ_overrides={"PATH_INFO": "/caf\u00e9\u20ac"})
    assert app.test_client().open(environ).text == "caf\u00e9\u20ac"


def test_a_404_that_nothing_changes_is_json_for_a_program():
    app = make_app()
    answer = app.test_client().get("/none", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.mimetype) == (404, "application/json")
    assert answer.json["code"] == 404


@pytest.mark.parametrize(
    ("query", "location"),
    [
        ("q=\xe2\x80\xa6", "/x/?q=%E2%80%A6"),
        ("q=\xc3\xa9&r=%20", "/x/?q=%C3%A9&r=%20"),
        ("q=\x01", "/x/?q=%01"),
    ],
)
def test_a_redirect_of_the_router_takes_any_query_along(query, location):
    app = make_app()
    app.add_url_rule("/x/", "x", lambda: "x")
    environ = create_environ("/x", environ_overrides={"QUERY_STRING": query})
    answer = app.test_client().open(environ)
    assert (answer.status_code, answer.location) == (308, location)


@pytest.mark.parametrize("prefix", ["//evil.example", "evil.example", "/\u20ac"])
def test_a_redirect_of_the_router_stays_on_its_host_whatever_it_is_mounted_at(prefix):
    app = make_app()
    app.add_url_rule("/x/", "x", lambda: "x")
    environ = create_environ("/x", environ_overrides={"SCRIPT_NAME": prefix})
    location = app.test_client().open(environ).location
    assert location[0] == "/" and location[1] != "/"


def test_what_a_converter_says_of_what_is_not_there_is_the_answer():
    class Users(BaseConverter):
        def to_python(self, value):
            raise NotFound("there is no such user")

    app = make_app()
    app.url_map.converters["user"] = Users
    app.add_url_rule("/<user:u>", "u", lambda u: u)
    assert "there is no such user" in app.test_client().get("/ada").text
