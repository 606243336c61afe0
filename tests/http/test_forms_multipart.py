"""multipart/form-data: bytes in, events out, and what a request makes of them."""

from __future__ import annotations

import gc
import os
import random
import time

import pytest

from microweb.http import BadRequest, HTTPException, RequestEntityTooLarge

from .support_http import (
    field_part,
    file_part,
    make_request,
    multipart_body,
    multipart_events,
    post_multipart,
)

TRICKY = b"\r\n--\r\n--Bx\r\n--B x\r\r\n\r\n-\r\n--\n--B--\r\n--B\t\x00\xff--B"


def decode(pieces, boundary=b"B", **limits):
    """Feed the pieces; return [name, filename, data, complete] per part."""
    parts = []
    for event in multipart_events(pieces, boundary, **limits):
        if hasattr(event, "name"):
            parts.append([event.name, event.filename, b"", False])
        else:
            parts[-1][2] += event.data
            parts[-1][3] = not event.more_data
    return parts


MESSAGES = {
    "plain": multipart_body(field_part(b"a", b"1"), file_part(b"f", b"n.txt", b"data")),
    "tricky": multipart_body(file_part(b"f", b"n", TRICKY), field_part(b"a", TRICKY)),
    "empty data": multipart_body(field_part(b"a", b""), file_part(b"f", b"", b"")),
    "no data at all": b'--B\r\nContent-Disposition: form-data; name="a"\r\n\r\n--B--',
    "preamble": b"hello --B \r\n--Bx\r\n"
    + multipart_body(field_part(b"a", b"1"))
    + b"bye\r\n--B\r\n",
    "padding": b'--B \t\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--B-- \r\n',
    "no parts": b"--B--",
    "line ends": multipart_body(
        field_part(b"a", b"\r\n\r\n"), field_part(b"b", b"\r"), field_part(b"c", b"\n")
    ),
    "folded": b'--B\r\nContent-Disposition: form-data;\r\n name="a"\r\n\r\n1\r\n--B--',
}
EXPECTED = {
    "plain": [["a", None, b"1", True], ["f", "n.txt", b"data", True]],
    "tricky": [["f", "n", TRICKY, True], ["a", None, TRICKY, True]],
    "empty data": [["a", None, b"", True], ["f", "", b"", True]],
    "no data at all": [["a", None, b"", True]],
    "preamble": [["a", None, b"1", True]],
    "padding": [["a", None, b"1", True]],
    "no parts": [],
    "line ends": [
        ["a", None, b"\r\n\r\n", True],
        ["b", None, b"\r", True],
        ["c", None, b"\n", True],
    ],
    "folded": [["a", None, b"1", True]],
}


@pytest.mark.parametrize("name", MESSAGES)
def test_mp_16_the_same_however_it_is_cut(name):
    message, expected = MESSAGES[name], EXPECTED[name]
    assert decode([message]) == expected
    assert decode([message[i : i + 1] for i in range(len(message))]) == expected
    for at in range(len(message) + 1):
        assert decode([message[:at], message[at:]]) == expected
    for size in (2, 3, 5, 7):
        assert decode([message[i : i + size] for i in range(0, len(message), size)]) == expected


def test_mp_16_random_data_in_random_pieces():
    random.seed(7)
    for _ in range(400):
        data = bytes(random.choice(b"\r\n-B \tx") for _ in range(random.randrange(60)))
        if b"\r\n--B" in b"\r\n" + data:
            continue
        message = multipart_body(field_part(b"a", data), file_part(b"f", b"n", data))
        cuts = sorted(random.randrange(len(message)) for _ in range(6))
        pieces = [message[a:b] for a, b in zip([0, *cuts], [*cuts, len(message)])]
        assert [part[2] for part in decode(pieces)] == [data, data]


@pytest.mark.parametrize(
    "data",
    [
        b"\r" * 4000000,
        b"\n" * 4000000,
        b"\r\n" * 2000000,
        b"\r\n--A" * 800000,
        b"\r\n--Bx" * 600000,
        b"\r\n--B \tx" * 500000,
        b"-" * 4000000,
        b"\r\n--B-x" * 500000,
    ],
    ids=[
        "CR",
        "LF",
        "CRLF",
        "other boundary",
        "longer boundary",
        "padded word",
        "dashes",
        "one dash",
    ],
)
def test_mp_05_hostile_data_is_linear(data):
    started = time.perf_counter()
    request = post_multipart(multipart_body(file_part(b"f", b"n", data)))
    upload = request.files["f"]
    assert upload.seek(0, 2) == len(data)
    assert time.perf_counter() - started < 3
    request.close()


def test_mp_06_preamble_and_epilogue_are_skipped(caplog):
    message = b"\r\n" * 4_000_000 + b"\r\n" + MESSAGES["plain"] + b"\r\n" * 4_000_000
    started = time.perf_counter()
    assert post_multipart(message).form["a"] == "1"
    assert time.perf_counter() - started < 3
    assert not caplog.records


@pytest.mark.parametrize(
    "headers",
    [
        b"X: " + b"a" * 1_000_000,
        b"\r\n".join(b"X%d: a" % i for i in range(100_000)),
        b"X: a" + b"\r\n b" * 100_000,
        b"X" * 1_000_000,
        b"\r\n".join([b'Content-Disposition: form-data; name="a"', *[b"X: a"] * 16]),
    ],
    ids=["value", "many", "folded", "name", "seventeen"],
)
def test_mp_07_part_headers_are_limited(headers):
    with pytest.raises(RequestEntityTooLarge):
        decode([b"--B\r\n" + headers + b"\r\n\r\nx\r\n--B--"])
    pieces = [headers[start : start + 4096] for start in range(0, len(headers), 4096)]
    with pytest.raises(RequestEntityTooLarge):
        decode([b"--B\r\n", *pieces, b"\r\n\r\nx"])


@pytest.mark.parametrize("parameters", [b"; a=b" * 200_000, b'; name="' + b'\\"' * 500_000 + b'"'])
def test_mp_09_parameters_beyond_the_limit(parameters):
    head = b"--B\r\nContent-Disposition: form-data"
    with pytest.raises(RequestEntityTooLarge):
        decode([head + parameters + b"\r\n\r\n\r\n--B--"])


@pytest.mark.parametrize(
    ("encoding", "data"),
    [
        (b"base64", b" YQ= =\t"),
        (b"base64", b" \r\n\t" * 100_000),
        (b"base64", b"Y"),
        (b"quoted-printable", b"a=3Db=\r\nc"),
        (b"7bit", b"\xff"),
    ],
)
def test_mp_10_transfer_encoding_is_ignored(encoding, data):
    head, data = file_part(b"f", b"n", data)
    head += b"\r\nContent-Transfer-Encoding: " + encoding
    assert post_multipart(multipart_body((head, data))).files["f"].read() == data


@pytest.mark.parametrize(
    "filename",
    ["../../etc/passwd", "C:\\x\\y.txt", "/abs", "..", "", "é☃.txt", 'a"b', "a;b", "a\tb"],
)
def test_mp_11_filename_is_what_was_sent(filename):
    body = multipart_body(file_part(b"f", filename.replace('"', "%22").encode(), b"x"))
    upload = post_multipart(body).files["f"]
    assert upload.filename == filename
    assert bool(upload) == bool(filename)


@pytest.mark.parametrize(
    ("parameters", "name", "filename"),
    [
        (b"name=safe; name*=utf-8''evil", "safe", None),
        (b"filename*=UTF-8''evil.php; filename=x; name=a", "a", "x"),
        (b"name=a; filename*=UTF-8''%c3%a9.txt", "a", "é.txt"),
        (b"name=a; name=b", "a", None),
        (b'NAME="a"; FileName="b"', "a", "b"),
        (b"name=a; filename*0=evil; filename=x", "a", "x"),
    ],
)
def test_mp_12_plain_parameters_win(parameters, name, filename):
    message = multipart_body((b"content-disposition: form-data; " + parameters, b""))
    assert decode([message]) == [[name, filename, b"", True]]


@pytest.mark.parametrize(
    ("disposition", "name", "filename"),
    [
        # requests with urllib3 before 1.25
        (b"form-data; name*=utf-8''gr%C3%B6%C3%9Fe", "gr\u00f6\u00dfe", None),
        (b"form-data; name=b; name*=utf-8''a", "b", None),
        # .NET
        (
            b"form-data; name=a; filename=\"=?utf-8?B?w6kudHh0?=\"; filename*=utf-8''%C3%A9.txt",
            "a",
            "\u00e9.txt",
        ),
        (b'form-data; name=a; filename="=?utf-8?B?w6kudHh0?="', "a", "=?utf-8?B?w6kudHh0?="),
        # Devices
        (b'attachment; name="f"', "f", None),
        (b'attachment; name="f"; filename="x.txt"', "f", "x.txt"),
        (b'form-field; name="f"', "f", None),
    ],
)
def test_parts_as_old_programs_and_devices_name_them(disposition, name, filename):
    message = multipart_body((b"Content-Disposition: " + disposition, b"1"))
    assert decode([message]) == [[name, filename, b"1", True]]
    request = post_multipart(message)
    if filename is None:
        assert request.form[name] == "1"
    else:
        assert request.files[name].filename == filename


MALFORMED = {
    "bare LF": MESSAGES["plain"].replace(b"\r\n", b"\n"),
    "bare CR in a header": multipart_body((b'Content-Disposition: form-data; name="a"\rX: y', b"")),
    "bare LF in a header": multipart_body((b'Content-Disposition: form-data; name="a"\nX: y', b"")),
    "NUL in a header": multipart_body((b'Content-Disposition: form-data; name="a\0"', b"")),
    "no disposition": multipart_body((b"X: y", b"1")),
    "no name": multipart_body((b"Content-Disposition: form-data", b"1")),
    "name* of no charset": multipart_body((b"Content-Disposition: form-data; name*=x''a", b"1")),
    "no colon": multipart_body((b'Content-Disposition: form-data; name="a"\r\nrubbish', b"1")),
    "space before the colon": multipart_body((b'Content-Disposition : form-data; name="a"', b"1")),
    "two dispositions": multipart_body(
        (b"Content-Disposition: form-data; name=a\r\n" * 2 + b"X: y", b"1")
    ),
    "no headers": b"--B\r\n\r\n1\r\n--B--",
    "no end": MESSAGES["plain"][:-6],
    "ends in headers": b"--B\r\nContent-Disposition: form-da",
    "ends in data": b'--B\r\nContent-Disposition: form-data; name="a"\r\n\r\n12',
    "ends at once": b"--B",
    "no boundary": b"rubbish",
}


@pytest.mark.parametrize("name", MALFORMED)
def test_mp_14_mp_17_mp_18_malformed_bodies_are_400(name):
    with pytest.raises(BadRequest):
        decode([MALFORMED[name]])
    request = post_multipart(MALFORMED[name])
    for attribute in ("form", "files", "form"):
        with pytest.raises(BadRequest):
            getattr(request, attribute)


def test_mp_17_every_truncation_is_400_or_empty():
    message = MESSAGES["tricky"]
    for end in range(1, len(message) - 2):
        with pytest.raises(BadRequest):
            decode([message[:end]])
    assert post_multipart(b"").form.to_dict() == {}


@pytest.mark.parametrize(
    "content_type",
    [
        "multipart/form-data",
        "multipart/form-data; boundary=",
        'multipart/form-data; boundary="B "',
        f"multipart/form-data; boundary={'x' * 257}",
        "multipart/form-data; boundary=é",
        'multipart/form-data; boundary="a\r\nb"',
    ],
)
def test_mp_15_unusable_boundaries_are_400(content_type):
    request = make_request("POST", MESSAGES["plain"], CONTENT_TYPE=content_type)
    with pytest.raises(BadRequest, match="boundary"):
        request.form  # noqa: B018


@pytest.mark.parametrize("boundary", ["(a+)+$", "x" * 256, "--", "a.b*c", "=_'()+,-./:?", "a b"])
def test_mp_15_boundaries_of_any_characters(boundary):
    data = b"1\r\n--" + boundary.encode() + b"x"
    body = multipart_body(field_part(b"a", data), boundary=boundary.encode())
    request = post_multipart(body, CONTENT_TYPE=f'multipart/form-data; boundary="{boundary}"')
    assert request.form["a"].encode() == data


def test_mp_19_bad_bytes_and_charsets():
    head = b'Content-Disposition: form-data; name="\xff"\r\nContent-Type: text/plain; charset=utf-7'
    assert post_multipart(multipart_body((head, b"+AOk-\xff"))).form.to_dict() == {"�": "+AOk-�"}
    body = multipart_body(field_part(b"_charset_", b"utf-7"), field_part(b"a", b"+AOk-\xc3\xa9"))
    assert post_multipart(body).form["a"] == "+AOk-é"


def count_descriptors():
    gc.collect()
    return len(os.listdir("/proc/self/fd"))


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="needs /proc")
@pytest.mark.parametrize("end", [b"", b"--B\r\nrubbish\r\n\r\n--B--"], ids=["cut", "malformed"])
def test_mp_20_no_temporary_file_stays_after_an_error(end):
    part = file_part(b"f", b"n", b"x" * 600_000)
    before = count_descriptors()
    body = multipart_body(*[part] * 5)[:-7] + end
    with pytest.raises(BadRequest):
        post_multipart(body).files  # noqa: B018
    body = multipart_body(*[part] * 2)[:-500_000]
    with pytest.raises(BadRequest):
        post_multipart(body).files  # noqa: B018
    assert count_descriptors() == before


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="needs /proc")
def test_mp_20_mp_23_large_files_are_on_disk_and_closed_with_the_request():
    before = count_descriptors()
    request = post_multipart(
        multipart_body(file_part(b"f", b"n", b"x" * 600_000), file_part(b"g", b"n", b"x"))
    )
    assert len(request.files["f"].read()) == 600_000
    assert count_descriptors() == before + 1
    request.close()
    assert count_descriptors() == before


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="needs /proc")
def test_mp_20_a_thousand_small_files_need_no_descriptor():
    before = count_descriptors()
    request = post_multipart(multipart_body(*[file_part(b"f", b"n", b"x")] * 1000))
    assert [upload.read() for upload in request.files.getlist("f")] == [b"x"] * 1000
    assert count_descriptors() == before
    request.close()


def test_mp_21_random_bytes_end_or_raise():
    random.seed(9)
    head = b'--B\r\nContent-Disposition: form-data; name="a"\r\n'
    for _ in range(2000):
        body = head + bytes(
            random.choice(b'\r\n-B: ;="ax\xff\0') for _ in range(random.randrange(80))
        )
        try:
            decode([body[:50], body[50:]])
        except HTTPException as error:
            assert error.code in (400, 413)


def test_mp_22_all_files_under_one_name():
    body = multipart_body(file_part(b"f", b"1", b"a"), file_part(b"f", b"2", b"b"))
    files = post_multipart(body).files
    assert [upload.filename for upload in files.getlist("f")] == ["1", "2"]
    assert files["f"].read() == b"a"


def test_form_and_files_of_one_body():
    request = post_multipart(MESSAGES["plain"])
    upload = request.files["f"]
    assert (request.form["a"], upload.read(), upload.name, upload.mimetype) == (
        "1",
        b"data",
        "f",
        "text/plain",
    )
    assert upload.headers["content-type"] == "text/plain"
