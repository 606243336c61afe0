"""What few programs ask of a `Request`: rare headers as objects, other names of its parts."""

from __future__ import annotations

from ...text.dates import parse_date
from ...text.tokens import parse_digits
from ..structures import kept_property
from .absent import LeftOutName
from .conditional import parse_etags, parse_if_range_header, parse_range_header
from .header_lists import parse_list_header
from .header_values import (
    Authorization,
    LanguageAccept,
    MIMEAccept,
    UserAgent,
    parse_accept_header,
    parse_cache_control_header,
    parse_set_header,
)
from .options import parse_options_header

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from typing import Any

    from .conditional import ETags, IfRange, Range
    from .header_values import Accept, HeaderSet, RequestCacheControl


def environ_text(key: str) -> Any:
    """Make a property: the text under a *key* of the environ, None without it."""
    return property(lambda request: request.environ.get(key), doc=f"The environ's {key}.")


def parsed_header(key: str, read: Callable[[Any], Any]) -> Any:
    """Make a property that is kept: *read* of the header under a *key*, of None without it."""

    def read_header(request: Any) -> Any:
        return read(request.environ.get(key))

    read_header.__doc__ = f"The environ's {key}, parsed."
    return kept_property(read_header)


class RareRequestMembers:
    """Members of `Request`; never made itself."""

    environ: dict[str, Any]
    environ_builder: Any

    #: The body as the server gives it, without the limits that ``stream`` has.
    input_stream: Any = environ_text("wsgi.input")
    #: The user whom the server has checked.
    remote_user: str | None = environ_text("REMOTE_USER")

    content_encoding: str | None = environ_text("HTTP_CONTENT_ENCODING")
    content_md5: str | None = environ_text("HTTP_CONTENT_MD5")
    origin: str | None = environ_text("HTTP_ORIGIN")
    referrer: str | None = environ_text("HTTP_REFERER")
    access_control_request_method: str | None = environ_text("HTTP_ACCESS_CONTROL_REQUEST_METHOD")

    accept_charsets: Accept = parsed_header("HTTP_ACCEPT_CHARSET", parse_accept_header)
    accept_encodings: Accept = parsed_header("HTTP_ACCEPT_ENCODING", parse_accept_header)
    accept_languages: LanguageAccept = parsed_header(
        "HTTP_ACCEPT_LANGUAGE", lambda value: parse_accept_header(value, LanguageAccept)
    )
    accept_mimetypes: MIMEAccept = parsed_header(
        "HTTP_ACCEPT", lambda value: parse_accept_header(value, MIMEAccept)
    )
    cache_control: RequestCacheControl = parsed_header(
        "HTTP_CACHE_CONTROL", parse_cache_control_header
    )
    if_match: ETags = parsed_header("HTTP_IF_MATCH", parse_etags)
    if_none_match: ETags = parsed_header("HTTP_IF_NONE_MATCH", parse_etags)
    if_range: IfRange = parsed_header("HTTP_IF_RANGE", parse_if_range_header)
    user_agent: UserAgent = parsed_header("HTTP_USER_AGENT", UserAgent)
    #: These are None without the header, and if it is malformed.
    authorization: Authorization | None = parsed_header(
        "HTTP_AUTHORIZATION", Authorization.from_header
    )
    if_modified_since: datetime | None = parsed_header("HTTP_IF_MODIFIED_SINCE", parse_date)
    if_unmodified_since: datetime | None = parsed_header("HTTP_IF_UNMODIFIED_SINCE", parse_date)
    range: Range | None = parsed_header("HTTP_RANGE", parse_range_header)
    access_control_request_headers: HeaderSet | None = parsed_header(
        "HTTP_ACCESS_CONTROL_REQUEST_HEADERS",
        lambda value: None if value is None else parse_set_header(value),
    )

    application: Any = LeftOutName()
    date: Any = LeftOutName()
    max_forwards: Any = LeftOutName()
    pragma: Any = LeftOutName()
    is_multithread: Any = LeftOutName()
    is_multiprocess: Any = LeftOutName()
    is_run_once: Any = LeftOutName()
    is_xhr: Any = LeftOutName()
    is_ajax: Any = LeftOutName()
    dict_storage_class: Any = LeftOutName()
    list_storage_class: Any = LeftOutName()
    parameter_storage_class: Any = LeftOutName()
    form_data_parser_class: Any = LeftOutName()
    make_form_data_parser: Any = LeftOutName()
    want_form_data_parsed: Any = LeftOutName()
    user_agent_class: Any = LeftOutName()

    @classmethod
    def from_values(cls: Any, *args: Any, **kwargs: Any) -> Any:
        """Make a request, for a test, of what an ``EnvironBuilder`` takes: path, method, data…

        RuntimeError where no builder has been set as ``environ_builder``.
        """
        if cls.environ_builder is None:
            raise RuntimeError(
                f"{cls.__name__}.from_values needs an EnvironBuilder: write "
                "'import microweb.testing' first, or set Request.environ_builder to another."
            )
        return cls(cls.environ_builder(*args, **kwargs).get_environ())

    def __enter__(self) -> Any:
        return self

    def __exit__(self: Any, *exc_info: Any) -> None:
        self.close()

    @property
    def blueprint(self: Any) -> str | None:
        """The name of the blueprint the endpoint belongs to, with its parents' names."""
        return (self.endpoint or "").rpartition(".")[0] or None

    @property
    def blueprints(self: Any) -> list[str]:
        """The blueprint and its parents, innermost first."""
        from ..request import blueprint_names_of

        return blueprint_names_of(self.endpoint)

    @kept_property
    def full_path(self: Any) -> str:
        """The path with a question mark and the query string."""
        return f"{self.path}?{self.query_string.decode('utf-8', 'replace')}"

    @kept_property
    def host_url(self: Any) -> str:
        """Scheme and host, with a slash at the end."""
        return f"{self.scheme}://{self.host}/"

    @kept_property
    def mimetype_params(self) -> dict[str, str]:
        """The parameters of the Content-Type."""
        return parse_options_header(self.environ.get("CONTENT_TYPE"))[1]

    @property
    def script_root(self: Any) -> str:
        """The same as ``root_path``."""
        return self.root_path  # type: ignore[no-any-return]

    @property
    def url_root(self: Any) -> str:
        """The same as ``root_url``."""
        return self.root_url  # type: ignore[no-any-return]

    @property
    def server(self) -> tuple[str, int | None] | None:
        """The name and port the server listens at, None if it does not say."""
        name = self.environ.get("SERVER_NAME")
        return (name, parse_digits(self.environ.get("SERVER_PORT"))) if name else None

    @kept_property
    def access_route(self) -> list[str]:
        """The addresses in X-Forwarded-For, which a client can forge; else ``remote_addr``."""
        if "HTTP_X_FORWARDED_FOR" in self.environ:
            return parse_list_header(self.environ["HTTP_X_FORWARDED_FOR"])
        return [self.environ["REMOTE_ADDR"]] if self.environ.get("REMOTE_ADDR") else []
