"""Serving any WSGI application over HTTP/1.1, strictly and without waiting for slow clients.

`make_server` returns a server to start and stop from code, `run_simple` serves until Ctrl-C,
`DebuggedApplication` shows exceptions to the developer. Read it as a request travels: `parser`
(bytes to a head), `body`, `handler` (calling the application, checking and framing its answer),
`connection` and `tls` (one socket), `server` (all of them), `reloader`, `running` (what a program
calls). `absent` comes first: it says so where Python has no sockets or threads.
"""

from __future__ import annotations

from .absent import check_server_modules as check_server_modules
from .binding import AddressInUse as AddressInUse
from .running import make_server as make_server
from .server import Server as Server
