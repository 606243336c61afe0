"""Every raw request of ``python -m benchmarks raw``, and what is made of it without its peers."""

from __future__ import annotations

import pytest

from benchmarks.raw import APP, JUSTIFIED, read_verdict
from benchmarks.raw_requests import ROWS

from .wire import connect, receive_all, serving

# Those in a transfer coding are asked in `test_chunked`.
CODED_ROWS = [row for row in ROWS if b"transfer" in row[2].lower()]
OTHER_ROWS = [row for row in ROWS if row not in CODED_ROWS]


@pytest.fixture(scope="module")
def verdict_server():
    names = {}
    exec(APP, names)
    with serving(names["app"]) as server:
        yield server


@pytest.mark.parametrize(
    ("request_bytes", "verdict"),
    [row[2:] for row in OTHER_ROWS],
    ids=[" ".join(row[:2]) for row in OTHER_ROWS],
)
def test_a_raw_request_has_its_verdict(verdict_server, request_bytes, verdict):
    has_verdict(verdict_server, request_bytes, verdict)


def has_verdict(verdict_server, request_bytes, verdict):
    with connect(verdict_server) as sock:
        sock.sendall(request_bytes)
        assert read_verdict(receive_all(sock)) == verdict


def test_every_exception_of_the_comparison_is_of_a_row_that_there_is():
    assert set(JUSTIFIED) <= {row[:2] for row in ROWS}
    assert all(reason.startswith("RFC 9") for reason in JUSTIFIED.values())
