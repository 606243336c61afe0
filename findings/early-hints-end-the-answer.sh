#!/usr/bin/env bash
# Debian 12's wget2 1.99.1-2.2, busybox 1:1.35.0-4+deb12u1+b1 and w3m 0.5.3+git20230121-2, and http.client of
# Python 3.9 to 3.13 (https://docs.python.org/3/library/http.client.html)
#
# A server sends 103 Early Hints (RFC 8297) before its 200. RFC 9110 section 15.2 has every client of HTTP/1.1
# read interim responses that it did not ask for, and pass over those that it does not know.
# One would guess: each of them gives the body, "final".
# Seen: wget2 gives nothing and says that all is well (status 0). BusyBox calls 103 an error. w3m shows the
# head of the second answer as text. Python's client takes 103 for the answer, so urllib raises an error;
# of all interim responses it knows 100 alone.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download -q=2 wget2=1.99.1-2.2 libwget0=1.99.1-2.2 libgpgme11 libassuan0 libpcre2-8-0 \
    busybox=1:1.35.0-4+deb12u1+b1 w3m=0.5.3+git20230121-2 libgc1 libgpm2
for package in *.deb; do dpkg -x "$package" root; done
cat > show.py <<'PYTHON'
import glob
import http.client
import os
import subprocess
import threading
from socketserver import StreamRequestHandler, ThreadingTCPServer

ANSWER = (
    b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n"
    b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 6\r\nConnection: close\r\n\r\nfinal\n"
)


class Handler(StreamRequestHandler):
    def handle(self):
        while self.rfile.readline().strip():
            pass
        self.wfile.write(ANSWER)


server = ThreadingTCPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
port = server.server_address[1]
libraries = ":".join(glob.glob(os.path.abspath("root/usr/lib/*")))
environment = {**os.environ, "LD_LIBRARY_PATH": libraries, "HOME": os.getcwd(), "TERM": "dumb"}
for program in ("usr/bin/wget2 -qO-", "bin/busybox wget -qO-", "usr/bin/w3m -dump"):
    command = [*f"root/{program}".split(), f"http://127.0.0.1:{port}/"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    print(program.split()[0], done.returncode, repr(done.stdout.strip()[:15]))
connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
connection.request("GET", "/")
print("http.client", connection.getresponse().status)
PYTHON
seen=$(python3 show.py)
echo "$seen"
[ "$seen" = "usr/bin/wget2 0 ''
bin/busybox 1 ''
usr/bin/w3m 0 'HTTP/1.1 200 OK'
http.client 103" ]
