"""The same raw requests to microweb's server and to others: who accepts what.

``python -m benchmarks raw`` takes about a minute. Servers that are not installed are left out;
RAW_PYTHONS may name further interpreters to look for them in. Of `CAREFUL` servers it holds that
they check framing before they call an application. In the end two lists are empty, but for what
`JUSTIFIED` gives a sentence of an RFC for: what microweb accepts although a careful server refuses
it, and what microweb refuses although all others accept it. Else the exit status is 1.
"""

from __future__ import annotations

import contextlib
import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator

from .raw_requests import ROWS
from .serving import SERVERS as PLAIN_SERVERS

APP = r"""
def app(environ, start_response):
    # Some inputs have no end of their own: then as much is read as is announced.
    get = environ.get
    length = get("CONTENT_LENGTH") or "0"
    ends = get("wsgi.input_terminated") or get("HTTP_TRANSFER_ENCODING")
    try:
        size = len(environ["wsgi.input"].read(*([] if ends else [int(length)])))
    except ValueError:
        size = "unread"
    except Exception:
        start_response("400 Broken", [("Content-Length", "0")])
        return [b""]
    path = ascii(environ["PATH_INFO"])[1:-1]
    seen = environ["REQUEST_METHOD"] + " " + (path if len(path) < 1000 else path[:10])
    seen += "?" + ascii(get("QUERY_STRING"))[1:-1] if get("QUERY_STRING") else ""
    seen += " " + str(size)
    seen += " X=" + ascii(get("HTTP_X_PROBE")) if "HTTP_X_PROBE" in environ else ""
    host = get("HTTP_HOST", "no host")
    seen += " " + ascii(host)[1:-1] if host != "localhost" else ""
    seen += " SMUGGLED" if "HTTP_SMUGGLED" in environ else ""
    start_response("200 OK", [("Content-Length", "2"), ("Content-Type", "a/b"), ("X-Seen", seen)])
    return [b"ok"]
"""
QUIET = "import logging; logging.disable()\n"
GUNICORN = """
from gunicorn.app.base import BaseApplication
class Served(BaseApplication):
    def load_config(self):
        self.cfg.set("bind", "127.0.0.1:0")
        self.cfg.set("worker_class", "{kind}")
        self.cfg.set("threads", {threads})
        self.cfg.set("loglevel", "critical")
        ready = lambda server: print(server.LISTENERS[0].sock.getsockname()[1], flush=True)
        self.cfg.set("when_ready", ready)
    def load(self):
        return app
Served().run()
"""
# By module: what makes a server print its port and serve.
SERVERS = {
    "microweb": PLAIN_SERVERS["microweb"],
    "gunicorn sync": GUNICORN.format(kind="sync", threads=1),
    "gunicorn gthread": GUNICORN.format(kind="gthread", threads=4),
    "waitress": PLAIN_SERVERS["waitress"],
    "cheroot": """
from cheroot.wsgi import Server
server = Server(("127.0.0.1", 0), app)
server.error_log = lambda *args, **named: None
server.prepare()
print(server.bind_addr[1], flush=True)
server.serve()
""",
    "werkzeug": PLAIN_SERVERS["werkzeug"],
    "wsgiref": PLAIN_SERVERS["wsgiref"],
}
CAREFUL = ("gunicorn sync", "gunicorn gthread", "waitress", "cheroot")
# What none of these refuses is to be served. wsgiref, which reads no chunks, is shown for itself.
ALL_OTHERS = (*CAREFUL, "werkzeug")
_NO_VALID_HOST = (
    "RFC 9112 §3.2: a server MUST respond with a 400 to any HTTP/1.1 request message that lacks a "
    "Host header field, and to one with an invalid field value"
)
_ABSOLUTE_FORM = "RFC 9112 §3.2.2: a server MUST accept the absolute-form in requests"
# By family and name of a row: the sentence by which microweb differs.
JUSTIFIED: dict[tuple[str, str], str] = {
    **{
        ("hosts", title): _NO_VALID_HOST
        for family, title, _, verdict in ROWS
        if family == "hosts" and verdict == "400"
    },
    ("hosts", "host b''"): (
        "RFC 9110 §4.2.1: a recipient that processes a URI with an empty host MUST reject it"
    ),
    ("hosts", "host b'a:99999'"): (
        "RFC 9110 §4.2.1: the port is the TCP port to connect to, and those have 16 bits"
    ),
    ("framing", "coding after tab"): (
        "RFC 9110 §5.6.3: a sender SHOULD generate optional whitespace as a single SP. Nobody "
        "sends a tab here but to part two servers, of which one does not know it"
    ),
    ("chunks", "40 digits"): (
        "RFC 9112 §7.1: recipients MUST anticipate potentially large hexadecimal numerals and "
        "prevent parsing errors due to integer conversion overflows"
    ),
    ("chunks", "extension of 5,000 bytes"): (
        "RFC 9112 §7.1.1: a server ought to limit the total length of chunk extensions"
    ),
    ("lines", "fragment"): (
        "RFC 9112 §3.2: no form of request-target has a fragment, and a recipient of an invalid "
        "request-line SHOULD respond with 400"
    ),
    ("lines", "absolute with user"): (
        "RFC 9110 §4.2.4: a recipient SHOULD treat userinfo in a received URI as an error"
    ),
    ("lines", "absolute without host"): (
        "RFC 9110 §4.2.1: a recipient that processes a URI with an empty host MUST reject it"
    ),
    ("lines", "absolute ftp"): (
        "RFC 9110 §7.4: a server rejects a request for a resource that it does not speak for"
    ),
    ("lines", "connect"): (
        "RFC 9110 §9.3.6: CONNECT is for proxies; most origin servers do not implement it"
    ),
    ("lines", "version HTTP/1.2"): (
        "RFC 9112 §2.3: HTTP/1.1 is the last version of this syntax. RFC 9110 §2.5 would have a "
        "higher minor version answered, but none exists: who sends it probes"
    ),
    ("lines", "path UTF-8 raw"): (
        "RFC 9112 §2.2: a recipient MUST parse a message as octets in a superset of US-ASCII; and "
        "§3.2 has 400 as a SHOULD. curl sends what was typed, and no reader takes it for another"
    ),
    ("lines", "path of two slashes"): (
        'RFC 9110 §4.1: absolute-path = 1*( "/" segment ), of which a segment may be empty'
    ),
    ("lines", "path of 8,000 bytes"): (
        "RFC 9112 §3: request lines of 8000 octets at a minimum are RECOMMENDED to be supported"
    ),
    ("lines", "absolute"): _ABSOLUTE_FORM,
    ("lines", "absolute without path"): _ABSOLUTE_FORM,
}
# Seconds in which a server answers, and in which a second answer follows the first.
_ANSWER_SECONDS, _NEXT_SECONDS = 1.0, 0.2
_ANSWER_RE = re.compile(rb"HTTP/1\.[01] ([0-9]{3})[^\r\n]*((?:\r\n[^\r\n]+)*)")


def find_interpreter(module: str) -> str:
    """Return an interpreter that can import *module*, "" if none is known."""
    for python in [sys.executable, *filter(None, os.environ.get("RAW_PYTHONS", "").split(":"))]:
        if subprocess.run([python, "-c", f"import {module}"], capture_output=True).returncode == 0:
            return python
    return ""


@contextlib.contextmanager
def running(name: str, python: str) -> Iterator[int]:
    """Run a server in its own process; yield its port."""
    with (
        tempfile.TemporaryFile() as log,
        subprocess.Popen(
            [python, "-c", QUIET + APP + SERVERS[name]], stdout=subprocess.PIPE, stderr=log
        ) as process,
    ):
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            # Kindly, for gunicorn has a child to end.
            process.terminate()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()


def ask(address: tuple[str, int], request: bytes) -> str:
    """Send *request* and return the verdict: see `raw_requests`."""
    data, ended = b"", False
    with socket.create_connection(address, timeout=5) as sock:
        try:
            sock.sendall(request)
            while True:
                sock.settimeout(_NEXT_SECONDS if read_verdict(data) else _ANSWER_SECONDS)
                piece = sock.recv(65536)
                if not piece:
                    ended = True
                    break
                data += piece
        except socket.timeout:
            pass
        except OSError:
            ended = True
    if data and not _ANSWER_RE.match(data):
        return "200 without a head"
    return read_verdict(data) or ("closed" if ended else "waits")


def read_verdict(data: bytes) -> str:
    """Return what some answers say, as far as they came."""
    parts = []
    for status, fields in _ANSWER_RE.findall(data):
        seen = re.search(rb"\r\nX-Seen: ([^\r\n]*)", fields)
        if status != b"100":
            parts.append((status + (b" " + seen[1] if seen else b"")).decode("latin-1"))
    return ", ".join(parts)


def ask_everything(name: str, python: str, verdicts: dict[str, list[str]]) -> None:
    """Send all rows to a server, one after the other, and keep its verdicts."""
    found: list[str] = []
    while len(found) < len(ROWS):
        # Anew where a request has ended the whole server.
        with running(name, python) as port, contextlib.suppress(ConnectionRefusedError):
            found.extend(ask(("127.0.0.1", port), row[2]) for row in ROWS[len(found) :])
    verdicts[name] = found


def is_served(verdict: str) -> bool:
    """Return whether the first request reached the application."""
    return verdict.startswith("200 ")


def is_refused(verdict: str) -> bool:
    """Return whether the first request was refused: by an answer, or by none."""
    return verdict == "closed" or verdict[:1] in ("4", "5")


def print_table(names: list[str], verdicts: dict[str, list[str]]) -> None:
    """Print each row: the statuses, and what applications saw where they saw different things."""
    print(f"{'':<40}" + "".join(f"{name.replace(' ', '/'):>18}" for name in names))
    for number, (family, title, _, _) in enumerate(ROWS):
        cells = [verdicts[name][number] for name in names]
        short = ["+".join(part.split(" ")[0] for part in cell.split(", ")) for cell in cells]
        short = [text if len(text) < 18 else "several" for text in short]
        print(f"{family + ': ' + title:<40.40}" + "".join(f"{text:>18}" for text in short))
        seen = {cell for cell in cells if is_served(cell)}
        for one in sorted(seen) if len(seen) > 1 else ():
            who = ", ".join(name for name, cell in zip(names, cells) if cell == one)
            print(f"      {one[:90]}   ← {who}")


def report(names: list[str], verdicts: dict[str, list[str]]) -> int:
    """Print in what microweb differs from the others; return how many of it has no reason."""
    faults = 0
    for number, (family, title, _, expected) in enumerate(ROWS):
        own = verdicts["microweb"][number]
        others = {name: verdicts[name][number] for name in names if name in ALL_OTHERS}
        problem = ""
        if own != expected:
            problem = f"microweb's verdict is {own!r}; the table says {expected!r}"
        refusing = [name for name in CAREFUL if is_refused(others.get(name, ""))]
        if is_served(own) and refusing:
            problem = f"microweb accepts what is refused by {', '.join(refusing)}"
        elif is_refused(own) and others and all(map(is_served, others.values())):
            problem = "microweb refuses what all others accept"
        if problem:
            reason = JUSTIFIED.get((family, title), "") if own == expected else ""
            print(f"{family}: {title}: {problem}" + (f"\n      {reason}" if reason else "  ✗"))
            faults += not reason
    return faults


def main() -> None:
    """Ask all servers that are installed, print the table and the differences."""
    pythons = {name: find_interpreter(name.split(" ")[0]) for name in SERVERS}
    missing = [name for name, python in pythons.items() if not python]
    names = [name for name in SERVERS if pythons[name]]
    verdicts: dict[str, list[str]] = {}
    began = time.monotonic()
    threads = [
        threading.Thread(target=ask_everything, args=(name, pythons[name], verdicts))
        for name in names
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(f"\n{len(ROWS)} raw requests, {time.monotonic() - began:.0f} s", end="")
    print(f"; not installed: {', '.join(missing)}" if missing else "")
    failed = [name for name in names if name not in verdicts]
    if failed:
        sys.exit(f"raw: {', '.join(failed)} could not be asked")
    print_table(names, verdicts)
    print("\nWhere microweb differs, and the sentence for it:")
    faults = report(names, verdicts)
    if faults:
        sys.exit(f"raw: {faults} differences have no reason (✗)")
