"""A note-book with attachments: pages, a JSON API, and people who log in.

In your own project the imports read ``from microweb import Microweb, ...``.
"""

from __future__ import annotations

import os

from .. import Microweb, render_template, request
from ..http import HTTPException
from .api import api
from .database import close_db, create_tables
from .notes import notes
from .users import users

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def create_app(data_folder: str = "instance") -> Microweb:
    """Make the app, and whatever it needs in *data_folder* on its first start.

    A function that makes the app, rather than a global, lets every test have one of its own.
    """
    data_folder = os.path.abspath(data_folder)
    attachments = os.path.join(data_folder, "attachments")
    os.makedirs(attachments, exist_ok=True)

    app = Microweb(__name__)
    app.config.from_mapping(
        SECRET_KEY=read_secret_key(os.path.join(data_folder, "secret_key")),
        DATABASE=os.path.join(data_folder, "notes.sqlite"),
        ATTACHMENTS=attachments,
        # A larger upload is refused with 413 before it is read.
        MAX_CONTENT_LENGTH=16 * 1024 * 1024,
        # Other sites' forms are then sent without the cookie, so they cannot act for the user.
        SESSION_COOKIE_SAMESITE="Lax",
    )
    create_tables(app.config["DATABASE"])
    app.teardown_appcontext(close_db)
    app.register_blueprint(users)
    app.register_blueprint(notes)
    app.register_blueprint(api)
    app.register_error_handler(HTTPException, show_error)
    return app


def read_secret_key(path: str) -> bytes:
    """Return the key that signs the sessions; made once, so that they outlive a restart."""
    try:
        # "x" fails if the file exists, so two processes that start together agree on one key.
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        with open(path, "rb") as file:
            return file.read()
    key = os.urandom(32)
    with open(descriptor, "wb") as file:
        file.write(key)
    return key


def show_error(error: HTTPException) -> Any:
    """Answer every HTTP error: JSON for the API, a page that looks like the others for people."""
    if request.path.startswith("/api/"):
        return {"error": error.description or error.name}, error.code
    return render_template("error.html", error=error), error.code
