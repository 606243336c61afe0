"""Questions about an environ, without a request object."""

from __future__ import annotations

import io
from wsgiref.util import FileWrapper as ServersFileWrapper

import pytest

from microweb.http import (
    BadHost,
    FileWrapper,
    NotFound,
    RequestEntityTooLarge,
    Response,
    get_content_length,
    get_current_url,
    get_host,
    get_input_stream,
    get_path_info,
    responder,
    send_from_directory,
    wrap_file,
)

from .support_http import make_environ, run_app


@pytest.mark.parametrize(
    ("options", "url"),
    [
        ({}, "http://example.com/app/é?q=%20"),
        ({"strip_querystring": True}, "http://example.com/app/é"),
        ({"root_only": True}, "http://example.com/app/"),
        ({"host_only": True}, "http://example.com/"),
        ({"trusted_hosts": [".example.com"], "host_only": True}, "http://example.com/"),
    ],
)
def test_current_url(options, url):
    environ = make_environ(
        HTTP_HOST="example.com", SCRIPT_NAME="/app", PATH_INFO="/Ã©", QUERY_STRING="q=%20"
    )
    assert get_current_url(environ, **options) == url


def test_host_and_path():
    environ = make_environ(HTTP_HOST="a.example.com:80", PATH_INFO="Ã©")
    assert (get_host(environ), get_path_info(environ)) == ("a.example.com", "é")
    for trusted in (["example.com"], []):
        with pytest.raises(BadHost):
            get_host(environ, trusted)


def test_input_stream():
    environ = make_environ("POST", b"abcdef", CONTENT_LENGTH="3")
    assert (get_content_length(environ), get_input_stream(environ).read()) == (3, b"abc")
    with pytest.raises(RequestEntityTooLarge):
        get_input_stream(environ, max_content_length=2)
    environ = make_environ("POST", b"abcdef", CONTENT_LENGTH=None)
    assert get_input_stream(environ).read() == b""
    assert get_input_stream(environ, safe_fallback=False) is environ["wsgi.input"]
    environ["wsgi.input_terminated"] = True
    assert get_input_stream(environ, safe_fallback=False).read() == b"abcdef"


def test_wrap_file():
    assert list(wrap_file({}, io.BytesIO(b"abc"), 2)) == [b"ab", b"c"]
    assert isinstance(wrap_file({}, io.BytesIO()), FileWrapper)
    servers = wrap_file({"wsgi.file_wrapper": ServersFileWrapper}, io.BytesIO())
    assert isinstance(servers, ServersFileWrapper)


def test_responder_keeps_the_name():
    @responder
    def application(environ, start_response):
        return Response(environ["PATH_INFO"])

    assert application.__name__ == "application"
    assert run_app(application, make_environ(PATH_INFO="/x"))[2] == b"/x"


def test_a_file_out_of_a_directory_without_an_app(tmp_path):
    (tmp_path / "a.txt").write_text("hello")
    response = send_from_directory(tmp_path, "a.txt", make_environ())
    assert run_app(response)[2] == b"hello"
    for path in ("../a.txt", "b.txt", "/etc/passwd", ".."):
        with pytest.raises(NotFound):
            send_from_directory(tmp_path, path, make_environ())
