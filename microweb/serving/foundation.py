"""What the server stands on: ``socketserver`` and ``wsgiref.handlers`` of the standard library.

Debian's ``python3-minimal`` has neither of the two. There, and in a single file, the small classes
below take their place: the part of each that this package uses, under the same names.
"""

from __future__ import annotations

from ..text.missing import import_stdlib

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_WITHOUT_SERVER = "answer requests with app.handle() or Python's wsgiref.handlers"


def check_server_modules(platform: str = "") -> None:
    """Raise ImportError where Python came without sockets or threads, RuntimeError on a *platform*
    (as `sys.platform` says) whose processes have none."""
    if platform in ("emscripten", "wasi"):
        text = f"a server needs sockets and threads, and {platform!r} has none"
        raise RuntimeError(f"{text}: {_WITHOUT_SERVER}")
    for name in ("threading", "socket", "selectors"):
        import_stdlib(name, "the server", _WITHOUT_SERVER)


# In a single file, whose name this is not, sockets are imported when a server is made.
if __name__.endswith("serving.foundation"):
    check_server_modules()

try:
    if not __name__.endswith("serving.foundation"):
        # A single file would load both of them for programs that never serve.
        raise ImportError
    from socketserver import TCPServer as TCPServer
    from socketserver import ThreadingMixIn as ThreadingMixIn
    from wsgiref.handlers import SimpleHandler as SimpleHandler
except ImportError:

    class SimpleHandler:  # type: ignore[no-redef]
        """Holds what an application reads from and writes to; a subclass runs it."""

        def __init__(self: Any, stdin: Any, stdout: Any, stderr: Any, environ: Any) -> None:
            self.stdin, self.stdout, self.stderr, self.base_env = stdin, stdout, stderr, environ

    class TCPServer:  # type: ignore[no-redef]
        """Accepts connections on a socket and hands each to `process_request`."""

        def __init__(self: Any, server_address: Any, handler: Any) -> None:
            from socket import socket
            from threading import Event

            self.server_address, self._ending, self._ended = server_address, False, Event()
            self.socket = socket(self.address_family)
            try:
                self.server_bind()
                self.socket.listen(self.request_queue_size)
            except BaseException:
                self.server_close()
                raise

        def server_bind(self: Any) -> None:
            from socket import SO_REUSEADDR, SOL_SOCKET

            self.socket.setsockopt(SOL_SOCKET, SO_REUSEADDR, int(self.allow_reuse_address))
            self.socket.bind(self.server_address)
            self.server_address = self.socket.getsockname()

        def server_close(self: Any) -> None:
            self.socket.close()

        def fileno(self: Any) -> Any:
            return self.socket.fileno()

        def __enter__(self: Any) -> Any:
            return self

        def __exit__(self: Any, *about: Any) -> None:
            self.server_close()

        def serve_forever(self: Any, poll_interval: float = 0.5) -> None:
            self.socket.settimeout(poll_interval)
            try:
                while not self._ending:
                    self.service_actions()
                    try:
                        self.process_request(*self.socket.accept())
                    except OSError:
                        continue
            finally:
                self._ended.set()

        def shutdown(self: Any) -> None:
            self._ending = True
            self._ended.wait()

        def shutdown_request(self: Any, request: Any) -> None:
            request.close()

    class ThreadingMixIn:  # type: ignore[no-redef]
        """Gives each connection a thread of its own."""

        def process_request(self: Any, request: Any, client_address: Any) -> None:
            from threading import Thread

            Thread(target=self._serve, args=(request, client_address), daemon=True).start()

        def _serve(self: Any, request: Any, client_address: Any) -> None:
            try:
                self.finish_request(request, client_address)
            except Exception:
                self.handle_error(request, client_address)
            finally:
                self.shutdown_request(request)
