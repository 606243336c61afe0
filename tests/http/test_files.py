"""Sending files."""

from __future__ import annotations

import datetime
import errno
import importlib
import io
import os
import socket
import sys
import zipfile
from wsgiref.util import FileWrapper

import pytest

from microweb.http import Forbidden, NotFound, RequestedRangeNotSatisfiable, Response, file_response
from microweb.http.extra.options import parse_options_header
from microweb.http.files import content_disposition_of, guess_file_type
from microweb.text.archive import open_stored_file

from .support_http import make_environ, run_app

DATA = bytes(range(100))


@pytest.fixture
def path(tmp_path):
    target = tmp_path / "data.bin"
    target.write_bytes(DATA)
    os.utime(target, (784111777, 784111777))
    return str(target)


def fetch(target, environ=None, **arguments):
    environ = environ or make_environ()
    status, headers, body = run_app(file_response(target, environ, **arguments), environ)
    return int(status[:3]), dict(headers), body


def test_a_whole_file(path):
    code, headers, body = fetch(path)
    assert (code, body, headers["Content-Length"]) == (200, DATA, "100")
    assert headers["Last-Modified"] == "Sun, 06 Nov 1994 08:49:37 GMT"
    assert headers["Accept-Ranges"] == "bytes"
    assert headers["Cache-Control"] == "no-cache"
    assert headers["Content-Type"] == "application/octet-stream"
    assert headers["Content-Disposition"] == "inline; filename=data.bin"
    assert headers["ETag"].strip('"')


@pytest.mark.parametrize(
    ("value", "code", "part"),
    [
        ("bytes=0-4", 206, (0, 5)),
        ("bytes=5-", 206, (5, 100)),
        ("bytes=-5", 206, (95, 100)),
        ("bytes=0-0", 206, (0, 1)),
        ("bytes=99-", 206, (99, 100)),
        ("bytes=0-" + "9" * 20, 206, (0, 100)),
        ("bytes=-1000", 206, (0, 100)),
        ("items=0-1", 200, (0, 100)),
        ("bytes=a-b", 200, (0, 100)),
        ("bytes=0-1,1-4", 200, (0, 100)),
        ("bytes=0-1,200-", 206, (0, 2)),
    ],
)
@pytest.mark.parametrize("wrapper", [None, FileWrapper])
def test_st_10_st_11_st_12_ranges(path, value, code, part, wrapper):
    environ = make_environ(HTTP_RANGE=value, **{"wsgi.file_wrapper": wrapper})
    found, headers, body = fetch(path, environ)
    start, stop = part
    assert (found, body) == (code, DATA[start:stop])
    assert headers["Content-Length"] == str(stop - start)
    assert headers.get("Content-Range") == (
        f"bytes {start}-{stop - 1}/100" if code == 206 else None
    )


@pytest.mark.parametrize("value", ["bytes=100-", "bytes=-0"])
def test_st_10_unsatisfiable_ranges(path, value):
    with pytest.raises(RequestedRangeNotSatisfiable) as caught:
        file_response(path, make_environ(HTTP_RANGE=value))
    assert ("Content-Range", "bytes */100") in caught.value.get_headers()


def byte_ranges(headers, body):
    """Take multipart/byteranges apart, strictly (RFC 9110 section 14.6)."""
    kind, options = parse_options_header(headers["Content-Type"])
    assert kind == "multipart/byteranges"
    assert "Content-Range" not in headers
    assert headers["Content-Length"] == str(len(body))
    first, *parts, last = (b"\r\n" + body).split(b"\r\n--" + options["boundary"].encode())
    assert (first, last) == (b"", b"--\r\n")
    found = []
    for part in parts:
        head, _, data = part.partition(b"\r\n\r\n")
        fields = dict(line.split(": ") for line in head.decode().split("\r\n") if line)
        assert fields["Content-Type"] == "application/octet-stream"
        found.append((fields["Content-Range"], data))
    return found


@pytest.mark.parametrize("source", ["path", "bytes", "list"])
@pytest.mark.parametrize(
    ("value", "parts"),
    [
        ("bytes=0-1,3-4", [(0, 2), (3, 5)]),
        ("bytes=-2, 0-0,300-, 50-97", [(98, 100), (0, 1), (50, 98)]),
    ],
)
def test_st_10_several_ranges_are_several_parts(path, source, value, parts):
    environ = make_environ(HTTP_RANGE=value)
    if source == "list":
        response = Response([DATA[:50], DATA[50:]], content_type="application/octet-stream")
        status, headers, body = run_app(response.make_conditional(environ, True), environ)
        code, headers = int(status[:3]), dict(headers)
    else:
        target = path if source == "path" else io.BytesIO(DATA)
        code, headers, body = fetch(target, environ, download_name="a.bin")
    assert code == 206
    assert byte_ranges(headers, body) == [
        (f"bytes {start}-{stop - 1}/100", DATA[start:stop]) for start, stop in parts
    ]


def test_several_ranges_of_what_cannot_seek_are_everything():
    def chunks():
        yield DATA

    response = Response(chunks())
    environ = make_environ(HTTP_RANGE="bytes=0-1,3-4")
    response.make_conditional(environ, True, 100)
    assert (response.status_code, run_app(response, environ)[2]) == (200, DATA)


@pytest.fixture
def packed(tmp_path):
    """A script with its .gz beside it, both of the same second."""
    script = tmp_path / "a.js"
    script.write_bytes(b"plain")
    (tmp_path / "a.js.gz").write_bytes(b"packed!")
    for file in tmp_path.iterdir():
        os.utime(file, (784111777, 784111777))
    return script


@pytest.mark.parametrize(
    ("accepted", "gzip"),
    [
        (None, False),
        ("", False),
        ("gzip", True),
        ("GZIP, br", True),
        ("gzip;q=0", False),
        ("br", False),
        ("*", True),
        ("*;q=0", False),
        ("gzip;q=0, *", False),
        ("gzip;q=0.5, identity", False),
        ("gzip;q=0.5, identity;q=0.5", True),
        ("identity, *;q=0.1", False),
        ("gzip;q=rubbish", False),
    ],
)
def test_a_packed_file_is_sent_to_those_who_take_it(packed, accepted, gzip):
    environ = make_environ(HTTP_ACCEPT_ENCODING=accepted)
    code, headers, body = fetch(packed, environ, precompressed=True)
    assert (code, body) == (200, b"packed!" if gzip else b"plain")
    assert headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert headers.get("Content-Encoding") == ("gzip" if gzip else None)
    assert headers["Vary"] == "Accept-Encoding"
    assert headers["Content-Length"] == str(len(body))


def test_a_packed_file_has_its_own_tag(packed):
    os.truncate(str(packed) + ".gz", 5)
    os.utime(str(packed) + ".gz", (784111777, 784111777))
    gzip = make_environ(HTTP_ACCEPT_ENCODING="gzip")
    tag = fetch(packed, gzip, precompressed=True)[1]["ETag"]
    assert tag != fetch(packed, precompressed=True)[1]["ETag"]
    again = {"precompressed": True}
    assert fetch(packed, make_environ(HTTP_IF_NONE_MATCH=tag), **again)[0] == 200
    gzip["HTTP_IF_NONE_MATCH"] = tag
    code, headers, _body = fetch(packed, gzip, **again)
    assert (code, headers["Vary"]) == (304, "Accept-Encoding")
    del gzip["HTTP_IF_NONE_MATCH"]
    assert fetch(packed, {**gzip, "HTTP_RANGE": "bytes=1-2"}, **again)[::2] == (206, b"ac")
    assert fetch(packed, gzip, etag="v1", **again)[1]["ETag"] == '"v1-gz"'


def test_a_packed_file_is_not_asked_for_by_default(packed):
    _code, headers, body = fetch(packed, make_environ(HTTP_ACCEPT_ENCODING="gzip"))
    assert (body, "Vary" in headers) == (b"plain", False)


@pytest.mark.parametrize("what", ["older", "link", "directory", "itself", "fifo"])
def test_st_07_what_only_looks_like_the_packed_file_is_not_sent(packed, what):
    beside = packed.with_name("a.js.gz")
    if what == "older":
        os.utime(beside, (784111776, 784111776))
    elif what == "itself":
        packed = beside
    else:
        beside.unlink()
        if what == "link":
            packed.with_name("secret").write_bytes(b"secret")
            beside.symlink_to("secret")
        elif what == "directory":
            beside.mkdir()
        else:
            os.mkfifo(beside)
    environ = make_environ(HTTP_ACCEPT_ENCODING="gzip")
    _code, headers, body = fetch(packed, environ, precompressed=True)
    assert (body, "Vary" in headers) == (b"packed!" if what == "itself" else b"plain", False)


def test_the_server_in_front_sends_the_packed_file(packed):
    environ = make_environ(HTTP_ACCEPT_ENCODING="gzip")
    headers = fetch(packed, environ, precompressed=True, use_x_sendfile=True)[1]
    assert headers["X-Sendfile"] == f"{packed}.gz"


@pytest.fixture
def archive(tmp_path, monkeypatch):
    """A zip that a module has been imported from."""
    target = tmp_path / "app.zip"
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("zipped_module.py", "")
        file.writestr("static/a.css", "a { }" * 1000)
    monkeypatch.syspath_prepend(str(target))
    importlib.import_module("zipped_module")
    yield target
    del sys.modules["zipped_module"]


def test_a_file_in_the_archive_of_the_app(archive):
    target = archive / "static" / "a.css"
    code, headers, body = fetch(target, precompressed=True)
    assert (code, body, headers["Content-Type"]) == (
        200,
        b"a { }" * 1000,
        "text/css; charset=utf-8",
    )
    again = make_environ(HTTP_IF_NONE_MATCH=headers["ETag"])
    assert (fetch(target, again)[0], headers["Last-Modified"][-3:]) == (304, "GMT")
    assert fetch(target, make_environ(HTTP_RANGE="bytes=2-2"))[2] == b"{"
    assert fetch(target, use_x_sendfile=True)[2] == body
    assert fetch(archive / "x" / ".." / "static" / "a.css")[2] == body
    for missing in ("static", "static/b.css", "static/a.css/x", "../app.zip.txt"):
        with pytest.raises(NotFound):
            file_response(archive / missing, make_environ())


def test_a_file_is_opened_on_the_disk_or_in_the_archive(archive, monkeypatch):
    monkeypatch.chdir(archive.parent)
    (archive.parent / "b.txt").write_text("é", "utf-8")
    for path in (archive / "static" / "a.css", "app.zip/static/a.css", "app.zip/x/../static/a.css"):
        with open_stored_file(str(path)) as file, open_stored_file(str(path), "r") as text:
            assert (file.read(5), text.read(5)) == (b"a { }", "a { }")
    with open_stored_file("b.txt", "r", "utf-8") as text:
        assert text.read() == "é"
    for missing in ("app.zip/none", "app.zip/static", "app.zip/../none", "none", "b.txt/none"):
        with pytest.raises(FileNotFoundError, match=os.path.basename(missing)):
            open_stored_file(missing)


def test_no_other_archive_is_looked_into(archive):
    other = archive.with_name("other.zip")
    other.write_bytes(archive.read_bytes())
    with pytest.raises(NotFound):
        file_response(other / "static" / "a.css", make_environ())


def test_st_13_method_and_precedence(path):
    etag = fetch(path)[1]["ETag"]
    code, headers, body = fetch(path, make_environ("HEAD", HTTP_RANGE="bytes=0-4"))
    assert (code, body, headers["Content-Length"]) == (200, b"", "100")
    assert fetch(path, make_environ(HTTP_IF_NONE_MATCH=etag, HTTP_RANGE="bytes=0-4"))[0] == 304
    assert fetch(path, make_environ(HTTP_IF_MATCH="*"))[0] == 200
    old = "Sun, 06 Nov 1994 08:49:36 GMT"
    assert fetch(path, make_environ(HTTP_IF_UNMODIFIED_SINCE=old))[0] == 412


def test_st_14_if_range(path):
    etag = fetch(path)[1]["ETag"]
    for value, code in [
        (etag, 206),
        ("W/" + etag, 200),
        ('"x"', 200),
        ("Sun, 06 Nov 1994 08:49:37 GMT", 206),
    ]:
        assert fetch(path, make_environ(HTTP_RANGE="bytes=0-4", HTTP_IF_RANGE=value))[0] == code


def test_a_304_sends_nothing_and_keeps_the_validators(path):
    code, headers, body = fetch(
        path, make_environ(HTTP_IF_MODIFIED_SINCE="Sun, 06 Nov 1994 08:49:37 GMT")
    )
    assert (code, body) == (304, b"")
    assert {"ETag", "Last-Modified", "Cache-Control"} <= set(headers)
    assert "Content-Length" not in headers


@pytest.mark.parametrize(
    "name",
    [
        "a\0b",
        "x" * 300,
        "/".join(["a"] * 3000),
        "x" * 70_000,
        "missing",
        "data.bin/",
        "data.bin/x",
        "",
    ],
)
def test_st_03_st_04_st_08_names_no_file_can_have(path, name):
    with pytest.raises(NotFound):
        file_response(name, make_environ(), mimetype="a/b", root_path=os.path.dirname(path))


def test_st_08_no_slash_behind_a_file(path):
    with pytest.raises(NotFound):
        file_response(path + "/", make_environ())


def test_st_08_directories_fifos_and_sockets_are_not_found(tmp_path, monkeypatch):
    with pytest.raises(NotFound):
        file_response(str(tmp_path), make_environ())
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(NotFound):
            file_response(tmp_path / "pipe", make_environ())
    if hasattr(socket, "AF_UNIX"):
        monkeypatch.chdir(tmp_path)
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind("socket")
            with pytest.raises(NotFound):
                file_response(tmp_path / "socket", make_environ())


@pytest.mark.parametrize(
    ("number", "answer"),
    [(errno.ENOENT, NotFound), (errno.EACCES, Forbidden)],
)
def test_st_08_a_file_that_cannot_be_opened_is_404_or_403(path, monkeypatch, number, answer):
    def refuse(*args, **kwargs):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(answer):
        file_response(path, make_environ())


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read all")
def test_st_08_an_unreadable_file_is_403(path):
    os.chmod(path, 0)
    with pytest.raises(Forbidden):
        file_response(path, make_environ())


class CountingFile(io.BytesIO):
    closings = 0

    def close(self):
        self.closings += not self.closed
        super().close()


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"REQUEST_METHOD": "HEAD"},
        {"HTTP_IF_NONE_MATCH": "*"},
        {"HTTP_IF_MATCH": '"x"'},
        {"HTTP_RANGE": "bytes=0-1"},
        {"HTTP_RANGE": "bytes=0-1,3-4"},
        {"HTTP_RANGE": "bytes=500-"},
        {"wsgi.file_wrapper": FileWrapper},
    ],
)
def test_pe_06_the_file_is_closed_whatever_is_sent(headers):
    file = CountingFile(DATA)
    environ = make_environ(**headers)
    try:
        run_app(file_response(file, environ, "a/b", etag="t"), environ)
    except RequestedRangeNotSatisfiable:
        pass
    assert file.closings == 1


def test_the_file_is_closed_when_an_argument_is_refused():
    file = CountingFile(DATA)
    with pytest.raises(ValueError, match="entity tag"):
        file_response(file, make_environ(), "a/b", etag='a"b')
    assert file.closings == 1


def test_the_file_is_closed_when_the_client_goes_away(path):
    response = file_response(path, make_environ())
    body = iter(response(make_environ(), lambda status, headers: None))
    next(body)
    body.close()
    response.close()


def test_the_server_sends_whole_files_itself(path):
    environ = make_environ(**{"wsgi.file_wrapper": FileWrapper})
    response = file_response(path, environ)
    assert isinstance(response(environ, lambda status, headers: None), FileWrapper)
    response.close()
    calls = []
    response = file_response(path, environ)
    response.call_on_close(lambda: calls.append(1))
    assert run_app(response, environ)[2] == DATA
    assert calls == [1]


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ('a"b', 'a"b'),
        ("a\r\nX", "a__X"),
        ('"; filename="evil.bat', '"; filename="evil.bat'),
        ("ü", "_"),
        ("\u202egpj.exe", "_gpj.exe"),
        ("../x", ".._x"),
        ("a\0b", "a_b"),
        ("x" * 5000, "x" * 5000),
        ("a\\b", "a_b"),
        ("\udcff", "_"),
    ],
)
def test_hd_12_disposition_holds_one_name(name, plain):
    header = content_disposition_of(name, True)
    Response(headers={"Content-Disposition": header})
    first, _, extended = header.partition("; filename*=UTF-8''")
    assert parse_options_header(first) == ("attachment", {"filename": plain})
    assert bool(extended) == ("ü" in name)


def test_attachment_names():
    headers = fetch(io.BytesIO(b"x"), mimetype="a/b", as_attachment=True, download_name="é.csv")[1]
    assert (
        headers["Content-Disposition"] == "attachment; filename=_.csv; filename*=UTF-8''%C3%A9.csv"
    )
    with pytest.raises(ValueError, match="download_name"):
        file_response(io.BytesIO(), make_environ(), "a/b", as_attachment=True)
    with pytest.raises(ValueError, match="mimetype"):
        file_response(io.BytesIO(), make_environ())


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.html", ("text/html", None)),
        ("a.JS", ("text/javascript", None)),
        ("a.svg", ("image/svg+xml", None)),
        ("a.html.gz", ("text/html", "gzip")),
        ("a.tar.gz", ("application/gzip", None)),
        ("a.gz", ("application/gzip", None)),
        ("a", (None, None)),
        ("a.unheard-of", (None, None)),
        ("a.doc", ("application/msword", None)),
    ],
)
def test_st_18_types(name, kind):
    assert guess_file_type(name) == kind


def test_st_18_encoding_only_inline():
    def headers(**arguments):
        return fetch(io.BytesIO(b"x"), download_name="a.css.gz", **arguments)[1]

    assert headers()["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in headers(as_attachment=True)


@pytest.mark.parametrize(
    ("max_age", "value"),
    [
        (None, "no-cache"),
        (60, "public, max-age=60"),
        (0, "no-cache, max-age=0"),
        (-5, "no-cache, max-age=0"),
        (lambda path: 7, "public, max-age=7"),
        (lambda path: None, "no-cache"),
        (datetime.timedelta(minutes=1), "public, max-age=60"),
    ],
)
def test_st_21_max_age(path, max_age, value):
    assert fetch(path, max_age=max_age)[1]["Cache-Control"] == value


def test_st_21_file_objects():
    with pytest.raises(ValueError, match="text mode"):
        file_response(io.StringIO("x"), make_environ(), "a/b")
    with pytest.raises(ValueError, match="give mimetype="):
        file_response(io.BytesIO(b"x"), make_environ())
    headers = fetch(io.BytesIO(DATA), mimetype="text/plain", etag=False, last_modified=0)[1]
    assert "ETag" not in headers
    assert headers["Last-Modified"] == "Thu, 01 Jan 1970 00:00:00 GMT"
    assert (
        fetch(io.BytesIO(DATA), make_environ(HTTP_RANGE="bytes=1-2"), mimetype="a/b")[2]
        == DATA[1:3]
    )


def test_a_file_that_cannot_seek_is_streamed(tmp_path):
    reading, writing = os.pipe()
    with open(writing, "wb") as out:
        out.write(b"abc")
    code, headers, body = fetch(open(reading, "rb"), mimetype="a/b")  # noqa: SIM115
    assert (code, body, "Content-Length" in headers) == (200, b"abc", False)


def test_a_file_read_half_way_sends_the_rest():
    file = io.BytesIO(DATA)
    file.seek(90)
    assert fetch(file, mimetype="a/b")[2] == DATA[90:]


def test_st_17_an_empty_file(tmp_path):
    (tmp_path / "e").write_bytes(b"")
    code, headers, body = fetch(tmp_path / "e", make_environ(HTTP_RANGE="bytes=0-"))
    assert (code, body, headers["Content-Length"]) == (200, b"", "0")


def test_st_17_a_file_that_grows_or_shrinks(path):
    environ = make_environ()
    response = file_response(path, environ)
    with open(path, "ab") as file:
        file.write(b"more")
    assert run_app(response, environ)[2] == DATA
    response = file_response(path, environ)
    os.truncate(path, 10)
    assert run_app(response, environ)[2] == DATA[:10]


def test_x_sendfile(path):
    _code, headers, body = fetch(path, use_x_sendfile=True)
    assert (headers["X-Sendfile"], body) == (path, b"")
    assert "Content-Length" not in headers


def test_not_conditional(path):
    environ = make_environ(HTTP_IF_NONE_MATCH="*", HTTP_RANGE="bytes=0-1")
    assert fetch(path, environ, conditional=False)[0] == 200


def test_root_path_and_class(path):
    class Mine(Response):
        pass

    folder, name = os.path.split(path)
    response = file_response(name, make_environ(), root_path=folder, response_class=Mine)
    assert type(response) is Mine
    response.close()


def test_a_name_that_is_no_utf_8(tmp_path):
    if sys.platform.startswith("linux"):
        target = os.fsencode(tmp_path) + b"/\xff.txt"
        with open(target, "wb") as file:
            file.write(b"x")
        assert fetch(os.fsdecode(target))[2] == b"x"


def test_a_file_that_was_read_from_is_not_handed_to_the_server(tmp_path):
    """Some servers send from where its descriptor stands, some from the beginning."""
    path = tmp_path / "letters.txt"
    path.write_bytes(b"abcdef")
    handed = []

    def wrapper(file, size):
        handed.append(file)
        return [b""]

    environ = make_environ(**{"wsgi.file_wrapper": wrapper})
    with open(path, "rb") as file:
        file.read(2)
        response = file_response(file, environ, mimetype="text/plain")
        assert b"".join(response(environ, lambda *about: None)) == b"cdef"
    with open(path, "rb", buffering=0) as file:
        file.seek(2)
        response = file_response(file, environ, mimetype="text/plain")
        assert b"".join(response(environ, lambda *about: None)) == b"cdef"
    file_response(str(path), environ)(environ, lambda *about: None)
    assert [type(file) for file in handed] == [io.FileIO]
    handed[0].close()
