#!/usr/bin/env bash
# aiohttp 3.14.5, the client's FormData (https://docs.aiohttp.org/en/stable/client_reference.html#formdata)
#
# A form has a field called "my field". Sent without a file, the field's name is urlencoded.
# One would guess: with a file beside it the form becomes multipart, and the name stands there as it
# is, name="my field", as browsers and other clients write it (RFC 7578 section 4.2).
# Seen: the name gets a backslash before its space, name="my\ field", and the file's name gets a
# percent escape, filename="a%20b.txt". A server that reads names as browsers send them (Werkzeug 3.1.8)
# finds a field called "my\ field": adding a file to a form renames its fields.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check aiohttp==3.14.5 werkzeug==3.1.8
cat > "$folder/show.py" <<'PYTHON'
import asyncio
import io

from aiohttp import FormData
from werkzeug.formparser import parse_form_data


class Sink:
    def __init__(self):
        self.data = b""

    async def write(self, chunk):
        self.data += chunk


async def send(with_file):
    form = FormData()
    form.add_field("my field", "value")
    if with_file:
        form.add_field("upload", io.BytesIO(b"x"), filename="a b.txt")
    payload, sink = form(), Sink()
    await payload.write(sink)
    environ = {
        "REQUEST_METHOD": "POST",
        "CONTENT_TYPE": payload.content_type,
        "CONTENT_LENGTH": str(len(sink.data)),
        "wsgi.input": io.BytesIO(sink.data),
    }
    _, fields, files = parse_form_data(environ)
    return list(fields), [file.filename for file in files.values()]


print(asyncio.run(send(False)), asyncio.run(send(True)))
PYTHON
seen=$("$folder/venv/bin/python" "$folder/show.py")
echo "$seen"
[ "$seen" = "(['my field'], []) (['my\\\\ field'], ['a%20b.txt'])" ]
