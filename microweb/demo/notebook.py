"""A note-book with attachments: pages, a JSON API, and people who log in.

In your own project the imports read ``from microweb import Microweb, ...``.
"""

from __future__ import annotations

import os

from .. import Microweb, Response, jsonify, render_template, request
from ..http import HTTPException
from .api import api
from .database import close_db, connect, create_tables, remove_lost_files
from .notes import notes
from .users import users

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# Bytes; shorter ones can be guessed.
KEY_SIZE = 32


def create_app(data_folder: str = "instance") -> Microweb:
    """Make the app, and whatever it needs in *data_folder* on its first start.

    A function that makes the app, rather than a global, lets every test have one of its own.
    """
    data_folder = os.path.abspath(data_folder)
    attachments = os.path.join(data_folder, "attachments")
    for folder in (data_folder, attachments):
        # What people write is for the program's user alone to read.
        os.makedirs(folder, mode=0o700, exist_ok=True)
    os.chmod(attachments, 0o700)

    database = os.path.join(data_folder, "notes.sqlite")
    create_tables(database)
    remove_lost_files(database, attachments)

    app = Microweb(__name__)
    app.config.from_mapping(
        SECRET_KEY=read_secret_key(os.path.join(data_folder, "secret_key"), database),
        DATABASE=database,
        ATTACHMENTS=attachments,
        # A larger upload is refused with 413 before it is read.
        MAX_CONTENT_LENGTH=16 * 1024 * 1024,
        # Other sites' forms are then sent without the cookie, so they cannot act for the user;
        # and what a page of another origin sends is refused, from another port of this host too.
        SESSION_COOKIE_SAMESITE="Lax",
        REFUSE_CROSS_ORIGIN=True,
    )
    app.after_request(protect_page)
    app.teardown_appcontext(close_db)
    app.register_blueprint(users)
    app.register_blueprint(notes)
    app.register_blueprint(api)
    app.register_error_handler(HTTPException, show_error)
    return app


def read_secret_key(path: str, database: str) -> bytes:
    """Return the key that signs the sessions; made once, so that they outlive a restart."""
    from contextlib import closing
    from tempfile import mkstemp

    with closing(connect(database)) as db:
        # Processes that start together take turns here, so that they agree on one key.
        db.execute("BEGIN IMMEDIATE")
        if not os.path.exists(path) or os.path.getsize(path) < KEY_SIZE:
            # Written under another name, for a crash must not leave half a key; mkstemp makes a
            # file that only its owner can read.
            descriptor, temporary = mkstemp(dir=os.path.dirname(path))
            with open(descriptor, "wb") as file:
                file.write(os.urandom(KEY_SIZE))
            os.replace(temporary, path)
        os.chmod(path, 0o600)
        with open(path, "rb") as file:
            return file.read()


def protect_page(response: Response) -> Response:
    """Have browsers load nothing from elsewhere, show no page in a frame and keep none."""
    response.headers["Content-Security-Policy"] = "default-src 'self'; frame-ancestors 'none'"
    if request.endpoint != "static":
        response.headers["Cache-Control"] = "no-store"
    return response


def show_error(error: HTTPException) -> Any:
    """Answer every HTTP error: JSON for the API, a page that looks like the others for people."""
    # Only the body is replaced: the error has headers of its own, such as the Allow of a 405.
    response = error.get_response()
    if request.path.startswith("/api/"):
        response.data = jsonify(error=error.description or error.name).data
        response.content_type = "application/json"
    else:
        response.data = render_template("error.html", error=error)
    return response
