"""Serving any WSGI application over HTTP/1.1, strictly and without waiting for slow clients.

`make_server` returns a server to start and stop from code. Read it as a request travels: `parser`
(bytes to a head), `body`, `answer` (calling the application, checking and framing what it says),
`server` (a thread for each connection). Then ``extra/leading.py``, the server that ``run`` takes,
with ``extra/binding.py`` and ``extra/tls.py``: its sockets.
"""

from __future__ import annotations

from ..text.lazy import import_later
from .foundation import check_server_modules as check_server_modules
from .server import Server as Server
from .server import make_server as make_server

__getattr__ = import_later(
    __name__,
    """
    extra.binding: AddressInUse
    extra.leading: LeadingServer
    """,
)
