"""Making the environ that a server would make of a request, out of what a test wants to say."""

from __future__ import annotations

import io
import os
import sys
import time

from .http import Headers, MultiDict, Request
from .http.files import guess_file_type
from .http.forms import FileStorage
from .text.lazy import LaterMember
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


def _load_builder_extras() -> type:
    from .environextras import BuilderExtras

    return BuilderExtras


class EnvironBuilder:
    """Makes a WSGI environ out of what a test wants to say.

    *path* may carry a query string or be a whole URL. *query_string* is text or a mapping, and
    ValueError where the path carries one too; *data* is bytes or text for a raw body, or a dict of
    form fields, whose values may be lists, open binary files, or tuples ``(file, filename)`` and
    ``(file, filename, content type)`` for uploads; a file without a name is sent as a field.
    *json* is sent as JSON. *auth* is a name and a password for Basic authentication, or an
    `Authorization`. *headers*, *content_type*, *method*, *base_url*, *environ_base* and
    *environ_overrides* do what their names say.

    What was said stands in attributes, of which `form` and `files` may be added to before
    `get_environ`; `close` closes the files.

    >>> environ = EnvironBuilder("/search?q=x", method="POST", data={"a": "1"}).get_environ()
    >>> environ["QUERY_STRING"], environ["CONTENT_LENGTH"]
    ('q=x', '3')
    """

    request_class: type[Request] = Request
    server_protocol = "HTTP/1.1"

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
        scheme, host, root, _ = split_url(base)
        if path[:1] != "/" and "://" in path.partition("?")[0]:
            scheme, host, path, query = split_url(path)
        else:
            # As on a request line, "//x" is a path and names no host.
            _, _, path, query = split_url(f"//{path if path[:1] == '/' else f'/{path}'}")
        self.url_scheme = url_scheme or scheme or "http"
        self.host = host or "localhost"
        self.script_root, self.path = root.rstrip("/"), path or "/"
        self.query_string = encode_query(_only_query(query, query_string))
        self.method = method.upper()
        self.headers = headers if isinstance(headers, Headers) else Headers(headers)
        self.errors_stream = errors_stream
        self.multithread, self.multiprocess, self.run_once = multithread, multiprocess, run_once
        self.environ_base = environ_base
        self.environ_overrides = environ_overrides
        self.input_stream = input_stream
        self.content_length = content_length
        self.content_type = content_type or mimetype or self.headers.get("Content-Type")
        self.form, self.files = MultiDict(), MultiDict()
        if auth is not None:
            self.headers["Authorization"] = _credentials(auth)
        if json is not None:
            data = _json_provider(app).dumps(json)
            self.content_type = self.content_type or "application/json"
        if data is not None:
            self._set_body(data)

    def _set_body(self, data: Any) -> None:
        if isinstance(data, str):
            data = data.encode("utf-8")
        if hasattr(data, "read"):
            data = data.read()
        if isinstance(data, (bytes, bytearray)):
            self.input_stream = io.BytesIO(data)
            if self.content_length is None:
                self.content_length = len(data)
            return
        for name, value in _iter_form_fields(data):
            (self.files if isinstance(value, FileStorage) else self.form).add(name, value)

    def _encode_form(self) -> tuple[bytes, str | None]:
        """Return the body that ``form`` and ``files`` make, and its Content-Type."""
        fields = [*self.form.items(multi=True), *self.files.items(multi=True)]
        if self.files or (self.content_type or "").startswith("multipart/"):
            from .http.extra.multipart_writer import encode_multipart

            boundary = f"-----microweb{time.time_ns():x}{os.getpid():x}"
            multipart = f"multipart/form-data; boundary={boundary}"
            return encode_multipart(fields, boundary), multipart
        kind = "application/x-www-form-urlencoded" if fields else None
        return _encode_pairs(fields).encode("ascii"), self.content_type or kind

    def get_environ(self) -> WSGIEnvironment:
        """Return the environ, as the server would make it of the same request."""
        body, content_type, length = self.input_stream, self.content_type, self.content_length
        if body is None:
            encoded, content_type = self._encode_form()
            body = io.BytesIO(encoded)
            if length is None and (encoded or self.method in ("POST", "PUT", "PATCH")):
                length = len(encoded)
        # Non-ASCII text stands for its bytes in UTF-8.
        target = encode_query(self.script_root + self.path)
        uri = f"{target}?{self.query_string}" if self.query_string else target
        name, port = split_host(self.host, self.url_scheme)
        environ: WSGIEnvironment = {
            "REQUEST_METHOD": self.method,
            "SCRIPT_NAME": percent_decode(encode_query(self.script_root), "latin-1"),
            "PATH_INFO": percent_decode(encode_query(self.path), "latin-1"),
            "QUERY_STRING": self.query_string,
            "REQUEST_URI": uri,
            "RAW_URI": uri,
            "SERVER_NAME": name,
            "SERVER_PORT": port,
            "SERVER_PROTOCOL": self.server_protocol,
            "HTTP_HOST": self.host,
            "REMOTE_ADDR": "127.0.0.1",
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": self.url_scheme,
            "wsgi.input": body,
            "wsgi.errors": self.errors_stream or sys.stderr or io.StringIO(),
            "wsgi.multithread": self.multithread,
            "wsgi.multiprocess": self.multiprocess,
            "wsgi.run_once": self.run_once,
        }
        environ.update(self.environ_base or {})
        if length is not None:
            environ["CONTENT_LENGTH"] = str(length)
        for header, value in self.headers:
            key = header.upper().replace("-", "_")
            if key not in ("CONTENT_TYPE", "CONTENT_LENGTH"):
                key = f"HTTP_{key}"
            separator = "; " if key == "HTTP_COOKIE" else ", "
            repeated = key in environ and key not in _REPLACED_HEADERS
            environ[key] = f"{environ[key]}{separator}{value}" if repeated else value
        if content_type is not None:
            environ["CONTENT_TYPE"] = content_type
        environ.update(self.environ_overrides or {})
        return environ

    def get_request(self, cls: type[Request] | None = None) -> Request:
        """Return a request object made of the environ; *cls* is its class."""
        return (cls or self.request_class)(self.get_environ())

    def close(self) -> None:
        """Close the files that are to be uploaded."""
        for files in self.files.listvalues():
            for file in files:
                file.close()

    args: Any = LaterMember(_load_builder_extras)
    base_url: Any = LaterMember(_load_builder_extras)
    from_environ: Any = LaterMember(_load_builder_extras)
    mimetype: Any = LaterMember(_load_builder_extras)
    request_uri: Any = LaterMember(_load_builder_extras)
    server_name: Any = LaterMember(_load_builder_extras)
    server_port: Any = LaterMember(_load_builder_extras)


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


def encode_query(query: Any) -> str:
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


def split_host(host: str, scheme: str) -> tuple[str, str]:
    """Return a host's name and its port, or that of the scheme.

    >>> split_host("localhost:80", "https"), split_host("[::1]", "https")
    (('localhost', '80'), ('[::1]', '443'))
    """
    name, _, port = host.rpartition(":")
    if name and port.isdecimal():
        return name, port
    return host, "443" if scheme == "https" else "80"


def split_url(url: str) -> tuple[str, str, str, str]:
    """Return scheme, host, path and query of a URL (RFC 3986 §3), without `urllib`.

    >>> split_url("http://localhost:80/a?b=c#d"), split_url("/a://b")
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
