"""The server: connections to threads, so that nobody waits for another's client.

Law of this module: one thread *leads*. It waits in the selector for all connections, reads heads
as they come, and runs an exchange itself when its head is complete, which costs no change of
threads. Before the leader waits for a client, it steps aside and another thread leads. An
application that takes its time is noticed by the thread in `Server.serve_forever`, which makes
another one lead; while applications take long, the leader steps aside at once. So an idle or slow
client holds no thread but its own, and a fast answer is as cheap as in a server of one thread.

`socketserver.TCPServer` carries the listening socket; its way of serving, a thread for each
connection, is what this module replaces.
"""

from __future__ import annotations

import errno
import selectors
import socket
import sys
import threading
from collections import deque
from socketserver import TCPServer
from time import monotonic

from .binding import AddressInUse, address_family, describe_address_in_use, join_host_port
from .body import ChunkedBody, RequestBody
from .connection import IDLE_TIMEOUT, ClientConnection
from .handler import Exchange, ExchangeLog, plain_answer
from .parser import RequestHead, RequestRefused, find_head_end, parse_head

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: How many connections are held, and how many bytes a request's body may have, by default.
DEFAULT_MAX_CONNECTIONS = 1000
DEFAULT_MAX_BODY_SIZE = 1024 * 1024 * 1024
# Seconds between two looks at a leader that runs an application, how many looks at nothing make
# the supervisor doze, and how long an application may take before leaders step aside beforehand,
# and for how many exchanges they then do.
_WATCH_INTERVAL = 0.005
_WATCHES_BEFORE_DOZE = 20
_SLOW_APPLICATION = 0.001
_CAUTIOUS_EXCHANGES = 64
_SWEEP_INTERVAL = 1.0
_ACCEPTS_AT_ONCE = 64


class WakeupPipe:
    """A pair of sockets by which a thread or a signal handler wakes another thread."""

    def __init__(self) -> None:
        self._reader, self._writer = socket.socketpair()
        self._reader.setblocking(False)
        self._writer.setblocking(False)

    def fileno(self) -> int:
        """Return the descriptor that becomes readable."""
        return self._reader.fileno()

    def ring(self) -> None:
        """Wake who waits; takes no lock, so a signal handler may call it."""
        try:
            self._writer.send(b"x")
        except OSError:
            pass

    def clear(self) -> None:
        """Forget the rings so far."""
        try:
            self._reader.recv(4096)
        except OSError:
            pass

    def wait(self, seconds: float) -> None:
        """Wait until somebody rings, *seconds* at most."""
        self._reader.settimeout(seconds)
        try:
            self._reader.recv(4096)
        except OSError:
            pass

    def close(self) -> None:
        """Close both ends."""
        self._reader.close()
        self._writer.close()


class Server(TCPServer):
    """Serves a WSGI application over HTTP/1.1; made by `make_server`, which says how."""

    allow_reuse_address = sys.platform != "win32"
    request_queue_size = 1024

    def __init__(
        self,
        host: str,
        port: int,
        app: Any,
        threads: int,
        quiet: bool,
        max_connections: int,
        max_body_size: int,
        stop_timeout: float,
    ) -> None:
        self.host = host
        self.app = app
        self.log = ExchangeLog(quiet)
        self.max_threads = threads
        self.max_connections = max_connections
        self.max_body_size = max_body_size
        self.stop_timeout = stop_timeout
        self.address_family = address_family(host)
        # The listener is bound here and not in a method, because HTTPServer's asks for the host's
        # full name, which needs `unicodedata` and may ask the network.
        super().__init__((host, port), None, bind_and_activate=False)  # type: ignore[arg-type]
        try:
            self.server_bind()
            self.server_activate()
        except OSError as error:
            self.server_close()
            if error.errno == errno.EADDRINUSE:
                raise AddressInUse(describe_address_in_use(host, port)) from None
            raise
        self.socket.setblocking(False)
        self.port = int(self.server_address[1])
        self._selector: Any = None
        self._connections: set[ClientConnection] = set()
        self._ready: deque[ClientConnection] = deque()
        self._returned: deque[ClientConnection] = deque()
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()
        self._succession = threading.Condition(self._lock)
        self._waiting = 0
        self._leader: int | None = None
        self._current: ClientConnection | None = None
        self._turn = 0
        self._caution = 0
        self._dozing = False
        self._stopping = False
        self._accepting = False
        self._swept = 0.0
        self._stopped = threading.Event()
        self._stopped.set()

    @property
    def url(self) -> str:
        """The address of the server, like "http://127.0.0.1:5000/"."""
        return f"http://{join_host_port(self.host, self.port)}/"

    @property
    def is_stopping(self) -> bool:
        """Whether the server has been told to stop."""
        return self._stopping

    def serve_forever(self, poll_interval: float = 0.5) -> None:
        """Serve until `shutdown` is called from another thread or a signal raises here.

        Then the port is closed, requests that run may finish within `stop_timeout` seconds, and
        connections are closed. *poll_interval* is there for its name in the standard library.
        """
        if self._stopping:
            raise RuntimeError("this server has been stopped; make another with make_server")
        self._stopped.clear()
        self._selector = selectors.DefaultSelector()
        self._wakeup, self._alarm = WakeupPipe(), WakeupPipe()
        try:
            self._selector.register(self._wakeup, selectors.EVENT_READ)
            self._set_accepting(True)
            with self._lock:
                self._start_thread()
            self._supervise()
        finally:
            self._finish()
            self._stopped.set()

    def request_stop(self) -> None:
        """Make `serve_forever` end, without waiting for it; a signal handler may call this."""
        self._stopping = True
        if self._selector is not None:
            self._alarm.ring()
            self._wakeup.ring()

    def shutdown(self) -> None:
        """Make `serve_forever` end and wait until it has; call it from another thread."""
        self.request_stop()
        self._stopped.wait()

    def _supervise(self) -> None:
        """Watch that somebody leads: in this thread, every few milliseconds while requests run."""
        looks = 0
        while not self._stopping:
            turn = self._turn
            if looks < _WATCHES_BEFORE_DOZE:
                self._alarm.wait(_WATCH_INTERVAL)
            else:
                self._dozing = True
                if self._turn == turn and self._current is None:
                    self._alarm.wait(_SWEEP_INTERVAL)
                self._dozing = False
                looks = 0
                continue
            if self._turn != turn:
                looks = 0
            elif self._current is None:
                looks += 1
            else:
                with self._lock:
                    if self._turn == turn and self._current is not None:
                        self._resign()

    def _finish(self) -> None:
        """Wait for the requests that run, within limits, and close everything."""
        self._stopping = True
        end = monotonic() + self.stop_timeout
        self.server_close()
        self._wakeup.ring()
        with self._lock:
            self._succession.notify_all()
        for thread in self._threads:
            thread.join(max(0.0, end - monotonic()))
        for connection in list(self._connections):
            connection.close()
        self._connections.clear()
        if not any(thread.is_alive() for thread in self._threads):
            self._selector.close()
            self._wakeup.close()
            self._alarm.close()

    def _start_thread(self) -> None:
        """Start a thread that waits to lead, unless there are as many as there may be."""
        if len(self._threads) < self.max_threads:
            thread = threading.Thread(target=self._work, name="microweb", daemon=True)
            try:
                thread.start()
            except RuntimeError as error:
                # The system has no thread left. Who finishes an exchange leads next.
                self.log.write(f"microweb: {error}\n")
                if not self._threads:
                    raise
            else:
                self._threads.append(thread)

    def _work(self) -> None:
        """Lead whenever nobody does, until the server stops: the life of a thread."""
        me = threading.get_ident()
        while True:
            with self._lock:
                while self._leader is not None and not self._stopping:
                    self._waiting += 1
                    self._succession.wait()
                    self._waiting -= 1
                if self._leader is not None:
                    return
                self._leader = me
            try:
                if not self._lead(me):
                    return
            except BaseException:
                # Nothing is known to come here; a thread that died would be missed, so it does not.
                self.log.exception(sys.exc_info()[1])
                self.step_aside()

    def _lead(self, me: int) -> bool:
        """Lead until somebody else does; return False when the server stops and all is done."""
        while True:
            connection = self._next_connection()
            if connection is None:
                with self._lock:
                    self._leader = None
                return False
            self._turn += 1
            self._current = connection
            if self._dozing:
                self._alarm.ring()
            if self._caution:
                self._caution -= 1
                self.step_aside()
            alive = self._serve_safely(connection)
            with self._lock:
                leading = self._leader == me
                if leading:
                    self._current = None
            if leading and alive:
                self._keep(connection)
            elif leading:
                self._drop(connection)
            else:
                if alive:
                    self._returned.append(connection)
                    self._wakeup.ring()
                else:
                    self._drop(connection)
                return True

    def step_aside(self) -> None:
        """Let another thread lead, if this one does; called before it waits for its own client."""
        with self._lock:
            if self._leader == threading.get_ident():
                self._resign()

    def _resign(self) -> None:
        """Take the lead from the leader. The lock is held, and the leader is in an exchange."""
        connection, self._current = self._current, None
        if connection is not None:
            self._unwatch(connection)
        self._leader = None
        if self._waiting:
            self._succession.notify()
        else:
            self._start_thread()

    def _next_connection(self) -> ClientConnection | None:
        """Return a connection with a complete head; None once the server stops and none is left."""
        while not self._ready:
            if self._stopping and not self._returned:
                return None
            for key, _ in self._selector.select(_SWEEP_INTERVAL):
                source = key.fileobj
                if source is self._wakeup:
                    self._wakeup.clear()
                elif source is self:
                    self._accept()
                else:
                    self._receive(source)
            while self._returned:
                self._keep(self._returned.popleft())
            now = monotonic()
            if now - self._swept >= _SWEEP_INTERVAL:
                self._swept = now
                self._sweep(now)
        return self._ready.popleft()

    def _set_accepting(self, accepting: bool) -> None:
        if accepting is not self._accepting:
            self._accepting = accepting
            if accepting:
                self._selector.register(self, selectors.EVENT_READ)
            else:
                self._selector.unregister(self)

    def _accept(self) -> None:
        """Take the connections that wait, within limits."""
        for _ in range(_ACCEPTS_AT_ONCE):
            if self._stopping:
                return
            try:
                sock, address = self.get_request()
            except (BlockingIOError, InterruptedError):
                return
            except OSError as error:
                if error.errno in (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM):
                    # No descriptor is left: try again after the next sweep instead of at once.
                    self._set_accepting(False)
                    return
                continue
            sock.setblocking(False)
            if len(self._connections) >= self.max_connections and not self._evict():
                sock.close()
                continue
            try:
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            except OSError:
                pass
            connection = ClientConnection(sock, self._make_environ(sock, address), self.step_aside)
            self._connections.add(connection)
            self._watch(connection)

    def _evict(self) -> bool:
        """Close the connection that waits and would be the first to run out of time."""
        waiting = [connection for connection in self._connections if connection.watched]
        if not waiting:
            return False
        self._drop(min(waiting, key=lambda connection: connection.deadline), linger=False)
        return True

    def _make_environ(self, sock: socket.socket, address: Any) -> dict[str, Any]:
        """Return what is the same for all requests of a connection (PEP 3333)."""
        from wsgiref.util import FileWrapper

        host = self.host
        if host in ("", "0.0.0.0", "::"):
            host = sock.getsockname()[0]
        return {
            "GATEWAY_INTERFACE": "CGI/1.1",
            "REMOTE_ADDR": address[0],
            "REMOTE_PORT": str(address[1]),
            "SCRIPT_NAME": "",
            "SERVER_NAME": host,
            "SERVER_PORT": str(self.port),
            "SERVER_SOFTWARE": "microweb",
            "wsgi.file_wrapper": FileWrapper,
            "wsgi.multiprocess": False,
            "wsgi.multithread": self.max_threads > 1,
            "wsgi.run_once": False,
            "wsgi.url_scheme": "http",
            "wsgi.version": (1, 0),
        }

    def _watch(self, connection: ClientConnection) -> None:
        if not connection.watched:
            connection.watched = True
            self._selector.register(connection, selectors.EVENT_READ)

    def _unwatch(self, connection: ClientConnection) -> None:
        if connection.watched:
            connection.watched = False
            self._selector.unregister(connection)

    def _receive(self, connection: ClientConnection) -> None:
        """Take in what a client has sent; drop it if it has left."""
        received = connection.receive_now()
        if received and not connection.lingering:
            self._look_for_head(connection)
        elif received is False:
            self._drop(connection, linger=False)

    def _look_for_head(self, connection: ClientConnection) -> None:
        """Put the connection among the ready if its buffer holds a head."""
        buffer = connection.buffer
        try:
            connection.head_end = find_head_end(buffer, connection.scanned)
        except RequestRefused as refusal:
            self._refuse(connection, refusal)
            self._drop(connection)
            return
        connection.scanned = len(buffer)
        if connection.head_end >= 0:
            self._ready.append(connection)

    def _keep(self, connection: ClientConnection) -> None:
        """Wait for the next request of a connection, which may have come already."""
        connection.deadline = monotonic() + IDLE_TIMEOUT
        self._watch(connection)
        if connection.buffer:
            self._look_for_head(connection)

    def _drop(self, connection: ClientConnection, linger: bool = True) -> None:
        """Close a connection; first only the server's side, for the answer to arrive."""
        if linger and not self._stopping and connection.linger():
            if self._leader == threading.get_ident():
                self._watch(connection)
            else:
                self._returned.append(connection)
                self._wakeup.ring()
            return
        self._unwatch(connection)
        self._connections.discard(connection)
        connection.close()

    def _sweep(self, now: float) -> None:
        """Close the connections whose time is over; accept again if that was suspended."""
        for connection in list(self._connections):
            if connection.watched and connection.deadline < now:
                if connection.buffer:
                    self._refuse(connection, RequestRefused(408, "the header did not come in time"))
                self._drop(connection, linger=False)
        if not self._stopping:
            self._set_accepting(True)

    def _refuse(self, connection: ClientConnection, refusal: RequestRefused) -> None:
        """Answer a request that is not served, as far as the client takes it without waiting."""
        line = bytes(connection.buffer[:200]).partition(b"\r\n")[0].decode("latin-1")
        address = connection.environ["REMOTE_ADDR"]
        self.log.request(address, line, refusal.status, f"({refusal})")
        try:
            connection.sock.send(plain_answer(refusal.status))
        except OSError:
            pass

    def _serve_safely(self, connection: ClientConnection) -> bool:
        """Serve one request; return whether the connection lives on."""
        try:
            return self._serve(connection)
        except RequestRefused as refusal:
            self._refuse(connection, refusal)
        except BaseException:
            self.log.exception(sys.exc_info()[1])
        return False

    def _serve(self, connection: ClientConnection) -> bool:
        buffer, end = connection.buffer, connection.head_end
        head = parse_head(buffer[:end].decode("latin-1"))
        if head.length is not None and head.length > self.max_body_size:
            raise RequestRefused(413, f"the body has more than {self.max_body_size} bytes")
        del buffer[: end + 4]
        connection.scanned = 0
        body = self._make_body(connection, head) if head.length != 0 else None
        exchange = Exchange(head, body, connection.environ.copy(), connection.send, self.log)
        if body is not None and head.expects_continue:
            body.set_invitation(exchange.send_continue)
        exchange.run(_answer_for_the_server if head.path == "*" else self.app)
        if exchange.application_seconds > _SLOW_APPLICATION:
            self._caution = _CAUTIOUS_EXCHANGES
        alive = exchange.keep_alive and not self._stopping
        if body is not None and not exchange.client_gone and not body.drain():
            alive = False
        if not self.log.quiet:
            line = f"{head.method} {head.target} {head.version}"
            address = connection.environ["REMOTE_ADDR"]
            self.log.request(address, line, exchange.code or "-", exchange.body_sent)
        if exchange.aborted and exchange.ends_with_connection:
            connection.close(reset=True)
        return alive and not exchange.aborted

    def _make_body(self, connection: ClientConnection, head: RequestHead) -> RequestBody:
        connection.begin_body()
        kind = ChunkedBody if head.chunked else RequestBody
        return kind(connection.buffer, connection.receive, head.length, limit=self.max_body_size)


def _answer_for_the_server(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    """Answer ``OPTIONS *``, which asks the server and no resource (RFC 9110 §9.3.7)."""
    start_response("204 No Content", [])
    return []
