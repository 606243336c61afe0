"""Forms read without a request, and files kept where the program wants them."""

from __future__ import annotations

import io
import tempfile

import pytest

from microweb.http import (
    BadRequest,
    FormDataParser,
    MultiDict,
    MultiPartParser,
    Request,
    RequestEntityTooLarge,
    default_stream_factory,
    parse_form_data,
)
from microweb.http.forms import SPOOL_THRESHOLD

from .support_http import field_part, file_part, make_environ, multipart_body

FORM_TYPE = "application/x-www-form-urlencoded"
BODY = multipart_body(field_part(b"a", b"1"), file_part(b"f", b"n.txt", b"data" * 10))


def multipart_environ(body=BODY, **extra):
    return make_environ("POST", body, CONTENT_TYPE="multipart/form-data; boundary=B", **extra)


def test_parse_form_data():
    _stream, form, files = parse_form_data(multipart_environ())
    assert (form["a"], files["f"].filename, files["f"].read()) == ("1", "n.txt", b"data" * 10)
    environ = make_environ("POST", b"a=1&a=2", CONTENT_TYPE=FORM_TYPE)
    _stream, form, files = parse_form_data(environ, cls=MultiDict)
    assert (type(form), form.getlist("a"), files) == (MultiDict, ["1", "2"], MultiDict())


def test_what_is_no_form_stays_in_the_stream():
    stream, form, files = parse_form_data(make_environ("POST", b"abc", CONTENT_TYPE="text/plain"))
    assert (stream.read(), len(form), len(files)) == (b"abc", 0, 0)


@pytest.mark.parametrize(
    ("body", "silent"), [(BODY[:-9], True), (BODY[:-9], False), (b"rubbish", True)]
)
def test_a_malformed_form_is_empty_or_400(body, silent):
    if silent:
        _stream, form, files = parse_form_data(multipart_environ(body), silent=True)
        assert (len(form), len(files)) == (0, 0)
    else:
        with pytest.raises(BadRequest):
            parse_form_data(multipart_environ(body), silent=False)


@pytest.mark.parametrize(
    "limits", [{"max_form_memory_size": 0}, {"max_form_parts": 1}, {"max_content_length": 50}]
)
def test_limits_hold_even_if_errors_are_silent(limits):
    with pytest.raises(RequestEntityTooLarge):
        parse_form_data(multipart_environ(), silent=True, **limits)


def test_a_parser_of_its_own():
    parser = FormDataParser(max_form_parts=5)
    options = {"boundary": "B"}
    _, form, _ = parser.parse(io.BytesIO(BODY), "multipart/form-data", len(BODY), options)
    assert form["a"] == "1"
    form, files = MultiPartParser(buffer_size=1).parse(io.BytesIO(BODY), b"B", None)
    assert (form["a"], files["f"].read()) == ("1", b"data" * 10)
    with pytest.raises(BadRequest):
        MultiPartParser().parse(io.BytesIO(BODY), b"C", None)


class Sink:
    """Keeps nothing but how much it was given."""

    made = []

    def __init__(self, total_content_length, content_type, filename, content_length=None):
        self.about = (total_content_length, content_type, filename, content_length)
        self.size = 0
        self.closed = False
        self.made.append(self)

    def write(self, data):
        self.size += len(data)

    def seek(self, position):
        self.position = position

    def close(self):
        self.closed = True


@pytest.fixture
def no_disk(monkeypatch):
    monkeypatch.setattr(tempfile, "TemporaryFile", None)
    Sink.made = []


def test_an_upload_streams_into_what_the_factory_returns(no_disk):
    body = multipart_body(file_part(b"f", b"n", b"x" * 2_000_000), field_part(b"a", b"1"))
    _stream, form, files = parse_form_data(multipart_environ(body), stream_factory=Sink)
    sink = files["f"].stream
    assert (sink.size, sink.position, form["a"]) == (2_000_000, 0, "1")
    assert sink.about == (len(body), "text/plain", "n", None)


def test_a_request_may_say_where_files_go(no_disk):
    class Mine(Request):
        def _get_file_stream(self, total_content_length, content_type, filename=None, **more):
            return Sink(total_content_length, content_type, filename)

    body = multipart_body(file_part(b"f", b"n", b"x" * 2_000_000))
    request = Mine(multipart_environ(body))
    assert request.files["f"].stream.size == 2_000_000
    request.close()
    assert request.files["f"].stream.closed


def test_mp_20_a_factory_s_files_are_closed_after_an_error(no_disk):
    parts = [file_part(b"f", b"n", b"x")] * 3
    with pytest.raises(BadRequest):
        parse_form_data(multipart_environ(multipart_body(*parts)[:-9]), Sink, silent=False)
    assert [sink.closed for sink in Sink.made] == [True] * 3


@pytest.mark.parametrize("total", [0, SPOOL_THRESHOLD, SPOOL_THRESHOLD + 1, None])
def test_default_stream_factory(total):
    with default_stream_factory(total, None, None) as stream:
        assert isinstance(stream, io.BytesIO) == (total is not None and total <= SPOOL_THRESHOLD)
        stream.write(b"abc")
        stream.seek(0)
        assert stream.read() == b"abc"


@pytest.mark.parametrize("pieces", [1, 3, 1000])
def test_a_short_body_may_come_in_pieces(pieces):
    class Slow(io.BytesIO):
        def read(self, size=-1):
            return super().read(min(size, pieces))

    def environ(body):
        return make_environ(
            "POST", None, CONTENT_LENGTH="7", CONTENT_TYPE=FORM_TYPE, **{"wsgi.input": Slow(body)}
        )

    request = Request(environ(b"a=1&b=2rest"))
    assert (request.form.to_dict(), request.stream.read()) == ({"a": "1", "b": "2"}, b"")
    request = Request(environ(b"a=1&b="))
    for _ in range(2):
        with pytest.raises(BadRequest):
            request.form  # noqa: B018
    with pytest.raises(BadRequest):
        request.get_data()


def test_mp_08_the_first_malformed_part_ends_it(caplog):
    class Counting(io.BytesIO):
        taken = 0

        def read(self, size=-1):
            data = super().read(size)
            self.taken += len(data)
            return data

    body = multipart_body(*[(b"rubbish", b"x" * 1000)] * 10_000)
    source = Counting(body)
    request = Request(multipart_environ(body, **{"wsgi.input": source}))
    with pytest.raises(BadRequest):
        request.form  # noqa: B018
    assert source.taken < len(body) / 10
    assert not caplog.records
