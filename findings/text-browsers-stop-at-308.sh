#!/usr/bin/env bash
# Debian 12's lynx 2.9.0dev.12-1, w3m 0.5.3+git20230121-2 and elinks 0.13.2-1+b4
#
# 308 Permanent Redirect is RFC 9110's (section 15.4.9), and RFC 7538's of 2015 before; frameworks use it to
# lead from /folder to /folder/. All three browsers follow 301, 302, 303 and 307.
# One would guess: and 308.
# Seen: none of them does. They show the body of the answer, so one without a link in it is a dead end.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download -q=2 lynx=2.9.0dev.12-1 lynx-common=2.9.0dev.12-1 w3m=0.5.3+git20230121-2 \
    elinks=0.13.2-1+b4 elinks-data=0.13.2-1 libbsd0 libmd0 libgc1 libgpm2 libev4 libfsplib0 libidn12 \
    liblua5.3-0 libtre5
for package in *.deb; do dpkg -x "$package" root; done
cat > show.py <<'PYTHON'
import glob
import os
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

PATHS = []


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        PATHS.append(self.path)
        self.send_response(200 if self.path == "/page" else int(self.path[1:]))
        self.send_header("Location", "/page")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *arguments):
        pass


server = HTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
libraries = ":".join(glob.glob(os.path.abspath("root/usr/lib/*")))
environment = {**os.environ, "LD_LIBRARY_PATH": libraries, "HOME": os.getcwd(), "TERM": "dumb"}
for program in ("lynx -cfg=root/etc/lynx/lynx.cfg -dump", "w3m -dump", "elinks -dump"):
    name, *options = program.split()
    followed = []
    for code in (301, 302, 303, 307, 308):
        PATHS.clear()
        url = f"http://127.0.0.1:{server.server_port}/{code}"
        command = [f"root/usr/bin/{name}", *options, url]
        subprocess.run(command, env=environment, timeout=60, capture_output=True)
        if PATHS == [f"/{code}", "/page"]:
            followed.append(code)
    print(name, followed)
PYTHON
seen=$(python3 show.py)
echo "$seen"
[ "$seen" = "lynx [301, 302, 303, 307]
w3m [301, 302, 303, 307]
elinks [301, 302, 303, 307]" ]
