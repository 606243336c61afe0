"""The JSON API. Try it: curl -u name:password http://127.0.0.1:5000/api/notes"""

from __future__ import annotations

from .. import Blueprint, abort, g, request, url_for
from .database import add_note, change_note, delete_note, list_attachments, list_notes
from .notes import check_note, note_or_404
from .users import login_required

TYPE_CHECKING = False
if TYPE_CHECKING:
    import sqlite3
    from typing import Any

api = Blueprint("api", __name__, url_prefix="/api")


def note_as_json(note: sqlite3.Row) -> dict[str, Any]:
    """Return a note as the API shows it."""
    return {
        "id": note["id"],
        "title": note["title"],
        "body": note["body"],
        "changed": note["changed"].replace(" ", "T") + "Z",
        "url": url_for("api.read", note_id=note["id"]),
        "attachments": [
            {
                "filename": attachment["filename"],
                "size": attachment["size"],
                "url": url_for("notes.download", attachment_id=attachment["id"]),
            }
            for attachment in list_attachments(note["id"])
        ],
    }


def note_of_json() -> tuple[str, str]:
    """Return title and body of the note in the request's JSON; 400 if it is none."""
    data = request.get_json()
    if not isinstance(data, dict):
        abort(400, "Send an object with a title and a body.")
    title, body = data.get("title"), data.get("body", "")
    problem = check_note(title, body)
    if problem is not None:
        abort(400, problem)
    return title.strip(), body  # type: ignore[union-attr]


# A dict or a list that a view returns is sent as JSON.
@api.get("/notes")
@login_required
def list_all() -> Any:
    return [note_as_json(note) for note in list_notes(g.user["id"], request.args.get("q", ""))]


@api.post("/notes")
@login_required
def create() -> Any:
    title, body = note_of_json()
    note_id = add_note(g.user["id"], title, body)
    location = {"Location": url_for(".read", note_id=note_id)}
    return note_as_json(note_or_404(note_id)), 201, location


@api.get("/notes/<int:note_id>")
@login_required
def read(note_id: int) -> Any:
    return note_as_json(note_or_404(note_id))


@api.put("/notes/<int:note_id>")
@login_required
def replace(note_id: int) -> Any:
    note_or_404(note_id)
    title, body = note_of_json()
    change_note(note_id, title, body)
    return note_as_json(note_or_404(note_id))


@api.delete("/notes/<int:note_id>")
@login_required
def remove(note_id: int) -> Any:
    note_or_404(note_id)
    delete_note(note_id)
    return "", 204
