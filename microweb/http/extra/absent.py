"""Names that Werkzeug has and this part has not, and what to use instead of each."""

from __future__ import annotations

import sys

from ...text.lazy import is_import_statement

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

# One line per place: its name, and the names that are left out of it, before what stands instead.
_LEFT_OUT_TABLE = """
Request: application | microweb.http.responder, or an app
Request: date max_forwards pragma | request.headers, whose values are text
Request: is_multithread is_multiprocess is_run_once | request.environ["wsgi.multithread"] and so on
Request: is_xhr is_ajax | request.accept_mimetypes, or a header that your script sets
Request: dict_storage_class list_storage_class parameter_storage_class | request.args.to_dict()
Request: form_data_parser_class make_form_data_parser | Request._get_file_stream, or parse_form_data
Request: want_form_data_parsed | request.mimetype
Request: user_agent_class | request.user_agent.string
Response: content_security_policy | response.headers["Content-Security-Policy"]
Response: content_security_policy_report_only | response.headers[...]
Response: cross_origin_embedder_policy | response.headers["Cross-Origin-Embedder-Policy"]
Response: cross_origin_opener_policy | response.headers["Cross-Origin-Opener-Policy"]
http: CharsetAccept | Accept
http: COEP COOP ContentSecurityPolicy dump_csp_header parse_csp_header | the header's text
http: FileMultiDict TypeConversionDict | MultiDict
http: ImmutableTypeConversionDict ImmutableDictMixin | ImmutableDict
http: ImmutableMultiDictMixin | ImmutableMultiDict
http: ImmutableList ImmutableListMixin | tuple
http: ImmutableHeadersMixin | EnvironHeaders
http: UpdateDictMixin | CallbackDict
http: append_slash_redirect redirect | redirect_response
http: environ_property header_property | property
http: find_modules | pkgutil.iter_modules
http: get_content_type | Response(mimetype=...), which adds the charset
http: is_byte_range_valid | Range.range_for_length
http: is_resource_modified | Response.make_conditional
http: is_entity_header remove_entity_headers | Headers.remove
http: is_hop_by_hop_header remove_hop_by_hop_headers | Headers.remove
http: parse_age dump_age | Response.age
http: iri_to_uri uri_to_iri | urllib.parse.quote, or Response.location, which encodes by itself
http: Local LocalManager LocalStack release_local | microweb.g, or a contextvars.ContextVar
http: LintMiddleware | wsgiref.validate.validator
http: ProfilerMiddleware http_proxy make_ssl_devcert | a program of its own
"""


def _read_left_out_table() -> dict[tuple[str, str], str]:
    table = {}
    for line in _LEFT_OUT_TABLE.strip().splitlines():
        names, _, instead = line.partition(" | ")
        place, *names_there = names.split()
        table.update({(place[:-1], name): instead for name in names_there})
    return table


_LEFT_OUT_NAMES = _read_left_out_table()


def left_out_error(place: str, name: str) -> AttributeError:
    """Return the error for a name that is left out of *place*: it says what to use instead."""
    instead = _LEFT_OUT_NAMES[place, name]
    return AttributeError(f"{place}.{name} is left out here: use {instead} instead.")


class LeftOutName:
    """A descriptor for a name of Werkzeug's that is left out: using it says what to use instead."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._place, self._name = owner.__name__, name

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        raise left_out_error(self._place, self._name)

    def __set__(self, instance: Any, value: Any) -> None:
        self.__get__(instance)


def missing_http_name(name: str) -> NoReturn:
    """Raise the AttributeError for a name that ``microweb.http`` has not; for ``from
    microweb.http import name`` an ImportError, whose text alone is shown there."""
    if ("http", name) in _LEFT_OUT_NAMES:
        error = left_out_error("http", name)
        if is_import_statement(sys._getframe(2)):
            raise ImportError(str(error))
        raise error
    raise AttributeError(f"module 'http' has no attribute {name!r}")
