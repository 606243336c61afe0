"""Rules for hosts and subdomains: finding, building, redirects, and what stays as without them."""

from __future__ import annotations

import pytest

from microweb.routing import (
    BuildError,
    EndpointPrefix,
    Map,
    NoMatch,
    RequestRedirect,
    Rule,
    RuleSyntaxError,
    Subdomain,
    WrongMethod,
)


def shop() -> Map:
    return Map(
        [
            Rule("/", endpoint="home", methods=["GET"]),
            Rule("/about/", endpoint="about"),
            Rule("/", endpoint="api", subdomain="api", methods=["GET"]),
            Rule("/all/<int:n>", endpoint="all", subdomain="api"),
            Rule("/all/", endpoint="all", subdomain="api", defaults={"n": 1}),
            Rule("/", endpoint="shop", subdomain="<name>"),
            Rule("/<item>", endpoint="item", subdomain="<name>"),
            Rule("/x", endpoint="numbered", subdomain="shop-<int:n>"),
        ]
    )


def hosts() -> Map:
    rules = [
        Rule("/", endpoint="www", host="www.Example.org"),
        Rule("/", endpoint="user", host="<user>.example.org"),
        Rule("/p", endpoint="port", host="localhost:5000"),
        Rule("/health", endpoint="any", methods=["GET"]),
        Rule("/health", endpoint="other", host="www.example.org", methods=["POST"]),
    ]
    return Map(rules, host_matching=True)


@pytest.mark.parametrize(
    ("subdomain", "path", "endpoint", "arguments"),
    [
        (None, "/", "home", {}),
        ("", "/", "home", {}),
        ("api", "/", "api", {}),
        ("api", "/all/2", "all", {"n": 2}),
        ("ada", "/", "shop", {"name": "ada"}),
        ("a.b", "/x", "item", {"name": "a.b", "item": "x"}),
        ("api", "/other", "item", {"name": "api", "item": "other"}),
        ("shop-7", "/x", "numbered", {"n": 7}),
        ("shop-x", "/x", "item", {"name": "shop-x", "item": "x"}),
    ],
)
def test_subdomain_leads_to_its_rules(subdomain, path, endpoint, arguments):
    urls = shop()
    rule, found = urls.find("GET", path, subdomain)
    assert (rule.endpoint, found) == (endpoint, arguments)
    assert urls.bind("example.org", subdomain=subdomain).match(path) == (endpoint, arguments)


@pytest.mark.parametrize(
    ("host", "path", "endpoint", "arguments"),
    [
        ("www.example.org", "/", "www", {}),
        ("ada.example.org", "/", "user", {"user": "ada"}),
        ("localhost:5000", "/p", "port", {}),
        ("anything", "/health", "any", {}),
        ("ada.example.org", "/health", "any", {}),
        ("www.example.org", "/health", "any", {}),
    ],
)
def test_host_leads_to_its_rules_and_to_those_of_every_host(host, path, endpoint, arguments):
    rule, found = hosts().find("GET", path, host)
    assert (rule.endpoint, found) == (endpoint, arguments)
    assert hosts().bind(host).match(path) == (endpoint, arguments)


@pytest.mark.parametrize(
    ("host", "path"),
    [("example.org", "/"), ("localhost", "/p"), ("", "/p"), ("www.example.org", "/p")],
)
def test_other_hosts_are_no_match(host, path):
    with pytest.raises(NoMatch):
        hosts().find("GET", path, host)


def test_without_a_domain_the_rules_of_the_default_one_are_searched():
    with pytest.raises(RequestRedirect) as caught:
        shop().find("GET", "/about")
    assert caught.value.new_url == "/about/"
    assert hosts().find("GET", "/health")[0].endpoint == "any"


def test_methods_of_all_rules_that_fit_the_host_are_allowed():
    with pytest.raises(WrongMethod) as caught:
        hosts().find("PUT", "/health", "www.example.org")
    assert caught.value.valid_methods == ["GET", "HEAD", "POST"]


@pytest.mark.parametrize("domain", [None, "", "api", "nobody"])
def test_without_rules_for_hosts_the_host_does_not_matter(domain):
    urls = Map([Rule("/", endpoint="e"), Rule("/<x>", endpoint="x")], default_subdomain="www")
    assert not urls.has_hosts
    assert urls.domain_of("api.example.org", "example.org") is None
    assert urls.find("GET", "/", domain)[0].endpoint == "e"
    assert urls.find("GET", "/y", domain)[1] == {"x": "y"}
    with pytest.raises(NoMatch):
        urls.find("GET", "/x/y", domain)


@pytest.mark.parametrize(
    ("host", "server_name", "domain"),
    [
        ("api.example.org", "example.org", "api"),
        ("API.Example.org", "EXAMPLE.org", "api"),
        ("a.b.example.org", "example.org", "a.b"),
        ("example.org", "example.org", ""),
        ("badexample.org", "example.org", "www"),
        ("127.0.0.1", "example.org", "www"),
        ("api.example.org", None, "www"),
        ("api.example.org.", None, "www"),
    ],
)
def test_domain_of_a_host(host, server_name, domain):
    urls = Map([Rule("/", endpoint="e", subdomain="x")], default_subdomain="www")
    assert urls.has_hosts
    assert urls.domain_of(host, server_name) == domain
    assert hosts().domain_of(host, server_name) == host.lower()


def test_rules_added_before_the_first_subdomain_keep_the_default_one():
    urls = Map([Rule("/a", endpoint="a")], default_subdomain="www")
    urls.add(Rule("/a", endpoint="b", subdomain="api"))
    assert urls.find("GET", "/a", "www")[0].endpoint == "a"
    assert urls.find("GET", "/a", "api")[0].endpoint == "b"
    with pytest.raises(NoMatch):
        urls.find("GET", "/a", "")
    adapter = urls.bind("example.org", subdomain="api")
    assert adapter.build("a") == "http://www.example.org/a"
    assert adapter.build("b") == "/a"


@pytest.mark.parametrize(
    ("endpoint", "values", "url"),
    [
        ("api", {}, "/"),
        ("home", {}, "https://example.org/"),
        ("shop", {"name": "Ada", "q": 1}, "https://ada.example.org/?q=1"),
        ("item", {"name": "api", "item": "a b"}, "/a%20b"),
        ("numbered", {"n": 7}, "https://shop-7.example.org/x"),
    ],
)
def test_url_of_another_subdomain_is_whole(endpoint, values, url):
    adapter = shop().bind("example.org", subdomain="api", url_scheme="https")
    assert adapter.build(endpoint, values) == url


def test_url_on_the_same_host_is_preferred():
    rules = [Rule("/", endpoint="e", host="a.example"), Rule("/", endpoint="e", host="b.example")]
    urls = Map(rules, host_matching=True)
    assert urls.bind("b.example").build("e") == "/"
    assert urls.bind("c.example").build("e") == "http://a.example/"
    assert urls.build("e", {}) == "/"
    assert urls.build_parts("e", {}, domain="b.example") == ("b.example", "/")


@pytest.mark.parametrize(
    "name", ["evil.com/", "x@evil.com", "evil.com:80", "a b", "ü", "", "a\r\nb", None]
)
def test_a_value_cannot_write_more_than_its_part_of_a_host(name):
    with pytest.raises(BuildError):
        shop().bind("example.org").build("shop", {"name": name})


def test_redirects_name_the_host_that_was_asked_or_the_canonical_one():
    with pytest.raises(RequestRedirect) as caught:
        shop().bind("example.org", subdomain="api").match("/all/1", query_args="q=1")
    assert caught.value.new_url == "http://api.example.org/all/?q=1"
    with pytest.raises(RequestRedirect) as caught:
        shop().find("GET", "/all/1", "api")
    assert (caught.value.new_url, caught.value.domain) == ("/all/", None)
    urls = Map(
        [
            Rule("/u/<n>", endpoint="u", host="<n2>.example.org"),
            Rule("/u/<n>/<n2>", endpoint="u", host="old.example.org", alias=True),
        ],
        host_matching=True,
    )
    with pytest.raises(RequestRedirect) as caught:
        urls.find("GET", "/u/x/ada", "old.example.org")
    assert (caught.value.new_url, caught.value.domain) == ("/u/x", "ada.example.org")
    with pytest.raises(RequestRedirect) as caught:
        urls.bind("old.example.org", "/app").match("/u/x/ada")
    assert caught.value.new_url == "http://ada.example.org/app/u/x"


@pytest.mark.parametrize(
    ("environ", "server_name", "expected"),
    [
        ({"HTTP_HOST": "api.example.org"}, "example.org", ("api", {})),
        ({"HTTP_HOST": "ada.example.org:80"}, "example.org:80", ("shop", {"name": "ada"})),
        ({"HTTP_HOST": "ada.example.org:8080"}, "example.org:8080", ("shop", {"name": "ada"})),
        ({"HTTP_HOST": "127.0.0.1"}, "example.org", ("home", {})),
        ({}, None, ("home", {})),
    ],
)
def test_bind_to_environ_finds_the_subdomain(environ, server_name, expected):
    environ = {"SERVER_NAME": "srv", "SERVER_PORT": "80", "PATH_INFO": "/", **environ}
    assert shop().bind_to_environ(environ, server_name).match() == expected


def test_bind_to_environ_takes_a_given_subdomain_and_a_request():
    class Request:
        environ = {"HTTP_HOST": "x.example.org", "PATH_INFO": "/"}

    adapter = shop().bind_to_environ(Request(), "example.org", subdomain="api")
    assert adapter.match() == ("api", {})
    assert adapter.get_host() == "api.example.org"
    assert adapter.get_host("") == "example.org"


def test_host_matching_map_has_no_subdomains():
    with pytest.raises(RuntimeError, match="no subdomain 'api'"):
        hosts().bind("example.org", subdomain="api")
    assert hosts().bind("Example.ORG").get_host() == "example.org"
    assert hosts().bind("example.org").get_host("other") == "other"


def test_host_names_in_other_scripts_are_bound_as_idna():
    assert Map().bind("bücher.example").server_name == "xn--bcher-kva.example"


def test_a_host_that_is_never_matched_is_told():
    with pytest.warns(UserWarning, match=r"'/x'.*the host 'a.example'.*host_matching=True"):
        urls = Map([Rule("/x", endpoint="e", host="a.example")])
    assert urls.find("GET", "/x")[0].endpoint == "e"


@pytest.mark.parametrize(
    ("host", "position", "problem"),
    [
        ("a.example/x", 9, "a host has no '/'"),
        ("a b", 1, "a host has no ' '"),
        ("bücher.example", 1, "xn--"),
        ("<a", 0, "never closed"),
        ("<a><b>", 3, "two variables touch"),
        ("<path:p>.example", 0, "has slashes, a host has none"),
        ("<nope:p>.example", 0, "no converter 'nope'"),
    ],
)
def test_malformed_host_is_refused_with_its_position(host, position, problem):
    with pytest.raises(RuleSyntaxError, match=problem) as caught:
        Map([Rule("/", endpoint="e", host=host)], host_matching=True)
    assert (caught.value.rule, caught.value.position) == (host, position)


def test_a_variable_of_the_host_is_not_used_in_the_path_again():
    with pytest.raises(RuleSyntaxError, match="used in the path again"):
        Map([Rule("/<a>", endpoint="e", subdomain="<a>")])


def test_one_url_on_two_hosts_is_no_conflict_but_on_one_host_it_is():
    urls = shop()
    with pytest.warns(UserWarning, match="two rules answer the same URL"):
        urls.add(Rule("/", endpoint="second", subdomain="<label>"))


def test_drawing_begins_with_the_hosts():
    rules = [EndpointPrefix("x.", [Subdomain("<lang>-x", [Rule("/a", endpoint="a")])])]
    urls = Map([*rules, Rule("/b", endpoint="b")])
    assert urls.draw() == "\n".join(
        [
            "(no subdomain)",
            "  /",
            "    b  [any method] -> b",
            "<string>-x",
            "  /",
            "    a  [any method] -> x.a",
        ]
    )
    assert hosts().draw().splitlines()[-3:] == [
        "(any host)",
        "  /",
        "    health  [GET, HEAD] -> any",
    ]
