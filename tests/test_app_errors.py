"""Errors: who handles them, what the client learns and what the log keeps."""

from __future__ import annotations

import io
import logging
import sys

import pytest

from microweb import Microweb, abort, request
from microweb.http import (
    BadRequest,
    BadRequestKeyError,
    Forbidden,
    HTTPException,
    InternalServerError,
    NotFound,
)

from .support import checked_client, make_app


class AppError(Exception):
    pass


class NarrowError(AppError):
    pass


def test_a_handler_by_code_and_by_class():
    app = make_app()
    app.register_error_handler(404, lambda error: (f"by code {error.code}", 404))
    app.register_error_handler(Forbidden, lambda error: (error.description, 403))
    app.get("/forbidden", endpoint="/forbidden")(lambda: abort(403, "not yours"))
    client = checked_client(app)
    assert client.get("/nothing").text == "by code 404"
    assert client.get("/forbidden").text == "not yours"


def test_the_nearest_class_handles_an_exception():
    app = make_app()
    app.register_error_handler(Exception, lambda error: "any")
    app.register_error_handler(AppError, lambda error: "app error")

    @app.get("/<kind>")
    def fail(kind):
        raise {"narrow": NarrowError, "app": AppError, "other": KeyError}[kind]()

    client = checked_client(app)
    assert [client.get(f"/{kind}").text for kind in ("narrow", "app", "other")] == [
        "app error",
        "app error",
        "any",
    ]


def test_a_handler_of_all_http_errors():
    app = make_app()

    @app.errorhandler(HTTPException)
    def as_json(error):
        return {"code": error.code, "name": error.name}, error.code

    response = checked_client(app).post("/nothing")
    assert (response.status_code, response.json) == (404, {"code": 404, "name": "Not Found"})


def test_a_redirect_of_the_router_passes_by_the_handlers():
    app = make_app()
    app.get("/folder/", endpoint="/folder/")(lambda: "x")
    app.register_error_handler(HTTPException, lambda error: ("handled", 500))
    assert checked_client(app).get("/folder").status_code == 308


def test_hd_09_an_unhandled_exception_is_logged_once_and_told_to_nobody(monkeypatch):
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    app = make_app()
    app.import_name = "tests.hd_09"
    app.get("/<path:where>", endpoint="fail")(lambda where: {}["secret detail"])
    errors = io.StringIO()
    response = checked_client(app).get("/a/b", errors_stream=errors)
    assert response.status_code == 500
    assert b"secret" not in response.data
    log = errors.getvalue()
    assert log.count("Exception on '/a/b' [GET]") == 1
    assert "KeyError: 'secret detail'" in log


def test_a_handler_of_500_is_given_the_original_exception():
    app = make_app()
    app.logger.disabled = True

    @app.errorhandler(500)
    def crashed(error):
        assert isinstance(error, InternalServerError)
        return f"sorry: {type(error.original_exception).__name__}", 500

    app.get("/", endpoint="/")(lambda: 1 / 0)
    assert checked_client(app).get("/").text == "sorry: ZeroDivisionError"


@pytest.mark.parametrize("setting", ["TESTING", "DEBUG", "PROPAGATE_EXCEPTIONS"])
def test_exceptions_propagate_where_they_are_asked_to(setting):
    app = make_app(**{setting: True})
    app.get("/", endpoint="/")(lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        app.test_client().get("/")


def test_an_error_in_a_handler_is_an_error_of_the_app():
    app = make_app()
    app.logger.disabled = True
    app.register_error_handler(404, lambda error: 1 / 0)
    assert checked_client(app).get("/nothing").status_code == 500


def test_an_after_request_that_fails_does_not_spoil_the_error_page():
    app = make_app()
    app.logger.disabled = True
    app.get("/", endpoint="/")(lambda: 1 / 0)
    app.after_request(lambda response: 1 / 0)
    assert checked_client(app).get("/").status_code == 500


def test_a_missing_form_field_is_a_400_that_names_the_field_only_in_debug():
    app = make_app()
    app.post("/", endpoint="/")(lambda: request.form["name"])
    response = checked_client(app).post("/", data={})
    assert response.status_code == 400
    assert "name&#" not in response.text and "'name'" not in response.text
    app.config.update(DEBUG=True, TRAP_BAD_REQUEST_ERRORS=False)
    assert "name" in app.test_client().post("/", data={}).text
    app.config["TRAP_BAD_REQUEST_ERRORS"] = None
    with pytest.raises(BadRequestKeyError, match="name"):
        app.test_client().post("/", data={})


def test_trapped_http_exceptions_reach_the_debugger():
    app = make_app(TRAP_HTTP_EXCEPTIONS=True, TESTING=True)
    app.get("/", endpoint="/")(lambda: abort(404))
    with pytest.raises(NotFound):
        app.test_client().get("/")
    app = make_app(TRAP_BAD_REQUEST_ERRORS=True, TESTING=True)
    app.get("/", endpoint="/")(lambda: abort(400))
    with pytest.raises(BadRequest):
        app.test_client().get("/")


def test_hd_08_error_pages_echo_nothing_unescaped():
    app = make_app()
    app.get("/bad", endpoint="/bad")(lambda: abort(400, "<script>alert(1)</script>"))
    client = checked_client(app)
    for path in ("/bad", "/<script>", "/%3Cscript%3E", "/?d=<script>"):
        assert b"<script>" not in client.get(path).data


def test_the_log_needs_no_standard_error(monkeypatch):
    monkeypatch.setattr("sys.stderr", None)
    app = make_app()
    app.get("/", endpoint="/")(lambda: 1 / 0)
    assert app.test_client().get("/").status_code == 500
    logging.getLogger(app.name).handlers.clear()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (799, "799 is not the status code of an HTTP error"),
        ("404", "not for '404'"),
        (int, "not for <class 'int'>"),
    ],
)
def test_an_error_handler_for_nothing_is_refused(wrong, message):
    with pytest.raises((TypeError, ValueError), match="HTTP error|class of exceptions") as caught:
        make_app().errorhandler(wrong)(lambda error: "")
    assert message in str(caught.value)


def test_without_the_logging_module_errors_go_to_the_requests_error_stream(monkeypatch):
    monkeypatch.setitem(sys.modules, "logging", None)
    app = make_app()
    app.get("/")(lambda: {}["lost key"])
    errors = io.StringIO()
    assert app.test_client().get("/", errors_stream=errors).status_code == 500
    assert "Exception on '/' [GET]" in errors.getvalue()
    assert "KeyError: 'lost key'" in errors.getvalue()


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"data": {"b": "1"}}, "400 on '/' [POST]: it has no 'a', which the view reads"),
        (
            {"data": b"x", "content_type": "multipart/form-data"},
            "400 on '/' [POST]: The Content-Type's boundary '' is missing or malformed.",
        ),
        ({"headers": {"Host": "a b"}}, "400 on '/' [POST]: The Host header 'a b' is malformed."),
    ],
)
def test_the_log_has_the_reason_of_a_400_and_the_client_has_not(options, reason, caplog):
    app = Microweb("reasons")
    app.post("/")(lambda: request.form["a"])
    answer = app.test_client().post("/", **options)
    assert answer.status_code == 400
    assert [record.getMessage() for record in caplog.records] == [reason]
    assert reason.partition(": ")[2] not in answer.text


def plain_404(app, **options):
    answer = app.test_client().get("/none", **options)
    return answer.status_code, answer.mimetype, answer.text


@pytest.mark.parametrize(
    "change",
    [
        lambda app: app.register_error_handler(404, lambda error: ("changed", 404)),
        lambda app: app.register_error_handler(Exception, lambda error: ("changed", 500)),
        lambda app: app.before_request(lambda: "changed"),
        lambda app: app.after_request(lambda response: response.set_data("changed") or response),
        lambda app: setattr(app, "handle_http_exception", lambda error: ("changed", 404)),
        lambda app: setattr(app, "handle_user_exception", lambda error: ("changed", 404)),
        lambda app: setattr(app, "make_response", lambda rv: app.response_class("changed")),
    ],
)
def test_whatever_an_app_does_about_a_404_is_done(change):
    app = make_app()
    change(app)
    assert plain_404(app)[2] == "changed"


def test_a_404_is_the_same_page_by_both_roads():
    short, general = make_app(), make_app()
    general.after_request(lambda response: response)
    assert plain_404(short) == plain_404(general)
    assert plain_404(short)[:2] == (404, "text/html")
    answers = [app.test_client().head("/none") for app in (short, general)]
    assert answers[0].headers.to_wsgi_list() == answers[1].headers.to_wsgi_list()
    ended = []
    short = make_app()
    short.teardown_request(ended.append)
    assert plain_404(short)[0] == 404 and ended == [None]
