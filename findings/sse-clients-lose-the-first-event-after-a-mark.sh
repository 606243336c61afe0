#!/usr/bin/env bash
# httpx-sse 0.4.3 and sseclient-py 1.9.0, clients for server-sent events
# (https://pypi.org/project/httpx-sse/, https://pypi.org/project/sseclient-py/)
#
# A stream of events may begin with U+FEFF: the HTML standard, section 9.2.5, has it in the grammar
# (stream = [ bom ] *event) and has the decoder take it away.
# One would guess: two events are two events, with the mark or without.
# Seen: with it the first line is taken for a field of an unknown name, so the first event is lost,
# in both clients, without an error.
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


def events_of(stream):
    headers = {"Content-Type": "text/event-stream"}
    response = httpx.Response(200, headers=headers, content=stream)
    first = [event.data for event in httpx_sse.EventSource(response).iter_sse()]
    second = [event.data for event in sseclient.SSEClient(Source([stream])).events()]
    return first, second


stream = b"data: first\n\ndata: second\n\n"
print(events_of(stream), events_of(b"\xef\xbb\xbf" + stream))
PYTHON
seen=$("$folder/venv/bin/python" "$folder/show.py")
echo "$seen"
both="['first', 'second']"
[ "$seen" = "($both, $both) (['second'], ['second'])" ]
