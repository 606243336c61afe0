"""What real clients send: bodies captured from them, parsed.

``tests/vectors/CLIENT-WHAT.http`` is the request's Content-Type header, an empty line and the body,
byte for byte. To add one, have a client post to a server that writes both to a file, and give it
a line in the table below. A file whose name begins with ``written`` was not captured: it was
written after what is documented of a client that could not be had.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from .support_http import make_request, multipart_events

VECTORS = Path(__file__).parents[1] / "vectors"

# What a page with these fields, and files with awkward names, was made to send.
FIELDS = [
    ("text", "naïve café ☃ \U0001f600"),
    ("lines", "one\r\ntwo"),
    ("empty", ""),
    ('quo"te', 'a"b&c=d+e%20;f'),
    ("twice", "1"),
    ("twice", "2"),
]
NAMES = (
    "plain.txt",
    'quo"te.txt',
    "ümläut ☃.txt",
    "semi;colon=x.txt",
    "back\\slash.txt",
    # Not told from a quote: browsers escape the quote so, and the percent sign not at all.
    'per"cent.txt',
    "new%0Aline.txt",
)
SENT = {'per"cent.txt': "per%22cent.txt", "new%0Aline.txt": "new\nline.txt"}
FILES = [
    ("many", name, "text/plain", f"content of {SENT.get(name, name)}\r\n--not a boundary\r\n")
    for name in NAMES
]
BYTES = b"\0\1\2\xfd\xfe\xff\r\n\r\n"
BROWSER_FILES = [
    *FILES,
    ("one", "bytes.unheard-of", "application/octet-stream", BYTES),
    ("none", "", "application/octet-stream", b""),
]
FETCHED_FIELDS = [("field", "välue"), ("line%0D%0Abreak", "a\r\nb")]
FETCHED_FILES = [
    ("blob", "blob", "image/png", b"blobbed"),
    ("named", "☃.bin", "application/octet-stream", b"x"),
    ("empty", "", "application/octet-stream", b""),
]
CURL = "content of curl\r\n"

# The file, the client that sent it, and the fields and files in it.
CAPTURES = [
    ("chromium-files", "Chromium 156, a form", FIELDS, BROWSER_FILES),
    ("chromium-fetch", "Chromium 156, FormData", FETCHED_FIELDS, FETCHED_FILES),
    ("chromium-urlencoded", "Chromium 156, a form", FIELDS, []),
    ("firefox-files", "Firefox 153, a form", FIELDS, BROWSER_FILES),
    ("firefox-fetch", "Firefox 153, FormData", FETCHED_FIELDS, FETCHED_FILES),
    ("firefox-urlencoded", "Firefox 153, a form", FIELDS, []),
    (
        "curl-files",
        "curl 7.88, --form",
        [
            ("text", "naïve café ☃"),
            ('quo"te', 'a"b'),
            ("twice", "1"),
            ("twice", "2"),
            ("empty", ""),
            ("typed", "[1]"),
        ],
        [
            *(("many", name, "text/plain", CURL) for name in NAMES[:3]),
            ("one", "bytes.bin", "application/x-thing", b"\0\1\xff\r\n\r\n"),
        ],
    ),
    (
        "curl-chunked",
        "curl 7.88, --form with Transfer-Encoding: chunked (decoded here)",
        [("a", "1")],
        [("f", "plain.txt", "text/plain", CURL)],
    ),
    (
        "curl-urlencoded",
        "curl 7.88, --data-urlencode",
        [("text", "naïve café ☃"), ("a", "b&c=d+e;f"), ("empty", "")],
        [],
    ),
    (
        "written-safari-files",
        "Safari: WebKit's escapes, file names decomposed as macOS has them",
        [("text", "naïve café ☃"), ('quo"te', 'a"b')],
        [
            ("many", "u\u0308mla\u0308ut.txt", "text/plain", "content\r\n"),
            ("none", "", "application/octet-stream", b""),
        ],
    ),
    (
        "written-internet-explorer-6-files",
        "Internet Explorer 6: the whole path, its backslashes not escaped",
        [("text", "naïve")],
        [
            (
                "many",
                "C:\\Documents and Settings\\Ada\\new file.txt",
                "text/plain",
                "content\r\n",
            ),
            ("none", "", "application/octet-stream", b""),
        ],
    ),
]


def read_vector(name):
    head, _, body = (VECTORS / f"{name}.http").read_bytes().partition(b"\r\n\r\n")
    return head.decode("ascii").partition(": ")[2], body


def as_bytes(data):
    return data if isinstance(data, bytes) else data.encode()


@pytest.mark.parametrize(
    ("name", "_client", "fields", "files"), CAPTURES, ids=lambda v: str(v)[:30]
)
def test_what_a_client_sent_is_what_a_view_gets(name, _client, fields, files):
    content_type, body = read_vector(name)
    request = make_request("POST", body, CONTENT_TYPE=content_type)
    assert list(request.form.items(multi=True)) == fields
    assert [
        (key, upload.filename, upload.content_type, upload.read())
        for key, upload in request.files.items(multi=True)
    ] == [(key, name, kind, as_bytes(data)) for key, name, kind, data in files]


@pytest.mark.parametrize("name", [row[0] for row in CAPTURES if "urlencoded" not in row[0]])
def test_mp_16_captures_give_the_same_however_they_are_cut(name):
    content_type, body = read_vector(name)
    boundary = content_type.partition("boundary=")[2].encode()

    def decode(pieces):
        parts = []
        for event in multipart_events(pieces, boundary):
            if hasattr(event, "name"):
                parts.append([event.name, event.filename, list(event.headers), b""])
            else:
                parts[-1][3] += event.data
        return parts

    whole = decode([body])
    assert decode([body[at : at + 1] for at in range(len(body))]) == whole
    for at in range(len(body)):
        assert decode([body[:at], body[at:]]) == whole
    assert decode([body, b"trailing rubbish\r\n--" + boundary]) == whole


def test_every_vector_stands_in_the_table():
    assert sorted(path.stem for path in VECTORS.glob("*.http")) == sorted(
        row[0] for row in CAPTURES
    )
