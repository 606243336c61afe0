"""The server that ``run`` takes: few threads for a thousand connections.

One thread *leads*. It waits in a selector for all connections, reads heads as they come, and serves
a request itself when its head is complete, which costs no change of threads. Before the leader
waits for a client, it steps aside and another thread leads. The thread in `serve_forever`
notices an application that takes its time, and makes another thread lead; while applications are
slow, the leader steps aside at once. So no client waits for another's application or network, and a
fast answer is as cheap as in a server of one thread.

A stream that has begun, such as server-sent events, has a thread that does not count among
`threads`: there may be as many as connections. The thread in `serve_forever` sees when the client
of a quiet one leaves; the stream ends when the application makes its next piece, an empty one
included. It also says in the log that requests wait, and what to set.
"""

from __future__ import annotations

import errno
import os
import select
import selectors
import socket
import threading
from collections import deque
from contextlib import suppress
from time import monotonic

from ...text.tracebacks import format_traceback_safely
from ..answer import plain_answer
from ..body import BodyBroken
from ..parser import RequestHead, RequestRefused, find_head_end, parse_head
from ..server import (
    BODY_TIMEOUT,
    HEAD_TIMEOUT,
    IDLE_TIMEOUT,
    LINGER_TIMEOUT,
    RECEIVE_BLOCK,
    SEND_TIMEOUT,
    ClientConnection,
    Server,
)
from .binding import explain_bind_error, open_special_listener, unix_family

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

# All waits for a client during one request may add up to such a limit and what the bytes that were
# waited for need at so many a second: a client that trickles does not hold a thread for ever.
_MIN_CLIENT_RATE = 1024
# Where no thread is left to serve others, a wait in which nothing moves ends after such a time.
CROWDED_TIMEOUT = 1.0
_HEAD_BLOCK = 16384
# Seconds between two looks at the leader, and how many looks at an idle one before a long sleep.
_WATCH_INTERVAL = 0.005
_WATCHES_BEFORE_SLEEP = 20
# Seconds that an application may take before leaders step aside at once, and for how many turns.
_SLOW_APPLICATION = 0.0005
_CAUTIOUS_TURNS = 64
SWEEP_INTERVAL = 1.0
# Seconds between two looks while every thread is at work, and between two lines about that.
_CROWD_INTERVAL, _COMPLAINT_INTERVAL = 0.05, 60.0


class LeadingConnection(ClientConnection):
    """A connection whose socket does not block; *step_aside* is called before it waits.

    While it is `watched` by the selector, its wait ends at `deadline`. `scanned` bytes of `buffer`
    were searched for the end of the `head`. After one side has closed, the connection has `ended`
    (the client) or is `lingering` (the server). While an application runs, the client may have
    `left`; the thread of a stream is `uncounted`.
    """

    scanned = 0
    head: RequestHead | None = None
    watched = lingering = ended = handshaking = False
    left = uncounted = False
    # What a socket that does not block raises when nothing can be done now.
    not_now: tuple[type[OSError], ...] = (BlockingIOError, InterruptedError)
    _waited, _waited_bytes = 0.0, 0
    _progress: tuple[int, int] | None = None

    def __init__(
        self, sock: socket.socket, environ: dict[str, Any], step_aside: Callable[[], bool]
    ) -> None:
        self.sock, self.environ, self.buffer = sock, environ, bytearray()
        self._step_aside = step_aside
        self.deadline = monotonic() + HEAD_TIMEOUT

    def receive_now(self) -> bool:
        """Take in what is there; return whether that was something of a request."""
        try:
            data = self.sock.recv(_HEAD_BLOCK)
        except self.not_now:
            return False
        except OSError:
            data = b""
        self.ended = not data
        if self.ended or self.lingering:
            return False
        if not self.buffer:
            self.deadline = monotonic() + HEAD_TIMEOUT
        self.buffer += data
        return True

    def find_head(self, max_body_size: int) -> bool:
        """Take the head out of the buffer if it is whole; return whether it is."""
        end = find_head_end(self.buffer, self.scanned)
        self.scanned = len(self.buffer)
        if end < 0:
            return False
        self.head = parse_head(self.buffer[:end].decode("latin-1"), max_body_size)
        del self.buffer[: end + 4]
        self.scanned, self._waited, self._waited_bytes = 0, 0.0, 0
        return True

    def receive(self) -> bytes:
        """Return some bytes of a body, waiting for them; b"" at the end of the connection."""
        try:
            return self.sock.recv(RECEIVE_BLOCK)
        except self.not_now:
            self._step_aside()
        try:
            data: bytes = self._wait_for_client(self.sock.recv, RECEIVE_BLOCK, BODY_TIMEOUT)
        except socket.timeout:
            raise BodyBroken(408, "the client stopped sending the body") from None
        self._waited_bytes += len(data)
        return data

    def send(self, data: bytes) -> None:
        """Send all of *data*, waiting where the client is slow; raise OSError if that fails."""
        if self.left:
            raise ConnectionAbortedError("the client has left")
        rest = memoryview(data)
        try:
            while rest:
                rest = rest[self.sock.send(rest) :]
        except self.not_now:
            self._step_aside()
        while rest:
            sent = self._wait_for_client(self.sock.send, rest, SEND_TIMEOUT)
            self._waited_bytes += sent
            rest = rest[sent:]

    def _wait_for_client(self, action: Callable[[Any], Any], argument: Any, timeout: float) -> Any:
        """Return what *action* of the socket returns, which may block within the limits.

        While it blocks, it looks now and then whether others need this thread more.
        """
        began = monotonic()
        left = min(timeout, timeout + self._waited_bytes / _MIN_CLIENT_RATE - self._waited)
        try:
            while True:
                self.sock.settimeout(max(0.001, min(left, CROWDED_TIMEOUT)))
                try:
                    return action(argument)
                except socket.timeout:
                    left -= CROWDED_TIMEOUT
                    if left <= 0 or not self._step_aside():
                        raise
        finally:
            self.sock.settimeout(0)
            self._waited += monotonic() - began

    @property
    def is_streaming(self) -> bool:
        """Whether the application has returned the pieces of its answer, and more may come."""
        answer = self.answer
        return (
            answer is not None
            and answer.result is not None
            and answer.headers is not None
            and answer.body_sent != answer.declared
        )

    def end_if_left(self) -> None:
        """Close the connection of a stream that was quiet since the last call, if its client left.

        Who closes only its own side counts as one who has left, if nothing is sent to it.
        """
        answer, before = self.answer, self._progress
        if answer is not None:
            self._progress = answer.body_sent, self._waited_bytes
            if self._progress == before and not self.left and has_hung_up(self.sock):
                self.left = True
                with suppress(OSError):
                    # Not the method of a TLS socket, which its own thread may be using.
                    socket.socket.shutdown(self.sock, socket.SHUT_RDWR)

    def linger(self) -> bool:
        """Close the server's side only, so that the answer arrives (RFC 9112 §9.6)."""
        try:
            self.sock.shutdown(socket.SHUT_WR)
        except OSError:
            return False
        self.lingering = True
        self.buffer.clear()
        self.deadline = monotonic() + LINGER_TIMEOUT
        return True


def has_hung_up(sock: socket.socket) -> bool:
    """Return whether the other end of *sock* has closed it, without waiting or taking any data.

    Where the system has no POLLRDHUP, this is seen only when all that was sent has been read.

    >>> ours, theirs = socket.socketpair()
    >>> before = has_hung_up(ours)
    >>> theirs.close()
    >>> before, has_hung_up(ours), ours.close()
    (False, True, None)
    """
    try:
        if hasattr(select, "POLLRDHUP"):
            poll = select.poll()
            poll.register(sock, select.POLLRDHUP)
            return bool(poll.poll(0))
        with selectors.DefaultSelector() as selector:
            selector.register(sock, selectors.EVENT_READ)
            # Not the method of a TLS socket, which refuses to look ahead.
            return bool(selector.select(0)) and not socket.socket.recv(sock, 1, socket.MSG_PEEK)
    except (OSError, ValueError):
        return False  # Its own thread has closed it.


class WakeupPipe:
    """A pair of sockets by which a thread or a signal handler wakes another thread."""

    def __init__(self) -> None:
        self.ends = self.reader, self.writer = socket.socketpair()
        self.writer.setblocking(False)

    def ring(self) -> None:
        """Wake the thread that waits; takes no lock, so a signal handler may call it."""
        with suppress(OSError):
            self.writer.send(b"x")

    def wait(self, seconds: float) -> None:
        """Wait for a ring, *seconds* at most, and forget the rings so far."""
        self.reader.settimeout(seconds)
        with suppress(OSError):
            self.reader.recv(4096)


class LeadingServer(Server):
    """A `Server` that runs at most `threads` requests, also on Unix sockets and in TLS.

    Streams that have begun do not count, unless `threads` is 1: then one application runs.

    *fd* is a socket that listens already, *ssl_context* an SSLContext or the paths (certificate,
    key), *socket_mode* the permissions of a Unix socket's file.
    """

    threads = 32
    _dozing = _accepting = False
    _leader: int | None = None
    _current: LeadingConnection | None = None
    _selector: Any = None
    _tls_context: Any = None
    _connection_class: Any = LeadingConnection
    _unix_file: tuple[str, os.stat_result] | None = None
    _waiting, _turn, _caution, _next_sweep = 0, 0, 0, 0.0
    _crowded_until, _next_complaint = 0.0, 0.0

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
        if ssl_context is not None:
            from .tls import TLSConnection, make_tls_context

            self._tls_context, self._connection_class = make_tls_context(ssl_context), TLSConnection
            self.url_scheme = "https"
        # With a head: those whose body has come, or has none, and those whose client must go on.
        self._ready: deque[LeadingConnection] = deque()
        self._unfinished: deque[LeadingConnection] = deque()
        self._returned: deque[LeadingConnection] = deque()
        self._workers: list[threading.Thread] = []
        self._succession = threading.Condition(threading.Lock())
        self._stopped = threading.Event()
        self._stopped.set()
        self._special = fd, socket_mode
        super().__init__(host, port, app, quiet)
        self.socket.setblocking(False)
        self._is_unix = self.socket.family == unix_family()
        if self._is_unix:
            path = os.fsdecode(self.server_address)  # type: ignore[arg-type]
            self.host, self.port, self.url = f"unix://{path}", 0, f"unix://{path}"
            if fd is None:
                self._unix_file = path, os.stat(path)

    def server_bind(self) -> None:
        """Bind the socket, or take the one that listens already; `AddressInUse` with advice."""
        fd, mode = self._special
        if fd is not None or self.host.startswith("unix://") or "%" in self.host:
            self.socket.close()
            self.socket = open_special_listener(self.host, self.server_address[1], fd, mode)
            self.address_family, self.server_address = self.socket.family, self.socket.getsockname()
            if fd is not None and self.socket.family != unix_family():
                self.host = str(self.server_address[0])
            return
        try:
            super().server_bind()
        except OSError as error:
            host, port = self.server_address[:2]
            raise explain_bind_error(error, str(host), int(port)) from None

    def server_close(self) -> None:
        """Close the socket that listens; remove its file, if it has one that is still its own."""
        super().server_close()
        if self._unix_file is not None:
            path, made = self._unix_file
            self._unix_file = None
            with suppress(OSError):
                if os.path.samestat(os.stat(path), made):
                    os.unlink(path)

    def serve_forever(self, poll_interval: float = 0.05) -> None:
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
            # Even where another signal raises: a thread in `shutdown` does not wait for ever.
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
        """Watch the leader from this thread, every few milliseconds while requests run."""
        looks, crowded, next_sweep, now = 0, 0.0, 0.0, monotonic()
        while not self.is_stopping:
            turn = self._turn
            self._dozing = looks > _WATCHES_BEFORE_SLEEP
            calm = self._dozing and self._turn == turn and self._current is None
            leaderless = _CROWD_INTERVAL if self._leader is None else SWEEP_INTERVAL
            self._alarm.wait(leaderless if calm else _WATCH_INTERVAL)
            looks = looks + 1 if self._turn == turn and self._current is None else 0
            before, now = now, monotonic()
            with self._succession:
                if self._turn == turn and self._current is not None:
                    self._resign()
                # Seconds for which requests have waited, less those for which none did.
                waited = now - before if self._is_crowded() else before - now
            crowded = min(max(0.0, crowded + waited), CROWDED_TIMEOUT)
            if crowded >= CROWDED_TIMEOUT and now >= self._next_complaint:
                self._complain_of_threads()
            if now >= next_sweep:
                next_sweep = now + SWEEP_INTERVAL
                for connection in list(self._connections):
                    if connection.is_streaming:
                        connection.end_if_left()

    def _is_crowded(self) -> bool:
        """Return whether a request waits for a thread, unless one can be started; lock held."""
        if self._leader is not None or self._waiting or self.is_stopping:
            return False
        self._start_thread()
        if self._waiting:
            return False
        # No thread leads or can begin to, so that nobody else selects.
        return bool(self._ready or self._unfinished) or any(
            key.fileobj is self.socket or (key.data is not None and not key.data.lingering)
            for key, _ in self._selector.select(0)
        )

    def _complain_of_threads(self) -> None:
        if self.threads == 1:
            text = "as one runs at a time: leave out threaded=False, --without-threads or threads=1"
        else:
            text = (
                f"as no more than {self.threads} run at a time: set threads={self.threads * 2} in "
                "app.run(), app.start() or make_server(), or find the views that take long"
            )
        self._complain(f"requests wait, {text}")

    def _complain(self, text: str) -> None:
        """Log that *text*, unless a line like this was written within the last minute."""
        now = monotonic()
        if now >= self._next_complaint:
            self._next_complaint = now + _COMPLAINT_INTERVAL
            self.log.write(f"microweb: {text}\n")

    def _finish(self) -> None:
        """Wait for the requests that run, within limits, and close everything."""
        self.request_stop()
        end = monotonic() + self.stop_timeout
        self.server_close()
        with self._succession:
            self._succession.notify_all()
        for thread in self._workers:
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
        if len(self._workers) < self.threads or self._count_threads() < self.threads:
            thread = threading.Thread(target=self._work, name="microweb", daemon=True)
            try:
                thread.start()
                self._workers.append(thread)
                self._waiting += 1
            except RuntimeError:
                # The system has no thread left: the next thread that finishes a request leads.
                if not self._workers:
                    raise

    def _count_threads(self) -> int:
        """Return how many threads there are, without those of streams that have begun."""
        count = len(self._workers)
        if count >= self.threads > 1:
            for connection in list(self._connections):
                if connection.is_streaming:
                    connection.uncounted = True
                    count -= 1
        return count

    def _retire(self, connection: LeadingConnection) -> bool:
        """After a stream, return whether this thread is one too many; the lock is held."""
        connection.uncounted = False
        if self.is_stopping or self._count_threads() <= self.threads:
            return False
        self._workers.remove(threading.current_thread())
        if self._leader == threading.get_ident():
            self._leader = None
            self._succession.notify()
        return True

    def _work(self) -> None:
        """Lead whenever no other thread does, until the server stops: the life of a thread."""
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
        """Lead until another thread does; return False if this one is to end.

        That is when the server stops and all is done, or there are too many threads.
        """
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
                retired = connection.uncounted and self._retire(connection)
                leading = leading and not retired
            if not (alive or (not self.is_stopping and connection.linger())):
                self._drop(connection)
            elif leading:
                self._keep(connection)
            else:
                self._returned.append(connection)
                self._wakeup.ring()
            if not leading:
                return not retired

    def step_aside(self) -> bool:
        """Let another thread lead, if this one does; return whether others are served.

        Called before a thread waits for its own client, and while it does. Others are served if
        there is a thread to lead, and no connection had to be refused lately.
        """
        with self._succession:
            if self._leader == threading.get_ident():
                self._resign()
            served = self._leader is not None or self._waiting > 0
        return served and monotonic() >= self._crowded_until

    def _resign(self) -> None:
        """Take the lead from the leader, who serves a request; the lock is held."""
        connection, self._current, self._leader = self._current, None, None
        if connection is not None:
            self._watch(connection, False)
        if self._waiting:
            self._succession.notify()
        else:
            self._start_thread()

    def _next_connection(self) -> LeadingConnection | None:
        """Return a connection with a complete head; None once the server stops and none is left.

        Every other one may be unfinished: so neither delays the other for long.
        """
        while not self._ready:
            if self.is_stopping and not self._returned:
                return None
            now = monotonic()
            if now >= self._next_sweep:
                self._next_sweep = now + SWEEP_INTERVAL
                self._sweep(now)
            for key, _ in self._selector.select(0 if self._unfinished else SWEEP_INTERVAL):
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
                self._crowded_until = monotonic() + 2 * CROWDED_TIMEOUT
                self._complain(
                    f"connections are refused, as {self.max_connections} are at work: set "
                    f"max_connections={self.max_connections * 2} in app.run(), app.start() or "
                    "make_server(), or find the streams that do not end"
                )
                continue
            environ = self.make_environ(sock, address)
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
            if connection.watched and connection.head is None
        ]
        if waiting:
            self._drop(min(waiting, key=lambda connection: connection.deadline))
        return bool(waiting)

    def _watch(self, connection: LeadingConnection, watched: bool) -> None:
        if connection.watched is not watched:
            connection.watched = watched
            if watched:
                self._selector.register(connection.sock, selectors.EVENT_READ, connection)
            else:
                self._selector.unregister(connection.sock)

    def _look_for_head(self, connection: LeadingConnection) -> None:
        """Put the connection among the ready or unfinished if its buffer holds a head."""
        try:
            if not connection.find_head(self.max_body_size):
                return
        except RequestRefused as refusal:
            self.refuse(connection, refusal)
            if not connection.linger():
                self._drop(connection)
            return
        length = connection.head.length if connection.head is not None else 0
        if length == 0 or (length or self.max_body_size) <= len(connection.buffer):
            self._ready.append(connection)
        else:
            self._watch(connection, False)
            self._unfinished.append(connection)

    def _keep(self, connection: LeadingConnection) -> None:
        """Wait for the next request of a connection, which may have come already."""
        self._watch(connection, True)
        if not (connection.lingering or connection.handshaking):
            connection.deadline = monotonic() + IDLE_TIMEOUT
            if connection.buffer:
                self._look_for_head(connection)

    def _drop(self, connection: LeadingConnection) -> None:
        self._watch(connection, False)
        self._connections.discard(connection)
        connection.close()

    def _sweep(self, now: float) -> None:
        """Close the connections whose time is over; begin to accept, or do so again."""
        for connection in list(self._connections):
            if connection.watched and connection.deadline < now:
                if connection.buffer:
                    self.refuse(connection, RequestRefused(408, "the header did not come in time"))
                self._drop(connection)
        self._set_accepting(True)

    def make_environ(self, sock: socket.socket, address: Any) -> dict[str, Any]:
        """Return what is the same for all requests of a connection (PEP 3333)."""
        # Clients of a Unix socket have no address, but are on this machine.
        environ = super().make_environ(sock, ("127.0.0.1", 0) if self._is_unix else address)
        environ["wsgi.multithread"] = self.threads > 1
        if self._tls_context is not None:
            environ["HTTPS"] = "on"
        if self._is_unix:
            port = "443" if self._tls_context else "80"
            environ["SERVER_NAME"], environ["SERVER_PORT"] = "localhost", port
        return environ

    def _shake_hands(self, connection: Any) -> bool:
        """Advance a TLS handshake while others are served; return whether it may succeed."""
        self.step_aside()
        failure = connection.shake_hands()
        if failure:
            self.log.request(connection.environ["REMOTE_ADDR"], "", 400, f"({failure})")
        if connection.ended:
            connection.send_unencrypted(plain_answer(400))
        return not failure

    def _serve(self, connection: LeadingConnection) -> bool:
        """Serve one request; return whether the connection lives on."""
        if connection.handshaking:
            return self._shake_hands(connection)
        head, connection.head = connection.head, None
        if head is None:
            return False
        answer = self.answer_request(connection, head)
        connection._progress = None
        if answer.application_seconds > _SLOW_APPLICATION:
            self._caution = _CAUTIOUS_TURNS
        return answer.keep_alive and not self.is_stopping
