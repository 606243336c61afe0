"""HTTP errors."""

from __future__ import annotations

import pytest

from microweb.http import (
    Aborter,
    BadRequestKeyError,
    HTTPException,
    MethodNotAllowed,
    NotFound,
    RequestedRangeNotSatisfiable,
    Response,
    TooManyRequests,
    Unauthorized,
    WWWAuthenticate,
    default_exceptions,
)

from .support_http import make_environ, run_app

CODES = [400, 401, 403, 404, 405, 406, 408, 409, 410, 411, 412, 413, 414, 415, 416, 417, 418, 421]
CODES += [422, 423, 424, 428, 429, 431, 451, 500, 501, 502, 503, 504, 505]


def test_every_code_has_one_class():
    assert sorted(default_exceptions) == CODES
    assert default_exceptions[400].__name__ == "BadRequest"
    assert default_exceptions[501].__name__ == "NotImplemented"


@pytest.mark.parametrize("code", CODES)
def test_every_error_is_a_wsgi_application(code):
    status, headers, body = run_app(default_exceptions[code]())
    assert status.startswith(f"{code} ")
    assert ("Content-Length", str(len(body))) in headers
    assert default_exceptions[code]().description.encode()[:10] in body


def test_hd_08_description_is_escaped_and_the_path_not_shown():
    environ = make_environ(PATH_INFO="/<script>secret", QUERY_STRING="<script>")
    body = run_app(NotFound("<script>\n'\"&"), environ)[2]
    assert b"<script>" not in body
    assert b"secret" not in body
    assert b"&lt;script&gt;<br>&#39;&#34;&amp;" in body


def test_hd_04_reason_of_a_subclass_is_escaped():
    class Odd(HTTPException):
        code = 499
        description = "odd"
        name = "<b>"

    assert "<b>" not in Odd().get_body()


def test_key_error_names_the_key_only_when_shown():
    error = BadRequestKeyError("secret_field")
    assert "secret_field" not in error.description
    assert "secret_field" not in error.get_body({})
    assert "secret_field" in str(error)
    error.show_exception = True
    assert "secret_field" in error.description
    assert error.get_response().status_code == 400


@pytest.mark.parametrize(
    ("error", "header"),
    [
        (MethodNotAllowed(["GET", "HEAD"]), ("Allow", "GET, HEAD")),
        (RequestedRangeNotSatisfiable(100), ("Content-Range", "bytes */100")),
        (TooManyRequests(retry_after=5), ("Retry-After", "5")),
        (
            Unauthorized(www_authenticate=WWWAuthenticate("basic", {"realm": "x"})),
            ("WWW-Authenticate", 'Basic realm="x"'),
        ),
    ],
)
def test_errors_bring_their_headers(error, header):
    assert header in run_app(error)[1]


def test_a_response_of_ones_own_is_sent():
    assert run_app(NotFound(response=Response("mine", 200)))[2] == b"mine"


def test_aborter_raises_by_code_or_response():
    aborter = Aborter(extra={499: NotFound})
    with pytest.raises(NotFound, match="gone fishing"):
        aborter(404, "gone fishing")
    with pytest.raises(NotFound):
        aborter(499)
    with pytest.raises(HTTPException) as caught:
        aborter(Response("x"))
    assert caught.value.get_response().get_data() == b"x"
    with pytest.raises(LookupError, match="299"):
        aborter(299)


def test_detail_is_for_the_log_not_for_the_page():
    error = NotFound().with_detail("row 7")
    assert "row 7" in str(error)
    assert "row 7" not in error.get_body()
