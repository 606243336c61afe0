#!/usr/bin/env bash
# gunicorn 27.0.1, its wsgi.file_wrapper (https://pypi.org/project/gunicorn/), beside waitress 3.0.2
#
# An application opens a file, reads its first five bytes to see what it is, and hands it to the server with
# wsgi.file_wrapper. PEP 3333 ("Optional Platform-Specific File Handling"): transmission begins at the file's
# current position. The file has 26 bytes, and Content-Length says 21.
# One would guess: the 21 bytes that are left, as after file.seek(5), and as from waitress.
# Seen: none. gunicorn asks the descriptor for its position, and Python's buffered file has read ahead to
# the end of it. The head promises 21 bytes, so the client waits for them until the connection is closed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check gunicorn==27.0.1 waitress==3.0.2
cat > program.py <<'PYTHON'
with open("letters", "wb") as file:
    file.write(bytes(range(65, 91)))


def application(environ, start_response):
    file = open("letters", "rb")
    if environ["PATH_INFO"] == "/read":
        file.read(5)
    else:
        file.seek(5)
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "21")])
    return environ["wsgi.file_wrapper"](file)
PYTHON
cat > show.py <<'PYTHON'
import http.client
import socket
import subprocess
import time

for program in ("gunicorn --bind 127.0.0.1:{} program", "waitress-serve --listen 127.0.0.1:{} program:application"):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    name, *options = program.format(port).split()
    output = subprocess.DEVNULL
    with subprocess.Popen([f"venv/bin/{name}", *options], stdout=output, stderr=output) as server:
        answers = []
        for path in ("/seek", "/read"):
            for attempt in range(100):
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
                try:
                    connection.request("GET", path)
                    break
                except ConnectionRefusedError:
                    time.sleep(0.1)
            try:
                answers.append(connection.getresponse().read().decode())
            except http.client.IncompleteRead as error:
                answers.append(f"{len(error.partial)} bytes, {error.expected} missing")
        server.terminate()
    print(name, answers)
PYTHON
seen=$(venv/bin/python show.py)
echo "$seen"
[ "$seen" = "gunicorn ['FGHIJKLMNOPQRSTUVWXYZ', '0 bytes, 21 missing']
waitress-serve ['FGHIJKLMNOPQRSTUVWXYZ', 'FGHIJKLMNOPQRSTUVWXYZ']" ]
