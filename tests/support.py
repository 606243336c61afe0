"""What several test files need: apps checked by `wsgiref.validate`, and small conveniences."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from wsgiref.validate import validator

import pytest

import microweb
from microweb import Microweb
from microweb.testing import Client

# The suite also runs against the single file (`python3 -m tests --onefile`), where some of what is
# said of the package's own folder cannot hold.
ONE_FILE = not hasattr(microweb, "__path__")
IMPORT_FOLDER = Path(microweb.__file__).parents[0 if ONE_FILE else 1]
needs_package = pytest.mark.skipif(ONE_FILE, reason="is about the package's folder")

# What no Host header may look like (RFC 9110 §7.2).
MALFORMED_HOSTS = (
    "a/?x=",
    "a@b",
    "a#b",
    "a?b",
    "a\\b",
    "a b",
    "a,b",
    "a\x00b",
    "a\tb",
    "a:99999",
    "a:0",
    "[::",
    "localhost..",
    "[::1",
    "[zz]",
    "a:",
    "a:1:2",
    "user:pass@evil.com",
    ".a",
    "[::1]x",
    "a: 80",
)


def make_app(**config: Any) -> Microweb:
    """Return an app with a secret key, without folders, configured as the keywords say."""
    app = Microweb("tests.support", static_folder=None, template_folder=None)
    app.secret_key = "a key for tests"
    app.config.update(config)
    return app


def checked_client(app: Microweb, **options: Any) -> Client:
    """Return a client whose every request goes through PEP 3333's validator, both ways."""
    app.wsgi_app = validator(app.wsgi_app)  # type: ignore[method-assign]
    return app.test_client(**options)
