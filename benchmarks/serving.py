"""The server over loopback, beside others; then what only time shows: idle crowds, slow clients.

``python -m benchmarks serving`` takes a minute or two. ``python -m benchmarks soak`` keeps 1,000
connections busy for ten minutes, or for as many seconds as SOAK_SECONDS says, and watches memory,
descriptors and threads. wrk makes the load where it is installed, else a small client does, which
costs as much as the server: its figures compare servers, and say little about one.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import re
import selectors
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

SERVERS = {
    "microweb": """
from microweb.serving import make_server
server = make_server(app=app, quiet=True, max_connections=2000)
print(server.port, flush=True)
server.serve_forever()
""",
    "waitress": """
import logging
import waitress
logging.getLogger("waitress").setLevel("ERROR")
server = waitress.create_server(app, host="127.0.0.1", port=0, connection_limit=2000)
print(server.effective_port, flush=True)
server.run()
""",
    "werkzeug": """
import logging
from werkzeug.serving import make_server, WSGIRequestHandler
logging.getLogger("werkzeug").setLevel("ERROR")
WSGIRequestHandler.protocol_version = "HTTP/1.1"
server = make_server("127.0.0.1", 0, app, threaded=True)
print(server.port, flush=True)
server.serve_forever()
""",
    "wsgiref": """
from wsgiref.simple_server import make_server, WSGIRequestHandler
class Quiet(WSGIRequestHandler):
    def log_message(self, *args):
        pass
server = make_server("127.0.0.1", 0, app, handler_class=Quiet)
print(server.server_port, flush=True)
server.serve_forever()
""",
}
APP = """
def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "5")])
    return [b"hello"]
"""
REQUEST = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
SECONDS = 4


@contextlib.contextmanager
def running(name: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """Run a server in its own process; yield that and its port."""
    command = [sys.executable, "-c", APP + SERVERS[name]]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process, int(process.stdout.readline())
        finally:
            process.kill()


def load(port: int, connections: int, seconds: float) -> tuple[float, float]:
    """Return requests a second, and the milliseconds within which 99 % were answered."""
    if shutil.which("wrk") is None:
        return load_without_wrk(port, connections, seconds)
    command = [
        "wrk",
        "-t1",
        f"-c{connections}",
        f"-d{seconds}s",
        "--latency",
        f"http://127.0.0.1:{port}/",
    ]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    rate = re.search(r"Requests/sec:\s*([0-9.]+)", output)
    slowest = re.search(r"99%\s*([0-9.]+)(us|ms|s|m)\b", output)
    if rate is None or slowest is None:
        raise RuntimeError(f"wrk said something else than expected: {output}")
    return float(rate[1]), float(slowest[1]) * {"us": 0.001, "ms": 1, "s": 1e3, "m": 6e4}[
        slowest[2]
    ]


def load_without_wrk(port: int, connections: int, seconds: float) -> tuple[float, float]:
    """Do what wrk does, in Python: one request after the other on each connection."""
    selector, waits = selectors.DefaultSelector(), []
    for _ in range(connections):
        sock = socket.create_connection(("127.0.0.1", port))
        sock.sendall(REQUEST)
        selector.register(sock, selectors.EVENT_READ, [time.perf_counter()])
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        for key, _ in selector.select(1):
            sock: Any = key.fileobj
            if not sock.recv(65536):
                # A server without keep-alive: each request its own connection.
                selector.unregister(sock)
                sock.close()
                sock = socket.create_connection(("127.0.0.1", port))
                selector.register(sock, selectors.EVENT_READ, key.data)
            else:
                waits.append(time.perf_counter() - key.data[0])
            key.data[0] = time.perf_counter()
            sock.sendall(REQUEST)
    for key in list(selector.get_map().values()):
        key.fileobj.close()  # type: ignore[union-attr]
    waits.sort()
    return len(waits) / seconds, waits[len(waits) * 99 // 100] * 1000


def ask_once(port: int) -> float:
    """Return the milliseconds that one request on a new connection takes."""
    began = time.perf_counter()
    with socket.create_connection(("127.0.0.1", port), timeout=10) as sock:
        sock.sendall(REQUEST)
        if not sock.recv(65536).endswith(b"hello"):
            raise RuntimeError("the server did not answer")
    return (time.perf_counter() - began) * 1000


def process_figures(pid: int) -> tuple[float, int, int]:
    """Return resident memory in MB, descriptors and threads of a process (Linux)."""
    with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as lines:
        status = dict(line.split(":", 1) for line in lines)
    memory = int(status["VmRSS"].split()[0]) / 1024
    return memory, len(os.listdir(f"/proc/{pid}/fd")), int(status["Threads"])


def print_figures(pid: int, label: str) -> None:
    """Print what a process holds, where the system tells."""
    if sys.platform == "linux":
        memory, descriptors, threads = process_figures(pid)
        print(f"  {label:<34}{memory:7.1f} MB {descriptors:6} descriptors {threads:4} threads")


def compare_servers() -> None:
    """Print throughput and latency of each server that is installed."""
    print(f"\n{'hello over keep-alive':<24}{'16 connections':>24}{'256 connections':>28}")
    for name in SERVERS:
        if importlib.util.find_spec(name) is None:
            continue
        cells = []
        for connections in (16, 256):
            with running(name) as (_, port):
                load(port, connections, 1)
                rate, slowest = load(port, connections, SECONDS)
            cells.append(f"{rate:8.0f} req/s  p99 {slowest:7.2f} ms")
        print(f"{name:<20}{cells[0]:>28}{cells[1]:>28}")


def crowd() -> None:
    """Print how a request fares while a thousand connections idle or send a byte now and then."""
    print("\nmicroweb, one good request beside others")
    with running("microweb") as (process, port):
        alone = min(ask_once(port) for _ in range(20))
        print(f"  {'alone':<34}{alone:7.2f} ms")
        print_figures(process.pid, "nobody connected")
        sockets = [socket.create_connection(("127.0.0.1", port)) for _ in range(1000)]
        for sock in sockets[:500]:
            sock.sendall(REQUEST[:20])
        worst = max(ask_once(port) for _ in range(50))
        print(f"  {'1,000 open, 500 of them half-way':<34}{worst:7.2f} ms at worst")
        print_figures(process.pid, "1,000 connections")
        for sock in sockets:
            sock.close()


def watching() -> None:
    """Print what the reloader's looking at 2,000 files costs."""
    import tempfile

    from microweb.dev.reloader import FileWatcher

    with tempfile.TemporaryDirectory() as folder:
        names = [os.path.join(folder, f"module{number}.py") for number in range(2000)]
        for name in names:
            open(name, "w").close()
        print("\nreloader, 2,000 files, of a core at one look a second")
        for label, watched in (("by name", names), ("by one pattern", [f"{folder}/*.py"])):
            watcher = FileWatcher(watched, modules=False)
            watcher.look()
            began = time.process_time()
            for _ in range(20):
                watcher.look()
            print(f"  {label:<34}{(time.process_time() - began) / 20 * 100:7.2f} %")


def main() -> None:
    """Run the short measurements."""
    compare_servers()
    crowd()
    watching()


def soak() -> None:
    """Keep 1,000 connections busy and print what the server holds, once a minute."""
    seconds, connections = int(os.environ.get("SOAK_SECONDS", "600")), 1000
    print(f"\nsoak: microweb, {connections} keep-alive connections, {seconds} seconds")
    with running("microweb") as (process, port):
        ask_once(port)
        print_figures(process.pid, "before")
        done = 0
        while done < seconds:
            step = min(60, seconds - done)
            rate, slowest = load(port, connections, step)
            done += step
            print_figures(process.pid, f"{done} s, {rate:.0f} req/s, p99 {slowest:.0f} ms")
        ask_once(port)
        time.sleep(1)
        print_figures(process.pid, "after")
