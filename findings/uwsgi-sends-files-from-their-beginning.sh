#!/usr/bin/env bash
# uWSGI 2.0.31, its wsgi.file_wrapper (https://pypi.org/project/uWSGI/)
#
# An application hands the server an open file that stands at its sixth byte. PEP 3333 ("Optional
# Platform-Specific File Handling"): transmission begins at the file's current position.
# One would guess: the rest of the file, "FGHIJ...", as for an io.BytesIO that stands there.
# Seen: the file from its beginning, cut at Content-Length: other bytes than were meant, of the right
# number. A resumed download gets its first part twice.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check uWSGI==2.0.31
cat > program.py <<'PYTHON'
import io

LETTERS = bytes(range(65, 91))
with open("letters", "wb") as file:
    file.write(LETTERS)


def application(environ, start_response):
    on_disk = environ["PATH_INFO"] == "/file"
    file = open("letters", "rb", buffering=0) if on_disk else io.BytesIO(LETTERS)
    file.seek(5)
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "21")])
    return environ["wsgi.file_wrapper"](file)
PYTHON
cat > show.py <<'PYTHON'
import socket
import subprocess
import time
import urllib.error
import urllib.request

with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]
command = ["venv/bin/uwsgi", "--http-socket", f"127.0.0.1:{port}", "--module", "program", "--die-on-term"]
output = subprocess.DEVNULL
with subprocess.Popen(command, stdout=output, stderr=output) as server:
    for path in ("/memory", "/file"):
        for attempt in range(100):
            try:
                url = f"http://127.0.0.1:{port}{path}"
                print(path, urllib.request.urlopen(url, timeout=30).read().decode())
                break
            except urllib.error.URLError:
                time.sleep(0.1)
    server.terminate()
PYTHON
seen=$(venv/bin/python show.py)
echo "$seen"
[ "$seen" = "/memory FGHIJKLMNOPQRSTUVWXYZ
/file ABCDEFGHIJKLMNOPQRSTU" ]
