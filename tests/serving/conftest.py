"""One server for all tests that ask only what reaches an application."""

from __future__ import annotations

import os
import sys

import pytest

if os.environ.get("MICROWEB_TEST_STANDINS"):
    sys.modules["socketserver"] = sys.modules["wsgiref"] = None  # type: ignore[assignment]

from .wire import Recorder, serving


@pytest.fixture(scope="package")
def recording_server():
    app = Recorder()
    with serving(app) as server:
        yield server


@pytest.fixture
def recorder(recording_server):
    """The application of `recording_server`, having seen nothing yet."""
    recording_server.app.__init__()
    return recording_server.app
