#!/usr/bin/env bash
# Debian 12's wget2 1.99.1-2.2 and busybox 1:1.35.0-4+deb12u1+b1 (wget --post-data)
#
# A server answers a form with 303 See Other, so that the client fetches another page: RFC 9110 section
# 15.4.4 has the client GET it, and GNU Wget and curl do.
# One would guess: POST /form, then GET /page.
# Seen: both send the form once more, as POST to /page, where a server that has a page there answers
# 405, and one that takes forms there takes it twice. They do so after 301 and 302 too.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download -q=2 wget2=1.99.1-2.2 libwget0=1.99.1-2.2 libgpgme11 libassuan0 libpcre2-8-0 \
    busybox=1:1.35.0-4+deb12u1+b1
for package in *.deb; do dpkg -x "$package" root; done
cat > show.py <<'PYTHON'
import glob
import os
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

REQUESTS = []


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        REQUESTS.append(f"{self.command} {self.path} {body}".strip())
        self.send_response(303 if self.path == "/form" else 200)
        self.send_header("Location", "/page")
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_POST

    def log_message(self, *arguments):
        pass


server = HTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
libraries = ":".join(glob.glob(os.path.abspath("root/usr/lib/*")))
environment = {**os.environ, "LD_LIBRARY_PATH": libraries, "HOME": os.getcwd()}
for program in (["root/usr/bin/wget2"], ["root/bin/busybox", "wget"]):
    REQUESTS.clear()
    url = f"http://127.0.0.1:{server.server_port}/form"
    command = [*program, "-q", "-O", "answer", "--post-data=x=1", url]
    subprocess.run(command, env=environment, check=True, timeout=60)
    print(os.path.basename(program[0]), REQUESTS)
PYTHON
seen=$(python3 show.py)
echo "$seen"
[ "$seen" = "wget2 ['POST /form x=1', 'POST /page x=1']
busybox ['POST /form x=1', 'POST /page x=1']" ]
