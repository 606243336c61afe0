"""Chunked bodies as servers hand them over: read as they were meant, or refused; never lost."""

from __future__ import annotations

import io
import sys
import tempfile
from contextlib import ExitStack
from types import SimpleNamespace

import pytest

from microweb.http import LengthRequired, get_input_stream

from .support_http import make_request, post_form

CHUNKED = {"CONTENT_LENGTH": None, "HTTP_TRANSFER_ENCODING": "Chunked"}


class Pipe:
    """An input that cannot be sought and does not say where it ends."""

    def __init__(self, data=b"a=1"):
        self.source = io.BytesIO(data)
        self.read, self.readline = self.source.read, self.source.readline


def make_input_of(module, data=b"a=1"):
    return type("Input", (Pipe,), {"__module__": module})(data)


def spooled_body():
    file = tempfile.SpooledTemporaryFile()  # noqa: SIM115 - the test closes it
    file.write(b"a=1")
    file.seek(0)
    return file


def temporary_file():
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the test closes it
    file.write(b"a=1")
    file.seek(0)
    return file


READABLE = {
    "in memory (tornado, Hypercorn, netius)": lambda: {"wsgi.input": io.BytesIO(b"a=1")},
    "spooled (asgiref)": lambda: {"wsgi.input": spooled_body()},
    "a temporary file": lambda: {"wsgi.input": temporary_file()},
    "a2wsgi": lambda: {"wsgi.input": make_input_of("a2wsgi.wsgi")},
    "eventlet": lambda: {"wsgi.input": make_input_of("eventlet.wsgi")},
    "Twisted": lambda: {"wsgi.input": make_input_of("twisted.web.wsgi")},
    "Apache CGI": lambda: {
        "wsgi.input": Pipe(),
        "SERVER_SOFTWARE": "Apache/2.4.71 (Debian)",
        "GATEWAY_INTERFACE": "CGI/1.1",
    },
    "Caddy FastCGI": lambda: {
        "wsgi.input": Pipe(),
        "SERVER_SOFTWARE": "Caddy/v2.6.2",
        "GATEWAY_INTERFACE": "CGI/1.1",
        "HTTP_TRANSFER_ENCODING": None,
        "CONTENT_LENGTH": "-1",
    },
    "nginx: decoded, and the length": lambda: {"wsgi.input": Pipe(), "CONTENT_LENGTH": "3"},
    "the end is marked": lambda: {"wsgi.input": Pipe(), "wsgi.input_terminated": True},
    "marked, with a length": lambda: {
        "wsgi.input": Pipe(),
        "wsgi.input_terminated": True,
        "CONTENT_LENGTH": "1",
    },
}


@pytest.mark.parametrize("server", READABLE)
def test_b1_b2_a_chunked_body_is_read(server):
    inputs = ExitStack()

    def make():
        request = post_form(None, **{**CHUNKED, **READABLE[server]()})
        inputs.callback(getattr(request.environ["wsgi.input"], "close", int))
        return request

    assert make().get_data() == b"a=1"
    assert make().form.to_dict() == {"a": "1"}
    assert make().stream.readline() == b"a=1"
    assert get_input_stream(make().environ).read() == b"a=1"
    request = make()
    request.max_content_length = 2
    with pytest.raises(Exception, match="413"):
        request.get_data()
    inputs.close()


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"SERVER_SOFTWARE": "BusyBox httpd/1.35", "GATEWAY_INTERFACE": "CGI/1.1"},
        {"SERVER_SOFTWARE": "Apache/2.4.71"},
        {"CONTENT_LENGTH": "-1", "HTTP_TRANSFER_ENCODING": None},
        {"CONTENT_LENGTH": ""},
        {"uwsgi.version": b"2.0"},
    ],
)
@pytest.mark.parametrize("reader", ["data", "form", "files", "stream", "get_json"])
def test_b2_a_body_whose_end_is_unknown_is_411(environ, reader):
    request = post_form(None, **{**CHUNKED, "wsgi.input": Pipe(), **environ})
    for _ in range(2):
        with pytest.raises(LengthRequired, match="Content-Length"):
            value = getattr(request, reader)
            value(force=True)


def test_b2_uwsgi_is_asked_for_the_chunks(monkeypatch):
    chunks = iter([b"a=", b"1&b=2\nx", b"y", b""])
    monkeypatch.setitem(sys.modules, "uwsgi", SimpleNamespace(chunked_read=lambda: next(chunks)))
    request = make_request(
        "POST", **{**CHUNKED, "wsgi.input": Pipe(b""), "uwsgi.version": b"2.0.31"}
    )
    assert request.stream.read(3) == b"a=1"
    assert list(request.stream) == [b"&b=2\n", b"xy"]


def test_without_a_body_nothing_is_refused():
    assert make_request(CONTENT_LENGTH=None, **{"wsgi.input": Pipe()}).get_data() == b""
    assert make_request(**{**CHUNKED, "wsgi.input": None}).get_data() == b""
