"""What a head may be: read whole or byte by byte, and refused over a real socket."""

from __future__ import annotations

import pytest

from microweb.serving.parser import RequestRefused, find_head_end, parse_head

from .wire import GOOD, HOST, ask, connect, receive_all, status_of


def head_of(*fields, line="GET / HTTP/1.1"):
    return parse_head("\r\n".join([line, "Host: localhost", *fields]))


def field(text):
    return b"GET / HTTP/1.1\r\n" + HOST + text + b"\r\n\r\n"


def post(text):
    return b"POST / HTTP/1.1\r\n" + HOST + text + b"\r\n\r\n0\r\n\r\n"


def line(text):
    return text + b"\r\n" + HOST + b"\r\n"


REFUSED = [
    ("ds_01_length_twice_differing", 400, post(b"Content-Length: 1\r\nContent-Length: 0")),
    ("ds_01_length_twice_the_same", 400, post(b"Content-Length: 5\r\nContent-Length: 5")),
    ("ds_01_length_list", 400, post(b"Content-Length: 5, 5")),
    *(
        (f"ds_02_length_{value!r}", 400, post(b"Content-Length: " + value))
        for value in [b"+1", b"1_0", b"-1", b"-0", b"0x3", b"1Z", b"3 1", b"", b"\xb2", b"9" * 5000]
    ),
    ("ds_12_bare_cr_in_value", 400, field(b"X: va\rlue")),
    ("ds_12_bare_cr_splits", 400, field(b"A: :/\rSmuggled: yes")),
    *(
        (f"ds_12_control_{byte:02x}", 400, field(b"X: a%cb" % byte))
        for byte in [0, 7, 8, 11, 12, 27, 31, 127]
    ),
    ("ds_12_bare_lf", 400, b"GET / HTTP/1.1\nHost: x\n\n"),
    ("ds_12_one_bare_lf", 400, b"GET / HTTP/1.1\r\nHost: x\nX: y\r\n\r\n"),
    ("ds_13_space_before_colon", 400, field(b"Content-Length : 3")),
    ("ds_13_space_in_front", 400, b"GET / HTTP/1.1\r\n Host: x\r\n\r\n"),
    ("ds_13_no_name", 400, field(b": v")),
    ("ds_13_no_colon", 400, field(b"foo")),
    ("ds_13_delimiter_in_name", 400, field(b"X(bad): 1")),
    ("ds_13_latin_1_name", 400, field(b"\xeffoo: 1")),
    ("ds_14_folded", 400, field(b"X: a\r\n b")),
    ("ds_14_folded_often", 431, field(b"X: a" + b"\r\n " * 20_000)),
    ("ds_15_no_host", 400, b"GET / HTTP/1.1\r\n\r\n"),
    ("ds_15_two_hosts", 400, field(b"Host: localhost")),
    *(
        (f"rq_01_host_{value!r}", 400, b"GET / HTTP/1.1\r\nHost: " + value + b"\r\n\r\n")
        for value in [
            b"a/?x=",
            b"a@b",
            b"a#b",
            b"a\\b",
            b"a b",
            b"a,b",
            b"a:99999",
            b"a:0",
            b"",
            b"[::",
        ]
    ),
    ("ds_16_two_content_types", 400, field(b"Content-Type: a/b\r\nContent-Type: c/d")),
    ("ds_17_long_value_control_at_end", 400, field(b"X: " + b"x" * 16000 + b"\x10")),
    ("ds_18_long_request_line", 414, b"GET /" + b"a" * 70_000),
    ("ds_18_long_header_line", 431, field(b"X: " + b"a" * 66_000)),
    ("ds_18_101_headers", 431, field(b"\r\n".join([b"X: y"] * 100))),
    ("ds_18_all_headers", 431, field(b"\r\n".join([b"X: " + b"y" * 3000] * 99))),
    *(
        (f"ds_19_version_{version!r}", status, line(b"GET / " + version))
        for status, version in [
            (400, b"HTTP/1.10"),
            (400, b"HTTP/1.32"),
            (400, b"HTTP/0.99"),
            (505, b"HTTP/0.9"),
            (505, b"HTTP/2.0"),
            (505, b"HTTP/1.2"),
            (400, b"HTTP/111"),
            (400, b"HTTP/1.\xb9"),
            (400, b"http/1.1"),
            (400, b""),
        ]
    ),
    ("ds_19_version_0_9", 400, line(b"GET /")),
    ("ds_19_http_2_preface", 505, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    *(
        (f"ds_20_method_{method!r}", 400, line(method + b" / HTTP/1.1"))
        for method in [b"BLA:RGH", b"-bl", b"GET\0", b"GET\xdf", b'G="<>', b"get", b"GET ", b""]
    ),
    *(
        (f"ds_21_target_{target!r}", status, line(b"GET " + target + b" HTTP/1.1"))
        for status, target in [
            (400, b"foo/bar"),
            (400, b"@google.com"),
            (400, b"!"),
            (400, b"*"),
            (400, b"a:443"),
            (400, b"http://[::"),
            (400, b"http:///x"),
            (400, b"http://a@b/"),
            (400, b"/a\x00b"),
            (400, b"/a\tb"),
        ]
    ),
    ("ds_21_connect", 501, line(b"CONNECT a:443 HTTP/1.1")),
    ("ds_24_expectation", 417, post(b"Content-Length: 5\r\nExpect: 200-ok")),
    ("ds_24_another", 417, post(b"Content-Length: 5\r\nExpect: 100-continue\r\nExpect: a")),
    ("ds_31_tls_hello", 400, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"),
    ("ds_31_binary", 400, bytes(range(255, -1, -1)) * 4),
    ("ds_31_fifty_empty_lines", 400, b"\r\n" * 50 + GOOD),
]


@pytest.mark.parametrize(
    ("status", "request_bytes"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED]
)
def test_ds_25_a_malformed_request_is_refused_and_nothing_after_it_is_served(
    recording_server, recorder, status, request_bytes
):
    check_refused_alone(recording_server, recorder, status, request_bytes)


def check_refused_alone(server, recorder, status, request_bytes):
    """Check that a server answers with *status*, and serves neither this request nor the next."""
    answer = ask(server, request_bytes + GOOD)
    assert status_of(answer) == status
    assert answer.count(b"HTTP/1.1 ") == 1
    assert b"\r\nConnection: close\r\n" in answer
    assert recorder.environs == []


@pytest.mark.parametrize("request_bytes", [row[2] for row in REFUSED], ids=[r[0] for r in REFUSED])
def test_fl_25_byte_by_byte_a_malformed_request_is_refused_as_well(request_bytes):
    check_byte_by_byte(request_bytes)


def check_byte_by_byte(request_bytes):
    """Check that a request is refused before the good one behind it is reached."""
    buffer = bytearray()
    with pytest.raises(RequestRefused):
        for byte in (request_bytes + GOOD)[:80_000]:
            buffer.append(byte)
            end = find_head_end(buffer, len(buffer) - 1)
            if end >= 0:
                parse_head(buffer[:end].decode("latin-1"))
                raise RequestRefused(200, "this head is well-formed")
    # What follows was refused for what it is, and not because the good request was reached.
    assert GOOD[:20] not in buffer


def test_a_head_is_found_wherever_the_pieces_are_cut():
    for cut in range(1, len(GOOD)):
        buffer = bytearray(GOOD[:cut])
        if cut < len(GOOD):
            assert find_head_end(buffer, 0) == -1
        buffer += GOOD[cut:]
        assert find_head_end(buffer, cut) == len(GOOD) - 4


def test_ds_31_one_empty_line_in_front_is_tolerated(recording_server, recorder):
    assert status_of(ask(recording_server, b"\r\n" + GOOD)) == 200


def test_the_request_line_and_the_fields_become_values():
    head = head_of("X-A: 1", "x-a:\t2 ", "Cookie: a=1", "Cookie: b=2", "Content-Type: text/plain")
    assert (head.method, head.path, head.query, head.version) == ("GET", "/", "", "HTTP/1.1")
    assert head.fields == {
        "HTTP_HOST": "localhost",
        "HTTP_X_A": "1, 2",
        "HTTP_COOKIE": "a=1; b=2",
        "CONTENT_TYPE": "text/plain",
    }


@pytest.mark.parametrize(
    "name",
    ["User-Agent", "Referer", "Origin", "If-Modified-Since", "If-Unmodified-Since", "If-Range"]
    + ["Range", "Date", "From", "Upgrade", "Content-Encoding", "X-Forwarded-For"],
)
def test_a_field_that_frames_routes_or_authorizes_nothing_is_joined_if_it_comes_twice(name):
    key = "HTTP_" + name.upper().replace("-", "_")
    assert head_of(f"{name}: a", f"{name}: b").fields[key] == "a, b"


@pytest.mark.parametrize("name", ["Content-Length", "Content-Type", "Host", "Authorization"])
def test_a_field_that_frames_routes_or_authorizes_is_refused_if_it_comes_twice(name):
    with pytest.raises(RequestRefused, match=f"{name} stands in the header twice") as caught:
        head_of(f"{name}: 1", f"{name}: 1")
    assert caught.value.status == 400


@pytest.mark.parametrize(
    ("fields", "expects"),
    [
        (["Expect:"], False),
        (["Expect: ,"], False),
        (["Expect: 100-Continue"], True),
        (["Expect: 100-continue", "Expect: 100-continue"], True),
        (["Expect:", "Expect: 100-continue"], True),
    ],
)
def test_an_empty_expectation_is_none_and_a_list_of_them_is_one(fields, expects):
    assert head_of("Content-Length: 5", *fields).expects_continue is expects


@pytest.mark.parametrize(
    ("target", "path", "query"),
    [
        ("/a%20b?c=%20", "/a b", "c=%20"),
        ("//evil.example/%2f..", "//evil.example//..", ""),
        ("/%e2%80%ae%FF", "/\xe2\x80\xae\xff", ""),
        ("/\xc3\xa9", "/\xc3\xa9", ""),
        ("/%zz%4", "/%zz%4", ""),
        ("/?a?b", "/", "a?b"),
        ("http://other:81/x?y", "/x", "y"),
        ("HTTP://other", "/", ""),
        ("http://other?y", "/", "y"),
    ],
)
def test_pe_08_ds_22_the_path_is_the_latin_1_view_of_the_decoded_bytes(target, path, query):
    head = head_of(line=f"GET {target} HTTP/1.1")
    assert (head.path, head.query, head.target) == (path, query, target)


def test_rq_16_raw_bytes_reach_the_query():
    assert head_of(line="GET /?a=\xff HTTP/1.1").query == "a=\xff"


def test_ds_21_the_host_of_an_absolute_target_counts():
    assert head_of(line="GET http://other:81/x HTTP/1.1").fields["HTTP_HOST"] == "other:81"


def test_ds_21_the_server_itself_can_be_asked_for_its_options():
    assert head_of(line="OPTIONS * HTTP/1.1").path == "*"


def test_rq_06_names_with_an_underscore_do_not_pass_for_others(recording_server, recorder):
    fields = b"X-Auth: no\r\nX_Auth: admin\r\nContent_Length: 3\r\nProxy: evil\r\n"
    ask(recording_server, b"GET / HTTP/1.1\r\nConnection: close\r\n" + HOST + fields + b"\r\n")
    environ = recorder.environs[0]
    assert environ["HTTP_X_AUTH"] == "no"
    assert "CONTENT_LENGTH" not in environ
    assert "HTTP_PROXY" not in environ


@pytest.mark.parametrize(
    ("version", "connection", "kept"),
    [
        ("HTTP/1.1", None, True),
        ("HTTP/1.1", "close", False),
        ("HTTP/1.1", "x, Close", False),
        ("HTTP/1.0", None, False),
        ("HTTP/1.0", "Keep-Alive", True),
        ("HTTP/1.0", "keep-alive, close", False),
    ],
)
def test_who_keeps_the_connection(version, connection, kept):
    fields = [] if connection is None else [f"Connection: {connection}"]
    assert head_of(*fields, line=f"GET / {version}").keep_alive is kept


def test_ds_18_a_header_that_never_ends_is_cut_off(recording_server, recorder):
    with connect(recording_server) as sock:
        sock.sendall(b"GET / HTTP/1.1\r\nX: " + b"a" * 70_000)
        assert status_of(receive_all(sock)) == 431
