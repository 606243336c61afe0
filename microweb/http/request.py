"""The request: a WSGI environ, read on demand.

Law of this module: the constructor stores the environ and nothing else; every attribute is
computed when it is first read, from the environ alone, and then kept. Whatever a client may send,
reading an attribute gives a value, or an HTTP error of the 400s. It knows no app and no routes:
what routing found is put in from outside.
"""

from __future__ import annotations

import io

from .accept import Accept, LanguageAccept, MIMEAccept, parse_accept_header
from .authorization import Authorization
from .caching import HeaderSet, RequestCacheControl, parse_cache_control_header, parse_set_header
from .conditional import (
    ETags,
    IfRange,
    Range,
    parse_etags,
    parse_if_range_header,
    parse_range_header,
)
from .cookies import parse_cookie_pairs
from .dates import parse_date
from .exceptions import (
    BadHost,
    BadRequest,
    HTTPException,
    RequestEntityTooLarge,
    UnsupportedMediaType,
)
from .fields import (
    parse_digits,
    parse_list_header,
    parse_options_header,
    text_from_environ,
)
from .forms import parse_query_string, read_multipart_form, read_urlencoded_form
from .headers import EnvironHeaders
from .lazy import cached_property
from .streams import BodyStream
from .structures import CombinedMultiDict, ImmutableMultiDict
from .urls import host_is_trusted, is_valid_host, readable_url_path, readable_url_query
from .user_agent import UserAgent

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from typing import Any


class Request:
    """An HTTP request, made from a WSGI environ (PEP 3333).

    Limits, ``trusted_hosts`` and ``json_module`` are class attributes that an instance may
    override; so are the fields that routing fills in.

    >>> from microweb.http.request import Request
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

    def __init__(self, environ: dict[str, Any]) -> None:
        self.environ = environ

    # What routing found

    @property
    def endpoint(self) -> str | None:
        """The endpoint of the matched rule, None before routing or without a match."""
        rule = self.url_rule
        return None if rule is None else rule.endpoint

    @property
    def blueprint(self) -> str | None:
        """The name of the blueprint the endpoint belongs to, with its parents' names."""
        endpoint = self.endpoint
        return (endpoint.rpartition(".")[0] or None) if endpoint else None

    @property
    def blueprints(self) -> list[str]:
        """The blueprint and its parents, innermost first."""
        name = self.blueprint or ""
        names = []
        while name:
            names.append(name)
            name = name.rpartition(".")[0]
        return names

    # The request line

    @property
    def method(self) -> str:
        """The method, in upper case."""
        return self.environ["REQUEST_METHOD"].upper()  # type: ignore[no-any-return]

    @cached_property
    def path(self) -> str:
        """The path below ``root_path``, decoded, beginning with a slash; ``..`` stays in it."""
        path = text_from_environ(self.environ.get("PATH_INFO", ""))
        return path if path.startswith("/") else f"/{path}"

    @cached_property
    def query_string(self) -> bytes:
        """What follows the question mark, as bytes."""
        return self.environ.get("QUERY_STRING", "").encode("latin-1", "replace")  # type: ignore[no-any-return]

    @cached_property
    def full_path(self) -> str:
        """The path with a question mark and the query string."""
        return f"{self.path}?{self.query_string.decode('utf-8', 'replace')}"

    @cached_property
    def root_path(self) -> str:
        """The path at which the application is mounted, without a slash at its end."""
        return text_from_environ(self.environ.get("SCRIPT_NAME", "")).rstrip("/")

    @property
    def script_root(self) -> str:
        """The same as ``root_path``."""
        return self.root_path

    @property
    def scheme(self) -> str:
        """``http`` or ``https``, as the server says."""
        return self.environ.get("wsgi.url_scheme", "http")  # type: ignore[no-any-return]

    @property
    def is_secure(self) -> bool:
        """Whether the scheme is https or wss."""
        return self.scheme in ("https", "wss")

    @property
    def server(self) -> tuple[str, int | None] | None:
        """The name and port the server listens at, None if it does not say."""
        name = self.environ.get("SERVER_NAME")
        return (name, parse_digits(self.environ.get("SERVER_PORT"))) if name else None

    @cached_property
    def host(self) -> str:
        """The host the client asked for, without the scheme's default port.

        Raises BadHost (400) if it is malformed (RFC 9110 section 7.2) or not in
        ``trusted_hosts``.
        """
        environ = self.environ
        host = environ.get("HTTP_HOST")
        if host is None:
            # HTTP/1.0 needs no Host; the server's own name stands in.
            host = environ.get("SERVER_NAME", "")
            if ":" in host and not host.startswith("["):
                host = f"[{host}]"
            if environ.get("SERVER_PORT"):
                host = f"{host}:{environ['SERVER_PORT']}"
        if not is_valid_host(host):
            raise BadHost().with_detail(f"The Host header {host[:100]!r} is malformed.")
        if self.trusted_hosts is not None and not host_is_trusted(host, self.trusted_hosts):
            raise BadHost().with_detail(f"The host {host!r} is not in TRUSTED_HOSTS.")
        default_port = ":443" if self.is_secure else ":80"
        return host[: -len(default_port)] if host.endswith(default_port) else host

    @cached_property
    def host_url(self) -> str:
        """Scheme and host, with a slash at the end."""
        return f"{self.scheme}://{self.host}/"

    @cached_property
    def root_url(self) -> str:
        """The address of the application's root, with a slash at the end."""
        return f"{self.scheme}://{self.host}{readable_url_path(self.root_path)}/"

    @property
    def url_root(self) -> str:
        """The same as ``root_url``."""
        return self.root_url

    @cached_property
    def base_url(self) -> str:
        """The address of this request without the query string."""
        return f"{self.root_url[:-1]}{readable_url_path(self.path)}"

    @cached_property
    def url(self) -> str:
        """The whole address of this request, as an IRI."""
        query = self.query_string.decode("utf-8", "replace")
        return f"{self.base_url}?{readable_url_query(query)}" if query else self.base_url

    # Client

    @property
    def remote_addr(self) -> str | None:
        """The address of the client, or of the nearest proxy."""
        return self.environ.get("REMOTE_ADDR")

    @cached_property
    def access_route(self) -> list[str]:
        """The addresses in X-Forwarded-For, which a client can forge; else ``remote_addr``."""
        if "HTTP_X_FORWARDED_FOR" in self.environ:
            return parse_list_header(self.environ["HTTP_X_FORWARDED_FOR"])
        return [self.environ["REMOTE_ADDR"]] if self.environ.get("REMOTE_ADDR") else []

    @property
    def remote_user(self) -> str | None:
        """The user whom the server has authenticated."""
        return self.environ.get("REMOTE_USER")

    @cached_property
    def user_agent(self) -> UserAgent:
        """The User-Agent header."""
        return UserAgent(self.environ.get("HTTP_USER_AGENT", ""))

    @property
    def referrer(self) -> str | None:
        """The Referer header."""
        return self.environ.get("HTTP_REFERER")

    @property
    def origin(self) -> str | None:
        """The Origin header."""
        return self.environ.get("HTTP_ORIGIN")

    @cached_property
    def authorization(self) -> Authorization | None:
        """The credentials, None if there are none or they are malformed."""
        return Authorization.from_header(self.environ.get("HTTP_AUTHORIZATION"))

    # Headers

    @cached_property
    def headers(self) -> EnvironHeaders:
        """All headers; they cannot be changed."""
        return EnvironHeaders(self.environ)

    @cached_property
    def cookies(self) -> ImmutableMultiDict:
        """The cookies."""
        header = self.environ.get("HTTP_COOKIE")
        return ImmutableMultiDict(parse_cookie_pairs(header) if header else None)

    @property
    def content_type(self) -> str | None:
        """The Content-Type header."""
        return self.environ.get("CONTENT_TYPE") or None

    @cached_property
    def content_length(self) -> int | None:
        """The Content-Length; None if it is missing, malformed or the body is chunked."""
        if "chunked" in self.environ.get("HTTP_TRANSFER_ENCODING", "").lower():
            return None
        return parse_digits(self.environ.get("CONTENT_LENGTH"))

    @property
    def content_encoding(self) -> str | None:
        """The Content-Encoding header."""
        return self.environ.get("HTTP_CONTENT_ENCODING")

    @property
    def content_md5(self) -> str | None:
        """The Content-MD5 header."""
        return self.environ.get("HTTP_CONTENT_MD5")

    @cached_property
    def _content_type_options(self) -> tuple[str, dict[str, str]]:
        head, options = parse_options_header(self.environ.get("CONTENT_TYPE"))
        return head.lower(), options

    @property
    def mimetype(self) -> str:
        """The media type of the body, in lower case and without parameters; '' without one."""
        return self._content_type_options[0]

    @property
    def mimetype_params(self) -> dict[str, str]:
        """The parameters of the Content-Type."""
        return self._content_type_options[1]

    @property
    def is_json(self) -> bool:
        """Whether the media type of the body is JSON's."""
        mimetype = self.mimetype
        return mimetype == "application/json" or (
            mimetype.startswith("application/") and mimetype.endswith("+json")
        )

    @cached_property
    def accept_mimetypes(self) -> MIMEAccept:
        """The Accept header."""
        return parse_accept_header(self.environ.get("HTTP_ACCEPT"), MIMEAccept)  # type: ignore[return-value]

    @cached_property
    def accept_languages(self) -> LanguageAccept:
        """The Accept-Language header."""
        value = self.environ.get("HTTP_ACCEPT_LANGUAGE")
        return parse_accept_header(value, LanguageAccept)  # type: ignore[return-value]

    @cached_property
    def accept_encodings(self) -> Accept:
        """The Accept-Encoding header."""
        return parse_accept_header(self.environ.get("HTTP_ACCEPT_ENCODING"))

    @cached_property
    def accept_charsets(self) -> Accept:
        """The Accept-Charset header."""
        return parse_accept_header(self.environ.get("HTTP_ACCEPT_CHARSET"))

    @cached_property
    def cache_control(self) -> RequestCacheControl:
        """The Cache-Control header."""
        value = self.environ.get("HTTP_CACHE_CONTROL")
        return parse_cache_control_header(value)  # type: ignore[return-value]

    @cached_property
    def if_match(self) -> ETags:
        """The If-Match header."""
        return parse_etags(self.environ.get("HTTP_IF_MATCH"))

    @cached_property
    def if_none_match(self) -> ETags:
        """The If-None-Match header."""
        return parse_etags(self.environ.get("HTTP_IF_NONE_MATCH"))

    @cached_property
    def if_modified_since(self) -> datetime | None:
        """The If-Modified-Since header, None if it is no date."""
        return parse_date(self.environ.get("HTTP_IF_MODIFIED_SINCE"))

    @cached_property
    def if_unmodified_since(self) -> datetime | None:
        """The If-Unmodified-Since header, None if it is no date."""
        return parse_date(self.environ.get("HTTP_IF_UNMODIFIED_SINCE"))

    @cached_property
    def if_range(self) -> IfRange:
        """The If-Range header."""
        return parse_if_range_header(self.environ.get("HTTP_IF_RANGE"))

    @cached_property
    def range(self) -> Range | None:
        """The Range header, None if it is malformed."""
        return parse_range_header(self.environ.get("HTTP_RANGE"))

    @cached_property
    def access_control_request_headers(self) -> HeaderSet | None:
        """The names in Access-Control-Request-Headers, None without it."""
        value = self.environ.get("HTTP_ACCESS_CONTROL_REQUEST_HEADERS")
        return None if value is None else parse_set_header(value)

    @property
    def access_control_request_method(self) -> str | None:
        """The Access-Control-Request-Method header."""
        return self.environ.get("HTTP_ACCESS_CONTROL_REQUEST_METHOD")

    # The body

    @cached_property
    def stream(self) -> Any:
        """The body as a stream that ends where the body does.

        Without a length, and without a server that marks the body's end
        (``wsgi.input_terminated``), it is empty. Raises 413 if the announced length is above
        ``max_content_length``.
        """
        environ = self.environ
        length = self.content_length
        limit = self.max_content_length
        if length is not None and limit is not None and length > limit:
            raise RequestEntityTooLarge().with_detail(
                f"The body has {length} bytes; MAX_CONTENT_LENGTH allows {limit}."
            )
        source = environ.get("wsgi.input")
        if source is not None:
            if environ.get("wsgi.input_terminated"):
                return BodyStream(source, length, limit)
            if length:
                return BodyStream(source, length)
        return io.BytesIO()

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
            data = self.stream.read()
            if cache:
                self.__dict__["_cached_data"] = data
        return data.decode("utf-8", "replace") if as_text else data

    @property
    def data(self) -> bytes:
        """The body as bytes; empty if it is a form, which ``form`` and ``files`` hold."""
        return self.get_data(parse_form_data=True)  # type: ignore[no-any-return]

    # Forms

    @cached_property
    def args(self) -> ImmutableMultiDict:
        """The fields of the query string."""
        return parse_query_string(self.environ.get("QUERY_STRING", ""))

    @cached_property
    def form(self) -> ImmutableMultiDict:
        """The fields of a form; empty if the body is none.

        Raises 413 beyond a limit, 400 if the body is malformed or incomplete.
        """
        self._load_form_data()
        return self.__dict__["form"]  # type: ignore[no-any-return]

    @cached_property
    def files(self) -> ImmutableMultiDict:
        """The files of a form, FileStorage objects; empty if there are none."""
        self._load_form_data()
        return self.__dict__["files"]  # type: ignore[no-any-return]

    @cached_property
    def values(self) -> CombinedMultiDict:
        """``args`` and, for POST, PUT and PATCH, ``form`` seen as one."""
        if self.method in ("POST", "PUT", "PATCH"):
            return CombinedMultiDict([self.args, self.form])
        return CombinedMultiDict([self.args])

    def _load_form_data(self) -> None:
        """Parse the body if it is a form and set ``form`` and ``files``, both at once."""
        own = self.__dict__
        if "form" in own:
            return
        if "_form_error" in own:
            # Half of the body has been read: a second try would see a form without beginning.
            raise own["_form_error"]
        try:
            fields, files = self._parse_form_data()
        except HTTPException as error:
            own["_form_error"] = error
            raise
        own["form"] = ImmutableMultiDict() if fields is None else fields
        own["files"] = ImmutableMultiDict() if files is None else files

    def _parse_form_data(self) -> tuple[ImmutableMultiDict | None, ImmutableMultiDict | None]:
        fields = files = None
        mimetype = self.mimetype
        if mimetype == "application/x-www-form-urlencoded":
            stream = self._stream_to_parse()
            fields = read_urlencoded_form(stream, self.max_form_memory_size, self.max_form_parts)
        elif mimetype == "multipart/form-data":
            stream = self._stream_to_parse()
            if not isinstance(stream, io.BytesIO) or stream.getbuffer().nbytes:
                boundary = self.mimetype_params.get("boundary", "")
                fields, files = read_multipart_form(
                    stream, boundary, self.max_form_memory_size, self.max_form_parts
                )
        return fields, files

    def _stream_to_parse(self) -> Any:
        data = self.__dict__.get("_cached_data")
        return self.stream if data is None else io.BytesIO(data)

    def close(self) -> None:
        """Close the files that came with a form; temporary ones are gone then."""
        for files in self.__dict__.get("files", ImmutableMultiDict()).listvalues():
            for file in files:
                file.close()

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
                value = _loads_strict_json(text)
        except (ValueError, RecursionError) as error:
            return None if silent else self.on_json_loading_failed(error)
        if cache:
            own["_cached_json"] = value
        return value

    def on_json_loading_failed(self, error: Exception | None) -> Any:
        """Answer for a body that is not JSON; what this returns is what ``get_json`` returns.

        *error* is what the parser raised, None if the media type is not JSON's. Raises
        BadRequest or UnsupportedMediaType.
        """
        if error is not None:
            reason = "nested too deeply" if isinstance(error, RecursionError) else str(error)
            detail = f"The body is not valid JSON: {reason}."
            text = detail if self.debug else None
            raise BadRequest(text).with_detail(detail) from error
        detail = (
            f"The body's Content-Type is {self.content_type!r}; JSON is sent with "
            "'Content-Type: application/json'."
        )
        raise UnsupportedMediaType(detail if self.debug else None).with_detail(detail)

    def __repr__(self) -> str:
        try:
            url = self.url
        except BadHost:
            url = self.path
        return f"<{type(self).__name__} {url!r} [{self.environ.get('REQUEST_METHOD')}]>"


def _refuse_json_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _loads_strict_json(text: str) -> Any:
    """Parse *text* with the stdlib, which by itself would take NaN and Infinity."""
    from json import JSONDecoder

    decoder = _STRICT_JSON_DECODERS.get("decoder")
    if decoder is None:
        decoder = JSONDecoder(parse_constant=_refuse_json_constant)
        _STRICT_JSON_DECODERS["decoder"] = decoder
    return decoder.decode(text)


# Holds the one decoder once JSON has been read: it has no state, and json is imported late.
_STRICT_JSON_DECODERS: dict[str, Any] = {}
