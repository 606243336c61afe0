"""Raw requests, and what microweb's server makes of each: from RFC 9110 and 9112, and from what
has parted two servers in front of one another before.

`ROWS` are (family, name, bytes, verdict). A verdict is what is answered, in order: the status, then
what the application saw, if it was called: method, path and query, bytes of the body, the field
``X-Probe`` and the Host where it is another than localhost. ``closed`` is no answer at all.
"""

from __future__ import annotations

CLOSE = b"Connection: close\r\n"
HOST = b"Host: localhost\r\n"
NEXT = b"GET /next HTTP/1.1\r\n" + HOST + CLOSE + b"\r\n"


def get(fields: bytes = b"", target: bytes = b"/", rest: bytes = b"") -> bytes:
    """Return a GET of *target*; *fields* end with CR LF each, *rest* follows the head."""
    return b"GET " + target + b" HTTP/1.1\r\n" + HOST + CLOSE + fields + b"\r\n" + rest


def line(text: bytes) -> bytes:
    """Return a request whose first line is *text*."""
    return text + b"\r\n" + HOST + CLOSE + b"\r\n"


def length(value: bytes, body: bytes = b"abcde") -> bytes:
    """Return a POST whose Content-Length is *value*."""
    return b"POST / HTTP/1.1\r\n" + HOST + CLOSE + b"Content-Length:" + value + b"\r\n\r\n" + body


def coding(value: bytes, body: bytes = b"5\r\nabcde\r\n0\r\n\r\n") -> bytes:
    """Return a POST whose Transfer-Encoding is *value*."""
    head = b"POST / HTTP/1.1\r\n" + HOST + CLOSE + b"Transfer-Encoding:" + value
    return head + b"\r\n\r\n" + body


def chunks(body: bytes) -> bytes:
    """Return a POST with a chunked body."""
    return coding(b" chunked", body)


def keep(*requests: bytes) -> bytes:
    """Return requests in one packet, of which the last closes the connection."""
    return b"".join(one.replace(CLOSE, b"") for one in requests) + NEXT


FRAMING = [
    ("length", length(b" 5"), "200 POST / 5"),
    ("length without space", length(b"5"), "200 POST / 5"),
    ("length after tab", length(b"\t5\t"), "200 POST / 5"),
    ("length with zeros", length(b" 0005"), "200 POST / 5"),
    ("length of 19 digits", length(b" " + b"9" * 19), "400"),
    ("length plus", length(b" +5"), "400"),
    ("length minus", length(b" -5"), "400"),
    ("length minus zero", length(b" -0"), "400"),
    ("length hex", length(b" 0x5"), "400"),
    ("length underscore", length(b" 0_5"), "400"),
    ("length float", length(b" 5.0"), "400"),
    ("length quoted", length(b' "5"'), "400"),
    ("length empty", length(b""), "400"),
    ("length list alike", length(b" 5, 5"), "400"),
    ("length list other", length(b" 5, 6"), "400"),
    ("length spaced", length(b" 5 5"), "400"),
    ("length superscript", length(b" \xb2"), "400"),
    ("length after vertical tab", length(b" \x0b5"), "400"),
    ("length after no-break space", length(b" \xa05"), "400"),
    ("length twice alike", length(b" 5\r\nContent-Length: 5"), "400"),
    ("length twice other", length(b" 5\r\nContent-Length: 6"), "400"),
    ("length underscored name", length(b" 5\r\nContent_Length: 6"), "200 POST / 5"),
    ("length and coding", length(b" 5\r\nTransfer-Encoding: chunked"), "400"),
    ("coding and length", coding(b" chunked\r\nContent-Length: 5"), "400"),
    ("length of GET", get(b"Content-Length: 5\r\n", rest=b"abcde"), "200 GET / 5"),
    ("no length for POST", line(b"POST / HTTP/1.1"), "200 POST / 0"),
    ("chunked", coding(b" chunked"), "200 POST / 5"),
    ("chunked upper case", coding(b" CHUNKED"), "200 POST / 5"),
    ("chunked trailing space", coding(b" chunked "), "200 POST / 5"),
    ("coding unknown", coding(b" xchunked"), "501"),
    ("coding gzip", coding(b" gzip"), "501"),
    ("coding identity", coding(b" identity"), "501"),
    ("coding gzip, chunked", coding(b" gzip, chunked"), "501"),
    ("coding chunked, identity", coding(b" chunked, identity"), "400"),
    ("coding chunked, chunked", coding(b" chunked, chunked"), "400"),
    ("coding empty element", coding(b" ,chunked"), "400"),
    ("coding empty", coding(b""), "400"),
    ("coding twice", coding(b" chunked\r\nTransfer-Encoding: chunked"), "400"),
    ("coding twice, identity", coding(b" identity\r\nTransfer-Encoding: chunked"), "501"),
    ("coding quoted", coding(b' "chunked"'), "400"),
    ("coding parameter", coding(b" chunked;a=b"), "400"),
    ("coding after tab", coding(b"\tchunked"), "400"),
    ("coding after vertical tab", coding(b" \x0bchunked"), "400"),
    ("coding underscored name", coding(b" chunked\r\nTransfer_Encoding: x"), "200 POST / 5"),
    ("coding in 1.0", coding(b" chunked").replace(b"1.1", b"1.0", 1), "400"),
]
CHUNKS = [
    ("upper case", chunks(b"A\r\n0123456789\r\n0\r\n\r\n"), "200 POST / 10"),
    ("zeros in front", chunks(b"0005\r\nabcde\r\n000\r\n\r\n"), "200 POST / 5"),
    ("extension", chunks(b'5;a=b;c="d e"\r\nabcde\r\n0;x\r\n\r\n'), "200 POST / 5"),
    ("space before extension", chunks(b"5 ;a=b\r\nabcde\r\n0\r\n\r\n"), "400"),
    ("space after", chunks(b"5 \r\nabcde\r\n0\r\n\r\n"), "400"),
    ("space in front", chunks(b" 5\r\nabcde\r\n0\r\n\r\n"), "400"),
    ("hex prefix", chunks(b"0x5\r\nabcde\r\n0\r\n\r\n"), "400"),
    ("underscore", chunks(b"0_5\r\nabcde\r\n0\r\n\r\n"), "400"),
    ("plus", chunks(b"+5\r\nabcde\r\n0\r\n\r\n"), "400"),
    ("minus", chunks(b"-5\r\nabcde\r\n0\r\n\r\n"), "400"),
    ("no size", chunks(b"\r\nabcde\r\n0\r\n\r\n"), "400"),
    ("no hex", chunks(b"g\r\nabcde\r\n0\r\n\r\n"), "400"),
    ("40 digits", chunks(b"0" * 39 + b"5\r\nabcde\r\n0\r\n\r\n"), "400"),
    ("17 digits", chunks(b"1" + b"0" * 15 + b"5\r\nabcde\r\n0\r\n\r\n"), "400"),
    ("LF alone", chunks(b"5\nabcde\n0\n\n"), "400"),
    ("LF in extension", chunks(b"5;a\nabcde\r\n0\r\n\r\n"), "400"),
    ("CR in extension", chunks(b"5;a\rb\r\nabcde\r\n0\r\n\r\n"), "400"),
    ("NUL in extension", chunks(b"5;a\0\r\nabcde\r\n0\r\n\r\n"), "400"),
    ("longer than its size", chunks(b"5\r\nabcdeXX0\r\n\r\n"), "400"),
    ("no line end after data", chunks(b"5\r\nabcde0\r\n\r\n"), "400"),
    ("extension of 5,000 bytes", chunks(b"5;" + b"a" * 5000 + b"\r\nabcde\r\n0\r\n\r\n"), "400"),
    ("trailer", chunks(b"5\r\nabcde\r\n0\r\nX-Probe: late\r\n\r\n"), "200 POST / 5"),
    ("trailer of framing", chunks(b"5\r\nabcde\r\n0\r\nContent-Length: 9\r\n\r\n"), "400"),
    ("trailer malformed", chunks(b"5\r\nabcde\r\n0\r\nno colon\r\n\r\n"), "400"),
    ("trailer folded", chunks(b"5\r\nabcde\r\n0\r\nX: a\r\n b\r\n\r\n"), "400"),
    ("trailer of 9,000 bytes", chunks(b"0\r\nX: " + b"a" * 9000 + b"\r\n\r\n"), "400"),
]
FIELDS = [
    ("value", get(b"X-Probe: a b\r\n"), "200 GET / 0 X='a b'"),
    ("value empty", get(b"X-Probe:\r\n"), "200 GET / 0 X=''"),
    ("value with tab", get(b"X-Probe: a\tb\r\n"), "200 GET / 0 X='a\\tb'"),
    ("value between tabs", get(b"X-Probe:\t a \t\r\n"), "200 GET / 0 X='a'"),
    ("value UTF-8", get(b"X-Probe: \xc3\xa9\r\n"), "200 GET / 0 X='\\xc3\\xa9'"),
    ("value no-break space", get(b"X-Probe: \xa0a\xa0\r\n"), "200 GET / 0 X='\\xa0a\\xa0'"),
    ("value twice", get(b"X-Probe: a\r\nX-Probe: b\r\n"), "200 GET / 0 X='a, b'"),
    ("name in other case", get(b"x-pRoBe: a\r\n"), "200 GET / 0 X='a'"),
    ("name underscored", get(b"X_Probe: a\r\n"), "200 GET / 0"),
    ("name of odd token", get(b"X!#$%&'*+-.^`|~1: a\r\n"), "200 GET / 0"),
    ("space before colon", get(b"X-Probe : a\r\n"), "400"),
    ("tab before colon", get(b"X-Probe\t: a\r\n"), "400"),
    ("no name", get(b": a\r\n"), "400"),
    ("no colon", get(b"X-Probe\r\n"), "400"),
    ("name with space", get(b"X Probe: a\r\n"), "400"),
    ("name with parentheses", get(b"X(a): a\r\n"), "400"),
    ("name beyond ASCII", get(b"X\xe9: a\r\n"), "400"),
    ("name with NUL", get(b"X\0: a\r\n"), "400"),
    ("folded with space", get(b"X-Probe: a\r\n b\r\n"), "400"),
    ("folded with tab", get(b"X-Probe: a\r\n\tb\r\n"), "400"),
    ("folded first", b"GET / HTTP/1.1\r\n X: a\r\n" + HOST + CLOSE + b"\r\n", "400"),
    ("CR in value", get(b"X-Probe: a\rSmuggled: b\r\n"), "400"),
    ("LF ends a line", get(b"X-Probe: a\nSmuggled: b\r\n"), "400"),
    ("LF ends all lines", get().replace(b"\r\n", b"\n"), "400"),
    ("CR CR LF", get(b"X-Probe: a\r\r\n"), "400"),
    *((f"control {byte:02x}", get(b"X-Probe: a%cb\r\n" % byte), "400") for byte in (0, 1, 8, 11)),
    *((f"control {byte:02x}", get(b"X-Probe: a%cb\r\n" % byte), "400") for byte in (12, 27, 127)),
    ("80 fields", get(b"X-Probe: a\r\n" + b"A: b\r\n" * 79), "200 GET / 0 X='a'"),
    ("101 fields", get(b"A: b\r\n" * 101), "431"),
    ("field of 4,000 bytes", get(b"A: " + b"a" * 4000 + b"\r\n"), "200 GET / 0"),
    ("field of 70,000 bytes", get(b"A: " + b"a" * 70_000 + b"\r\n"), "431"),
    ("two types", length(b" 5\r\nContent-Type: a/b\r\nContent-Type: c/d"), "400"),
    ("two cookies", get(b"Cookie: a=b\r\nCookie: c=d\r\n"), "200 GET / 0"),
    ("expect 100", length(b" 5\r\nExpect: 100-continue"), "200 POST / 5"),
    ("expect 100 in other case", length(b" 5\r\nExpect: 100-Continue"), "200 POST / 5"),
    ("expect 100 without body", get(b"Expect: 100-continue\r\n"), "200 GET / 0"),
    ("expect something else", length(b" 5\r\nExpect: 200-ok"), "417"),
]
HOSTS = [
    *(
        (f"host {value.decode()}", get().replace(b"localhost", value), f"200 GET / 0 {shown}")
        for value, shown in (
            (b"a.example:80", "a.example:80"),
            (b"[::1]:80", "[::1]:80"),
            (b"127.0.0.1", "127.0.0.1"),
            (b"A_b.example", "A_b.example"),
        )
    ),
    ("host missing", get().replace(HOST, b""), "400"),
    ("host missing in 1.0", b"GET / HTTP/1.0\r\n\r\n", "200 GET / 0 no host"),
    ("host twice", get(HOST), "400"),
    ("host twice other", get(b"Host: other\r\n"), "400"),
    *(
        (f"host {value!r}"[:30], get().replace(b"localhost", value), "400")
        for value in (b"a/b", b"a@b", b"a b", b"a,b", b"a:99999", b"a:b", b"", b"[::", b"a#b")
    ),
]
LINES = [
    ("path", get(target=b"/a/b?c=d&e=/?"), "200 GET /a/b?c=d&e=/? 0"),
    ("path of percents", get(target=b"/a%20b%2Fc%00%ff"), "200 GET /a b/c\\x00\\xff 0"),
    ("path of bad percents", get(target=b"/%zz%4"), "200 GET /%zz%4 0"),
    ("path UTF-8 quoted", get(target=b"/%C3%A9"), "200 GET /\\xc3\\xa9 0"),
    ("path UTF-8 raw", get(target=b"/\xc3\xa9"), "200 GET /\\xc3\\xa9 0"),
    ("path of two slashes", get(target=b"//evil.example/.."), "200 GET //evil.example/.. 0"),
    ("path of dots", get(target=b"/a/../b/./c"), "200 GET /a/../b/./c 0"),
    ("path of odd characters", get(target=b'/a|b{c}^"<>`\\'), '200 GET /a|b{c}^"<>`\\\\ 0'),
    ("path of 8,000 bytes", get(target=b"/" + b"a" * 7999), "200 GET /aaaaaaaaa 0"),
    ("path of 70,000 bytes", get(target=b"/" + b"a" * 70_000), "414"),
    ("fragment", get(target=b"/a#b"), "400"),
    ("control in path", get(target=b"/a\x01b"), "400"),
    ("NUL in path", get(target=b"/a\0b"), "400"),
    ("tab in path", get(target=b"/a\tb"), "400"),
    ("space in path", get(target=b"/a b"), "400"),
    ("absolute", get(target=b"http://other.example/p?q"), "200 GET /p?q 0 other.example"),
    ("absolute without path", get(target=b"http://other.example"), "200 GET / 0 other.example"),
    ("absolute with user", get(target=b"http://a@b/"), "400"),
    ("absolute without host", get(target=b"http:///a"), "400"),
    ("absolute ftp", get(target=b"ftp://other.example/"), "400"),
    ("relative", get(target=b"a/b"), "400"),
    ("question mark first", get(target=b"?a"), "400"),
    ("authority", get(target=b"a:443"), "400"),
    ("connect", line(b"CONNECT a:443 HTTP/1.1"), "501"),
    ("asterisk", line(b"OPTIONS * HTTP/1.1"), "200 OPTIONS * 0"),
    ("asterisk of GET", get(target=b"*"), "400"),
    ("two spaces", line(b"GET  / HTTP/1.1"), "400"),
    ("two spaces at the end", line(b"GET /  HTTP/1.1"), "400"),
    ("tab between", line(b"GET\t/\tHTTP/1.1"), "400"),
    ("space at the end", line(b"GET / HTTP/1.1 "), "400"),
    ("space in front", line(b" GET / HTTP/1.1"), "400"),
    ("empty line in front", b"\r\n" + get(), "200 GET / 0"),
    ("two empty lines in front", b"\r\n\r\n" + get(), "400"),
    ("LF in front", b"\n" + get(), "400"),
    ("method in lower case", line(b"get / HTTP/1.1"), "400"),
    ("method of a token", line(b"M-SEARCH / HTTP/1.1"), "200 M-SEARCH / 0"),
    ("method unknown", line(b"BREW / HTTP/1.1"), "200 BREW / 0"),
    ("method with colon", line(b"GE:T / HTTP/1.1"), "400"),
    ("method beyond ASCII", line(b"G\xcbT / HTTP/1.1"), "400"),
    ("method of 40 bytes", line(b"A" * 40 + b" / HTTP/1.1"), "400"),
    ("head", line(b"HEAD /a HTTP/1.1"), "200 HEAD /a 0"),
    *(
        (f"version {version.decode()}", line(b"GET / " + version), status)
        for version, status in (
            (b"http/1.1", "400"),
            (b"HTTP/1.2", "505"),
            (b"HTTP/1.10", "400"),
            (b"HTTP/01.1", "400"),
            (b"HTTP/2.0", "505"),
            (b"HTTP/0.9", "505"),
            (b"HTTP/1", "400"),
            (b"HTTPS/1.1", "400"),
        )
    ),
    ("version missing", b"GET /\r\n\r\n", "400"),
    ("preface of HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "505"),
    ("hello of TLS", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 40, "400"),
]
CONNECTIONS = [
    ("two in a row", keep(get(target=b"/a")), "200 GET /a 0, 200 GET /next 0"),
    ("body, then next", keep(length(b" 5")), "200 POST / 5, 200 GET /next 0"),
    ("chunks, then next", keep(coding(b" chunked")), "200 POST / 5, 200 GET /next 0"),
    ("head, then next", keep(line(b"HEAD / HTTP/1.1")), "200 HEAD / 0, 200 GET /next 0"),
    ("bad, then next", keep(get(b"X : a\r\n")), "400"),
    ("bad chunk, then next", keep(chunks(b"x\r\nabcde\r\n0\r\n\r\n")), "400"),
    ("close, then next", get() + NEXT, "200 GET / 0"),
    ("close in other case", get().replace(b"close", b"CLOSE") + NEXT, "200 GET / 0"),
    ("close in a list", get().replace(b"close", b"x, close") + NEXT, "200 GET / 0"),
    ("1.0, then next", b"GET / HTTP/1.0\r\n" + HOST + b"\r\n" + NEXT, "200 GET / 0"),
    (
        "1.0 kept, then next",
        b"GET / HTTP/1.0\r\n" + HOST + b"Connection: keep-alive\r\n\r\n" + NEXT,
        "200 GET / 0, 200 GET /next 0",
    ),
    ("upgrade", get(b"Upgrade: h2c\r\n"), "200 GET / 0"),
]
ROWS: list[tuple[str, str, bytes, str]] = [
    (family, *row)
    for family, rows in (
        ("framing", FRAMING),
        ("chunks", CHUNKS),
        ("fields", FIELDS),
        ("hosts", HOSTS),
        ("lines", LINES),
        ("connections", CONNECTIONS),
    )
    for row in rows
]
