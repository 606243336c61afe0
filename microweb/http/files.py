"""Sending files (RFC 9110 sections 13 to 15, RFC 6266).

A file is opened once, measured through the open descriptor and sent in blocks; what is not a
regular file, or has a name that no file can have, is a 404. Which path a client may ask for is not
decided here. Ranges are in ``extra/``.
"""

from __future__ import annotations

import io
import os
import time
from functools import cache, lru_cache
from stat import S_ISREG

from ..text.archive import read_archived_file
from ..text.dates import LATEST_HTTP_TIMESTAMP, http_date, parse_timestamp
from ..text.quoting import percent_encode
from ..text.tokens import quote_header_value
from .exceptions import Forbidden, NotFound
from .fields import is_unchanged, quote_etag
from .headers import Headers
from .response import Response, content_type_of
from .streams import STREAM_BLOCK_SIZE, FileWrapper

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# Asked before the system's registry, which on some machines calls scripts text/plain.
_FILE_TYPES: dict[str, str] = dict(
    file_type.split()
    for file_type in """
    .avif image/avif, .bmp image/bmp, .css text/css, .csv text/csv, .gif image/gif,
    .gz application/gzip, .htm text/html, .html text/html, .ico image/vnd.microsoft.icon,
    .jpeg image/jpeg, .jpg image/jpeg, .js text/javascript, .json application/json,
    .map application/json, .md text/markdown, .mjs text/javascript, .mp3 audio/mpeg,
    .mp4 video/mp4, .ogg audio/ogg, .otf font/otf, .pdf application/pdf, .png image/png,
    .py text/x-python, .svg image/svg+xml, .tar application/x-tar, .ttf font/ttf,
    .txt text/plain, .wasm application/wasm, .wav audio/x-wav, .webm video/webm,
    .webmanifest application/manifest+json, .webp image/webp, .woff font/woff,
    .woff2 font/woff2, .xhtml application/xhtml+xml, .xml application/xml, .zip application/zip
    """.split(",")
)
# What a request may ask for beyond "only if it has changed"; it is answered in extra/.
_RARE_CONDITIONS = ("HTTP_RANGE", "HTTP_IF_MATCH", "HTTP_IF_UNMODIFIED_SINCE")
# A second ending that says how the file is packed, and what mimetypes calls it.
_PACKED_ENDINGS = {".gz": "gzip", ".br": "br", ".bz2": "bzip2", ".xz": "xz"}


def guess_file_type(name: str) -> tuple[str | None, str | None]:
    """Return ``(media type, content encoding)`` for a file name; None where unknown.

    >>> guess_file_type("a.css"), guess_file_type("a.svg.gz")
    (('text/css', None), ('image/svg+xml', 'gzip'))
    """
    stem, ending = os.path.splitext(name.lower())
    encoding = _PACKED_ENDINGS.get(ending)
    inner = os.path.splitext(stem)[1]
    if encoding is not None and inner != ".tar" and inner in _FILE_TYPES:
        return _FILE_TYPES[inner], encoding
    if ending in _FILE_TYPES or not ending:
        return _FILE_TYPES.get(ending), None
    try:
        from mimetypes import guess_type
    except ImportError:
        return None, None
    return guess_type("x" + ending if encoding is None else name)


def content_disposition_of(name: str, as_attachment: bool) -> str:
    """Return the Content-Disposition for a file *name* (RFC 6266).

    One quoted name in ASCII, and for others ``filename*`` in UTF-8 beside it. Directions,
    control characters and path separators have no place in a name and become ``_``.
    """
    clean = "".join(char if char.isprintable() and char not in "/\\" else "_" for char in name)
    plain = "".join(char if char.isascii() else "_" for char in clean)
    kind = "attachment" if as_attachment else "inline"
    more = "" if plain == clean else f"; filename*=UTF-8''{percent_encode(clean, '!#$&+^`|')}"
    return f"{kind}; filename={quote_header_value(plain)}{more}"


_OPEN_FLAGS = os.O_RDONLY
for _flag in ("O_BINARY", "O_CLOEXEC", "O_NONBLOCK", "O_NOCTTY"):
    _OPEN_FLAGS |= getattr(os, _flag, 0)


def open_regular_file(path: str, more_flags: int = 0) -> Any:
    """Open *path* and return ``(file, length, stat result)``; NotFound unless it is a file.

    A FIFO is opened without waiting for a writer, and looked at only then: between a look and an
    opening the file could change.
    """
    try:
        descriptor = os.open(path, _OPEN_FLAGS | more_flags)
    except PermissionError:
        # Windows says so of directories as well.
        raise (NotFound if os.path.isdir(path) else Forbidden)() from None
    except (NotADirectoryError, FileNotFoundError):
        try:
            data, found = read_archived_file(path)
        except FileNotFoundError:
            raise NotFound() from None
        return io.BytesIO(data), len(data), found
    except (OSError, ValueError):
        # ValueError: a NUL in the name; OSError: too long, a socket, a link where none may be.
        raise NotFound() from None
    try:
        found = os.fstat(descriptor)
        if not S_ISREG(found.st_mode):
            raise NotFound()
        return io.FileIO(descriptor, "rb"), found.st_size, found
    except BaseException:
        os.close(descriptor)
        raise


@cache
def _find_packed_opener() -> Any:
    try:
        from .extra.file_sources import open_packed_instead
    except ImportError:
        # The core alone sends files as they are.
        return lambda *about: None
    return open_packed_instead


def file_response(
    path_or_file: Any,
    environ: dict[str, Any],
    mimetype: str | None = None,
    as_attachment: bool = False,
    download_name: str | None = None,
    conditional: bool = True,
    etag: bool | str = True,
    last_modified: Any = None,
    max_age: Any = None,
    use_x_sendfile: bool = False,
    response_class: type[Response] | None = None,
    root_path: str | None = None,
    precompressed: bool = False,
) -> Response:
    """Return a response that sends a file.

    *path_or_file* is a path (relative to *root_path*) or a file open in binary mode. *mimetype*
    is guessed from *download_name*, by default the path's last part; a file object needs one of
    the two. *conditional* honours If-None-Match, Range and the like. *etag* True makes one from
    time and size, text is taken as it is. *last_modified* is a datetime or seconds since the
    epoch. *max_age* is seconds, or a function of the path; None means ``no-cache``. With
    *use_x_sendfile* the server in front sends the file; with *precompressed* a ``.gz`` beside the
    file is sent to clients that take gzip, see ``extra/file_sources.py``.

    Raises NotFound for what is no regular file, Forbidden for one that may not be read,
    RequestedRangeNotSatisfiable, and ValueError for a text-mode file or a missing name.
    """
    path: str | None = None
    if isinstance(path_or_file, (str, os.PathLike)):
        path = os.fspath(path_or_file)
        if path.endswith(("/", os.sep)):
            raise NotFound()
        path = os.path.join(root_path, path) if root_path is not None else os.path.abspath(path)
        if download_name is None:
            download_name = os.path.basename(path)
    if path is None:
        from .extra.file_sources import measure_file_object

        file, length = path_or_file, measure_file_object(path_or_file)
    else:
        file, length, found = open_regular_file(path)
        if last_modified is None:
            last_modified = found.st_mtime
        if etag is True:
            etag = f"{found.st_mtime_ns:x}-{length:x}"
    try:
        headers = _describe_file(mimetype, download_name, as_attachment).copy()
        age = max_age(path) if callable(max_age) else max_age
        if precompressed and path is not None and "Content-Encoding" not in headers:
            packed = _find_packed_opener()(path, found, environ, headers)
            if packed is not None:
                file.close()
                path, (file, length, _) = path + ".gz", packed
                etag = f"{etag}-gz" if isinstance(etag, str) else etag
        headers.extend(_file_caching(age))
        if last_modified is not None:
            headers.add("Last-Modified", http_date(last_modified))
        if isinstance(etag, str):
            headers.add("ETag", quote_etag(etag))
        if use_x_sendfile and isinstance(file, io.FileIO) and path is not None:
            headers.add("X-Sendfile", path.encode("utf-8", "surrogateescape"))
            file.close()
            response = (response_class or Response)(None, None, headers)
            response.automatically_set_content_length = False
            return response
        return _with_body(response_class or Response, file, length, headers, environ, conditional)
    except BaseException:
        file.close()
        raise


def _with_body(
    response_class: type[Response],
    file: Any,
    length: int | None,
    headers: Headers,
    environ: dict[str, Any],
    conditional: bool,
) -> Response:
    """Return the response that sends *file*, or what of it the request's conditions ask for."""
    if length is not None:
        headers.add("Content-Length", length)
    if conditional:
        headers.add("Accept-Ranges", "bytes")
    body = FileWrapper(file, STREAM_BLOCK_SIZE, length)
    response = response_class(body, None, headers, direct_passthrough=True)
    if conditional:
        _apply_conditions_to_file(response, environ, length)
    wrapper: Any = environ.get("wsgi.file_wrapper")
    # PEP 3333: the server knows the fastest way to send a whole file. A buffered one may have read
    # ahead, and gunicorn 27 sends from where its descriptor is; uWSGI 2.0 always from the start.
    is_whole = wrapper is not None and type(file) is io.FileIO and file.tell() == 0
    if is_whole and response.status_code == 200:
        response.response = wrapper(file, STREAM_BLOCK_SIZE)
    return response


def _apply_conditions_to_file(
    response: Response, environ: dict[str, Any], length: int | None
) -> None:
    # A loop, not any(): nine requests of ten have no condition.
    for key in _RARE_CONDITIONS:
        if key in environ:
            try:
                response.make_conditional(environ, accept_ranges=True, complete_length=length)
            except ImportError:
                # The core alone sends everything.
                pass
            return
    if "HTTP_IF_NONE_MATCH" in environ or "HTTP_IF_MODIFIED_SINCE" in environ:
        modified = parse_timestamp(response.headers.get("Last-Modified"))
        if is_unchanged(environ, response.headers.get("ETag", "")[1:-1] or None, modified):
            response.status_code = 304


# A static folder sends the same names over and over.
@lru_cache(maxsize=256)
def _describe_file(mimetype: str | None, download_name: str | None, as_attachment: bool) -> Headers:
    """Return the headers that say what the file is; ValueError if that cannot be told."""
    encoding = None
    if download_name is None:
        if as_attachment:
            raise ValueError("An attachment needs a name: give download_name='report.pdf'.")
        if mimetype is None:
            raise ValueError(
                "The type of the file cannot be told: give mimetype='text/csv', "
                "or download_name='report.csv' to tell it from."
            )
    elif mimetype is None:
        mimetype, encoding = guess_file_type(download_name)
    headers = Headers()
    headers.add("Content-Type", content_type_of(mimetype or "application/octet-stream"))
    if download_name is not None:
        headers.add("Content-Disposition", content_disposition_of(download_name, as_attachment))
    if encoding is not None and not as_attachment:
        headers.add("Content-Encoding", encoding)
    return headers


def _file_caching(max_age: Any) -> list[tuple[str, str]]:
    """Return Cache-Control, and Expires for those who know no other (RFC 9111 section 5.3)."""
    if max_age is None:
        return [("Cache-Control", "no-cache")]
    seconds = int(max_age.total_seconds() if hasattr(max_age, "total_seconds") else max_age)
    if seconds <= 0:
        return [("Cache-Control", "no-cache, max-age=0")]
    return [
        ("Cache-Control", f"public, max-age={seconds}"),
        ("Expires", http_date(min(time.time() + seconds, LATEST_HTTP_TIMESTAMP))),
    ]
