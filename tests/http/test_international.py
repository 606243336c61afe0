"""Locations whose host is in another script."""

from __future__ import annotations

import pytest

from microweb.http import redirect_response
from microweb.http.fields import location_from_iri

from .support_http import run_app


def test_rd_02_rd_06_rd_08_locations_keep_their_form():
    location, sent = "http://ü.com/é", "http://xn--tda.com/%C3%A9"
    assert location_from_iri(location) == sent
    status, headers, _ = run_app(redirect_response(location))
    assert (status, headers.count(("Location", sent))) == ("302 FOUND", 1)


@pytest.mark.parametrize(
    "location", ["http://ex\u2024com", "http://ex\u2100.com/", "http://\ufffd.com"]
)
def test_rd_05_malformed_hosts_raise_at_the_call(location):
    with pytest.raises(ValueError):
        redirect_response(location)
