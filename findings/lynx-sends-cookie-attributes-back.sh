#!/usr/bin/env bash
# Debian 12's lynx 2.9.0dev.12-1
#
# A server sets a cookie: "Set-Cookie: seen=1; SameSite=Lax". RFC 6265 section 5.2 has a client ignore the
# attributes that it does not know, and section 4.2 has it send back names and values alone.
# One would guess: "Cookie: seen=1".
# Seen: the attribute comes back as if it were a cookie, "Cookie: seen=1; SameSite=Lax", so the server
# finds a second cookie that it never set, called SameSite.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download -q=2 lynx=2.9.0dev.12-1 lynx-common=2.9.0dev.12-1 libbsd0 libmd0
for package in *.deb; do dpkg -x "$package" root; done
cat > show.py <<'PYTHON'
import glob
import os
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/page":
            print(self.headers["Cookie"], flush=True)
        self.send_response(302 if self.path == "/" else 200)
        if self.path == "/":
            self.send_header("Set-Cookie", "seen=1; SameSite=Lax")
            self.send_header("Location", "/page")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *arguments):
        pass


server = HTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
libraries = ":".join(glob.glob(os.path.abspath("root/usr/lib/*")))
environment = {**os.environ, "LD_LIBRARY_PATH": libraries, "HOME": os.getcwd(), "TERM": "dumb"}
lynx = ["root/usr/bin/lynx", "-cfg=root/etc/lynx/lynx.cfg", "-accept_all_cookies", "-dump"]
url = f"http://127.0.0.1:{server.server_port}/"
subprocess.run([*lynx, url], env=environment, check=True, timeout=60, stdout=subprocess.DEVNULL)
PYTHON
seen=$(python3 show.py)
echo "$seen"
[ "$seen" = "seen=1; SameSite=Lax" ]
