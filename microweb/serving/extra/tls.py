"""TLS for the server: its context, and a connection that shakes hands without blocking.

The handshake advances whenever the client has sent something. It never waits, and has the time of a
head (`HEAD_TIMEOUT`). ``ssl`` is imported only where TLS is asked for.
"""

from __future__ import annotations

import socket
from contextlib import suppress

from ...text.missing import import_stdlib
from .leading import LeadingConnection

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ssl import SSLContext, SSLSocket
    from typing import Any


def make_tls_context(given: Any) -> SSLContext:
    """Return the context for *given*: an SSLContext, or the paths (certificate, key) in PEM.

    Raises ImportError where Python came without `ssl`, ValueError if *given* is something else or
    cannot be used. TLS 1.2 is the least that is spoken with the two paths.
    """
    ssl: Any = import_stdlib("ssl", "TLS", "let a proxy speak TLS")
    if isinstance(given, ssl.SSLContext):
        return given  # type: ignore[no-any-return]
    if not (isinstance(given, tuple) and len(given) == 2):
        raise ValueError(
            f"ssl_context is {given!r:.60}; it must be an ssl.SSLContext or the paths "
            f"('cert.pem', 'key.pem'), which this command makes: openssl req -x509 "
            f"-newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 365 -subj /CN=localhost"
        )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        for path in given:
            open(path, "rb").close()  # OpenSSL does not always tell why it cannot.
        context.load_cert_chain(*given)
    except (OSError, TypeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ValueError(
            f"the certificate {given[0]!r:.200} and the key {given[1]!r:.200} cannot be used: "
            f"{reason}"
        ) from None
    return context  # type: ignore[no-any-return]


class TLSConnection(LeadingConnection):
    """A connection whose bytes are encrypted; `handshaking` until the two have agreed."""

    handshaking = True

    def __init__(self, sock: SSLSocket, *rest: Any) -> None:
        from ssl import SSLWantReadError, SSLWantWriteError

        super().__init__(sock, *rest)
        self._tls_socket = sock
        self.not_now = (*self.not_now, SSLWantReadError, SSLWantWriteError)

    def shake_hands(self) -> str:
        """Take the handshake as far as what came allows; return why it failed, or ""."""
        failure = ""
        try:
            self._tls_socket.do_handshake()
        except self.not_now:
            return ""
        except (OSError, ValueError) as error:
            failure = f"no TLS: {getattr(error, 'reason', None) or error}"
        self.handshaking = False
        if failure.endswith(" HTTP_REQUEST"):
            failure, self.ended = "the client speaks HTTP without TLS", True
        return failure

    def send_unencrypted(self, data: bytes) -> None:
        """Send *data* to a client that does not speak TLS, as far as it takes it at once."""
        with suppress(OSError):
            socket.socket.send(self._tls_socket, data)

    def linger(self) -> bool:
        """Say that nothing more will come (RFC 8446 §6.1), and do as without TLS."""
        with suppress(OSError, ValueError):
            self._tls_socket.unwrap()
        return super().linger()
