"""What the server stands on: ``socketserver`` and ``wsgiref.handlers`` of the standard library.

Debian's ``python3-minimal`` has neither of the two. There, the small classes below take their
place: the part of each that this package uses, under the same names. Without sockets or threads
there is no server; then the import says what to do.
"""

from __future__ import annotations

from ..text.missing import import_stdlib

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_WITHOUT_SERVER = "answer requests with app.handle() or Python's wsgiref.handlers"


def check_server_modules(platform: str = "") -> None:
    """Raise ImportError where Python came without sockets or threads, RuntimeError on a *platform*
    (as `sys.platform` says) whose processes have none.

    >>> from microweb.serving.standins import check_server_modules
    >>> check_server_modules("emscripten")
    Traceback (most recent call last):
        ...
    RuntimeError: a server needs sockets and threads, and 'emscripten' has none: answer requests \
with app.handle() or Python's wsgiref.handlers
    """
    if platform in ("emscripten", "wasi"):
        text = f"a server needs sockets and threads, and {platform!r} has none"
        raise RuntimeError(f"{text}: {_WITHOUT_SERVER}")
    for name in ("threading", "socket", "selectors"):
        import_stdlib(name, "the server", _WITHOUT_SERVER)


# In a single file, whose name this is not, sockets are imported when a server is made.
if __name__.endswith("serving.standins"):
    check_server_modules()

try:
    from socketserver import TCPServer as TCPServer
    from socketserver import ThreadingMixIn as ThreadingMixIn
    from wsgiref.handlers import SimpleHandler as SimpleHandler
except ImportError:

    class SimpleHandler:  # type: ignore[no-redef]
        """Holds what an application reads from and writes to; a subclass runs it."""

        def __init__(
            self: Any, stdin: Any, stdout: Any, stderr: Any, environ: dict[str, Any]
        ) -> None:
            self.stdin, self.stdout, self.stderr, self.base_env = stdin, stdout, stderr, environ

    class TCPServer:  # type: ignore[no-redef]
        """Accepts connections on a socket until `shutdown` and hands each to `process_request`."""

        request_queue_size = 5
        _ending = False

        def __init__(self: Any, server_address: Any, handler: Any) -> None:
            import socket
            import threading

            self.server_address = server_address
            self._ended = threading.Event()
            self.socket = socket.socket(self.address_family)
            try:
                self.server_bind()
                self.server_activate()
            except BaseException:
                self.server_close()
                raise

        def server_bind(self: Any) -> None:
            """Bind the socket to `server_address`."""
            import socket

            if self.allow_reuse_address:
                self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self.socket.bind(self.server_address)
            self.server_address = self.socket.getsockname()

        def server_activate(self) -> None:
            """Begin to listen."""
            self.socket.listen(self.request_queue_size)

        def server_close(self) -> None:
            """Close the socket."""
            self.socket.close()

        def serve_forever(self: Any, poll_interval: float = 0.5) -> None:
            """Accept connections until `shutdown` is called in another thread."""
            self._ended.clear()
            self.socket.settimeout(poll_interval)
            try:
                while not self._ending:
                    try:
                        request, address = self.socket.accept()
                    except OSError:
                        continue
                    request.settimeout(None)
                    self.process_request(request, address)
            finally:
                self._ended.set()

        def shutdown(self) -> None:
            """End `serve_forever`, and wait until it has."""
            self._ending = True
            self._ended.wait()

        def shutdown_request(self, request: Any) -> None:
            """Close a connection."""
            request.close()

        def handle_error(self, request: Any, client_address: Any) -> None:
            """Do nothing; a subclass logs what a connection's thread raised."""

    class ThreadingMixIn:  # type: ignore[no-redef]
        """Gives each connection a thread of its own."""

        def process_request(self: Any, request: Any, client_address: Any) -> None:
            """Start a thread that serves the connection."""
            import threading

            arguments = request, client_address
            threading.Thread(target=self._serve_in_thread, args=arguments, daemon=True).start()

        def _serve_in_thread(self: Any, request: Any, client_address: Any) -> None:
            try:
                self.finish_request(request, client_address)
            except Exception:
                self.handle_error(request, client_address)
            finally:
                self.shutdown_request(request)
