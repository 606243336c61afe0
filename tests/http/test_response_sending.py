"""How responses leave: what is left out, what goes on the way, and through which server."""

from __future__ import annotations

import copy
import csv
import io
import pickle
from wsgiref.handlers import SimpleHandler

import pytest

from microweb.http import ImmutableDict, ImmutableMultiDict, Request, Response, file_response

from .support_http import make_environ, run_app


@pytest.mark.parametrize(
    ("method", "make"),
    [
        ("HEAD", lambda: Response(iter(["a"]))),
        ("HEAD", lambda: Response("abc")),
        ("GET", lambda: Response(status=204)),
        ("GET", lambda: Response("abc", 304)),
        ("GET", lambda: Response()),
        ("GET", lambda: Response([])),
        ("GET", lambda: Response(())),
        ("GET", lambda: Response("")),
        ("GET", lambda: file_response(io.BytesIO(), make_environ(), "text/plain")),
    ],
)
def test_c17_an_answer_without_a_body_has_one_empty_piece(method, make):
    # Hypercorn sends nothing before the first piece.
    body = make()(make_environ(method), lambda status, headers: None)
    assert list(body) == [b""]


@pytest.mark.parametrize(
    ("method", "make", "length"),
    [
        ("HEAD", lambda: Response(iter(["a"])), None),
        ("HEAD", lambda: Response("abc"), "3"),
        ("GET", lambda: Response(status=204), None),
        ("GET", lambda: Response("abc", 304), None),
        ("GET", lambda: Response(), "0"),
    ],
)
def test_c3_no_length_is_invented_by_wsgiref(method, make, length):
    output = io.BytesIO()
    environ = make_environ(method)
    SimpleHandler(io.BytesIO(), output, io.StringIO(), environ, False, True).run(make())
    head, _, body = output.getvalue().partition(b"\r\n\r\n")
    lengths = [line[16:] for line in head.decode().split("\r\n") if line[:16] == "Content-Length: "]
    assert lengths == ([] if length is None else [length])
    assert body == b""


def test_a_304_describes_no_body():
    headers = {"Content-Encoding": "gzip", "Content-Language": "de", "ETag": '"a"', "Vary": "X"}
    _, sent, _ = run_app(Response(status=304, headers=headers))
    assert [name for name, _ in sent] == ["ETag", "Vary"]
    _, sent, _ = run_app(Response("x", headers=headers))
    assert {"Content-Encoding", "Content-Language"} <= {name for name, _ in sent}


def test_c16_no_header_of_the_connection_is_sent():
    headers = {"Connection": "keep-alive", "STATUS": "200", "X-A": "1"}
    for body in ("text", iter(["piece"])):
        _, sent, _ = run_app(Response(body, headers=headers))
        names = [name for name, _ in sent]
        assert "X-A" in names
        assert not {"Connection", "STATUS"} & set(names)


def test_c10_a_body_made_of_the_encoded_body():
    response = Response(iter(["a", "b"]))
    response.response = (piece.upper() for piece in response.iter_encoded())
    assert run_app(response)[2] == b"AB"


def test_c10_headers_can_be_replaced_by_a_mapping():
    for body in ("text", iter(["text"])):
        response = Response(body)
        response.headers = {"X-A": "1"}
        _, sent, data = run_app(response, validate=False)
        assert ("X-A", "1") in sent
        assert data == b"text"


def test_c10_no_length_where_it_is_switched_off():
    class Unmeasured(Response):
        automatically_set_content_length = False

    assert "Content-Length" not in Unmeasured("hello").headers
    _, sent, body = run_app(Unmeasured("hello"))
    assert "Content-Length" not in dict(sent)
    assert body == b"hello"
    assert Unmeasured("hello", headers={"Content-Length": "5"}).headers["Content-Length"] == "5"


def test_c10_text_can_be_written_to_the_stream():
    response = Response()
    csv.writer(response.stream).writerow(["é", 1])
    print("end", file=response.stream)
    assert response.get_data() == "é,1\r\nend\n".encode()


def test_c10_a_request_closes_its_files_after_a_with_block():
    body = b'--B\r\nContent-Disposition: form-data; name="f"; filename="a"\r\n\r\n1\r\n--B--\r\n'
    environ = make_environ("POST", body, CONTENT_TYPE="multipart/form-data; boundary=B")
    with Request(environ) as request:
        file = request.files["f"]
        assert file.read() == b"1"
    assert file.stream.closed


@pytest.mark.parametrize(
    "value", [ImmutableDict(a=1), ImmutableMultiDict([("a", "1"), ("a", "2")]), ImmutableDict()]
)
def test_c10_what_cannot_be_changed_is_its_own_copy(value):
    assert copy.copy(value) is value
    for twin in (copy.deepcopy(value), pickle.loads(pickle.dumps(value))):
        assert twin == value
        assert type(twin) is type(value)
    assert type(value.copy()) is not type(value)
