"""The note-book's store: one SQLite file, one connection for each request.

What belongs together is one `transaction`: a note and its attachments are kept, or neither. Files
cannot be part of it, so those without a row are removed at the next start.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import contextmanager

from .. import current_app, g

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

# SQLite refuses a pattern of more than 50,000 bytes; a character is up to 4, and 2 if escaped.
MAX_SEARCH = 1000

# One transaction: all of it or nothing, and programs that start together take turns.
SCHEMA = """
BEGIN IMMEDIATE;
CREATE TABLE IF NOT EXISTS user (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE COLLATE NOCASE,
    password_hash TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS note (
    id INTEGER PRIMARY KEY,
    user_id INTEGER NOT NULL REFERENCES user (id) ON DELETE CASCADE,
    title TEXT NOT NULL,
    body TEXT NOT NULL,
    changed TEXT NOT NULL DEFAULT (datetime('now'))
);
CREATE INDEX IF NOT EXISTS note_of_user ON note (user_id, changed);
CREATE TABLE IF NOT EXISTS attachment (
    id INTEGER PRIMARY KEY,
    note_id INTEGER NOT NULL REFERENCES note (id) ON DELETE CASCADE,
    stored_as TEXT NOT NULL UNIQUE,
    filename TEXT NOT NULL,
    size INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS attachment_of_note ON attachment (note_id);
COMMIT;
"""


def connect(path: str) -> sqlite3.Connection:
    """Open the database; rows answer to the names of their columns."""
    # Without an isolation level Python begins no transaction by itself: `transaction` does.
    connection = sqlite3.connect(path, isolation_level=None)
    connection.row_factory = sqlite3.Row
    # SQLite checks REFERENCES only for connections that ask it to.
    connection.execute("PRAGMA foreign_keys = ON")
    return connection


def create_tables(path: str) -> None:
    """Create the database where it does not exist yet, for this user alone to read."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    # One that was made before, with the rights that were usual then.
    os.chmod(path, 0o600)
    connection = connect(path)
    try:
        connection.executescript(SCHEMA)
    finally:
        connection.close()


def remove_lost_files(path: str, folder: str) -> None:
    """Remove the files of attachments that no row names: of a program that was killed.

    A file is written only inside a transaction, so while this one lasts none is on its way.
    """
    connection = connect(path)
    try:
        connection.execute("BEGIN IMMEDIATE")
        known = {row["stored_as"] for row in connection.execute("SELECT stored_as FROM attachment")}
        for name in set(os.listdir(folder)) - known:
            os.remove(os.path.join(folder, name))
        connection.execute("COMMIT")
    finally:
        connection.close()


def get_db() -> sqlite3.Connection:
    """Return this request's connection. A connection belongs to one thread, so it is kept in g."""
    if "db" not in g:
        g.db = connect(current_app.config["DATABASE"])
    connection: sqlite3.Connection = g.db
    return connection


def close_db(error: BaseException | None = None) -> None:
    """Close the connection when the request is over, whatever became of it."""
    connection = g.pop("db", None)
    if connection is not None:
        connection.close()


@contextmanager
def transaction() -> Iterator[None]:
    """Keep all changes of a block, or none: those of the database, and the files it stored."""
    db = get_db()
    # IMMEDIATE waits for its turn here, and not in the middle.
    db.execute("BEGIN IMMEDIATE")
    g.stored_files = []
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        for stored_as in g.stored_files:
            _remove_file(stored_as)
        raise


def find_user(name: str) -> sqlite3.Row | None:
    """Return the user of that name, or None."""
    return _one("SELECT * FROM user WHERE name = ?", name)


def get_user(user_id: int) -> sqlite3.Row | None:
    """Return the user with that number, or None."""
    return _one("SELECT * FROM user WHERE id = ?", user_id)


def add_user(name: str, password_hash: str) -> int | None:
    """Add a user and return the number, or None if the name is taken."""
    try:
        return _insert("INSERT INTO user (name, password_hash) VALUES (?, ?)", name, password_hash)
    except sqlite3.IntegrityError:
        return None


def list_notes(user_id: int, search: str = "") -> list[sqlite3.Row]:
    """Return a user's notes, the last changed first; only those that contain *search*."""
    # % and _ are wildcards of LIKE: a search for "100%" means the sign.
    escaped = search[:MAX_SEARCH].replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    query = """
        SELECT note.*, (SELECT count(*) FROM attachment WHERE note_id = note.id) AS attachments
        FROM note
        WHERE user_id = ? AND (title LIKE ? ESCAPE '\\' OR body LIKE ? ESCAPE '\\')
        ORDER BY changed DESC, id DESC
    """
    pattern = f"%{escaped}%"
    return get_db().execute(query, (user_id, pattern, pattern)).fetchall()


def get_note(note_id: int, user_id: int) -> sqlite3.Row | None:
    """Return a note if it is that user's, else None."""
    return _one("SELECT * FROM note WHERE id = ? AND user_id = ?", note_id, user_id)


def add_note(user_id: int, title: str, body: str) -> int:
    """Add a note and return its number."""
    return _insert("INSERT INTO note (user_id, title, body) VALUES (?, ?, ?)", user_id, title, body)


def change_note(note_id: int, title: str, body: str) -> None:
    """Replace what a note says."""
    query = "UPDATE note SET title = ?, body = ?, changed = datetime('now') WHERE id = ?"
    get_db().execute(query, (title, body, note_id))


def delete_note(note_id: int) -> None:
    """Delete a note with its attachments."""
    with transaction():
        files = list_attachments(note_id)
        get_db().execute("DELETE FROM note WHERE id = ?", (note_id,))
    # The files go last: a file too many is harmless, an entry without its file is not.
    for attachment in files:
        _remove_file(attachment["stored_as"])


def list_attachments(note_id: int) -> list[sqlite3.Row]:
    """Return a note's attachments in the order in which they came."""
    query = "SELECT * FROM attachment WHERE note_id = ? ORDER BY id"
    return get_db().execute(query, (note_id,)).fetchall()


def get_attachment(attachment_id: int, user_id: int) -> sqlite3.Row | None:
    """Return an attachment if its note is that user's, else None."""
    query = """
        SELECT attachment.* FROM attachment JOIN note ON note.id = note_id
        WHERE attachment.id = ? AND user_id = ?
    """
    return _one(query, attachment_id, user_id)


def add_attachment(note_id: int, upload: Any) -> int:
    """Store an uploaded file, inside a `transaction`; return its number.

    sqlite3.IntegrityError if there is no such note.
    """
    from secrets import token_hex

    # The name that a client sent is shown and offered for download, never used on this disk.
    stored_as = token_hex(16)
    g.stored_files.append(stored_as)
    path = os.path.join(current_app.config["ATTACHMENTS"], stored_as)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        upload.save(file)
        size = file.tell()
    query = "INSERT INTO attachment (note_id, stored_as, filename, size) VALUES (?, ?, ?, ?)"
    return _insert(query, note_id, stored_as, upload.filename, size)


def delete_attachment(attachment: sqlite3.Row) -> None:
    """Delete an attachment and its file."""
    get_db().execute("DELETE FROM attachment WHERE id = ?", (attachment["id"],))
    _remove_file(attachment["stored_as"])


def _one(query: str, *arguments: Any) -> sqlite3.Row | None:
    try:
        row: sqlite3.Row | None = get_db().execute(query, arguments).fetchone()
    except OverflowError:
        # A URL can hold any number, SQLite 64 bits: nothing has a number beyond them.
        return None
    return row


def _insert(query: str, *arguments: Any) -> int:
    return get_db().execute(query, arguments).lastrowid or 0


def _remove_file(stored_as: str) -> None:
    try:
        os.remove(os.path.join(current_app.config["ATTACHMENTS"], stored_as))
    except FileNotFoundError:
        pass
