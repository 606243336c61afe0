"""Reading files that lie in a zip that modules were imported from."""

from __future__ import annotations

import io
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import IO, Any


def find_archive(path: str) -> Any:
    """Return the importer of the archive, such as a zip, that an absolute *path* lies in, or None.

    Only of one that modules have been imported from: an upload stays one file.
    """
    for importer in list(sys.path_importer_cache.values()):
        archive = getattr(importer, "archive", None)
        if archive is not None and f"{path}{os.sep}".startswith(os.path.abspath(archive) + os.sep):
            return importer
    return None


def read_archived_file(path: str) -> tuple[bytes, os.stat_result]:
    """Return what a file in an archive holds, and the archive's status; else FileNotFoundError."""
    path = os.path.abspath(path)
    importer = find_archive(path)
    try:
        inner = os.path.relpath(path, importer.archive)
        return importer.get_data(os.path.join(importer.archive, inner)), os.stat(importer.archive)
    except (AttributeError, OSError):
        from errno import ENOENT

        raise FileNotFoundError(ENOENT, os.strerror(ENOENT), path) from None


def open_stored_file(path: str, mode: str = "rb", encoding: str | None = None) -> IO[Any]:
    """Do as `open`, for a file to read, on the disk or in the archive of `find_archive`."""
    try:
        return open(path, mode, encoding=None if "b" in mode else encoding)
    except (FileNotFoundError, NotADirectoryError):
        file = io.BytesIO(read_archived_file(path)[0])
        return file if "b" in mode else io.TextIOWrapper(file, encoding)
