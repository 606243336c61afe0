"""The server: connections to threads, so that nobody waits for another's client.

Law of this module: one thread *leads*. It waits in the selector for all connections, reads heads
as they come, and runs an exchange itself when its head is complete, which costs no change of
threads. Before the leader waits for a client, it steps aside and another thread leads. An
application that takes its time is noticed by the thread in `Server.serve_forever`, which makes
another one lead; while applications take long, the leader steps aside at once. So nobody delays
anybody, and a fast answer is as cheap as in a server of one thread.
"""

from __future__ import annotations

import errno
import os
import selectors
import socket
import sys
import threading
from collections import deque
from contextlib import suppress
from time import monotonic

from .absent import check_server_modules
from .binding import join_host_port, open_listener, unix_family
from .body import ChunkedBody, RequestBody
from .connection import IDLE_TIMEOUT, ClientConnection
from .handler import Exchange, ServerLog, format_traceback_safely, plain_answer
from .parser import RequestRefused, find_head_end, parse_head

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# Seconds between two looks at the leader; after how many looks at nothing to doze till it rings.
_WATCH_INTERVAL = 0.005
_WATCHES_BEFORE_DOZE = 20
# Seconds that an application may take before leaders step aside at once, and for how many turns.
_SLOW_APPLICATION = 0.0005
_CAUTIOUS_TURNS = 64
_SWEEP_INTERVAL = 1.0


class WakeupPipe:
    """A pair of sockets by which a thread or a signal handler wakes another thread."""

    def __init__(self) -> None:
        self.ends = self.reader, self.writer = socket.socketpair()
        self.writer.setblocking(False)

    def ring(self) -> None:
        """Wake who waits; takes no lock, so a signal handler may call it."""
        with suppress(OSError):
            self.writer.send(b"x")

    def wait(self, seconds: float) -> None:
        """Wait until somebody rings, *seconds* at most, and forget the rings so far."""
        self.reader.settimeout(seconds)
        with suppress(OSError):
            self.reader.recv(4096)


class Server:
    """Serves a WSGI application at its `url`, made of `host` and `port`; see `make_server`."""

    threads, max_connections, max_body_size, stop_timeout = 32, 1000, 1 << 30, 10.0
    is_stopping = _dozing = _accepting = False
    _leader: int | None = None
    _current: ClientConnection | None = None
    _selector: Any = None
    _tls_context: Any = None
    _connection_class: Any = ClientConnection
    _unix_file: tuple[str, os.stat_result] | None = None
    _waiting, _turn, _caution, _next_sweep = 0, 0, 0, 0.0

    def __init__(
        self,
        host: str,
        port: int,
        app: Any,
        quiet: bool = False,
        *,
        fd: int | None = None,
        ssl_context: Any = None,
        socket_mode: int | None = None,
    ) -> None:
        check_server_modules(sys.platform)
        self.app, self.log = app, ServerLog(quiet)
        if ssl_context is not None:
            from .tls import TLSConnection, make_tls_context

            self._tls_context, self._connection_class = make_tls_context(ssl_context), TLSConnection
        self.socket = open_listener(host, port, fd, socket_mode)
        self.socket.setblocking(False)
        self.address_family, self.server_address = self.socket.family, self.socket.getsockname()
        self._name_address(host if fd is None else None)
        self._connections: set[ClientConnection] = set()
        # With a head: those whose body has come, or has none, and those whose client must go on.
        self._ready: deque[ClientConnection] = deque()
        self._unfinished: deque[ClientConnection] = deque()
        self._returned: deque[ClientConnection] = deque()
        self._threads: list[threading.Thread] = []
        self._succession = threading.Condition(threading.Lock())
        self._stopped = threading.Event()
        self._stopped.set()

    def _name_address(self, host: str | None) -> None:
        """Set `host`, `port` and `url`; a *host* of None is taken from the socket."""
        scheme, address = "https" if self._tls_context else "http", self.server_address
        if self.socket.family == unix_family():
            path = os.fsdecode(address)
            self.host, self.port, self.url = f"unix://{path}", 0, f"unix://{path}"
            if host is not None:
                self._unix_file = path, os.stat(path)
            return
        self.host, self.port = str(address[0]) if host is None else host, int(address[1])
        # Who listens everywhere is reached here, for one.
        here = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)
        self.url = f"{scheme}://{join_host_port(here.strip('[]'), self.port)}/"

    def fileno(self) -> int:
        """Return the descriptor of the socket that listens."""
        return self.socket.fileno()

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *about: object) -> None:
        self.server_close()

    def server_close(self) -> None:
        """Close the socket that listens; remove its file, if it has one that is still its own."""
        self.socket.close()
        if self._unix_file is not None:
            path, made = self._unix_file
            self._unix_file = None
            with suppress(OSError):
                if os.path.samestat(os.stat(path), made):
                    os.unlink(path)

    def serve_forever(self, poll_interval: float = 0.5) -> None:
        """Serve until `shutdown` is called from another thread, or a signal raises here.

        Then the port is closed, and requests that run may finish within `stop_timeout` seconds.
        """
        if self._selector is not None:
            raise RuntimeError("a server serves once; make another with make_server")
        self._stopped.clear()
        try:
            if self.is_stopping:  # Before it began.
                self.server_close()
                return
            self._wakeup, self._alarm = WakeupPipe(), WakeupPipe()
            self._selector = selectors.DefaultSelector()
            try:
                self._selector.register(self._wakeup.reader, selectors.EVENT_READ)
                self._set_accepting(True)
                with self._succession:
                    self._start_thread()
                self._supervise()
            finally:
                self._finish()
        finally:
            # Even where another signal raises: who is in `shutdown` does not wait for ever.
            self._stopped.set()

    def request_stop(self) -> None:
        """Make `serve_forever` end, without waiting for it; a signal handler may call this."""
        self.is_stopping = True
        if self._selector is not None:
            self._alarm.ring()
            self._wakeup.ring()

    def shutdown(self) -> None:
        """Make `serve_forever` end, in another thread, and wait until it has."""
        self.request_stop()
        self._stopped.wait()

    def _supervise(self) -> None:
        """Watch that somebody leads: in this thread, every few milliseconds while requests run."""
        looks = 0
        while not self.is_stopping:
            turn = self._turn
            self._dozing = looks > _WATCHES_BEFORE_DOZE
            calm = self._dozing and self._turn == turn and self._current is None
            self._alarm.wait(_SWEEP_INTERVAL if calm else _WATCH_INTERVAL)
            looks = looks + 1 if self._turn == turn and self._current is None else 0
            with self._succession:
                if self._turn == turn and self._current is not None:
                    self._resign()

    def _finish(self) -> None:
        """Wait for the requests that run, within limits, and close everything."""
        self.request_stop()
        end = monotonic() + self.stop_timeout
        self.server_close()
        with self._succession:
            self._succession.notify_all()
        for thread in self._threads:
            # In slices: a signal that comes just before a wait, or that another thread receives,
            # does not interrupt it and would be taken only at its end.
            while thread.is_alive() and monotonic() < end:
                thread.join(_WATCH_INTERVAL)
        for connection in list(self._connections):
            connection.watched = False
            connection.close()
        self._selector.close()
        for sock in self._wakeup.ends + self._alarm.ends:
            sock.close()

    def _start_thread(self) -> None:
        """Start a thread that waits to lead, unless there are as many as there may be."""
        if len(self._threads) < self.threads:
            thread = threading.Thread(target=self._work, name="microweb", daemon=True)
            try:
                thread.start()
                self._threads.append(thread)
                self._waiting += 1
            except RuntimeError:
                # The system has no thread left; who finishes an exchange leads next.
                if not self._threads:
                    raise

    def _work(self) -> None:
        """Lead whenever nobody does, until the server stops: the life of a thread."""
        me = threading.get_ident()
        while True:
            with self._succession:
                while self._leader is not None and not self.is_stopping:
                    self._succession.wait()
                self._waiting -= 1
                if self._leader is not None:
                    return
                self._leader = me
            try:
                if not self._lead(me):
                    return
            except BaseException as error:
                self.log.write(format_traceback_safely(error))
                self.step_aside()
            with self._succession:
                self._waiting += 1

    def _lead(self, me: int) -> bool:
        """Lead until somebody else does; return False when the server stops and all is done."""
        while True:
            connection = self._next_connection()
            if connection is None:
                with self._succession:
                    self._leader = None
                return False
            self._turn += 1
            self._current = connection
            if self._dozing:
                self._alarm.ring()
            if self._caution:
                self._caution -= 1
                self.step_aside()
            alive = self._serve(connection)
            with self._succession:
                leading = self._leader == me
                if leading:
                    self._current = None
            if not (alive or (not self.is_stopping and connection.linger())):
                self._drop(connection)
            elif leading:
                self._keep(connection)
            else:
                self._returned.append(connection)
                self._wakeup.ring()
            if not leading:
                return True

    def step_aside(self) -> bool:
        """Let another thread lead, if this one does; return whether there is one for it.

        Called before a thread waits for its own client, and while it does.
        """
        with self._succession:
            if self._leader == threading.get_ident():
                self._resign()
            return self._leader is not None or self._waiting > 0

    def _resign(self) -> None:
        """Take the lead from the leader, who is in an exchange; the lock is held."""
        connection, self._current, self._leader = self._current, None, None
        if connection is not None:
            self._watch(connection, False)
        if self._waiting:
            self._succession.notify()
        else:
            self._start_thread()

    def _next_connection(self) -> ClientConnection | None:
        """Return a connection with a complete head; None once the server stops and none is left.

        Every other one may be unfinished: so neither delays the other for long.
        """
        while not self._ready:
            if self.is_stopping and not self._returned:
                return None
            now = monotonic()
            if now >= self._next_sweep:
                self._next_sweep = now + _SWEEP_INTERVAL
                self._sweep(now)
            for key, _ in self._selector.select(0 if self._unfinished else _SWEEP_INTERVAL):
                if key.fileobj is self.socket:
                    self._accept()
                elif key.data is None:
                    self._wakeup.wait(0)
                elif key.data.handshaking:
                    # Its arithmetic takes a millisecond, which is for `_serve` to spend.
                    self._ready.append(key.data)
                elif key.data.receive_now():
                    self._look_for_head(key.data)
                elif key.data.ended:
                    self._drop(key.data)
            while self._returned:
                self._keep(self._returned.popleft())
            if self._unfinished:
                break
        unfinished = self._unfinished and (self._turn % 2 or not self._ready)
        return (self._unfinished if unfinished else self._ready).popleft()

    def _set_accepting(self, accepting: bool) -> None:
        if accepting and not self._accepting:
            self._selector.register(self.socket, selectors.EVENT_READ)
        elif self._accepting and not accepting:
            self._selector.unregister(self.socket)
        self._accepting = accepting

    def _accept(self) -> None:
        """Take the connections that wait, within limits."""
        for _ in range(64):
            try:
                sock, address = self.socket.accept()
            except OSError as error:
                if error.errno in (errno.EMFILE, errno.ENFILE) and not self._evict():
                    # No descriptor is left: try again after the next sweep instead of at once.
                    self._set_accepting(False)
                return
            sock.setblocking(False)
            if len(self._connections) >= self.max_connections and not self._evict():
                sock.close()
                continue
            environ = self._make_environ(sock, address)
            if self._tls_context is not None:
                try:
                    sock.getpeername()  # Fails more cleanly than what comes next.
                    sock = self._tls_context.wrap_socket(
                        sock, server_side=True, do_handshake_on_connect=False
                    )
                except OSError:  # The client is gone already.
                    sock.close()
                    continue
            connection = self._connection_class(sock, environ, self.step_aside)
            self._connections.add(connection)
            self._watch(connection, True)

    def _evict(self) -> bool:
        """Close the connection that waits and would be the first to run out of time."""
        waiting = [
            connection
            for connection in self._connections
            if connection.watched and connection.head_end < 0
        ]
        if waiting:
            self._drop(min(waiting, key=lambda connection: connection.deadline))
        return bool(waiting)

    def _make_environ(self, sock: socket.socket, address: Any) -> dict[str, Any]:
        """Return what is the same for all requests of a connection (PEP 3333)."""
        client, name = "127.0.0.1", "localhost"
        # Clients of a Unix socket have no address, but are on this machine.
        if sock.family != unix_family():
            client, name = address[0], sock.getsockname()[0]
        tls = self._tls_context is not None
        return {
            "GATEWAY_INTERFACE": "CGI/1.1",
            **({"HTTPS": "on"} if tls else {}),
            # An IPv4 client of a socket that takes both is told as what it is.
            "REMOTE_ADDR": client[7:] if client.startswith("::ffff:") else client,
            "REMOTE_PORT": str(address[1]) if len(address) > 1 else "0",
            "SCRIPT_NAME": "",
            "SERVER_NAME": name,
            "SERVER_PORT": str(self.port or (443 if tls else 80)),
            "SERVER_SOFTWARE": "microweb",
            "wsgi.errors": self.log,
            "wsgi.multiprocess": False,
            "wsgi.multithread": self.threads > 1,
            "wsgi.run_once": False,
            "wsgi.url_scheme": "https" if tls else "http",
            "wsgi.version": (1, 0),
        }

    def _watch(self, connection: ClientConnection, watched: bool) -> None:
        if connection.watched is not watched:
            connection.watched = watched
            if watched:
                self._selector.register(connection.sock, selectors.EVENT_READ, connection)
            else:
                self._selector.unregister(connection.sock)

    def _look_for_head(self, connection: ClientConnection) -> None:
        """Put the connection among the ready or unfinished if its buffer holds a head."""
        buffer = connection.buffer
        try:
            end = connection.head_end = find_head_end(buffer, connection.scanned)
            connection.scanned = len(buffer)
            if end < 0:
                return
            head = connection.head = parse_head(buffer[:end].decode("latin-1"))
            if head.length is not None and head.length > self.max_body_size:
                raise RequestRefused(413, f"the body has more than {self.max_body_size} bytes")
        except RequestRefused as refusal:
            self._refuse(connection, refusal)
            if not connection.linger():
                self._drop(connection)
            return
        if head.length == 0 or (head.length or self.max_body_size) <= len(buffer) - end - 4:
            self._ready.append(connection)
        else:
            self._watch(connection, False)
            self._unfinished.append(connection)

    def _keep(self, connection: ClientConnection) -> None:
        """Wait for the next request of a connection, which may have come already."""
        self._watch(connection, True)
        if not (connection.lingering or connection.handshaking):
            connection.deadline = monotonic() + IDLE_TIMEOUT
            if connection.buffer:
                self._look_for_head(connection)

    def _drop(self, connection: ClientConnection) -> None:
        self._watch(connection, False)
        self._connections.discard(connection)
        connection.close()

    def _sweep(self, now: float) -> None:
        """Close the connections whose time is over; begin to accept, or do so again."""
        for connection in list(self._connections):
            if connection.watched and connection.deadline < now:
                if connection.buffer:
                    self._refuse(connection, RequestRefused(408, "the header did not come in time"))
                self._drop(connection)
        self._set_accepting(True)

    def _refuse(self, connection: ClientConnection, refusal: RequestRefused) -> None:
        """Answer a request that is not served, as far as the client takes it without waiting."""
        line = bytes(connection.buffer[:200]).partition(b"\r\n")[0].decode("latin-1")
        self.log.request(connection.environ["REMOTE_ADDR"], line, refusal.status, f"({refusal})")
        with suppress(OSError):
            connection.sock.send(plain_answer(refusal.status))

    def _shake_hands(self, connection: Any) -> bool:
        """Advance a TLS handshake while others are served; return whether it may succeed."""
        self.step_aside()
        failure = connection.shake_hands()
        if failure:
            self.log.request(connection.environ["REMOTE_ADDR"], "", 400, f"({failure})")
        if connection.ended:
            connection.send_unencrypted(plain_answer(400))
        return not failure

    def _serve(self, connection: ClientConnection) -> bool:
        """Serve one request; return whether the connection lives on."""
        if connection.handshaking:
            return self._shake_hands(connection)
        head, body = connection.head, None
        connection.begin_request()
        if head.length != 0:
            kind = ChunkedBody if head.chunked else RequestBody
            body = kind(connection.buffer, connection.receive, head.length, self.max_body_size)
        exchange = Exchange(head, body, connection.environ.copy(), connection.send)
        if body is not None and head.expects_continue and not connection.buffer:
            body.invite = exchange.send_continue
        exchange.run(self.app)
        if exchange.application_seconds > _SLOW_APPLICATION:
            self._caution = _CAUTIOUS_TURNS
        drained = body is None or (not exchange.client_gone and body.drain())
        line, size = f"{head.method} {head.target} {head.version}", exchange.body_sent
        self.log.request(connection.environ["REMOTE_ADDR"], line, exchange.code or "-", size)
        if exchange.must_reset:
            connection.close(reset=True)
        return exchange.keep_alive and drained and not self.is_stopping
