"""A folder to stand in, for tests that load apps in this process."""

from __future__ import annotations

import os
import sys

import pytest


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Stand in an empty folder; what is imported or set from there is forgotten afterwards."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    modules, variables = set(sys.modules), dict(os.environ)
    for name in variables:
        if name.startswith(("MICROWEB_", "FLASK_")):
            del os.environ[name]
    yield tmp_path
    os.environ.clear()
    os.environ.update(variables)
    for name in set(sys.modules) - modules:
        if not name.startswith("microweb"):
            del sys.modules[name]
