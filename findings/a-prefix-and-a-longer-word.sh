#!/usr/bin/env bash
# gunicorn 27.0.1 with SCRIPT_NAME=/app in its environment, and waitress 3.0.2 with --url-prefix=/app
# (https://pypi.org/project/gunicorn/, https://pypi.org/project/waitress/)
#
# An application is mounted at /app. PEP 3333 has SCRIPT_NAME be the part of the URL's path that leads to it,
# and PATH_INFO the rest. RFC 3875 section 4.1.5 has PATH_INFO be empty or begin with a slash.
# One would guess: /app/x is SCRIPT_NAME "/app" and PATH_INFO "/x"; /application, another word, is outside
# of the mount, so it is not the application's, or SCRIPT_NAME is empty.
# Seen: gunicorn cuts inside of the word, so the application is asked for "lication". waitress says that
# the application is at "/app" and was asked for "/application" there, so the URL that it builds of the
# two, /app/application, is another than the one that was asked for.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check gunicorn==27.0.1 waitress==3.0.2
cat > program.py <<'PYTHON'
def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [f"{environ['SCRIPT_NAME']}|{environ['PATH_INFO']}".encode()]
PYTHON
cat > show.py <<'PYTHON'
import os
import socket
import subprocess
import time
import urllib.error
import urllib.request

for program, prefix in (
    ("gunicorn --bind 127.0.0.1:{} program", {"SCRIPT_NAME": "/app"}),
    ("waitress-serve --listen 127.0.0.1:{} --url-prefix=/app program:application", {}),
):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    name, *options = program.format(port).split()
    output, environment = subprocess.DEVNULL, {**os.environ, **prefix}
    command = [f"venv/bin/{name}", *options]
    with subprocess.Popen(command, stdout=output, stderr=output, env=environment) as server:
        answers = []
        for path in ("/app/x", "/application"):
            for attempt in range(100):
                try:
                    url = f"http://127.0.0.1:{port}{path}"
                    answers.append(urllib.request.urlopen(url, timeout=30).read().decode())
                    break
                except urllib.error.URLError:
                    time.sleep(0.1)
        server.terminate()
    print(name, *answers)
PYTHON
seen=$(venv/bin/python show.py)
echo "$seen"
[ "$seen" = "gunicorn /app|/x /app|lication
waitress-serve /app|/x /app|/application" ]
