"""The router alone: GitHub's routes, the same among many more, and building the map."""

from __future__ import annotations

import functools
import gc
import re
import time
from typing import Any, Callable, Optional

from .timing import Row, format_seconds, measure, print_table

# The shape of GitHub's REST API: resources of users, organisations, repositories and gists.
_RESOURCES = {
    "/user": "emails followers following keys repos starred subscriptions teams orgs issues",
    "/users/<user>": "events followers following gists keys orgs received_events repos starred",
    "/orgs/<org>": "events issues members public_members repos teams hooks projects",
    "/repos/<owner>/<repo>": (
        "assignees branches collaborators comments commits contents contributors deployments "
        "downloads events forks hooks issues keys labels languages merges milestones "
        "notifications pulls readme releases stargazers stats statuses subscribers "
        "subscription tags teams"
    ),
    "/repos/<owner>/<repo>/git": "blobs commits refs tags trees",
    "/repos/<owner>/<repo>/issues/<number>": "assignees comments events labels lock",
    "/repos/<owner>/<repo>/pulls/<number>": "comments commits files merge reviews",
    "/gists": "public starred",
    "/gists/<id>": "comments commits forks star",
    "/teams/<id>": "members memberships repos",
}
_ITEMS = [
    "/user/emails/<item>",
    "/user/keys/<item>",
    "/user/starred/<owner>/<repo>",
    "/orgs/<org>/members/<user>",
    "/orgs/<org>/teams/<item>",
    "/repos/<owner>/<repo>/branches/<item>",
    "/repos/<owner>/<repo>/commits/<item>",
    "/repos/<owner>/<repo>/issues/<number>",
    "/repos/<owner>/<repo>/issues/comments/<item>",
    "/repos/<owner>/<repo>/keys/<item>",
    "/repos/<owner>/<repo>/labels/<item>",
    "/repos/<owner>/<repo>/milestones/<number>",
    "/repos/<owner>/<repo>/pulls/<number>",
    "/repos/<owner>/<repo>/pulls/comments/<item>",
    "/repos/<owner>/<repo>/releases/<item>",
    "/repos/<owner>/<repo>/git/blobs/<item>",
    "/repos/<owner>/<repo>/git/refs/<item>",
    "/repos/<owner>/<repo>/git/trees/<item>",
    "/repos/<owner>/<repo>/issues/<number>/labels/<item>",
    "/teams/<id>/members/<user>",
    "/repos/<owner>/<repo>/compare/<item>",
    "/repos/<owner>/<repo>/hooks/<item>",
    "/gists/<id>/comments/<item>",
    "/search/code",
    "/search/issues",
    "/search/repositories",
    "/search/users",
    "/emojis",
    "/events",
    "/feeds",
    "/issues",
    "/markdown",
    "/meta",
    "/rate_limit",
    "/notifications",
    "/zen",
    "/legacy/issues/search/<owner>/<repo>/<state>/<keyword>",
    "/networks/<owner>/<repo>/events",
    "/authorizations",
    "/authorizations/<id>",
    "/applications/<id>/tokens/<token>",
]


def github_rules() -> list[str]:
    """Return about 130 rules, each once."""
    rules = list(_RESOURCES)
    for prefix, names in _RESOURCES.items():
        rules += [f"{prefix}/{name}" for name in names.split()]
    return list(dict.fromkeys(rules + _ITEMS))


def _path_of(rule: str) -> str:
    return "/".join("x42" if part.startswith("<") else part for part in rule.split("/"))


def _more_rules(number: int) -> list[str]:
    return [f"/section{index % 100}/<name>/page{index}" for index in range(number)]


# A router is a function that matches a method and a path and returns something, or raises, and one
# that builds a URL from a rule, or None.
_Router = tuple[Callable[[str, str], Any], Optional[Callable[[str, dict[str, Any]], str]]]


def microweb_router(rules: list[str]) -> _Router:
    """Return how microweb's router matches and builds."""
    from microweb.routing import Map, Rule

    urls = Map([Rule(rule, endpoint=rule, methods=["GET"]) for rule in rules])
    return urls.find, urls.build


def werkzeug_router(rules: list[str]) -> _Router:
    """Return how Werkzeug's router matches and builds."""
    from werkzeug.routing import Map, Rule

    urls = Map([Rule(rule, endpoint=rule, methods=["GET"]) for rule in rules])
    urls.update()
    adapter = urls.bind("localhost")
    match = adapter.match
    return lambda method, path: match(path, method), adapter.build


def _name_first(rule: str) -> str:
    """Return a rule with its variables as ``<name:converter>``, the way Bottle and Falcon do."""
    return re.sub(r"<(\w+):(\w+)>", r"<\2:\1>", rule)


def bottle_router(rules: list[str]) -> _Router:
    """Return how Bottle's router matches and builds."""
    from bottle import Router

    router = Router()
    for rule in rules:
        router.add(_name_first(rule), "GET", rule, name=rule)
    match = router.match
    return (
        lambda method, path: match({"PATH_INFO": path, "REQUEST_METHOD": method}),
        lambda rule, values: router.build(rule, **values),
    )


def falcon_router(rules: list[str]) -> _Router:
    """Return how Falcon's generated router matches; it builds no URLs."""
    from falcon.routing import CompiledRouter

    class Resource:
        def on_get(self, req: Any, resp: Any) -> None:
            pass

    router = CompiledRouter()
    for rule in rules:
        template = _name_first(rule).replace("<", "{").replace(">", "}")
        router.add_route(template, Resource())
    find = router.find
    find("/")

    def match(method: str, path: str) -> Any:
        found = find(path)
        return found and found[1][method]

    return match, None


ROUTERS = {
    "microweb": microweb_router,
    "Werkzeug": werkzeug_router,
    "Bottle": bottle_router,
    "Falcon": falcon_router,
}


def _falcon_safe(rules: list[str]) -> list[str]:
    """Return the rules with one name for each place: Falcon allows one field name in a place."""
    safe = []
    for rule in rules:
        parts = rule.split("/")
        safe.append("/".join(f"<a{i}>" if p.startswith("<") else p for i, p in enumerate(parts)))
    return list(dict.fromkeys(safe))


def _walk(match: Callable[[str, str], Any], method: str, paths: list[str]) -> Callable[[], None]:
    def call() -> None:
        for path in paths:
            try:
                match(method, path)
            except Exception:
                pass

    return call


def _routers(rules: list[str]) -> dict[str, _Router]:
    made = {}
    for name, make in ROUTERS.items():
        try:
            made[name] = make(rules)
        except ImportError:
            continue
    return made


def _match_row(
    label: str, goal: str, routers: dict[str, _Router], paths: list[str], method: str = "GET"
) -> Row:
    contenders = {name: _walk(match, method, paths) for name, (match, _) in routers.items()}
    seconds = {name: total / len(paths) for name, total in measure(contenders).items()}
    return Row(label, seconds, goal)


def _build_row(label: str, routers: dict[str, _Router], rule: str, values: dict[str, Any]) -> Row:
    contenders = {
        name: functools.partial(build, rule, values)
        for name, (_, build) in routers.items()
        if build is not None
    }
    return Row(label, measure(contenders), "1.5 µs")


def _building_row(label: str, goal: str, rules: list[str], left_out: tuple[str, ...]) -> Row:
    seconds = {}
    for name, make in ROUTERS.items():
        if name in left_out:
            continue
        gc.collect()
        start = time.perf_counter()
        try:
            make(rules)
        except ImportError:
            continue
        seconds[name] = time.perf_counter() - start
    return Row(label, seconds, goal)


def main() -> None:
    """Measure matching and building, beside every router that is installed."""
    rules = _falcon_safe(github_rules())
    paths = [_path_of(rule) for rule in rules]
    deepest = max(rules, key=lambda rule: rule.count("/"))
    routers = _routers(rules)
    converters = "/convert/<int:a>/<b>/<float:c>"
    files = "/files/<path:p>"
    special = _routers([*rules, converters, files])
    three = next(rule for rule in rules if rule.count("<") == 3)
    values = {part[1:-1]: "x42" for part in three.split("/") if part.startswith("<")}
    rows = [
        _match_row(f"match, GitHub's {len(rules)} routes", "0.75 µs", routers, paths),
        _match_row(
            "the same among 10,000 more",
            "≤ 1.15 × 130",
            _routers(rules + _falcon_safe(_more_rules(10_000))),
            paths,
        ),
        _match_row("the deepest route", "", routers, [_path_of(deepest)]),
        _match_row("a miss at the first segment", "", routers, ["/wp-login.php"]),
        _match_row("a miss at the last segment", "", routers, [_path_of(three) + "/nope"]),
        _match_row("another method (405)", "", routers, [_path_of(three)], "POST"),
        _match_row("three converters", "", special, ["/convert/12/x/3.5"]),
        _match_row("a path of 50 segments", "", special, ["/files" + "/x" * 50]),
        _build_row("URL without variables", routers, "/emojis", {}),
        _build_row("URL of three variables", routers, three, values),
        _build_row("URL with a query of one", routers, "/emojis", {"page": 2}),
        _build_row("URL of three, query of two", routers, three, {**values, "page": 2, "q": "a b"}),
        _building_row(
            "building 10,000 routes", "0.2 s", _falcon_safe(_more_rules(10_000)), ("Bottle",)
        ),
    ]
    print_table("The router alone, one match each", rows)
    _print_scale(rules)


def _print_scale(rules: list[str]) -> None:
    """Print how one match and the building grow with the number of routes."""
    base = None
    for number in (0, 10_000, 100_000):
        start = time.perf_counter()
        match, _ = microweb_router(rules + _falcon_safe(_more_rules(number)))
        built = time.perf_counter() - start
        walk = _walk(match, "GET", [_path_of(rule) for rule in rules])
        seconds = measure({"microweb": walk})["microweb"]
        base = base or seconds
        print(
            f"  {len(rules) + number:>7} routes: one match {format_seconds(seconds / len(rules))} "
            f"({seconds / base:.2f} × that of {len(rules)}), built in {format_seconds(built)}"
        )
