#!/usr/bin/env bash
# httpx-sse 0.4.3 and sseclient-py 1.9.0, clients for server-sent events
# (https://pypi.org/project/httpx-sse/, https://pypi.org/project/sseclient-py/)
#
# A server names the number of an event once, sends a field "event" alone to keep the connection, and
# breaks off in the middle of an event. The HTML standard, section 9.2.6, says what a client makes of
# it: the number holds for the events that follow; where there is no data nothing is dispatched; an
# event without its blank line is dropped.
# One would guess: both clients give the two whole events, each with the number 7.
# Seen: httpx-sse gives an event more, of the type "ping" and empty. sseclient-py gives the half
# event as if it were whole, and knows no number but for the event that names it, so a program that
# goes on after the last number it saw begins again at the start.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
    httpx==0.28.1 httpx-sse==0.4.3 sseclient-py==1.9.0
cat > "$folder/show.py" <<'PYTHON'
import httpx
import httpx_sse
import sseclient


class Source(list):
    encoding = "utf-8"

    def close(self):
        pass


STREAM = b"id: 7\ndata: first\n\nevent: ping\n\ndata: second\n\ndata: hal"
response = httpx.Response(200, headers={"Content-Type": "text/event-stream"}, content=STREAM)
for events in (
    httpx_sse.EventSource(response).iter_sse(),
    sseclient.SSEClient(Source([STREAM])).events(),
):
    print([(event.event, event.data, event.id) for event in events])
PYTHON
seen=$("$folder/venv/bin/python" "$folder/show.py")
echo "$seen"
[ "$seen" = "[('message', 'first', '7'), ('ping', '', '7'), ('message', 'second', '7')]
[('message', 'first', '7'), ('message', 'second', None), ('message', 'hal', None)]" ]
