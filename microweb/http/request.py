"""The request: a WSGI environ, read on demand.

The constructor stores the environ and nothing else; every attribute is computed from the environ
when it is first read, and then kept. Whatever a client may send, reading an attribute gives a
value, or an HTTP error of the 400s. What routing found is put in by the app.
"""

from __future__ import annotations

import io
from functools import lru_cache, partial

from ..text.hosts import host_is_trusted, is_valid_host
from ..text.lazy import add_later_members
from ..text.missing import import_stdlib
from ..text.quoting import percent_encode, text_from_environ
from ..text.tokens import parse_digits, split_parameters
from .exceptions import (
    BadHost,
    BadRequest,
    HTTPException,
    LengthRequired,
    RequestEntityTooLarge,
    UnsupportedMediaType,
)
from .fields import is_json_mimetype
from .headers import EnvironHeaders
from .streams import LimitedStream, call_all
from .structures import ImmutableMultiDict, kept_property
from .urlencoded import EMPTY_FORM, parse_query_string, parse_urlencoded_body

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from .exceptions import HTTPErrorType
    from .extra.request_members import RareRequestMembers as _RequestBase
else:
    _RequestBase = object


def blueprint_names_of(endpoint: str | None) -> list[str]:
    """Return what stands before each dot of an endpoint: its blueprints, innermost first.

    >>> blueprint_names_of("admin.users.edit")
    ['admin.users', 'admin']
    """
    names = []
    name = (endpoint or "").rpartition(".")[0]
    while name:
        names.append(name)
        name = name.rpartition(".")[0]
    return names


# Hooks of Werkzeug's that would be set and never asked.
_NEVER_ASKED = frozenset(
    "dict_storage_class list_storage_class parameter_storage_class form_data_parser_class"
    " make_form_data_parser want_form_data_parsed user_agent_class".split()
)
_QUERY_KEPT = "%!$&'()*+,/:;=?@"
# Up to this many bytes a body of known length is asked for in one piece.
_ONE_READ_SIZE = 65536


class Request(_RequestBase):
    """An HTTP request, made from a WSGI environ (PEP 3333).

    Limits, ``trusted_hosts`` and ``json_module`` are class attributes that an instance may
    override; so are the fields that routing fills in. *populate_request* and *shallow* are taken
    as Werkzeug takes them and change nothing: an environ is not written to, and a body is read
    when it is asked for.

    >>> request = Request({"REQUEST_METHOD": "GET", "PATH_INFO": "/a", "QUERY_STRING": "n=1"})
    >>> request.method, request.path, request.args["n"]
    ('GET', '/a', '1')
    """

    #: Bytes a body may have; None for no limit. Reading more raises 413.
    max_content_length: int | None = None
    #: Bytes that the fields of a form may have together.
    max_form_memory_size: int | None = 500_000
    #: Fields and files that a form may have.
    max_form_parts: int | None = 1000
    #: Host names to answer for, ``.example.com`` with subdomains; None for all.
    trusted_hosts: Iterable[str] | None = None
    #: An object with ``loads``; None is the stdlib's ``json``, reading strictly.
    json_module: Any = None
    #: Whether errors may carry details of what was wrong.
    debug = False

    #: The rule that matched, with an ``endpoint``; its arguments; or why nothing matched.
    url_rule: Any = None
    view_args: dict[str, Any] | None = None
    routing_exception: Exception | None = None

    #: Makes the environ of ``from_values``; the owner of an ``EnvironBuilder`` sets it.
    environ_builder: Any = None
    #: A function that returns, by name, the limits for an environ; None where nobody sets any.
    find_settings: Any = None

    def __init__(
        self, environ: dict[str, Any], populate_request: bool = True, shallow: bool = False
    ) -> None:
        self.environ = environ
        if self.find_settings is not None:
            self.__dict__.update(self.find_settings(environ))

    def __init_subclass__(cls, **keywords: Any) -> None:
        """Refuse the hooks of Werkzeug's that would be set and never asked."""
        super().__init_subclass__(**keywords)
        for name in _NEVER_ASKED.intersection(vars(cls)):
            from .extra.absent import left_out_error

            raise left_out_error("Request", name)

    def _explained(self, error: HTTPErrorType, detail: str | None = None) -> HTTPErrorType:
        """Give *error* its *detail*, and in debug mode a page that tells it; return the error."""
        error.detail = error.detail if detail is None else detail
        if self.debug and error.detail:
            error.description = error.detail
        return error

    @property
    def endpoint(self) -> str | None:
        """The endpoint of the matched rule, None before routing or without a match."""
        rule = self.url_rule
        return None if rule is None else rule.endpoint

    @property
    def method(self) -> str:
        """The method, in upper case."""
        return self.environ["REQUEST_METHOD"].upper()  # type: ignore[no-any-return]

    @kept_property
    def path(self) -> str:
        """The path below ``root_path``, decoded, beginning with a slash; ``..`` stays in it."""
        path = text_from_environ(self.environ.get("PATH_INFO", ""))
        return path if path.startswith("/") else f"/{path}"

    @kept_property
    def query_string(self) -> bytes:
        """What follows the question mark, as bytes."""
        return self.environ.get("QUERY_STRING", "").encode("latin-1", "replace")  # type: ignore[no-any-return]

    @kept_property
    def root_path(self) -> str:
        """The path at which the application is mounted, without a slash at its end."""
        return text_from_environ(self.environ.get("SCRIPT_NAME", "")).rstrip("/")

    @property
    def scheme(self) -> str:
        """``http`` or ``https``, as the server says."""
        return self.environ.get("wsgi.url_scheme", "http")  # type: ignore[no-any-return]

    @property
    def is_secure(self) -> bool:
        """Whether the scheme is https or wss."""
        return self.scheme in ("https", "wss")

    @kept_property
    def host(self) -> str:
        """The host the client asked for, without the scheme's default port.

        HTTP/1.0 needs no Host; the server's own name stands in. BadHost (400) if it is malformed
        (RFC 9110 section 7.2) or not in ``trusted_hosts``.
        """
        environ = self.environ
        host = environ.get("HTTP_HOST") or _host_of_server(environ)
        if not is_valid_host(host):
            raise self._explained(BadHost(), f"The Host header {host[:100]!r} is malformed.")
        if self.trusted_hosts is not None and not host_is_trusted(host, self.trusted_hosts):
            raise self._explained(BadHost(), f"The host {host!r} is not in TRUSTED_HOSTS.")
        default_port = ":443" if self.is_secure else ":80"
        return host[: -len(default_port)] if host.endswith(default_port) else host

    @kept_property
    def root_url(self) -> str:
        """The address of the application's root, with a slash at the end."""
        return f"{self.scheme}://{self.host}{_readable_url_part(self.root_path)}/"

    @kept_property
    def base_url(self) -> str:
        """The address of this request without the query string."""
        return f"{self.root_url[:-1]}{_readable_url_part(self.path)}"

    @kept_property
    def url(self) -> str:
        """The whole address of this request, as an IRI."""
        query = self.query_string.decode("utf-8", "replace")
        if not query:
            return self.base_url
        # A query string is encoded already, so its percent signs stay.
        return f"{self.base_url}?{_readable_url_part(query, _QUERY_KEPT)}"

    @property
    def remote_addr(self) -> str | None:
        """The address of the client or of the nearest proxy."""
        return self.environ.get("REMOTE_ADDR")

    @kept_property
    def headers(self) -> EnvironHeaders:
        """All headers; they cannot be changed."""
        return EnvironHeaders(self.environ)

    @kept_property
    def cookies(self) -> ImmutableMultiDict:
        """The cookies."""
        header = self.environ.get("HTTP_COOKIE")
        return ImmutableMultiDict(_load_cookie_parser()(header) if header else None)

    @property
    def content_type(self) -> str | None:
        """The Content-Type header."""
        return self.environ.get("CONTENT_TYPE") or None

    @kept_property
    def content_length(self) -> int | None:
        """The length of the body; None if it is missing or malformed.

        Beside a chunked coding it is the server's word for what it has decoded (RFC 3875 section
        4.1.2), and None where the server marks the end of the body.
        """
        environ = self.environ
        coding = environ.get("HTTP_TRANSFER_ENCODING")
        if coding and "chunked" in coding.lower() and environ.get("wsgi.input_terminated"):
            return None
        return parse_digits(environ.get("CONTENT_LENGTH"))

    @property
    def mimetype(self) -> str:
        """The media type of the body, in lower case and without parameters; '' without one."""
        value: str = self.environ.get("CONTENT_TYPE", "")
        return value.partition(";")[0].strip(" \t").lower()

    @property
    def is_json(self) -> bool:
        """Whether the media type of the body is JSON's."""
        return is_json_mimetype(self.mimetype)

    # The body

    @kept_property
    def stream(self) -> Any:
        """The body as a stream that ends where the body does; 413 above ``max_content_length``.

        It is empty without a length, a chunked coding and a server that marks the end
        (``wsgi.input_terminated``). 411 for a chunked body whose end this server leaves unknown.
        """
        environ = self.environ
        length = self.content_length
        limit = self.max_content_length
        if length is not None and limit is not None and length > limit:
            detail = f"The body has {length} bytes; MAX_CONTENT_LENGTH allows {limit}."
            raise self._explained(RequestEntityTooLarge(), detail)
        source, is_terminated = environ.get("wsgi.input"), environ.get("wsgi.input_terminated")
        # Caddy's FastCGI says -1 where it has decoded a chunked body.
        is_open = (
            "chunked" in environ.get("HTTP_TRANSFER_ENCODING", "").lower()
            or environ.get("CONTENT_LENGTH") == "-1"
        )
        if length is None and source is not None and is_open and not is_terminated:
            try:
                from .extra.bodies import find_ending_input
            except ImportError:  # The core alone knows no servers.
                raise LengthRequired() from None
            source, is_terminated = find_ending_input(environ), True
        if source is None or not (length or is_terminated):
            return io.BytesIO()
        if is_terminated and (length is None or limit is not None):
            return LimitedStream(source, limit, True, length)
        return LimitedStream(source, length)

    def _read_body(self, most: int | None = None) -> bytes:
        """Read what is left of the body; of a long one *most* bytes and one more."""
        own, environ = self.__dict__, self.environ
        length, limit = self.content_length, self.max_content_length
        source = environ.get("wsgi.input")
        if (
            not length
            or source is None
            or length > _ONE_READ_SIZE
            or "stream" in own
            or (limit is not None and (length > limit or "wsgi.input_terminated" in environ))
        ):
            return self.stream.read(-1 if most is None else most + 1)  # type: ignore[no-any-return]
        # Short and of known length, as nearly all are: 0.6 µs instead of 2.5 through the stream.
        try:
            data: bytes = source.read(length)
        except (OSError, ValueError):
            data = b""
        # A source may return less than it has been asked for.
        if len(data) == length:
            own["stream"] = io.BytesIO()
            return data
        own["stream"] = LimitedStream(source, length, position=len(data))
        return data + own["stream"].read()  # type: ignore[no-any-return]

    def get_data(
        self, cache: bool = True, as_text: bool = False, parse_form_data: bool = False
    ) -> Any:
        """Read the whole body and return it as bytes, or as text read as UTF-8.

        With *cache* it is kept, so that it can be read again and a form parsed from it;
        *parse_form_data* parses a form first, after which nothing is left to return.
        """
        data = self.__dict__.get("_cached_data")
        if data is None:
            if parse_form_data:
                self._load_form_data()
            try:
                data = self._read_body()
            except HTTPException as error:
                raise self._explained(error) from error.__cause__
            if cache:
                self.__dict__["_cached_data"] = data
        return data.decode("utf-8", "replace") if as_text else data

    @property
    def data(self) -> bytes:
        """The body as bytes; empty if it is a form, which ``form`` and ``files`` hold."""
        return self.get_data(parse_form_data=True)  # type: ignore[no-any-return]

    # Forms

    @kept_property
    def args(self) -> ImmutableMultiDict:
        """The fields of the query string."""
        return parse_query_string(self.environ.get("QUERY_STRING", ""))

    @kept_property
    def form(self) -> ImmutableMultiDict:
        """The fields of a form; empty if the body is none. 413 beyond a limit, 400 if malformed."""
        self._load_form_data()
        return self.__dict__["form"]  # type: ignore[no-any-return]

    @kept_property
    def files(self) -> ImmutableMultiDict:
        """The files of a form, FileStorage objects; empty if there are none."""
        self._load_form_data()
        return self.__dict__["files"]  # type: ignore[no-any-return]

    @kept_property
    def values(self) -> ImmutableMultiDict:
        """``args`` and, for POST, PUT and PATCH, ``form`` seen as one CombinedMultiDict."""
        both = [self.args]
        if self.method in ("POST", "PUT", "PATCH"):
            both.append(self.form)
        try:
            from .extra.combined import CombinedMultiDict
        except ImportError:
            # The core alone joins them once and for all.
            return ImmutableMultiDict([pair for one in both for pair in one.items(multi=True)])
        return CombinedMultiDict(both)

    def _get_file_stream(self, *about: Any, **named: Any) -> Any:
        """Return what an uploaded file is written to; override it to keep files elsewhere.

        The arguments are those of ``default_stream_factory``.
        """
        from .forms import default_stream_factory

        return default_stream_factory(*about, **named)

    def _load_form_data(self) -> None:
        """Parse the body if it is a form and set ``form`` and ``files``, both at once."""
        own = self.__dict__
        if "form" in own:
            return
        if "_form_error" in own:
            # Half of the body has been read: a second try would see a form without beginning.
            raise own["_form_error"]
        fields = files = EMPTY_FORM
        mimetype = self.mimetype
        data = own.get("_cached_data")
        memory, parts = self.max_form_memory_size, self.max_form_parts
        try:
            if mimetype == "application/x-www-form-urlencoded":
                body = self._read_body(memory) if data is None else data
                fields = ImmutableMultiDict(parse_urlencoded_body(body, memory, parts))
            elif mimetype == "multipart/form-data":
                from .forms import read_multipart_form

                open_file: Any = None
                if type(self)._get_file_stream is not Request._get_file_stream:
                    open_file = partial(self._get_file_stream, self.content_length)
                stream = self.stream if data is None else io.BytesIO(data)
                # Of two boundaries the first counts.
                parameters = dict(reversed(split_parameters(self.content_type or "")[1]))
                boundary = parameters.get("boundary", "")
                found = read_multipart_form(stream, boundary, memory, parts, open_file)
                fields, files = map(ImmutableMultiDict, found)
        except Exception as error:
            own["_form_error"] = (
                self._explained(error) if isinstance(error, HTTPException) else error
            )
            raise
        own["form"] = fields
        own["files"] = files

    def close(self) -> None:
        """Close the files that came with a form; temporary ones are gone then."""
        if files := self.__dict__.get("files"):
            call_all(upload.close for _, upload in files.items(multi=True))

    # JSON

    @property
    def json(self) -> Any:
        """The body parsed as JSON; 415 if it is not said to be JSON, 400 if it is malformed."""
        return self.get_json()

    def get_json(self, force: bool = False, silent: bool = False, cache: bool = True) -> Any:
        """Parse the body as JSON (RFC 8259: UTF-8; NaN and Infinity are no JSON).

        *force* ignores the media type; *silent* returns None where there would be an error;
        *cache* keeps the value for the next call. Otherwise UnsupportedMediaType for another
        media type, BadRequest for a malformed body.
        """
        own = self.__dict__
        if cache and "_cached_json" in own:
            return own["_cached_json"]
        if not (force or self.is_json):
            return None if silent else self.on_json_loading_failed(None)
        try:
            text = self.get_data(cache=cache).decode("utf-8-sig")
            if self.json_module is not None:
                value = self.json_module.loads(text)
            else:
                value = _strict_json_decoder().decode(text)
        except (ValueError, RecursionError) as error:
            return None if silent else self.on_json_loading_failed(error)
        if cache:
            own["_cached_json"] = value
        return value

    def on_json_loading_failed(self, e: Exception | None) -> Any:
        """Raise BadRequest, or UnsupportedMediaType if *e*, what the parser raised, is None.

        What an override returns is what ``get_json`` returns.
        """
        if e is not None:
            reason = "nested too deeply" if isinstance(e, RecursionError) else str(e)
            detail = f"The body is not valid JSON: {reason}."
            raise self._explained(BadRequest(), detail) from e
        detail = (
            f"The body's Content-Type is {self.content_type!r}; JSON is sent with "
            "'Content-Type: application/json'."
        )
        raise self._explained(UnsupportedMediaType(), detail)

    def __repr__(self) -> str:
        try:
            url = self.url
        except BadHost:
            url = self.path
        return f"<{type(self).__name__} {url!r} [{self.environ.get('REQUEST_METHOD')}]>"


def _load_rare_request_members() -> type:
    from .extra.request_members import RareRequestMembers

    return RareRequestMembers


add_later_members(
    Request,
    _load_rare_request_members,
    """
    __enter__ __exit__ blueprint blueprints from_values full_path host_url mimetype_params
    script_root url_root server access_route input_stream remote_user referrer origin
    content_encoding content_md5 accept_charsets accept_encodings accept_languages
    accept_mimetypes cache_control if_match if_none_match if_modified_since if_unmodified_since
    if_range range user_agent authorization access_control_request_headers
    access_control_request_method application date max_forwards pragma is_multithread
    is_multiprocess is_run_once is_xhr is_ajax
    """
    + " ".join(_NEVER_ASKED),
)


def _host_of_server(environ: dict[str, Any]) -> str:
    """Return the best name of the server that an environ has.

    SERVER_NAME may be empty, or the name of a program or of a socket's file.
    """
    for name in (environ.get("SERVER_NAME"), environ.get("SERVER_ADDR"), "localhost"):
        host = f"[{name}]" if name and ":" in name and name[0] != "[" else name
        # Waitress calls itself waitress.invalid (RFC 2606).
        if host and is_valid_host(host) and not host.endswith(".invalid"):
            break
    host_and_port = f"{host}:{environ.get('SERVER_PORT')}"
    return host_and_port if is_valid_host(host_and_port) else f"{host}"


def _readable_url_part(text: str, keep: str = "!$&'()*+,/:;=@") -> str:
    """Percent-encode what may not stand in a path (or, with another *keep*, a query string).

    Letters of all scripts stay readable: the result is an IRI (RFC 3987).
    """
    if text.isascii():
        return percent_encode(text, keep)
    return "".join(
        char if char > "\x9f" and char.isprintable() else percent_encode(char, keep)
        for char in text
    )


@lru_cache(maxsize=1)
def _load_cookie_parser() -> Any:
    from .cookies import parse_cookie_pairs

    return parse_cookie_pairs


@lru_cache(maxsize=1)
def _strict_json_decoder() -> Any:
    """Make the stdlib's decoder, which by itself would take NaN, Infinity and 1e999."""

    def refuse(text: str) -> Any:
        raise ValueError(f"{text:.20} is not a number in JSON")

    def read_float(text: str) -> Any:
        return float(text) if abs(float(text)) != float("inf") else refuse(text)

    decoder = import_stdlib("json", "reading JSON").JSONDecoder
    return decoder(parse_constant=refuse, parse_float=read_float)
