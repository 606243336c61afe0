"""The pages: notes with attachments are listed, searched, written, edited and deleted."""

from __future__ import annotations

from .. import (
    Blueprint,
    abort,
    current_app,
    flash,
    g,
    redirect,
    render_template,
    request,
    send_from_directory,
    url_for,
)
from .database import (
    add_attachment,
    add_note,
    change_note,
    delete_attachment,
    delete_note,
    get_attachment,
    get_note,
    list_attachments,
    list_notes,
    transaction,
)
from .users import login_required

TYPE_CHECKING = False
if TYPE_CHECKING:
    import sqlite3
    from typing import Any

MAX_TITLE = 200

notes = Blueprint("notes", __name__)


@notes.app_template_filter("filesize")
def format_size(size: int) -> str:
    """Return a number of bytes for people."""
    for unit in ("bytes", "KB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}"
        size //= 1000
    return f"{size} GB"


def note_or_404(note_id: int) -> sqlite3.Row:
    """Return one of the user's notes. Others' are 404 too: that they exist is no one's business."""
    note = get_note(note_id, g.user["id"])
    if note is None:
        abort(404, "There is no such note.")
    return note


def attachment_or_404(attachment_id: int) -> sqlite3.Row:
    """Return one of the user's attachments."""
    attachment = get_attachment(attachment_id, g.user["id"])
    if attachment is None:
        abort(404, "There is no such attachment.")
    return attachment


def check_note(title: Any, body: Any) -> str | None:
    """Return what is wrong with a note, or None."""
    if not isinstance(title, str) or not isinstance(body, str):
        return "A note has a title and a body, and both are text."
    try:
        (title + body).encode()
    except UnicodeEncodeError:
        # JSON can spell half of a character ("\ud800"), which no file or page can hold.
        return "The note contains half of a surrogate pair, which is no character."
    if not title.strip():
        return "A note needs a title."
    if len(title) > MAX_TITLE:
        return f"The title has {len(title)} characters; {MAX_TITLE} are the most."
    return None


@notes.get("/")
@login_required
def index() -> Any:
    search = request.args.get("q", "").strip()
    return render_template("index.html", notes=list_notes(g.user["id"], search), search=search)


@notes.route("/notes/new", methods=["GET", "POST"])
@login_required
def new_note() -> Any:
    if request.method == "POST":
        title, body = request.form["title"], request.form["body"]
        problem = check_note(title, body)
        if problem is None:
            with transaction():
                note_id = add_note(g.user["id"], title.strip(), body)
                store_uploads(note_id)
            flash("The note is saved.")
            # A redirect after POST: reloading the next page sends nothing twice.
            return redirect(url_for("notes.show_note", note_id=note_id))
        flash(problem, "error")
    return render_template("edit.html", note=request.form)


@notes.get("/notes/<int:note_id>")
@login_required
def show_note(note_id: int) -> Any:
    note = note_or_404(note_id)
    return render_template("note.html", note=note, attachments=list_attachments(note_id))


@notes.route("/notes/<int:note_id>/edit", methods=["GET", "POST"])
@login_required
def edit_note(note_id: int) -> Any:
    note: Any = note_or_404(note_id)
    if request.method == "POST":
        title, body = request.form["title"], request.form["body"]
        problem = check_note(title, body)
        if problem is None:
            with transaction():
                # Another request may have deleted it while this one sent its files.
                note_or_404(note_id)
                change_note(note_id, title.strip(), body)
                store_uploads(note_id)
            flash("The note is saved.")
            return redirect(url_for("notes.show_note", note_id=note_id))
        flash(problem, "error")
        note = request.form
    return render_template("edit.html", note=note, note_id=note_id)


@notes.post("/notes/<int:note_id>/delete")
@login_required
def remove_note(note_id: int) -> Any:
    note = note_or_404(note_id)
    delete_note(note_id)
    flash(f"“{note['title']}” is deleted.")
    return redirect(url_for("notes.index"))


def store_uploads(note_id: int) -> None:
    for upload in request.files.getlist("attachments"):
        # A form whose file field was left empty sends a file without a name.
        if upload.filename:
            add_attachment(note_id, upload)


@notes.get("/attachments/<int:attachment_id>")
@login_required
def download(attachment_id: int) -> Any:
    attachment = attachment_or_404(attachment_id)
    # As an attachment: what strangers uploaded is saved, never shown as a page of this site.
    return send_from_directory(
        current_app.config["ATTACHMENTS"],
        attachment["stored_as"],
        as_attachment=True,
        download_name=attachment["filename"],
    )


@notes.post("/attachments/<int:attachment_id>/delete")
@login_required
def remove_attachment(attachment_id: int) -> Any:
    attachment = attachment_or_404(attachment_id)
    delete_attachment(attachment)
    flash(f"“{attachment['filename']}” is deleted.")
    return redirect(url_for("notes.show_note", note_id=attachment["note_id"]))
