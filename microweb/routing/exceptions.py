"""What the router raises, with the facts that a caller needs to answer 404, 405 or 308."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


# RFC 9110 §15.4: of what a redirect may be set to.
_REDIRECT_WORDS = {
    301: "Moved Permanently",
    302: "Found",
    303: "See Other",
    307: "Temporary Redirect",
    308: "Permanent Redirect",
}


class RoutingError(Exception):
    """The base of everything the router raises on purpose."""


class NoMatch(RoutingError):
    """No rule leads to this path, whatever the method (RFC 9110: 404).

    >>> str(NoMatch("/nowhere"))
    "no rule matches the path '/nowhere'"
    """

    def __init__(self, path: str = "") -> None:
        self.path = path

    def __str__(self) -> str:
        return f"no rule matches the path {_shorten_route_text(self.path)}"


class WrongMethod(RoutingError):
    """Rules lead to this path, but only for the *valid_methods*, sorted (RFC 9110: 405)."""

    def __init__(self, valid_methods: list[str], method: str = "", path: str = "") -> None:
        self.valid_methods = valid_methods
        self.method = method
        self.path = path

    def __str__(self) -> str:
        return (
            f"the path {_shorten_route_text(self.path)} does not take the method "
            f"{_shorten_route_text(self.method)}; it takes {', '.join(self.valid_methods)}"
        )


class WebsocketMismatch(NoMatch):
    """The only rules that lead to this path are for websockets, which WSGI does not carry (400)."""

    def __str__(self) -> str:
        return f"the path {_shorten_route_text(self.path)} is for websockets only"


class RequestRedirect(RoutingError):
    """The path is right in spirit, and its canonical form is elsewhere (RFC 9110: 308).

    *new_url*: where to go, percent-encoded: from ``Map.find`` a path without query and host (or an
    absolute URL that ``redirect_to`` names), from ``MapAdapter.match`` a whole URL; *domain*: the
    host or subdomain it leads to, if another; *code*: the status, which may be set. It can be
    called as a WSGI application.
    """

    code: int | None = 308

    def __init__(self, new_url: str, domain: str | None = None) -> None:
        self.new_url = new_url
        self.domain = domain
        super().__init__(new_url, domain)

    def __call__(self, environ: Any, start_response: Any) -> list[bytes]:
        headers = [("Location", self.new_url), ("Content-Type", "text/plain")]
        code = self.code or 308
        status = f"{code} {_REDIRECT_WORDS.get(code, 'Redirect')}"
        start_response(status, [*headers, ("Content-Length", "0")])
        return [b""]

    def __str__(self) -> str:
        return f"the canonical form of this URL is {_shorten_route_text(self.new_url)}"


class BuildError(RoutingError, LookupError):
    """No URL can be built for this *endpoint* from these *values*.

    *method*: what was asked for; *suggested*: the rule that comes nearest; *problem*: sentences.

    >>> print(BuildError("user", {}, None, problem="The value 'name' is missing."))
    cannot build a URL for the endpoint 'user'. The value 'name' is missing.
    """

    def __init__(
        self,
        endpoint: Any,
        values: Mapping[str, Any],
        method: str | None,
        suggested: Any = None,
        problem: str = "",
    ) -> None:
        self.endpoint = endpoint
        self.values = values
        self.method = method
        self.suggested = suggested
        self.problem = problem
        super().__init__(endpoint, values, method, suggested, problem)

    def __str__(self) -> str:
        asked = f" and the method {self.method!r}" if self.method is not None else ""
        text = f"cannot build a URL for the endpoint {self.endpoint!r}{asked}."
        return f"{text} {self.problem}" if self.problem else text


class RuleSyntaxError(RoutingError, ValueError):
    """A rule cannot be understood; raised when it is made or added, never while serving.

    *position* is the index of the character at fault; *problem* says what to write instead.

    >>> print(RuleSyntaxError("/<a", 1, "this '<' is never closed; write '<name>'"))
    in the rule '/<a', at character 1: this '<' is never closed; write '<name>'
        /<a
         ^
    """

    def __init__(self, rule: str, position: int, problem: str) -> None:
        self.rule = rule
        self.position = position
        self.problem = problem
        super().__init__(rule, position, problem)

    def __str__(self) -> str:
        text = f"in the rule {self.rule!r}, at character {self.position}: {self.problem}"
        if not self.rule.isprintable():
            return text
        return f"{text}\n    {self.rule}\n    {' ' * self.position}^"


class UnknownConverter(RuleSyntaxError, LookupError):
    """A rule names a converter that the map does not have."""


def _shorten_route_text(text: str) -> str:
    """Return the ``repr`` of *text*, cut in its middle so that a message stays a sentence."""
    if len(text) <= 200:
        return repr(text)
    return f"{text[:100]!r}...{text[-40:]!r} ({len(text)} characters)"
