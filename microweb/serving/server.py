"""The server: a thread for each connection, which serves one request after the other.

Read `Server.finish_request`, the life of such a thread, and `Server.answer_request`, one request
from its head to the end of its answer. No wait for a client is without a limit, so a slow one holds
its own thread only, and not for ever. ``extra/leading.py`` has the server that `make_server` takes
where it is there: few threads for many connections, by the same two steps.
"""

from __future__ import annotations

import socket
import sys
import time
from contextlib import suppress
from time import monotonic

from ..text.hosts import join_host_port
from ..text.tracebacks import escape_controls, format_traceback_safely
from .answer import Answer, plain_answer
from .body import BodyBroken, RequestBody
from .foundation import TCPServer, ThreadingMixIn, check_server_modules
from .parser import RequestHead, RequestRefused, find_head_end, parse_head

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# Seconds: for a whole head, for the next bytes of a body, for the client to take what is sent,
# for the next request, and for the client to close after the server did.
HEAD_TIMEOUT, BODY_TIMEOUT, SEND_TIMEOUT, IDLE_TIMEOUT, LINGER_TIMEOUT = 10.0, 20.0, 30.0, 15.0, 2.0
RECEIVE_BLOCK = 65536
# Options of `make_server`: those that are attributes, with the least that each may be; the others.
_LEAST_VALUES = {"threads": 1, "max_connections": 1, "max_body_size": 1, "stop_timeout": 0}
_OPENING_OPTIONS = ("fd", "ssl_context", "socket_mode")


class ServerLog:
    """Standard error as it is now, also as ``wsgi.errors``; nowhere when *quiet*."""

    def __init__(self, quiet: bool = False) -> None:
        self.quiet = quiet

    def write(self, text: str) -> int:
        """Write *text*, if there is a standard error that takes it."""
        if not self.quiet and sys.stderr is not None:
            with suppress(OSError, ValueError):
                try:
                    sys.stderr.write(text)
                except UnicodeEncodeError:
                    sys.stderr.write(ascii(text) + "\n")
        return len(text)

    def writelines(self, lines: Any) -> None:
        """Write each of *lines* (PEP 3333)."""
        self.write("".join(lines))

    def flush(self) -> None:
        """Do nothing: standard error is not buffered."""

    def request(self, address: str, line: str, status: object, size: object) -> None:
        """Write the line of one request."""
        if not self.quiet:
            line = escape_controls(line[:2000].replace("\n", "\\n").replace('"', '\\"'))
            when = time.strftime("%Y-%m-%d %H:%M:%S")
            self.write(f'{address} - - [{when}] "{line}" {status} {size}\n')


class ClientConnection:
    """One client's socket, with time limits; `buffer` holds what was received and not used.

    `answer` is what the application is answering on it.
    """

    answer: Answer | None = None

    def __init__(self, sock: socket.socket, environ: dict[str, Any]) -> None:
        self.sock, self.environ, self.buffer = sock, environ, bytearray()

    def receive_head(self, max_body_size: int) -> RequestHead | None:
        """Wait for the next request and return its head; None if the client sends none."""
        buffer, scanned = self.buffer, 0
        deadline = monotonic() + (HEAD_TIMEOUT if buffer else IDLE_TIMEOUT)
        while (end := find_head_end(buffer, scanned)) < 0:
            scanned = len(buffer)
            self.sock.settimeout(max(0.001, deadline - monotonic()))
            try:
                data = self.sock.recv(RECEIVE_BLOCK)
            except socket.timeout:
                if buffer:
                    raise RequestRefused(408, "the header did not come in time") from None
                return None
            if not data:
                return None
            deadline = deadline if buffer else monotonic() + HEAD_TIMEOUT
            buffer += data
        head = parse_head(buffer[:end].decode("latin-1"), max_body_size)
        del buffer[: end + 4]
        return head

    def receive(self) -> bytes:
        """Return some bytes of a body, waiting for them; b"" at the end of the connection."""
        self.sock.settimeout(BODY_TIMEOUT)
        try:
            return self.sock.recv(RECEIVE_BLOCK)
        except socket.timeout:
            raise BodyBroken(408, "the client stopped sending the body") from None

    def send(self, data: bytes) -> None:
        """Send all of *data*, waiting where the client is slow; raise OSError if that fails."""
        self.sock.settimeout(SEND_TIMEOUT)
        self.sock.sendall(data)

    def close(self, reset: bool = False) -> None:
        """Close the connection; with *reset* so that the client cannot take it for an end."""
        with suppress(OSError):
            if reset:
                no_linger = (1).to_bytes(4, sys.byteorder) + bytes(4)
                self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, no_linger)
            self.sock.close()


class Server(ThreadingMixIn, TCPServer):
    """Serves a WSGI application at its `url`, made of `host` and `port`; see `make_server`."""

    max_connections, max_body_size, stop_timeout = 1000, 1 << 30, 10.0
    request_queue_size, daemon_threads, url_scheme = 1024, True, "http"
    # On Windows the option would let two servers share a port.
    allow_reuse_address = sys.platform != "win32"
    is_stopping = _is_serving = False

    def __init__(self, host: str, port: int, app: Any, quiet: bool = False) -> None:
        if type(port) is not int:
            raise TypeError(
                f"the port is {port!r:.40}; it must be a number, 0 for any that is free"
            )
        self.app, self.log = app, ServerLog(quiet)
        self.host = host[1:-1] if host[:1] == "[" and host[-1:] == "]" else host
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._connections: set[Any] = set()
        super().__init__((self.host, port), None)  # type: ignore[arg-type]
        self.port = self.server_address[1]
        # A server that listens everywhere is reached here, for one.
        here = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)
        self.url = f"{self.url_scheme}://{join_host_port(here, self.port)}/"

    def server_bind(self) -> None:
        """Bind the socket; "::" takes IPv4 too."""
        if self.server_address[0] == "::":
            with suppress(OSError, AttributeError):
                self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        # Inherited by what is accepted: an answer in pieces must not wait for acknowledgements.
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        super().server_bind()

    def serve_forever(self, poll_interval: float = 0.05) -> None:
        """Serve until `shutdown` is called from another thread, or a signal raises here.

        Then the port is closed, and requests that run may finish within `stop_timeout` seconds.
        """
        if self._is_serving:
            raise RuntimeError("a server serves once; make another with make_server")
        self._is_serving = True
        try:
            super().serve_forever(poll_interval)
        finally:
            self.is_stopping = True
            self.server_close()
            end = monotonic() + self.stop_timeout
            while self._connections and monotonic() < end:
                time.sleep(0.01)
            for connection in list(self._connections):
                connection.close()

    def service_actions(self) -> None:
        """Do what `request_stop` asked for; `serve_forever` calls this many times a second."""
        if self.is_stopping:
            import threading

            threading.Thread(target=super().shutdown, daemon=True).start()

    def request_stop(self) -> None:
        """Make `serve_forever` end, without waiting for it; a signal handler may call this."""
        self.is_stopping = True

    def shutdown(self) -> None:
        """Make `serve_forever` end, in another thread, and wait until it has."""
        self.is_stopping = True
        if self._is_serving:
            super().shutdown()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Give the connection a thread of its own, unless there are `max_connections` already."""
        if len(self._connections) < self.max_connections:
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Serve the requests of one connection, one after the other: the life of a thread."""
        connection = ClientConnection(request, self.make_environ(request, client_address))
        self._connections.add(connection)
        try:
            try:
                while not self.is_stopping:
                    head = connection.receive_head(self.max_body_size)
                    if head is None or not self.answer_request(connection, head).keep_alive:
                        break
            except RequestRefused as refusal:
                self.refuse(connection, refusal)
            # Close this side, and read on until the client closes too (RFC 9112 §9.6).
            request.shutdown(socket.SHUT_WR)
            request.settimeout(LINGER_TIMEOUT)
            end = monotonic() + LINGER_TIMEOUT
            while not self.is_stopping and monotonic() < end and request.recv(RECEIVE_BLOCK):
                pass
        except OSError:
            pass  # The client is gone.
        finally:
            self._connections.discard(connection)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Log what a connection's thread raised."""
        error = sys.exc_info()[1]
        if error is not None:
            self.log.write(format_traceback_safely(error))

    def make_environ(self, sock: socket.socket, address: Any) -> dict[str, Any]:
        """Return what is the same for all requests of a connection (PEP 3333)."""
        return {
            "GATEWAY_INTERFACE": "CGI/1.1",
            # An IPv4 client of a socket that takes both is told as what it is.
            "REMOTE_ADDR": address[0][7:] if address[0].startswith("::ffff:") else address[0],
            "REMOTE_PORT": str(address[1]),
            "SCRIPT_NAME": "",
            "SERVER_NAME": sock.getsockname()[0],
            "SERVER_PORT": str(self.port),
            "SERVER_SOFTWARE": "microweb",
            "wsgi.errors": self.log,
            "wsgi.multiprocess": False,
            "wsgi.multithread": True,
            "wsgi.run_once": False,
            "wsgi.url_scheme": self.url_scheme,
            "wsgi.version": (1, 0),
        }

    def answer_request(self, connection: ClientConnection, head: RequestHead) -> Answer:
        """Run the application for one request; `keep_alive` tells whether another may follow."""
        body = None
        if head.length != 0:
            kind: type[RequestBody] = RequestBody
            if head.chunked:
                from .extra.chunked import ChunkedBody

                kind = ChunkedBody
            body = kind(connection.buffer, connection.receive, head.length, self.max_body_size)
        environ = connection.environ.copy()
        answer = connection.answer = Answer(head, body, environ, connection.send)
        if body is not None and head.expects_continue and not connection.buffer:
            body.invite = answer.send_continue
        answer.run(self.app)
        connection.answer = None
        if body is not None and (answer.client_gone or not body.drain()):
            answer.keep_alive = False
        if not self.log.quiet:
            line = f"{head.method} {head.target} {head.version}"
            client, code = connection.environ["REMOTE_ADDR"], answer.code or "-"
            self.log.request(client, line, code, answer.body_sent)
        if answer.must_reset:
            connection.close(reset=True)
        return answer

    def refuse(self, connection: ClientConnection, refusal: RequestRefused) -> None:
        """Answer a request that is not served, as far as the client takes it without waiting."""
        line = bytes(connection.buffer[:200]).partition(b"\r\n")[0].decode("latin-1")
        self.log.request(connection.environ["REMOTE_ADDR"], line, refusal.status, f"({refusal})")
        with suppress(OSError):
            connection.sock.send(plain_answer(refusal.status))


def make_server(
    host: str = "127.0.0.1", port: int = 0, app: Any = None, *, quiet: bool = False, **options: Any
) -> Server:
    """Return a server that listens on *host* and *port* and will serve the WSGI callable *app*.

    Port 0 takes any free one: see the server's `port` and `url`. *quiet* prints nothing, not even
    errors. *max_body_size* is in bytes (1 GiB, then 413), *stop_timeout* in seconds (10),
    *max_connections* a number (1000); *threads* is the most requests that run at one time (32),
    without streams that have begun. *host* may be "unix:///path.sock", with *socket_mode* as the
    file's permissions; *fd* is the number of a socket that listens already; *ssl_context* is an
    SSLContext or the paths (certificate, key). Raises OSError, such as `AddressInUse`, if it cannot
    listen.

    >>> with make_server(app=print) as server:
    ...     server.url[:17]
    'http://127.0.0.1:'
    """
    if not callable(app):
        raise TypeError(f"make_server needs a WSGI application to call, not {app!r:.60}")
    check_server_modules(sys.platform)
    opening = {name: options.pop(name) for name in _OPENING_OPTIONS if name in options}
    for name, value in options.items():
        if name not in _LEAST_VALUES:
            raise TypeError(f"make_server knows no option {name!r}: see help(make_server)")
        if value < _LEAST_VALUES[name]:
            raise ValueError(f"{name} is {value!r}; it must be {_LEAST_VALUES[name]} at least")
    kind: type[Server] = Server
    with suppress(ImportError):
        from .extra.leading import LeadingServer

        kind = LeadingServer
    server = kind(host, port, app, quiet, **opening)
    for name, value in options.items():
        setattr(server, name, value)
    return server
