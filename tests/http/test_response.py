"""The response."""

from __future__ import annotations

import datetime
import pickle

import pytest

from microweb.http import (
    Headers,
    HTTPException,
    RequestedRangeNotSatisfiable,
    Response,
    WWWAuthenticate,
)

from .support_http import make_environ, make_request, run_app


class Body:
    """An iterable that counts how often it is closed."""

    def __init__(self, *chunks):
        self.chunks = iter(chunks)
        self.closed = 0

    def __iter__(self):
        return self

    def __next__(self):
        return next(self.chunks)

    def close(self):
        self.closed += 1


@pytest.mark.parametrize(
    ("body", "sent"),
    [
        ("é", "é".encode()),
        (b"x", b"x"),
        (bytearray(b"y"), b"y"),
        (None, b""),
        (["a", b"b"], b"ab"),
        (("a", "b"), b"ab"),
        (iter(["a", b"b"]), b"ab"),
    ],
)
def test_kinds_of_bodies(body, sent):
    response = Response(body)
    status, headers, received = run_app(response)
    assert (status, received) == ("200 OK", sent)
    assert dict(headers)["Content-Type"] == "text/html; charset=utf-8"
    if not response.is_streamed:
        assert dict(headers)["Content-Length"] == str(len(sent))


@pytest.mark.parametrize("code", [100, 103, 199])
def test_hd_10_an_interim_answer_has_no_body(code):
    # PEP 3333's validator asks for a Content-Type here, which RFC 9110 section 15.2 leaves out.
    _status, headers, received = run_app(Response("hello", code), validate=False)
    assert (received, headers) == (b"", [])


@pytest.mark.parametrize("code", [204, 304])
@pytest.mark.parametrize("body", ["text", ["a", "b"]])
def test_hd_10_pe_01_no_body_where_the_status_forbids_it(code, body):
    response = Response(body, code)
    _status, headers, received = run_app(response)
    assert received == b""
    assert not {"Content-Length", "Content-Type"} & set(dict(headers))
    body = Body(b"x")
    assert run_app(Response(body, code))[2] == b""
    assert body.closed == 1


def test_hd_10_head_keeps_the_length_without_a_body():
    _status, headers, received = run_app(Response("hello"), make_environ("HEAD"))
    assert (received, dict(headers)["Content-Length"]) == (b"", "5")


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_pe_06_close_is_called_once(method):
    body, calls = Body(b"a", "b"), []
    response = Response(body)
    response.call_on_close(lambda: calls.append(1))
    run_app(response, make_environ(method))
    response.close()
    assert (body.closed >= 1, calls) == (True, [1])


def test_pe_07_a_stream_is_not_read_ahead():
    taken = []

    def produce():
        for item in "ab":
            taken.append(item)
            yield item

    chunks = iter(Response(produce())(make_environ(), lambda status, headers: None))
    assert taken == []
    assert next(chunks) == b"a"
    assert taken == ["a"]


@pytest.mark.parametrize(
    "stated", [[("Content-Length", "2")], [("content-length", "2"), ("Content-Length", "5")]]
)
def test_hd_11_content_length_is_made_true(stated):
    response = Response("hello")
    response.headers[:] = [("Content-Type", "text/plain")]
    response.headers.extend(stated)
    headers = run_app(response)[1]
    assert [value for name, value in headers if name.lower() == "content-length"] == ["5"]


def test_changed_body_is_measured_again():
    response = Response("hello")
    response.response = [b"hi"]
    assert dict(run_app(response)[1])["Content-Length"] == "2"
    response.data = "longer text"
    assert response.content_length == 11
    assert response.get_data(as_text=True) == "longer text"


def test_the_server_may_change_the_list_it_gets():
    response = Response("x")
    response(make_environ(), lambda status, headers: headers.clear())
    assert len(response.headers) == 2


@pytest.mark.parametrize(
    ("arguments", "content_type"),
    [
        ({}, "text/html; charset=utf-8"),
        ({"mimetype": "text/css"}, "text/css; charset=utf-8"),
        ({"mimetype": "image/png"}, "image/png"),
        ({"mimetype": "image/svg+xml"}, "image/svg+xml; charset=utf-8"),
        ({"mimetype": "application/json"}, "application/json"),
        ({"content_type": "text/x; a=b"}, "text/x; a=b"),
        ({"headers": {"content-type": "text/a"}}, "text/a"),
        ({"headers": {"content-type": "text/a"}, "mimetype": "text/b"}, "text/b; charset=utf-8"),
        ({"headers": [("X-A", "1")]}, "text/html; charset=utf-8"),
    ],
)
def test_content_type(arguments, content_type):
    response = Response("x", **arguments)
    assert response.headers.getlist("Content-Type") == [content_type]
    assert response.mimetype == content_type.partition(";")[0]


@pytest.mark.parametrize(
    "attempt",
    [
        lambda evil: Response(content_type=evil),
        lambda evil: Response(mimetype=evil),
        lambda evil: Response(mimetype="text/" + evil),
        lambda evil: Response(headers={"X": evil}),
        lambda evil: Response(headers=[(evil, "x")]),
        lambda evil: setattr(Response(), "mimetype", evil),
        lambda evil: setattr(Response(), "content_type", evil),
        lambda evil: setattr(Response(), "location", evil),
        lambda evil: setattr(Response(), "www_authenticate", evil),
        lambda evil: setattr(Response(), "content_encoding", evil),
        lambda evil: setattr(Response(), "last_modified", evil),
        lambda evil: setattr(Response(), "retry_after", evil),
        lambda evil: setattr(Response(), "content_range", evil),
        lambda evil: setattr(Response(), "vary", evil),
        lambda evil: setattr(Response(), "allow", [evil]),
        lambda evil: Response().vary.add(evil),
        lambda evil: Response().set_etag(evil),
        lambda evil: setattr(Response(), "mimetype_params", {"a": evil}),
        lambda evil: setattr(Response().cache_control, "private", evil),
        lambda evil: setattr(Response(), "status", "200 " + evil),
        lambda evil: setattr(Response(), "access_control_allow_origin", evil),
    ],
)
@pytest.mark.parametrize("evil", ["a\r\nX-Evil: 1", "a\nX", "a\0b"])
def test_hd_01_every_setter_refuses_line_breaks(attempt, evil):
    with pytest.raises(ValueError):
        attempt(evil)


def test_hd_15_vary_is_merged():
    response = Response(headers=[("Vary", "Accept,  cookie "), ("Vary", "Origin")])
    response.vary.add("Cookie")
    response.vary.update(["ORIGIN", "Accept-Language"])
    assert response.headers.getlist("Vary") == ["Accept, cookie, Origin, Accept-Language"]
    response.vary = None
    assert "Vary" not in response.headers
    response.vary = ["*"]
    response.vary.update(["Cookie", "*"])
    assert response.headers["Vary"] == "*, Cookie"


def test_typed_headers_read_and_write():
    response = Response()
    moment = datetime.datetime(2020, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc)
    for name in ("date", "expires", "last_modified", "retry_after"):
        setattr(response, name, moment)
        assert getattr(response, name) == moment
        assert response.headers[name.replace("_", "-")] == "Thu, 02 Jan 2020 03:04:05 GMT"
        setattr(response, name, None)
        assert getattr(response, name) is None
    response.retry_after = 60
    assert response.headers["Retry-After"] == "60"
    response.age = datetime.timedelta(minutes=1)
    assert (response.headers["Age"], response.age.seconds) == ("60", 60)
    response.allow = ["GET", "HEAD"]
    assert response.headers["Allow"] == "GET, HEAD"
    response.location = "/é"
    assert response.location == "/%C3%A9"
    response.content_length = 7
    assert response.content_length == 7
    response.www_authenticate = None
    assert response.mimetype_params == {"charset": "utf-8"}
    response.access_control_allow_credentials = True
    assert response.access_control_allow_credentials


def test_cache_control_writes_back():
    response = Response()
    response.cache_control.max_age = 300
    response.cache_control.public = True
    response.cache_control.immutable = True
    assert response.headers["Cache-Control"] == "max-age=300, public, immutable"
    response.cache_control.max_age = None
    response.cache_control.public = False
    del response.cache_control.immutable
    assert "Cache-Control" not in response.headers
    response.cache_control.no_cache = True
    assert (response.cache_control.no_cache, response.cache_control.max_age) == (True, None)


def test_json_of_a_response():
    response = Response('{"a": 1}', mimetype="application/json")
    assert (response.is_json, response.json) == (True, {"a": 1})
    assert Response("{}").get_json() is None
    assert Response("{", mimetype="application/json").get_json(silent=True) is None


def test_streams_become_sequences_when_read():
    body = Body("a", b"b")
    response = Response(body)
    assert response.is_streamed
    assert response.get_data() == b"ab"
    assert response.is_sequence
    assert run_app(response)[2] == b"ab"
    assert body.closed == 1


def test_passed_through_bodies_cannot_be_read():
    with pytest.raises(RuntimeError, match="direct_passthrough"):
        Response(iter(b"a"), direct_passthrough=True).get_data()


CONDITIONS = [
    ({"HTTP_IF_NONE_MATCH": '"a"'}, 304),
    ({"HTTP_IF_NONE_MATCH": 'W/"a"'}, 304),
    ({"HTTP_IF_NONE_MATCH": '"x", "a"'}, 304),
    ({"HTTP_IF_NONE_MATCH": "*"}, 304),
    ({"HTTP_IF_NONE_MATCH": "a"}, 304),
    ({"HTTP_IF_NONE_MATCH": '"x",' * 25_000 + '"a"'}, 304),
    ({"HTTP_IF_NONE_MATCH": '"x"'}, 200),
    ({"HTTP_IF_NONE_MATCH": '"' * 60_000}, 200),
    ({"HTTP_IF_MATCH": '"a"'}, 200),
    ({"HTTP_IF_MATCH": "*"}, 200),
    ({"HTTP_IF_MATCH": '"x"'}, 412),
    ({"HTTP_IF_MATCH": 'W/"a"'}, 412),
    ({"HTTP_IF_MODIFIED_SINCE": "Thu, 02 Jan 2020 03:04:05 GMT"}, 304),
    ({"HTTP_IF_MODIFIED_SINCE": "Thu, 02 Jan 2020 03:04:04 GMT"}, 200),
    ({"HTTP_IF_MODIFIED_SINCE": "rubbish"}, 200),
    ({"HTTP_IF_UNMODIFIED_SINCE": "Thu, 02 Jan 2020 03:04:04 GMT"}, 412),
    ({"HTTP_IF_MODIFIED_SINCE": "Thu, 02 Jan 2020 03:04:05 GMT", "HTTP_IF_NONE_MATCH": '"x"'}, 200),
]


@pytest.mark.parametrize(("conditions", "code"), CONDITIONS)
def test_st_15_conditions(conditions, code):
    response = Response("hello")
    response.set_etag("a")
    response.last_modified = 1577934245
    assert response.make_conditional(make_request(**conditions)) is response
    assert response.status_code == code
    assert run_app(response)[2] == (b"hello" if code == 200 else b"")


def test_etag_from_the_body():
    response = Response("hello")
    response.add_etag()
    tag, weak = response.get_etag()
    assert (len(tag), weak) == (32, False)
    response.add_etag(weak=True)
    assert response.get_etag() == (tag, False)


@pytest.mark.parametrize("make_body", [lambda: "0123456789", lambda: iter(["0123", "456789"])])
def test_ranges_of_any_body(make_body):
    response = Response(make_body())
    response.make_conditional(make_environ(HTTP_RANGE="bytes=2-5"), True, 10)
    status, headers, body = run_app(response)
    assert (status, body) == ("206 PARTIAL CONTENT", b"2345")
    assert dict(headers)["Content-Range"] == "bytes 2-5/10"
    assert dict(headers)["Content-Length"] == "4"


def test_unsatisfiable_range_closes_the_body():
    body = Body(b"x")
    with pytest.raises(RequestedRangeNotSatisfiable):
        Response(body).make_conditional(make_environ(HTTP_RANGE="bytes=5-"), True, 1)
    assert body.closed == 1


def test_force_type_and_from_app():
    class Mine(Response):
        pass

    assert type(Mine.force_type(Response("x"))) is Mine

    def legacy(environ, start_response):
        write = start_response("201 Created", [("X-A", "1")])
        write(b"a")
        return Body(b"b")

    response = Mine.from_app(legacy, make_environ())
    assert (response.status_code, response.headers["X-A"]) == (201, "1")
    assert response.get_data() == b"ab"
    with pytest.raises(TypeError, match="environ"):
        Response.force_type(legacy)
    with pytest.raises(RuntimeError, match="start_response"):
        Response.from_app(lambda environ, start_response: [], make_environ())


def test_subclass_defaults():
    class Teapot(Response):
        default_status = 418
        default_mimetype = "text/plain"

    assert Teapot("x").status == "418 I'M A TEAPOT"
    assert Teapot("x").content_type == "text/plain; charset=utf-8"


def test_errors_know_the_response_class():
    assert HTTPException.response_class is Response


def test_headers_given_are_copied():
    given = Headers([("X-A", "1")])
    Response("x", headers=given).headers["X-A"] = "2"
    assert given["X-A"] == "1"


def test_repr_says_size_and_status():
    assert repr(Response("abc")) == "<Response 3 bytes [200 OK]>"
    assert "streamed" in repr(Response(iter(())))


def test_freezing_makes_a_response_that_pickles():
    response = Response(iter(["a", b"b"]))
    response.freeze()
    again = pickle.loads(pickle.dumps(response))
    assert (again.data, again.headers["Content-Length"]) == (b"ab", "2")
    assert again.headers["ETag"] == response.headers["ETag"]


def test_writing_to_the_stream_of_a_response():
    response = Response(iter(["a"]))
    with response.stream as stream:
        assert (stream.write(b"bc"), stream.tell(), stream.writable()) == (2, 3, True)
        stream.writelines([b"d", b"e"])
    with pytest.raises(ValueError, match="closed"):
        stream.write(b"x")
    assert run_app(response)[1:] == (
        [("Content-Type", "text/html; charset=utf-8"), ("Content-Length", "5")],
        b"abcde",
    )


@pytest.mark.parametrize(
    ("location", "sent"),
    [
        ("/x", "http://example.com/x"),
        ("x?y", "http://example.com/app/dir/x?y"),
        ("//other.example/x", "http://other.example/x"),
        ("https://a/b", "https://a/b"),
    ],
)
def test_a_location_is_made_absolute_where_that_is_wanted(location, sent):
    response = Response(status=302)
    response.location = location
    environ = make_environ(HTTP_HOST="example.com", SCRIPT_NAME="/app", PATH_INFO="/dir/file")
    assert response.get_wsgi_headers(environ)["Location"] == location
    response.autocorrect_location_header = True
    assert response.get_wsgi_headers(environ)["Location"] == sent
    assert response.location == location


def test_objects_of_headers_write_themselves_back():
    response = Response()
    response.content_range.set(0, 5, 100)
    assert response.headers["Content-Range"] == "bytes 0-4/100"
    assert (response.content_range.stop, response.content_range.length) == (5, 100)
    response.content_range.unset()
    response.cache_control.max_age = 5
    response.vary.add("Cookie")
    assert "Content-Range" not in response.headers
    assert (response.headers["Cache-Control"], response.headers["Vary"]) == ("max-age=5", "Cookie")
    response.cache_control = None
    response.content_range = "bytes */7"
    assert "Cache-Control" not in response.headers
    assert (response.content_range.start, response.content_range.length) == (None, 7)
    del response.content_range
    assert not response.content_range


def test_a_challenge_is_changed_in_place():
    response = Response()
    response.www_authenticate.realm = "staff"
    assert response.headers["WWW-Authenticate"] == 'Basic realm="staff"'
    challenge = response.www_authenticate
    challenge.type = "digest"
    challenge["nonce"] = "n"
    assert response.headers["WWW-Authenticate"] == 'Digest realm="staff", nonce="n"'
    del challenge["nonce"]
    assert (challenge.nonce, challenge.get("realm"), "nonce" in challenge) == (None, "staff", True)
    response.www_authenticate = [challenge, WWWAuthenticate("bearer")]
    assert response.headers.getlist("WWW-Authenticate") == ['Digest realm="staff"', "Bearer"]
    with pytest.raises(ValueError, match="header value"):
        response.www_authenticate.realm = "a\r\nX: y"


@pytest.mark.parametrize("size", [0, 100])
def test_ck_10_a_large_cookie_warns_or_raises_as_the_response_says(size):
    class Mine(Response):
        max_cookie_size = size

    response = Mine()
    response.set_cookie("a", "x" * 50)
    if size:
        with pytest.warns(UserWarning, match="'a' is .* above 100 bytes"):
            response.set_cookie("a", "x" * 150)
    Mine.refuse_large_cookies = True
    if size:
        with pytest.raises(ValueError, match="'a' is .* above 100 bytes"):
            response.set_cookie("a", "x" * 150)
    else:
        response.set_cookie("a", "x" * 9000)
    assert len(response.headers.getlist("Set-Cookie")) == 2
