"""Makers of environs and readers of answers, for the tests of this folder."""

from __future__ import annotations

import io
from wsgiref.validate import validator

from microweb.http import Request
from microweb.http.multipart import iter_multipart


def make_environ(method="GET", body=None, **extra):
    """A complete WSGI environ; keyword arguments replace or add keys, None removes one."""
    environ = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": "/",
        "QUERY_STRING": "",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "localhost",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body or b""),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    if body is not None:
        environ["CONTENT_LENGTH"] = str(len(body))
    environ.update(extra)
    return {key: value for key, value in environ.items() if value is not None}


def make_request(method="GET", body=None, **extra):
    return Request(make_environ(method, body, **extra))


def post_form(body, **extra):
    extra.setdefault("CONTENT_TYPE", "application/x-www-form-urlencoded")
    return make_request("POST", body, **extra)


def post_multipart(body, boundary="B", **extra):
    extra.setdefault("CONTENT_TYPE", f"multipart/form-data; boundary={boundary}")
    return make_request("POST", body, **extra)


def run_app(app, environ=None, validate=True):
    """Call a WSGI application; return (status, list of headers, body). PEP 3333 is checked."""
    environ = make_environ() if environ is None else environ
    answer = []

    def start_response(status, headers, exc_info=None):
        answer[:] = [status, headers]
        return lambda data: None

    iterable = (validator(app) if validate else app)(environ, start_response)
    try:
        body = b"".join(iterable)
    finally:
        close = getattr(iterable, "close", None)
        if close is not None:
            close()
    return answer[0], answer[1], body


def multipart_body(*parts, boundary=b"B"):
    """Join (header lines, data) pairs into a body."""
    pieces = []
    for headers, data in parts:
        pieces.append(b"--" + boundary + b"\r\n" + headers + b"\r\n\r\n" + data + b"\r\n")
    return b"".join(pieces) + b"--" + boundary + b"--\r\n"


def field_part(name, data):
    return b'Content-Disposition: form-data; name="%s"' % name, data


def file_part(name, filename, data, content_type=b"text/plain"):
    head = b'Content-Disposition: form-data; name="%s"; filename="%s"\r\nContent-Type: %s'
    return head % (name, filename, content_type), data


def multipart_events(pieces, boundary=b"B", **limits):
    """Return the events of a multipart body that comes in pieces."""
    left = iter([piece for piece in pieces if piece])
    events = iter_multipart(lambda: next(left, b""), boundary.decode(), **limits)
    return [event for event in events if event is not None]
