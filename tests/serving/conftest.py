"""One server for all tests that ask only what reaches an application."""

from __future__ import annotations

import pytest

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
