"""Targets of the part that turns bytes and headers into values and back."""

from __future__ import annotations

import io
import random
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes, urlencode

from microweb import http
from microweb.http import HTTPException, MultiDict, Request, Response
from microweb.http.extra.header_lists import parse_accept_items
from microweb.http.fields import location_from_iri
from microweb.http.urlencoded import parse_urlencoded_body
from microweb.text.hosts import host_is_trusted, is_valid_host
from microweb.text.quoting import percent_decode, percent_encode
from microweb.text.tokens import check_field_value

from .engine import require, target
from .mutate import cut, dice_of, entropy, random_text, words

VECTORS = [
    path.read_bytes().partition(b"\r\n\r\n")
    for path in sorted((Path(__file__).parents[1] / "vectors").glob("*.http"))
]
FORM_VECTORS = [(head.partition(b": ")[2], body) for head, _, body in VECTORS]

HEADER_VALUES: dict[bytes, list[bytes]] = {
    b"Accept": b"text/html, */*;q=0.8|text/*;q=0.5, text/plain;format=flowed;q=1.0|*/*".split(b"|"),
    b"Accept-Charset": [b"utf-8, iso-8859-1;q=0.5"],
    b"Accept-Encoding": b"gzip, br;q=1.0, *;q=0|identity;q=0".split(b"|"),
    b"Accept-Language": b"de-AT, en;q=0.5, *;q=0.1|en_US".split(b"|"),
    b"Access-Control-Request-Headers": [b"X-A, x-b"],
    b"Authorization": (
        b'Basic YWRhOnB3|Bearer abc.def==|Digest username="a\\"b", realm=x, qop=auth|Basic'
    ).split(b"|"),
    b"Cache-Control": [b'max-age=60, no-cache="a, b", max-stale'],
    b"Content-Length": [b"3", b"0"],
    b"Content-Type": (
        b"application/json|application/x-www-form-urlencoded|multipart/form-data; boundary=B|"
        b"text/plain; charset=\"utf-8\"|application/a+json; x*=utf-8''%C3%A9|a/b; c*0=x; c*1*=%41"
    ).split(b"|"),
    b"Cookie": b'a=1; b="x\\073\\"y"; c=d|=x; ==y; __Host-a=1; session=abc.def.ghi'.split(b"|"),
    b"Date": [b"Sun, 06 Nov 1994 08:49:37 GMT"],
    b"Expect": [b"100-continue"],
    b"Host": b"localhost|a.example:8080|[::1]:80|sub.example.com.".split(b"|"),
    b"If-Match": [b'"a", W/"b"', b"*"],
    b"If-Modified-Since": b"Sun Nov  6 08:49:37 1994|Sunday, 06-Nov-94 08:49:37 GMT".split(b"|"),
    b"If-None-Match": [b'W/"a", "b"', b"*"],
    b"If-Range": [b'"a"', b"Sun, 06 Nov 1994 08:49:37 GMT"],
    b"If-Unmodified-Since": [b"Sun, 06 Nov 1994 08:49:37 GMT"],
    b"Range": b"bytes=0-4|bytes=-5|bytes=5-|bytes=0-0, 2-3,-1|items=0-1".split(b"|"),
    b"Referer": [b"http://a.example/\xc3\xa9"],
    b"User-Agent": [b"Mozilla/5.0 (X11)"],
    b"X-Forwarded-For": [b"1.2.3.4, 10.0.0.1"],
    b"X-Forwarded-Host": [b"evil.example, good.example"],
    b"X-Forwarded-Proto": [b"https"],
}
TOKENS = [
    *HEADER_VALUES,
    *(value for values in HEADER_VALUES.values() for value in values),
    *b"q= q=0. bytes= W/ utf-8'' filename*= name= ; , = \" \\ : HTTP/1.1 POST HEAD / ?".split(),
]
PATHS = b"/|/a/b|/u/ada/7/|/%C3%A9|/a//b|/f/a.txt|/../x|/page|/session|/abort/404|/json".split(b"|")
QUERIES = b"|?a=1&b=2|?q=<zzz>&a=%ff|?a=+&=&&x|?page=2".split(b"|")


def make_request(dice: random.Random) -> bytes:
    """Return a whole request: line, header, empty line, body of its Content-Type."""
    lines = []
    for name in dice.sample(sorted(HEADER_VALUES), dice.randrange(6)):
        lines.append(name + b": " + dice.choice(HEADER_VALUES[name]))
    body = b""
    if dice.random() < 0.6:
        kind, body = dice.choice(
            [
                *FORM_VECTORS,
                (b"application/x-www-form-urlencoded", b"a=1&b=%20+&c"),
                (b"application/json", b'{"a": [1, 2.5, null, "\\u00e9"]}'),
                (b"multipart/form-data; boundary=B", make_multipart(dice)),
            ]
        )
        lines = [line for line in lines if not line.startswith(b"Content-")]
        lines.append(b"Content-Type: " + kind)
        lines.append(b"Content-Length: %d" % len(body))
    line = dice.choice((b"GET ", b"POST ", b"PUT ", b"HEAD ")) + dice.choice(PATHS)
    lines.insert(0, line + dice.choice(QUERIES) + b" HTTP/1.1")
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def make_multipart(dice: random.Random) -> bytes:
    """Return a multipart body whose boundary is B, with data that resembles the boundary."""
    pieces = []
    for _ in range(dice.randrange(4)):
        head = b'Content-Disposition: form-data; name="%s"' % dice.choice(
            (b"a", b'q\\"x', b"\xc3\xa9")
        )
        if dice.random() < 0.4:
            head += dice.choice(
                (b'; filename="x.txt"\r\nContent-Type: text/plain', b"; filename=y")
            )
        data = words(dice, (b"\r\n", b"\r", b"-", b"--B", b"\r\n--B", b"x", b" ", b"\0"), 8)
        pieces.append(
            b"--B\r\n" + head + b"\r\n\r\n" + data.replace(b"\r\n--B", b"\r\n--") + b"\r\n"
        )
    return b"".join(pieces) + b"--B--\r\n"


class Dribble(io.BytesIO):
    """A stream that returns less than it was asked for, as PEP 3333 allows nobody to forbid."""

    def read(self, size: Any = -1) -> bytes:
        """Return seven bytes at most, empty at the end only."""
        return super().read(min(size, 7) if size and size > 0 else 7)

    def readline(self, size: Any = -1) -> bytes:
        """Return seven bytes of a line at most."""
        return super().readline(min(size, 7) if size and size > 0 else 7)


def make_environ(data: bytes, stream: Any = io.BytesIO) -> dict[str, Any]:
    """Return the WSGI environ of what may be a request, taking everything as it comes."""
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    method, _, rest = first.partition(" ")
    path, _, query = rest.rpartition(" ")[0].partition("?")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": method or "GET",
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(path.encode("latin-1")).decode("latin-1"),
        "QUERY_STRING": query,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": stream(body),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for line in lines:
        name, colon, value = line.partition(":")
        key = name.upper().replace("-", "_")
        if colon:
            key = key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"
            environ[key] = value.strip(" \t")
    if len(data) % 5 == 0:
        environ["wsgi.input_terminated"] = True
    if len(data) % 4:
        environ["CONTENT_LENGTH"] = str(len(body))
    return environ


# What a client can have a say in.
READ = sorted(
    name
    for name in dir(Request)
    if not name.startswith("_")
    and isinstance(getattr(Request, name, None), (property, type(Request.path)))
    and name not in ("stream", "input_stream")
)


def shown(value: Any) -> Any:
    """Return something comparable that says all of a value that a request has."""
    if isinstance(value, (MultiDict, http.CombinedMultiDict)):
        return [(key, [shown(item) for item in items]) for key, items in value.lists()]
    if isinstance(value, http.FileStorage):
        return (
            value.filename,
            value.mimetype,
            value.content_length,
            list(value.headers),
            value.read(),
        )
    if isinstance(value, http.Accept):
        best = value.best_match(["text/html", "application/json", "gzip", "de", "en-US", "utf-8"])
        return str(value), list(value), best, "text/html" in value, value.find("de")
    if isinstance(value, http.Range):
        return value.to_header(), value.satisfiable(10), str(value.make_content_range(10))
    if isinstance(value, http.Authorization):
        return value.type, value.parameters, value.token, str(value), repr(value)
    if isinstance(value, http.RequestCacheControl):
        return str(value), value.max_age, value.no_cache, value.max_stale, value.only_if_cached
    return str(value), repr(value)


def answer_of(error: HTTPException, environ: dict[str, Any]) -> tuple[int | None, str | None]:
    """Return what an error says, having required that it is the client's and can be answered."""
    require(error.code and 400 <= error.code < 500, f"{error!r} is no error of the client's")
    answered: list[Any] = []
    b"".join(error(environ, lambda status, headers: answered.append((status, headers))))
    return error.code, error.detail


def is_refusal(value: Any) -> bool:
    """Say whether that is what `answer_of` returned."""
    return isinstance(value, tuple) and isinstance(value[0], int)


def read_everything(data: bytes, stream: Any) -> dict[str, Any]:
    """Return all that a request says, in an order that depends on its bytes."""
    request = Request(make_environ(data, stream))
    request.max_content_length = 3000 if len(data) % 3 else None
    request.max_form_parts, request.max_form_memory_size = 20, 2500
    request.trusted_hosts = None if len(data) % 2 else ["localhost", ".example"]
    names = READ[:]
    dice_of(data).shuffle(names)
    found = {}
    for name in names:
        try:
            found[name] = shown(getattr(request, name))
        except HTTPException as error:
            found[name] = answer_of(error, request.environ)
    if not is_refusal(found["host"]):
        require(_HOST_RE.fullmatch(request.host), f"the host is {request.host!r}")
    found["repr"], found["headers"] = repr(request), list(request.headers)
    request.close()
    return found


@target(make_request, TOKENS, cost=2)
def request(data: bytes) -> None:
    """Every attribute of a request is a value or a 4xx, however its body comes."""
    whole, dribbled = read_everything(data, io.BytesIO), read_everything(data, Dribble)
    for name, value in whole.items():
        # Of several reasons to refuse, the first to be seen is told.
        same = value == dribbled[name] or (is_refusal(value) and is_refusal(dribbled[name]))
        require(same, f"{name} is {value!r:.300}, or {dribbled[name]!r:.300}")


@target(
    lambda dice: dice.choice(FORM_VECTORS)[1] or b"a=1&b=%C3%A9", [b"&", b"=", b"%", b"+", b"%2"]
)
def urlencoded(data: bytes) -> None:
    """A urlencoded form is pairs or 413; what is encoded comes back."""
    try:
        pairs = parse_urlencoded_body(data, 100_000, 50)
    except http.RequestEntityTooLarge:
        return
    require(len(pairs) <= data.count(b"&") + 1, f"{len(pairs)} pairs")
    again = parse_urlencoded_body(urlencode(pairs, errors="surrogatepass").encode())
    require(again == pairs, f"{pairs!r:.200} comes back as {again!r:.200}")


def decode_multipart(boundary: bytes, pieces: list[bytes]) -> Any:
    """Return the parts in a multipart body, or the status of the error."""
    decoder = http.MultipartDecoder(boundary, 20)
    parts: list[list[Any]] = []
    try:
        for piece in pieces:
            for event in decoder.feed(piece):
                if isinstance(event, http.MultipartPart):
                    for name, value in event.headers:
                        clean = _NAME_RE.fullmatch(name) and not _CONTROL_RE.search(value)
                        require(clean, f"a part has the header {name!r}: {value!r:.200}")
                    parts.append([event.name, event.filename, list(event.headers), b"", True])
                else:
                    require(parts and parts[-1][4], "data comes after the last of its part")
                    parts[-1][3] += event.data
                    parts[-1][4] = event.more_data
        decoder.finish()
    except HTTPException as error:
        require(error.code in (400, 413), f"{error!r} for a form")
        return error.code
    return parts


@target(
    lambda dice: (
        b"%b\r\n\r\n%b" % dice.choice(FORM_VECTORS)
        if dice.random() < 0.3
        else b"x; boundary=B\r\n\r\n" + make_multipart(dice)
    ),
    [
        b"\r\n--B",
        b"--B--",
        b"--",
        b"B",
        b"Content-Disposition: form-data; ",
        b'name="',
        *TOKENS[-20:],
    ],
    cost=2,
)
def multipart(data: bytes) -> None:
    """The same bytes give the same parts, or the same error, however they are cut."""
    head, _, body = data.partition(b"\r\n\r\n")
    boundary = head.partition(b"boundary=")[2][:70] or b"B"
    whole = decode_multipart(boundary, [body])
    dice = dice_of(data)
    for pieces in (
        [body[at : at + 1] for at in range(len(body))],
        cut(dice, body),
        cut(dice, body),
    ):
        found = decode_multipart(boundary, pieces)
        require(found == whole, f"whole: {whole!r:.300}; in pieces: {found!r:.300}")
    if isinstance(whole, list):
        require(all(not part[4] for part in whole), "a part of a whole body has no end")
        require(sum(len(part[3]) for part in whole) <= len(body), "more comes out than went in")


@target(entropy)
def multipart_round_trip(data: bytes) -> None:
    """What the encoder writes the decoder reads."""
    dice = dice_of(data)
    fields: list[tuple[str, Any]] = []
    for _ in range(dice.randrange(5)):
        name = random_text(dice, "ab;\\é \"'\u2028")
        content = words(dice, (b"\r\n", b"\r", b"-", b"--Q", b"x", b"\0\xff"), 9).replace(
            b"--Q", b""
        )
        if dice.random() < 0.5:
            file = random_text(dice, 'ab;\\é "\r\n.')
            fields.append((name, http.FileStorage(io.BytesIO(content), file)))
        else:
            fields.append((name, content))
    sent = [
        (name, value.filename, value.stream.getvalue())
        if hasattr(value, "stream")
        else (name, None, value)
        for name, value in fields
    ]
    try:
        body = http.encode_multipart(fields, "Q")
    except ValueError as error:
        # Names with control characters.
        require("control character" in str(error), repr(error))
        return
    parts = decode_multipart(b"Q", cut(dice, body))
    found = [(part[0], part[1], part[3]) for part in parts]

    def as_sent(name: str | None) -> str | None:
        # Line breaks travel as the escapes that browsers write, and a literal escape as itself.
        return name and name.replace("\r", "%0D").replace("\n", "%0A").replace("%22", '"')

    expected = [(as_sent(name), as_sent(file), content) for name, file, content in sent]
    require(found == expected, f"{expected!r:.300} comes back as {found!r:.300}")


def make_header(dice: random.Random) -> bytes:
    """Return the value of one header."""
    return dice.choice(HEADER_VALUES[dice.choice(sorted(HEADER_VALUES))])


PARSERS: list[Any] = [
    http.parse_accept_header,
    http.parse_cache_control_header,
    http.parse_content_range_header,
    http.parse_cookie,
    http.parse_date,
    http.parse_dict_header,
    http.parse_etags,
    http.parse_if_range_header,
    http.parse_list_header,
    http.parse_options_header,
    http.parse_range_header,
    http.parse_set_header,
    http.unquote_etag,
    http.unquote_header_value,
    http.Authorization.from_header,
    http.WWWAuthenticate.from_header,
    parse_accept_items,
    percent_decode,
    is_valid_host,
    lambda text: host_is_trusted(text, ["a.example", ".b.example"]),
]


@target(make_header, TOKENS)
def header_values(data: bytes) -> None:
    """No parser of a header raises; what it makes of one can be shown, written and read again."""
    for text in (data.decode("latin-1"), data.decode("utf-8", "surrogateescape")):
        for parse in PARSERS:
            found = parse(text)
            shown(found)
            if found and hasattr(found, "to_header") and not isinstance(found, http.ETags):
                found.to_header()
        items = http.parse_list_header(text)
        kept = [item for item in items if item]
        require(http.parse_list_header(http.dump_header(kept)) == kept, f"a list: {kept!r:.200}")
        pairs = http.parse_dict_header(text)
        require(http.parse_dict_header(http.dump_header(pairs)) == pairs, f"pairs: {pairs!r:.200}")
        wanted = http.parse_range_header(text)
        if wanted is not None:
            for start, stop in wanted.ranges:
                require(stop is None or start < stop or not stop, f"a range: {wanted!r:.200}")
            again = http.parse_range_header(wanted.to_header())
            same = again is not None and again.satisfiable(100) == wanted.satisfiable(100)
            require(same, f"a range: {wanted!r:.200}")
        moment = http.parse_date(text)
        require(moment is None or http.parse_date(http.http_date(moment)) == moment, f"{moment!r}")
    tags = http.parse_etags(data.decode("latin-1"))
    require(
        http.parse_etags(tags.to_header()).as_set(True) == tags.as_set(True), f"tags: {tags!r:.200}"
    )


@target(entropy)
def header_round_trip(data: bytes) -> None:
    """Options, lists and percent escapes that were written are read as they were."""
    dice = dice_of(data)
    alphabet = "ab ,;=\"\\'é%*\u2028/"
    options = {dice.choice(("a", "B", "c-d", "name")): random_text(dice, alphabet) for _ in "123"}
    found = http.parse_options_header(http.dump_options_header("head", options))
    sent = {name.lower(): text for name, text in options.items()}
    require(found == ("head", sent), f"{options!r} comes back as {found!r}")
    text = random_text(dice, alphabet)
    require(percent_decode(percent_encode(text)) == text, f"{text!r} does not come back")


@target(make_header, [*TOKENS, b"; Domain=x", b"\r\nX: y", b"; Path=", b"Max-Age"])
def cookies(data: bytes) -> None:
    """A cookie that was written is read; what cannot be is a ValueError, and no second header."""
    dice = dice_of(data)
    text = data.decode("utf-8", dice.choice(("surrogateescape", "replace")))
    options: dict[str, Any] = {}
    for name in ("path", "domain", "samesite", "expires", "max_age"):
        if dice.random() < 0.2:
            options[name] = dice.choice((text, text[:9], None, "Lax", "/", "a.example", 10**20, 1))
    name = dice.choice(("a", "a", "__Host-a", text[:5]))
    try:
        value = http.dump_cookie(name, text, max_size=0, **options)
    except (ValueError, TypeError, AttributeError, UserWarning) as error:
        wrong = isinstance(error, AttributeError) and not isinstance(options.get("path"), int)
        require(not wrong or any(isinstance(item, int) for item in options.values()), repr(error))
        return
    check_field_value(value)
    require(value.isascii(), f"{value!r:.200} is not ASCII")
    attributes = [part.partition("=")[0] for part in value.split("; ")[1:]]
    known = [
        "Domain",
        "Expires",
        "Max-Age",
        "Secure",
        "HttpOnly",
        "Path",
        "SameSite",
        "Partitioned",
    ]
    require(len(set(attributes)) == len(attributes), f"an attribute twice: {value!r:.200}")
    require(all(item in known for item in attributes), f"{attributes!r} in {value!r:.200}")
    pair = value.partition(";")[0]
    require(
        http.parse_cookie(pair).get(name) == text, f"{text!r:.200} was written as {pair!r:.200}"
    )


SETTERS = sorted(
    name
    for name in dir(Response)
    if not name.startswith("_")
    and hasattr(getattr(Response, name, None), "__set__")
    and name not in ("data", "response", "json")
)


@target(make_header, [*TOKENS, b"\r\nX: y", b"//evil.example", b"http:", b"javascript:", b"200 OK"])
def response_setters(data: bytes) -> None:
    """Whatever is set on a response, what leaves it is a header, or setting it raised."""
    dice = dice_of(data)
    text = data.decode("utf-8", dice.choice(("surrogateescape", "replace")))
    response = Response("body")
    values = [
        text,
        text[:7],
        data,
        dice.getrandbits(70),
        -1,
        1.5,
        None,
        [text],
        {"a": text},
        {text: "a"},
    ]
    for name in dice.sample(SETTERS, 8):
        try:
            setattr(response, name, dice.choice(values))
        except (ValueError, TypeError, AttributeError, LookupError, OverflowError):
            continue
        shown(getattr(response, name))
    for call in (
        lambda: response.headers.add(text, "a"),
        lambda: response.headers.set("X-A", text, filename=text),
        lambda: response.headers.extend({"X-B": [text, 1]}),
        lambda: response.set_cookie("a", text, path=text),
        lambda: response.cache_control.update({text: text}),
        lambda: response.vary.add(text),
        lambda: response.set_etag(text),
        lambda: http.redirect_response(text),
        lambda: location_from_iri(text),
    ):
        try:
            call()
        except (ValueError, TypeError, UserWarning):
            continue
    if response.status_code >= 500:
        response.status_code = 200
    check_wsgi_answer(*call_app(response, make_environ(b"GET / HTTP/1.1\r\n\r\n")))


def call_app(app: Any, environ: dict[str, Any]) -> tuple[dict[str, Any], str, Any, bytes]:
    """Call a WSGI application; return the environ, status, headers and body."""
    answered: list[Any] = []

    def start_response(status: str, headers: Any, exc_info: Any = None) -> Any:
        answered[:] = status, headers
        return lambda piece: None

    pieces = app(environ, start_response)
    try:
        body = b"".join(pieces)
    finally:
        if hasattr(pieces, "close"):
            pieces.close()
    require(answered, "start_response was not called")
    return environ, answered[0], answered[1], body


_STATUS_RE = re.compile(r"[1-5][0-9]{2} [\t\x20-\x7e\x80-\xff]*")
_NAME_RE = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_CONTROL_RE = re.compile("[\\x00-\\x08\\x0a-\\x1f\\x7f]")
_HOST_RE = re.compile(r"([A-Za-z0-9_.-]*|\[[0-9A-Fa-f:.]*\])(:[0-9]+)?")
_VALUE_RE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")


def check_wsgi_answer(environ: dict[str, Any], status: str, headers: Any, body: bytes) -> None:
    """Require what holds for every answer: no 5xx, clean headers, a true length, no traceback."""
    require(_STATUS_RE.fullmatch(status) and status < "5", f"the status is {status!r}")
    for name, value in headers:
        require(type(name) is str and _NAME_RE.fullmatch(name), f"the header name {name!r}")
        require(type(value) is str and _VALUE_RE.fullmatch(value), f"{name}: {value!r:.200}")
        if name.lower() == "content-length" and environ["REQUEST_METHOD"] != "HEAD":
            true = status.startswith(("204", "304")) or value == str(len(body))
            require(true, f"Content-Length is {value} for {len(body)} bytes")
        if name.lower() == "content-type" and "html" in value:
            require(b"<zzz" not in body.lower(), f"HTML came back as it was sent: {body!r:.300}")
    require(b"Traceback (most recent" not in body, "there is a traceback in the body")


FILE = bytes(range(256)) * 4
_RANGE_RE = re.compile(r"bytes ([0-9]+)-([0-9]+)/1024")


def make_range_request(dice: random.Random) -> bytes:
    """Return the header of a request for a file, or a part of it."""
    names = [b"Range", b"Range", b"If-Range", b"If-None-Match", b"If-Match", b"If-Modified-Since"]
    lines = [b"GET / HTTP/1.1"]
    for name in dice.sample(names, 2):
        lines.append(name + b": " + dice.choice(HEADER_VALUES[name]))
    return b"\r\n".join(lines)


@target(make_range_request, [b"bytes=", b"-", b"0-1023", b"1024-", b'"tag"', b",", *HEADER_VALUES])
def conditional(data: bytes) -> None:
    """A file is sent whole, or exactly the part that the header names, or not at all."""
    environ = make_environ(data)
    try:
        response = http.file_response(
            io.BytesIO(FILE), environ, "a/b", etag="tag", last_modified=784111777
        )
    except HTTPException as error:
        require(error.code in (412, 416), f"{error!r} for a conditional request")
        answer_of(error, environ)
        return
    environ, status, headers, body = call_app(response, environ)
    check_wsgi_answer(environ, status, headers, body)
    fields = {name.lower(): value for name, value in headers}
    if environ["REQUEST_METHOD"] == "HEAD" or status[:3] in ("304", "412", "416"):
        return
    if status[:3] == "200":
        require(body == FILE, "the whole file is another one")
    else:
        found = _RANGE_RE.fullmatch(fields.get("content-range", ""))
        several = fields["content-type"].startswith("multipart/byteranges")
        require(status[:3] == "206" and bool(found) is not several, f"{status} {fields!r}")
        if found:
            require(
                body == FILE[int(found[1]) : int(found[2]) + 1], f"{found[0]}: {len(body)} bytes"
            )
