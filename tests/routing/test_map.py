"""Finding: slashes, methods, redirects, hostile paths; and what registration refuses."""

from __future__ import annotations

import inspect
import re
import sys
import time

import pytest

from microweb.routing import (
    BaseConverter,
    BuildError,
    Map,
    NoMatch,
    PathConverter,
    RequestRedirect,
    Rule,
    RuleSyntaxError,
    UnknownConverter,
    ValidationError,
    WrongMethod,
)

from ..support import needs_package


def map_of(*rules: str, **options) -> Map:
    return Map([Rule(rule, endpoint=rule, methods=["GET"]) for rule in rules], **options)


def redirect_of(urls: Map, path: str) -> str:
    with pytest.raises(RequestRedirect) as caught:
        urls.find("GET", path)
    return caught.value.new_url


@pytest.mark.parametrize(
    ("rule", "path", "arguments"),
    [
        ("/", "/", {}),
        ("/a/b", "/a/b", {}),
        ("/<a>", "/x y", {"a": "x y"}),
        ("/<a>/<b>/<c>/<d>", "/1/2/3/4", {"a": "1", "b": "2", "c": "3", "d": "4"}),
        ("/<int:n>/", "/007/", {"n": 7}),
        ("/<path:p>", "/a//b/", {"p": "a//b/"}),
        ("/<path:p>/edit", "/a/edit/edit", {"p": "a/edit"}),
        ("/<a>-<b>.<ext>", "/a-b-c.tar.gz", {"a": "a-b", "b": "c.tar", "ext": "gz"}),
        ("/file-<int:n>", "/file-12", {"n": 12}),
        ("/<int:a>x<int:b>", "/3x4", {"a": 3, "b": 4}),
        ("/h.<path:p>.html", "/h.a/b.html", {"p": "a/b"}),
        ("/<path:p>.html/<x>", "/a/b.html/c", {"p": "a/b", "x": "c"}),
        ("/<re:[a-z]{2}:lang>/x", "/de/x", {"lang": "de"}),
        ("/föö/<bar_>", "/föö/ü", {"bar_": "ü"}),
    ],
)
def test_rule_leads_to_itself(rule, path, arguments):
    found, values = map_of("/other", rule).find("GET", path)
    assert (found.rule, values) == (rule, arguments)


@pytest.mark.parametrize(
    ("rule", "path"),
    [
        ("/a", "/a/"),
        ("/<a>", "/"),
        ("/<a>", "/x/y"),
        ("/<int:n>", "/x"),
        ("/<path:p>", "/"),
        ("/<a>-<b>", "/-b"),
        ("/x-<a>", "/x-"),
        ("/<a>-x", "/-x"),
        ("/x-<a>-x", "/x-x"),
        ("/<a>-<b>", "/a-"),
        ("/<int:a>-<int:b>", "/1-x"),
        ("/<re:[a-z]+:x>", "/A"),
    ],
)
def test_path_that_does_not_fit_is_no_match(rule, path):
    with pytest.raises(NoMatch):
        map_of(rule).find("GET", path)


def test_arguments_are_a_fresh_dict_each_time():
    urls = map_of("/a", "/b/<x>")
    urls.find("GET", "/a")[1]["q"] = 1
    assert urls.find("GET", "/a")[1] == {}


@pytest.mark.parametrize("name", ["a", "b", "c"])
def test_rules_that_share_a_branch_keep_their_own_names(name):
    urls = map_of("/<a>/a", "/<b>/b", "/<c>/c")
    assert urls.find("GET", f"/x/{name}")[1] == {name: "x"}


def test_missing_slash_is_redirected_and_kept_encoded():
    assert redirect_of(map_of("/a b/<x>/"), "/a b/ü?") == "/a%20b/%C3%BC%3F/"


def test_lax_slashes_match_both_ways():
    urls = map_of("/a/", "/b", "/<x>/c/", strict_slashes=False)
    for path in ("/a", "/a/", "/b", "/b/", "/x/c", "/x/c/"):
        assert urls.find("GET", path)[0].rule.strip("/").split("/")[-1] == path.strip("/")[-1]


def test_slash_is_not_added_for_a_method_the_branch_does_not_take():
    with pytest.raises(NoMatch):
        map_of("/a/").find("POST", "/a")


def test_rt_17_merge_slashes_redirects_once_or_not_at_all():
    target = redirect_of(map_of("/leaf"), "////leaf")
    assert target == "/leaf"
    assert map_of("/leaf").find("GET", target)[0].rule == "/leaf"
    with pytest.raises(NoMatch):
        map_of("/leaf", merge_slashes=False).find("GET", "//leaf")
    with pytest.raises(NoMatch):
        map_of("/leaf").find("GET", "//other")
    with pytest.raises(NoMatch):
        Map([Rule("/leaf", endpoint="e", merge_slashes=False)]).find("GET", "//leaf")


@pytest.mark.parametrize(
    "path", ["//evil.com/x", "///evil.com", "/.//evil.com", "/\\evil.com", "//\\/evil.com"]
)
@pytest.mark.parametrize(
    "rule", ["/x/", "/<path:p>/", "/<a>/", "/<a>/<b>/", "/<re:.*:p>/", "/<re:.*/.*:p>/"]
)
@pytest.mark.parametrize("merge", [True, False])
def test_rt_01_redirects_stay_on_this_host(path, rule, merge):
    try:
        map_of(rule, merge_slashes=merge).find("GET", path)
    except RequestRedirect as redirect:
        assert re.match(r"/(?![/\\])", redirect.new_url)
    except NoMatch:
        pass


@pytest.mark.parametrize("path", ["/\t/evil.com", "/\n/evil.com", "/\r\n/evil.com"])
def test_rt_02_control_bytes_are_encoded_in_redirects(path):
    target = redirect_of(map_of("/<path:p>/"), path)
    assert target.isprintable() and target.startswith("/%") and "//" not in target


def test_rt_06_newline_behind_a_leaf_is_no_match():
    with pytest.raises(NoMatch):
        map_of("/leaf", "/<int:n>", "/<re:[a-z]+:r>").find("GET", "/leaf\n")


def test_rt_07_twelve_variables_in_a_segment_keep_their_order():
    names = "abcdefghijkl"
    urls = map_of("/" + "-".join(f"<{name}>" for name in names))
    values = urls.find("GET", "/" + "-".join(str(i) for i in range(1, 13)))[1]
    assert list(values.items()) == [(name, str(i)) for i, name in enumerate(names, 1)]


@pytest.mark.parametrize("kind", ["", "int:", "re:[a-z-]+:"])
@pytest.mark.parametrize("path", ["-" * 200, "a-" * 14 + "/", "a-" * 2000, "a-" * 30000 + "!"])
def test_rt_08_mixed_segments_do_not_backtrack_without_bound(kind, path):
    # The first variable is read last, and declines whatever the others took.
    urls = map_of("/<int:n>-" + "-".join(f"<{kind}{name}>" for name in "abcdefghijkl"))
    before = time.process_time()
    with pytest.raises(NoMatch):
        urls.find("GET", "/" + path)
    # The bound is some milliseconds; without one these take minutes to years.
    assert time.process_time() - before < 5


@pytest.mark.parametrize(
    "path", ["/a" * 20000, "/" * 10000, "/" + "a" * 65536, "/a\0b", "/\ud800", "/../../etc"]
)
@pytest.mark.parametrize(
    "rule",
    [
        "/<path:p>",
        "/<path:p>/end",
        "/x",
        "/<path:p>/<path:q>/",
        "/<re:.*/.*:x>/<re:.*/:y>/e",
        "/<path:p>a<int:n>/<path:q>a<int:m>/e",
    ],
)
def test_rt_10_deep_and_odd_paths_are_answered(rule, path):
    before = time.process_time()
    try:
        map_of(rule).find("GET", path)
    except (NoMatch, RequestRedirect):
        pass
    assert time.process_time() - before < 5


def test_rt_10_a_span_that_nothing_follows_takes_the_rest_at_once():
    path = "/a" * 20000
    assert map_of("/<re:a/.*a:x>").find("GET", path)[1] == {"x": path[1:]}


def test_rt_10_rule_of_many_segments_is_added_matched_and_drawn():
    path = "/a" * 5000
    urls = map_of(path + "/<x>")
    assert urls.find("GET", path + "/y")[1] == {"x": "y"}
    assert urls.draw().count("\n") == 5001


@pytest.mark.parametrize("method", ["POST", "BREW", "", "G" * 100_000, "GE\0T"])
def test_rt_13_unknown_methods_are_wrong_methods(method):
    with pytest.raises(WrongMethod) as caught:
        map_of("/a", "/<x>/b").find(method, "/a")
    assert caught.value.valid_methods == ["GET", "HEAD"]
    assert len(str(caught.value)) < 500


def test_rt_13_head_is_found_through_get_and_options_only_if_named():
    urls = map_of("/a")
    assert urls.find("HEAD", "/a")[0].endpoint == "/a"
    with pytest.raises(WrongMethod):
        urls.find("OPTIONS", "/a")


@pytest.mark.parametrize("path", ["@evil.com/x", "*", "leaf", "leaf/"])
def test_rt_16_path_without_leading_slash_is_no_match(path):
    with pytest.raises(NoMatch):
        map_of("/leaf", "/<path:p>", "/").find("GET", path)


def test_rt_16_empty_path_goes_to_the_root():
    assert redirect_of(map_of("/"), "") == "/"


def test_rt_18_part_of_a_segment_does_not_match():
    with pytest.raises(NoMatch):
        map_of("/<int:i>").find("GET", "/2df")


def test_rt_19_decoded_slash_separates_segments():
    urls = map_of("/s/<s>")
    with pytest.raises(NoMatch):
        urls.find("GET", "/s/a/b")
    assert map_of("/s/<path:s>").find("GET", "/s/a/b")[1] == {"s": "a/b"}


def test_rule_without_methods_takes_every_method_but_comes_second():
    urls = Map([Rule("/<x>", endpoint="every"), Rule("/<y>", endpoint="get", methods=["GET"])])
    assert urls.find("BREW", "/a")[0].endpoint == "every"
    assert urls.find("GET", "/a")[0].endpoint == "get"


def test_defaults_are_part_of_the_arguments_and_redirect_to_the_canonical_rule():
    urls = Map(
        [
            Rule("/all/page/<int:page>", endpoint="all"),
            Rule("/all/", endpoint="all", defaults={"page": 1}, methods=["GET"]),
        ]
    )
    assert urls.find("GET", "/all/")[1] == {"page": 1}
    assert urls.find("GET", "/all/page/2")[1] == {"page": 2}
    assert redirect_of(urls, "/all/page/1") == "/all/"


def test_defaults_of_a_rule_with_other_arguments_do_not_redirect():
    urls = Map([Rule("/p/<int:page>", endpoint="p")])
    urls.add(Rule("/", endpoint="p", defaults={"page": 1, "size": 9}))
    assert urls.find("GET", "/p/1")[1] == {"page": 1}


def test_defaults_do_not_redirect_if_told_so():
    rules = [Rule("/p/<int:page>", endpoint="p"), Rule("/p", endpoint="p", defaults={"page": 1})]
    assert Map(rules, redirect_defaults=False).find("GET", "/p/1")[1] == {"page": 1}


def test_alias_redirects_to_the_canonical_rule():
    urls = Map([Rule("/u/<n>", endpoint="u"), Rule("/user/<n>", endpoint="u", alias=True)])
    assert redirect_of(urls, "/user/x") == "/u/x"
    assert urls.find("GET", "/u/x")[1] == {"n": "x"}


@pytest.mark.parametrize(
    ("target", "path", "expected"),
    [
        ("new/<n>", "/old/a b", "/new/a%20b"),
        ("/new", "/old/x", "/new"),
        ("/<n>", "/old/\\evil", "/%5Cevil"),
        (lambda adapter, n: f"/{n}/\r\n", "/old//evil.com", "/old/evil.com"),
        (lambda adapter, n: f"//{n}", "/old/evil.com", "/evil.com"),
        ("https://example.org/<n>", "/old/x", "https://example.org/x"),
        (lambda adapter, n: adapter.build("new", {"n": n}), "/old/x", "/n/x"),
    ],
)
def test_redirect_to_leads_to_a_local_path_or_an_absolute_url(target, path, expected):
    urls = Map(
        [Rule("/old/<n>", endpoint="old", redirect_to=target), Rule("/n/<n>", endpoint="new")]
    )
    assert redirect_of(urls, path) == expected


def test_build_only_rules_are_never_matched():
    urls = Map([Rule("/a", endpoint="a", build_only=True)])
    with pytest.raises(NoMatch):
        urls.find("GET", "/a")
    assert urls.build("a", {}) == "/a"


def test_validation_error_lets_the_next_rule_try():
    class Even(BaseConverter):
        regex = "[0-9]+"
        weight = 10

        def to_python(self, value):
            if int(value) % 2:
                raise ValidationError
            return int(value)

    urls = Map(converters={"even": Even})
    urls.add(Rule("/<even:n>", endpoint="even"))
    urls.add(Rule("/<x>", endpoint="text"))
    assert urls.find("GET", "/4")[1] == {"n": 4}
    assert urls.find("GET", "/5")[0].endpoint == "text"


def test_converters_may_be_added_to_the_map():
    class Word(BaseConverter):
        regex = "[a-z]+"

    urls = Map()
    urls.converters["word"] = Word
    urls.add(Rule("/<word:w>-<word:v>", endpoint="e"))
    assert urls.find("GET", "/a-b")[1] == {"w": "a", "v": "b"}


def test_two_endpoints_on_one_url_and_method_are_told():
    urls = map_of("/u/<a>")
    urls.find("GET", "/u/x")[0].origin = "app.py:3"
    rule = Rule("/u/<b>", endpoint="second", methods=["GET"])
    with pytest.warns(UserWarning, match=r"'/u/<a>'.*app\.py:3.*comes first.*'/u/<b>'.*'second'"):
        urls.add(rule)
    assert urls.find("GET", "/u/x")[0].endpoint == "/u/<a>"


def test_automatic_methods_are_no_conflict():
    urls = Map([Rule("/a", endpoint="get", methods=["GET", "OPTIONS"])])
    urls.add(Rule("/a", endpoint="post", methods=["POST", "OPTIONS"]))
    assert urls.find("POST", "/a")[0].endpoint == "post"


@pytest.mark.parametrize(
    ("rule", "position"),
    [("/<itn:n>", 1), ("/a/<nope:n>", 3)],
)
def test_unknown_converter_is_told(rule, position):
    with pytest.raises(UnknownConverter) as caught:
        map_of(rule)
    assert caught.value.position == position
    assert isinstance(caught.value, LookupError)


@pytest.mark.parametrize(
    "rule",
    [
        "/<int(1, 2, 3, 4, 5, 6):n>",
        "/<int(min=a):n>",
        "/<int(min=5, max=1):n>",
        "/<int(fixed_digits=-1):n>",
        "/<int(nope=1):n>",
        "/<float(fixed_digits=1):n>",
        "/<string(length=0):n>",
        "/<string(minlength=5, maxlength=2):n>",
        "/<any():n>",
        "/<path(1):n>",
        "/<re:[a-:n>",
    ],
)
def test_senseless_converter_arguments_are_refused(rule):
    urls = Map()
    with pytest.raises(RuleSyntaxError, match=re.escape(repr(rule))):
        urls.add(Rule(rule, endpoint="e"))
    assert list(urls.iter_rules()) == []


def test_no_regular_expression_is_on_the_way_of_plain_segments():
    urls = map_of("/a/b", "/<x>/b", "/<int:n>/<x>/", "/f/<path:p>")
    called = []

    def watch(frame, event, called_function):
        if event == "c_call":
            called.append(type(getattr(called_function, "__self__", None)))

    sys.setprofile(watch)
    try:
        for path in ("/a/b", "/x/b", "/7/x/", "/f/a/b", "/a/b/c", "/x"):
            try:
                urls.find("GET", path)
            except NoMatch:
                pass
    finally:
        sys.setprofile(None)
    assert re.Pattern not in called


@pytest.mark.parametrize("path", ["/a", "/a/"])
def test_a_lax_rule_for_other_methods_is_a_wrong_method_both_ways(path):
    for rule in ("/a", "/a/"):
        with pytest.raises(WrongMethod) as caught:
            map_of(rule, strict_slashes=False).find("POST", path)
        assert caught.value.valid_methods == ["GET", "HEAD"]


def test_a_path_keeps_its_last_slash_though_the_rule_is_lax():
    urls = map_of("/<path:p>", "/<path:p>/edit", "/<path:p>/<int:n>", strict_slashes=False)
    assert urls.find("GET", "/a/")[1] == {"p": "a/"}
    assert urls.find("GET", "/a/b/edit/")[1] == {"p": "a/b"}
    assert urls.find("GET", "/a/7/")[1] == {"p": "a", "n": 7}


def test_a_lax_rule_answers_the_methods_that_the_one_with_the_slash_does_not():
    urls = Map(
        [Rule("/<x>/", endpoint="slash", methods=["GET"]), Rule("/<x>", endpoint="leaf")],
        strict_slashes=False,
    )
    found = [urls.find(m, p)[0].endpoint for p in ("/a", "/a/") for m in ("GET", "POST")]
    assert found == ["leaf", "leaf", "slash", "leaf"]


def test_lax_slashes_forgive_one_slash_not_two():
    urls = map_of("/<x>/a/", "/<path:p>/b/", strict_slashes=False, merge_slashes=False)
    for path in ("/x/a//", "/x/b//"):
        with pytest.raises(NoMatch):
            urls.find("GET", path)


def test_two_rules_on_one_url_are_told_with_their_places():
    urls = Map([Rule("/a", endpoint="first")])
    with pytest.warns(UserWarning) as caught:
        urls.add(Rule("/a", endpoint="second"))
    line = inspect.currentframe().f_lineno - 1
    assert f"'/a' to 'first' ({__file__}:{line - 2}) comes first" in str(caught[0].message)
    assert f"hides '/a' to 'second' ({__file__}:{line})" in str(caught[0].message)
    assert caught[0].filename == __file__
    assert [rule.endpoint for rule in urls._root.literals[""].literals["a"].rules] == [
        "first",
        "second",
    ]


def test_converters_of_a_subclass_are_those_of_its_class():
    class OwnMap(Map):
        default_converters = {"default": PathConverter}

    assert OwnMap([Rule("/<x>", endpoint="e")]).find("GET", "/a/b")[1] == {"x": "a/b"}


def test_update_has_nothing_to_do():
    urls = map_of("/a")
    urls.update()
    assert urls.find("GET", "/a")[0].rule == "/a"


def test_rt_20_a_rule_is_added_once_and_to_one_map():
    rule = Rule("/a", endpoint="a")
    urls = Map([rule])
    for other in (urls, Map()):
        with pytest.raises(RuntimeError, match=r"<Rule '/a' -> a> belongs to a map already"):
            other.add(rule)


@pytest.mark.parametrize("path", ["/s/\ufffd\ufffd", "/zz\ufffd"])
def test_rt_11_replaced_bytes_are_ordinary_text(path):
    urls = map_of("/s/<s>", "/z")
    found = urls.bind_to_environ({"HTTP_HOST": "h", "PATH_INFO": path.replace("\ufffd", "\xff")})
    if path.startswith("/s/"):
        assert found.match()[1] == {"s": "\ufffd\ufffd"}
    else:
        assert not found.test()


@pytest.mark.parametrize("method", ["PURGE", "HELPER", "AS_VIEW", "__INIT__", "DISPATCH_REQUEST"])
def test_rt_12_a_rule_takes_no_method_that_it_does_not_name(method):
    with pytest.raises(WrongMethod):
        map_of("/a", "/<x>").find(method, "/a")


def test_iter_rules_and_expectations():
    urls = map_of("/a/<x>", "/b")
    assert [rule.rule for rule in urls.iter_rules()] == ["/a/<x>", "/b"]
    assert [rule.rule for rule in urls.iter_rules("/b")] == ["/b"]
    assert urls.is_endpoint_expecting("/a/<x>", "x")
    assert not urls.is_endpoint_expecting("/a/<x>", "x", "y")
    assert not urls.is_endpoint_expecting("nobody", "x")


@needs_package
def test_without_its_module_slashes_are_not_merged_and_the_path_is_no_match(monkeypatch):
    monkeypatch.setitem(sys.modules, "microweb.routing.extra.slashes", None)
    with pytest.raises(NoMatch):
        map_of("/leaf").find("GET", "//leaf")


@needs_package
def test_without_its_module_a_rule_that_cannot_be_read_is_refused_all_the_same(monkeypatch):
    monkeypatch.setitem(sys.modules, "microweb.routing.extra.syntax", None)
    for rule in ("/<a", "/<a>/<a>", "/<int(min=1, min=2):a>", "/a>"):
        with pytest.raises(RuleSyntaxError, match="write variables as '<name>'"):
            Rule(rule)


def test_defaults_take_the_place_of_what_a_variable_took():
    urls = Map([Rule("/p/<int:page>", endpoint="p", defaults={"page": 1})])
    assert urls.find("GET", "/p/7")[1] == {"page": 1}
    assert urls.build("p", {"page": 1}) == urls.build("p", {}) == "/p/1"
    with pytest.raises(BuildError, match="stands for page=1 only, not 7"):
        urls.build("p", {"page": 7})
