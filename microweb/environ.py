"""Making the environ that a server would make of a request, out of what a test wants to say."""

from __future__ import annotations

import io
import os
import sys
import time

from .http import FileStorage, Headers, MultiDict, Request, encode_multipart
from .http.files import guess_file_type
from .text.quoting import percent_decode, percent_encode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import IO, Any

    from .app import Microweb
    from .ctx import WSGIEnvironment

# Headers that have one value: a test's replaces the builder's instead of being added to it.
_REPLACED_HEADERS = frozenset(
    ["CONTENT_TYPE", "CONTENT_LENGTH", "HTTP_HOST", "HTTP_USER_AGENT", "HTTP_AUTHORIZATION"]
)


class EnvironBuilder:
    """Makes a WSGI environ out of what a test wants to say.

    *path* may carry a query string or be a whole URL. *query_string* is text or a mapping, and
    ValueError where the path carries one too; *data* is bytes or text for a raw body, or a dict of
    form fields, whose values may be lists, open binary files, or tuples ``(file, filename)`` and
    ``(file, filename, content type)`` for uploads; a file without a name is sent as a field.
    *json* is sent as JSON. *auth* is a name and a password for Basic authentication, or an
    `Authorization`. *headers*, *content_type*, *method*, *base_url*, *environ_base* and
    *environ_overrides* do what their names say.

    >>> environ = EnvironBuilder("/search?q=x", method="POST", data={"a": "1"}).get_environ()
    >>> environ["QUERY_STRING"], environ["CONTENT_LENGTH"]
    ('q=x', '3')
    """

    def __init__(
        self,
        path: str = "/",
        base_url: str | None = None,
        query_string: Mapping[str, Any] | str | None = None,
        method: str = "GET",
        input_stream: IO[bytes] | None = None,
        content_type: str | None = None,
        content_length: int | None = None,
        errors_stream: IO[str] | None = None,
        multithread: bool = False,
        multiprocess: bool = False,
        run_once: bool = False,
        headers: Any = None,
        data: Any = None,
        environ_base: Mapping[str, Any] | None = None,
        environ_overrides: Mapping[str, Any] | None = None,
        json: Any = None,
        auth: Any = None,
        app: Microweb | None = None,
        subdomain: str | None = None,
        url_scheme: str | None = None,
        mimetype: str | None = None,
    ) -> None:
        if json is not None and data is not None:
            raise TypeError("pass json=... or data=..., not both: a request has one body")
        base = base_url or _base_url_of_app(app, subdomain, url_scheme)
        scheme, host, root, _ = _split_url(base)
        if path[:1] != "/" and "://" in path.partition("?")[0]:
            scheme, host, path, query = _split_url(path)
        else:
            # As on a request line, "//x" is a path and names no host.
            _, _, path, query = _split_url(f"//{path if path[:1] == '/' else f'/{path}'}")
        root, path = root.rstrip("/"), path or "/"
        self.scheme = url_scheme or scheme or "http"
        self.host = host or "localhost"
        # Non-ASCII text stands for its bytes in UTF-8.
        self.script_name = percent_decode(_encode_query(root), "latin-1")
        self.path_info = percent_decode(_encode_query(path), "latin-1")
        self.query_string = _encode_query(_only_query(query, query_string))
        target = _encode_query(root + path)
        self.request_uri = f"{target}?{self.query_string}" if self.query_string else target
        self.method = method.upper()
        self.headers = headers if isinstance(headers, Headers) else Headers(headers)
        self.errors_stream = errors_stream
        self.flags = (multithread, multiprocess, run_once)
        self.environ_base = environ_base
        self.environ_overrides = environ_overrides
        self.input_stream = input_stream
        self.content_length = content_length
        self.content_type = content_type or mimetype
        self.body = b""
        if auth is not None:
            self.headers["Authorization"] = _credentials(auth)
        if json is not None:
            provider = _json_provider(app)
            self.body = provider.dumps(json).encode("utf-8")
            self.content_type = self.content_type or "application/json"
        elif data is not None:
            self._set_body(data)

    def _set_body(self, data: Any) -> None:
        if isinstance(data, str):
            self.body = data.encode("utf-8")
        elif isinstance(data, (bytes, bytearray)):
            self.body = bytes(data)
        elif hasattr(data, "read"):
            self.body = data.read()
        else:
            fields = list(_iter_form_fields(data))
            wanted = self.content_type or self.headers.get("Content-Type") or ""
            if wanted.startswith("multipart/") or any(
                isinstance(value, FileStorage) for _, value in fields
            ):
                boundary = f"-----microweb{time.time_ns():x}{os.getpid():x}"
                self.body = encode_multipart(fields, boundary)
                self.content_type = f"multipart/form-data; boundary={boundary}"
            else:
                self.body = _encode_pairs(fields).encode("ascii")
                self.content_type = self.content_type or "application/x-www-form-urlencoded"

    def get_environ(self) -> WSGIEnvironment:
        """Return the environ, as the server would make it of the same request."""
        host, _, port = self.host.rpartition(":")
        if not host or not port.isdecimal():
            host, port = self.host, "443" if self.scheme == "https" else "80"
        environ: WSGIEnvironment = {
            "REQUEST_METHOD": self.method,
            "SCRIPT_NAME": self.script_name,
            "PATH_INFO": self.path_info,
            "QUERY_STRING": self.query_string,
            "REQUEST_URI": self.request_uri,
            "RAW_URI": self.request_uri,
            "SERVER_NAME": host,
            "SERVER_PORT": port,
            "SERVER_PROTOCOL": "HTTP/1.1",
            "HTTP_HOST": self.host,
            "REMOTE_ADDR": "127.0.0.1",
            "HTTP_USER_AGENT": "microweb",
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": self.scheme,
            "wsgi.input": self.input_stream or io.BytesIO(self.body),
            "wsgi.errors": self.errors_stream or sys.stderr or io.StringIO(),
            "wsgi.multithread": self.flags[0],
            "wsgi.multiprocess": self.flags[1],
            "wsgi.run_once": self.flags[2],
        }
        if self.environ_base:
            environ.update(self.environ_base)
        if self.input_stream is None and (self.body or self.method in ("POST", "PUT", "PATCH")):
            environ["CONTENT_LENGTH"] = str(len(self.body))
        if self.content_length is not None:
            environ["CONTENT_LENGTH"] = str(self.content_length)
        for name, value in self.headers:
            key = name.upper().replace("-", "_")
            if key not in ("CONTENT_TYPE", "CONTENT_LENGTH"):
                key = f"HTTP_{key}"
            separator = "; " if key == "HTTP_COOKIE" else ","
            repeated = key in environ and key not in _REPLACED_HEADERS
            environ[key] = f"{environ[key]}{separator}{value}" if repeated else value
        if self.content_type is not None:
            environ["CONTENT_TYPE"] = self.content_type
        if self.environ_overrides:
            environ.update(self.environ_overrides)
        return environ

    def get_request(self, cls: type[Request] = Request) -> Request:
        """Return a request object made of the environ."""
        return cls(self.get_environ())


def create_environ(*args: Any, **kwargs: Any) -> WSGIEnvironment:
    """Return the environ of a request; the arguments are those of `EnvironBuilder`.

    >>> create_environ("/notes?page=2")["PATH_INFO"]
    '/notes'
    """
    return EnvironBuilder(*args, **kwargs).get_environ()


def _base_url_of_app(app: Microweb | None, subdomain: str | None, scheme: str | None) -> str:
    """Return the URL that requests to an app begin with unless a test says otherwise."""
    if app is None:
        return "http://localhost/"
    host = app.config["SERVER_NAME"] or "localhost"
    if subdomain:
        host = f"{subdomain}.{host}"
    root = app.config["APPLICATION_ROOT"].lstrip("/")
    return f"{scheme or app.config['PREFERRED_URL_SCHEME']}://{host}/{root}"


def _json_provider(app: Microweb | None) -> Any:
    if app is not None:
        return app.json
    from .json.provider import DefaultJSONProvider

    return DefaultJSONProvider(None)


def _credentials(auth: Any) -> str:
    """Return an Authorization header: of an `Authorization`, or of RFC 7617 for a pair."""
    if hasattr(auth, "to_header"):
        header: str = auth.to_header()
        return header
    if not isinstance(auth, (tuple, list)) or len(auth) != 2:
        raise TypeError(
            f"auth is {auth!r:.60}; give a name and a password, as in auth=('ada', 'secret'), or "
            f"an Authorization"
        )
    from binascii import b2a_base64

    pair = f"{auth[0]}:{auth[1]}".encode()
    return f"Basic {b2a_base64(pair, newline=False).decode('ascii')}"


def _only_query(in_path: str, given: Any) -> Any:
    """Return the query string of the path, or the one given; ValueError if there are both."""
    if given is None:
        return in_path
    if in_path:
        raise ValueError(
            f"the path has the query string {in_path!r} and query_string={given!r} is another; "
            f"say all of it in one of the two places"
        )
    return given


def _encode_query(query: Any) -> str:
    """Return a mapping or pairs as a query string; text is kept, its non-ASCII part encoded.

    A list or a tuple in a mapping stands for several values, None for no value.
    """
    if isinstance(query, str):
        return percent_encode(query, "!\"$%&'()*+,/:;<=>?@[\\]^`{|}~")
    pairs = MultiDict(query).items(multi=True)
    return _encode_pairs([(name, value) for name, value in pairs if value is not None])


def _encode_pairs(pairs: Iterable[tuple[str, Any]]) -> str:
    """Return pairs as a query string or a form: each value as text, bytes as they are."""

    def encode(value: Any) -> str:
        text = percent_encode(value if isinstance(value, bytes) else str(value))
        return text.replace("%20", "+")

    return "&".join([f"{encode(name)}={encode(value)}" for name, value in pairs])


def _split_url(url: str) -> tuple[str, str, str, str]:
    """Return scheme, host, path and query of a URL (RFC 3986 §3), without `urllib`.

    >>> _split_url("http://localhost:80/a?b=c#d"), _split_url("/a://b")
    (('http', 'localhost:80', '/a', 'b=c'), ('', '', '/a://b', ''))
    """
    rest, _, query = url.partition("#")[0].partition("?")
    scheme, _, after = rest.partition("//")
    if rest == scheme or (scheme and (scheme[-1] != ":" or "/" in scheme)):
        return "", "", rest, query
    host, slash, path = after.partition("/")
    return scheme[:-1].lower(), host, slash + path, query


def _iter_form_fields(data: Any) -> Iterator[tuple[str, Any]]:
    """Yield name and value of each field; files come as `FileStorage`, None is left out."""
    if isinstance(data, MultiDict):
        items: Iterable[tuple[str, Any]] = data.items(multi=True)
    else:
        items = data.items() if hasattr(data, "items") else data
    for name, value in items:
        for item in value if isinstance(value, list) else [value]:
            if item is None:
                continue
            if isinstance(item, tuple):
                if len(item) > 3 or not hasattr(item[0] if item else None, "read"):
                    raise TypeError(
                        f"the value of {name!r} is {item!r}, but a tuple stands for an upload: "
                        f"(file, filename) or (file, filename, content type), the file open in "
                        f"binary mode; for several values pass a list"
                    )
                yield name, _make_upload(name, *item)
            elif hasattr(item, "read") and not isinstance(item, FileStorage):
                yield name, _make_upload(name, item)
            else:
                if isinstance(item, FileStorage) and not item.content_type:
                    item = _make_upload(name, item.stream, item.filename)
                yield name, item if isinstance(item, (FileStorage, bytes)) else str(item)


def _make_upload(
    name: str, file: IO[bytes], filename: str | None = None, content_type: str | None = None
) -> FileStorage:
    """Return a file to upload; its type is guessed from its name, as browsers do."""
    if filename is None:
        # An open file knows its path, of which browsers send the last part.
        filename = FileStorage(file).filename
        filename = filename and os.path.basename(filename)
    if content_type is None and filename is not None:
        content_type = guess_file_type(filename)[0] or "application/octet-stream"
    return FileStorage(file, filename, name, content_type)
