"""Serving any WSGI application over HTTP/1.1, strictly and without waiting for slow clients.

`make_server` returns a server to start and stop from code, `run_simple` serves until Ctrl-C,
`DebuggedApplication` shows exceptions to the developer. Read it as a request travels: `parser`
(bytes to a head), `body`, `handler` (calling the application, checking and framing its answer),
`connection` (one socket), `server` (all of them), `running` (what a program calls).
"""

from __future__ import annotations

from .binding import AddressInUse as AddressInUse
from .debug import DebuggedApplication as DebuggedApplication
from .running import make_server as make_server
from .running import run_simple as run_simple
from .server import Server as Server
