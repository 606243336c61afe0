"""The router alone: GitHub's routes, the same among many more, and building the map."""

from __future__ import annotations

import gc
import time
from typing import Any, Callable

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


def microweb_router(rules: list[str]) -> Callable[[str], Any]:
    """Return a function that matches a path under microweb's router."""
    from microweb.routing import Map, Rule

    find = Map([Rule(rule, endpoint=rule, methods=["GET"]) for rule in rules]).find
    return lambda path: find("GET", path)


def werkzeug_router(rules: list[str]) -> Callable[[str], Any]:
    """Return a function that matches a path under Werkzeug's router."""
    from werkzeug.routing import Map, Rule

    urls = Map([Rule(rule, endpoint=rule, methods=["GET"]) for rule in rules])
    urls.update()
    match = urls.bind("localhost").match
    return lambda path: match(path, "GET")


def bottle_router(rules: list[str]) -> Callable[[str], Any]:
    """Return a function that matches a path under Bottle's router."""
    from bottle import Router

    router = Router()
    for rule in rules:
        router.add(rule, "GET", rule)
    match = router.match
    return lambda path: match({"PATH_INFO": path, "REQUEST_METHOD": "GET"})


def falcon_router(rules: list[str]) -> Callable[[str], Any]:
    """Return a function that matches a path under Falcon's generated router."""
    from falcon.routing import CompiledRouter

    class Resource:
        def on_get(self, req: Any, resp: Any) -> None:
            pass

    router = CompiledRouter()
    for rule in rules:
        router.add_route(rule.replace("<", "{").replace(">", "}"), Resource())
    router.find("/")
    return router.find


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


def _walk(match: Callable[[str], Any], paths: list[str]) -> Callable[[], None]:
    def call() -> None:
        for path in paths:
            match(path)

    return call


def _match_rows(label: str, goal: str, rules: list[str], asked: list[str]) -> Row:
    paths = [_path_of(rule) for rule in asked]
    contenders = {}
    for name, make in ROUTERS.items():
        try:
            match = make(rules)
        except ImportError:
            continue
        contenders[name] = _walk(match, paths)
    seconds = {name: total / len(paths) for name, total in measure(contenders).items()}
    return Row(label, seconds, goal)


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
    more = rules + _falcon_safe(_more_rules(10_000))
    deepest = [max(rules, key=lambda rule: rule.count("/"))]
    rows = [
        _match_rows(f"match, GitHub's {len(rules)} routes", "0.75 µs", rules, rules),
        _match_rows("the same among 10,000 more", "≤ 1.15 × 130", more, rules),
        _match_rows("the deepest route", "", rules, deepest),
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
        match = microweb_router(rules + _falcon_safe(_more_rules(number)))
        built = time.perf_counter() - start
        seconds = measure({"microweb": _walk(match, [_path_of(rule) for rule in rules])})[
            "microweb"
        ]
        base = base or seconds
        print(
            f"  {len(rules) + number:>7} routes: one match {format_seconds(seconds / len(rules))} "
            f"({seconds / base:.2f} × that of {len(rules)}), built in {format_seconds(built)}"
        )
