"""The note-book that ``python -m microweb demo`` serves: example, tutorial and smoke test in one.

Read ``notebook`` first, then ``database``. It keeps notes with attachments for people who have
signed up, in a SQLite file, and offers them as pages and as a JSON API under ``/api/``.
"""

from __future__ import annotations

from .notebook import create_app as create_app
