"""What several test files need: apps checked by `wsgiref.validate`, and small conveniences."""

from __future__ import annotations

from typing import Any
from wsgiref.validate import validator

from microweb import Microweb
from microweb.testing import Client


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
