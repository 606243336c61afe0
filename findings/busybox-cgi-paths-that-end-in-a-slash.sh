#!/usr/bin/env bash
# Debian 12's busybox 1:1.35.0-4+deb12u1+b1, its httpd with a CGI script
#
# RFC 3875 section 4.1.5: what stands behind the script's name in the URL is PATH_INFO, slashes included.
# One would guess: /cgi-bin/env.cgi, /cgi-bin/env.cgi/notes and /cgi-bin/env.cgi/notes/ all reach the script.
# Seen: the last does not. Where a URL ends in a slash the server looks for index.html in a folder of that
# name, and answers 404 by itself: so does the script's own front page, /cgi-bin/env.cgi/. A program whose
# pages end in a slash has none on this server.
set -euo pipefail
folder=$(mktemp -d)
trap 'kill "$server" 2>/dev/null || true; rm -rf "$folder"' EXIT
cd "$folder"
apt-get download -q=2 busybox=1:1.35.0-4+deb12u1+b1
dpkg -x ./*.deb root
mkdir -p www/cgi-bin
printf '#!/bin/sh\nprintf "Content-Type: text/plain\\r\\n\\r\\n[$PATH_INFO]"\n' > www/cgi-bin/env.cgi
chmod +x www/cgi-bin/env.cgi
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
root/bin/busybox httpd -f -p "127.0.0.1:$port" -h www &
server=$!
seen=$(python3 - "$port" <<'PYTHON'
import sys
import time
import urllib.error
import urllib.request

answers = []
for path in ("", "/notes", "/notes/", "/"):
    url = f"http://127.0.0.1:{sys.argv[1]}/cgi-bin/env.cgi{path}"
    for attempt in range(50):
        try:
            answers.append(urllib.request.urlopen(url, timeout=30).read().decode())
        except urllib.error.HTTPError as error:
            answers.append(str(error.code))
        except urllib.error.URLError:
            time.sleep(0.1)
            continue
        break
print(*answers)
PYTHON
)
echo "$seen"
[ "$seen" = "[] [/notes] 404 404" ]
