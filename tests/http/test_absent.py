"""Names that are left out say what to use instead."""

from __future__ import annotations

import pytest

import microweb.http
from microweb.http import Request, Response

from .support_http import make_request

OF_REQUEST = """
    application date dict_storage_class form_data_parser_class is_ajax is_multiprocess
    is_multithread is_run_once is_xhr list_storage_class make_form_data_parser max_forwards
    parameter_storage_class pragma user_agent_class want_form_data_parsed
"""
OF_RESPONSE = """
    content_security_policy content_security_policy_report_only cross_origin_embedder_policy
    cross_origin_opener_policy
"""
OF_PART = """
    COEP COOP CharsetAccept ContentSecurityPolicy FileMultiDict ImmutableDictMixin
    ImmutableHeadersMixin ImmutableList ImmutableListMixin ImmutableMultiDictMixin
    ImmutableTypeConversionDict TypeConversionDict UpdateDictMixin append_slash_redirect
    dump_age dump_csp_header environ_property find_modules get_content_type header_property
    is_byte_range_valid is_entity_header is_hop_by_hop_header is_resource_modified parse_age
    parse_csp_header redirect remove_entity_headers remove_hop_by_hop_headers
"""


@pytest.mark.parametrize("name", OF_REQUEST.split())
def test_a_request_says_what_to_use_instead(name):
    request = make_request()
    with pytest.raises(AttributeError, match=f"Request.{name} is left out here: use .* instead"):
        getattr(request, name)
    with pytest.raises(AttributeError, match="is left out here"):
        setattr(request, name, None)
    assert not hasattr(Request, name)


@pytest.mark.parametrize("name", OF_RESPONSE.split())
def test_a_response_does_not_swallow_what_is_set(name):
    response = Response()
    with pytest.raises(AttributeError, match=f"Response.{name} is left out here: use response.he"):
        setattr(response, name, "x")
    assert not hasattr(response, name)


@pytest.mark.parametrize("name", OF_PART.split())
def test_the_part_says_what_to_use_instead(name):
    with pytest.raises(AttributeError, match=f"http.{name} is left out here: use .* instead"):
        getattr(microweb.http, name)


def test_hooks_nobody_would_ask_are_refused_where_they_are_set():
    with pytest.raises(AttributeError, match="use request.args.to_dict"):
        type("Mine", (Request,), {"parameter_storage_class": dict})
    assert type("Mine", (Request,), {"is_xhr": True})({}).is_xhr


def test_other_names_are_missing_as_usual():
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        microweb.http.nothing  # noqa: B018
    assert microweb.http.NotImplemented.code == 501


@pytest.mark.parametrize("name", [*OF_PART.split(), "iri_to_uri", "Local", "LintMiddleware"])
def test_an_import_statement_shows_what_to_use_instead(name):
    with pytest.raises(ImportError, match=f"http.{name} is left out here: use .* instead"):
        exec(f"from microweb.http import {name}", {})
    assert not hasattr(microweb.http, name)
