"""The map: all rules of an app, from path to rule and from endpoint to URL.

The law of this module: a ``Map`` gets its rules while the app is set up and is only read
afterwards, so threads share it without locks. What can be worked out when a rule is added is;
``find`` only walks.
"""

from __future__ import annotations

import re

from .adapter import MapAdapter, decode_wsgi_path
from .building import build_path, make_build_steps
from .converters import (
    DEFAULT_CONVERTERS,
    NOT_CONVERTED,
    BaseConverter,
    read_any_path,
    read_any_text,
)
from .exceptions import (
    BuildError,
    NoMatch,
    RequestRedirect,
    RuleSyntaxError,
    UnknownConverter,
    WrongMethod,
    nearest_name,
)
from .quoting import local_path, quote_path, quote_query, quote_segment
from .rules import RuleVariable, split_rule
from .segments import MixedSegment
from .trie import RouteBranch, RouteNode, draw_trie, search_trie

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from typing import Any

    from .rules import Rule, RulePiece

_SLASHES_RE = re.compile("//+")
_HOST_CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_:[]"
_DEFAULT_PORTS = {"http": ":80", "ws": ":80", "https": ":443", "wss": ":443"}


class BoundConverter:
    """A converter as one map uses it: shared by all variables written the same way.

    ``order`` sorts it among its siblings in the trie; ``write`` is value to encoded text.

    >>> sorted(name for name in BoundConverter.__slots__)
    ['label', 'order', 'read', 'spans', 'write']
    """

    __slots__ = ("label", "order", "read", "spans", "write")

    def __init__(self, converter: BaseConverter, spec: str, serial: int) -> None:
        self.read = converter.reader()
        self.spans = not converter.part_isolating
        self.write: Callable[[Any], str] = converter.to_url
        if type(converter).to_url is BaseConverter.to_url and not self.spans:
            self.write = quote_segment
        if self.read is read_any_text and not self.spans:
            spec, serial = "string", 0
        elif self.read is read_any_path:
            spec, serial = "path", 0
        self.label = f"<{spec}>"
        self.order = (converter.weight, spec, serial)


class Map:
    """The rules of an app.

    The parameters are Werkzeug's.

    *rules*: rules to add; *default_subdomain*: kept for ``MapAdapter``; rules are not matched by
    host; *strict_slashes*: ``/x`` is redirected to the rule ``/x/``; else it is matched by it, and
    ``/x/`` by the rule ``/x``; *merge_slashes*: ``//x`` is redirected to the rule ``/x``;
    *redirect_defaults*: a URL that spells out what another rule of the endpoint has as its defaults
    is redirected to that rule's; *converters*: converters by name, besides the built-in ones;
    *sort_parameters*: whether the query of a built URL is sorted; *sort_key*: the key to sort it
    by, of ``(name, value)``; *host_matching*: not available.

    >>> from microweb.routing import Rule
    >>> urls = Map([Rule("/", endpoint="home"), Rule("/<path:p>", endpoint="file")])
    >>> urls.find("GET", "/a/b")
    (<Rule '/<path:p>' -> file>, {'p': 'a/b'})
    """

    def __init__(
        self,
        rules: Iterable[Rule] | None = None,
        default_subdomain: str = "",
        strict_slashes: bool = True,
        merge_slashes: bool = True,
        redirect_defaults: bool = True,
        converters: Mapping[str, type[BaseConverter]] | None = None,
        sort_parameters: bool = False,
        sort_key: Callable[[tuple[str, Any]], Any] | None = None,
        host_matching: bool = False,
    ) -> None:
        if host_matching:
            raise NotImplementedError(
                "Map(host_matching=True): rules are not matched by host; make one app per host and "
                "choose by the Host header"
            )
        self.default_subdomain = default_subdomain
        self.strict_slashes = strict_slashes
        self.merge_slashes = merge_slashes
        self.redirect_defaults = redirect_defaults
        self.host_matching = host_matching
        self.sort_parameters = sort_parameters
        self.sort_key = sort_key
        self.converters: dict[str, type[BaseConverter]] = {**DEFAULT_CONVERTERS}
        self.converters.update(converters or ())
        self._root = RouteNode(0)
        self._static: dict[str, dict[str | None, Rule]] = {}
        self._rules: list[Rule] = []
        self._by_endpoint: dict[Any, list[Rule]] = {}
        # Endpoints of which a rule has defaults: any of their matches may have to be redirected.
        self._with_defaults: set[Any] = set()
        self._bound: dict[tuple[str, type[BaseConverter]], BoundConverter] = {}
        for rule in rules or ():
            self.add(rule)

    def __repr__(self) -> str:
        return f"<Map of {len(self._rules)} rules>"

    def add(self, rule: Rule) -> None:
        """Add *rule*, which belongs to this map from then on.

        Raises RuleSyntaxError: a converter is unknown or its arguments make no sense. Raises
        RuntimeError: the rule belongs to a map already.

        A ``UserWarning`` tells of two endpoints on one URL and method; the first one keeps it.

        >>> from microweb.routing import Rule, UnknownConverter
        >>> try:
        ...     Map().add(Rule("/<itn:n>", endpoint="e"))
        ... except UnknownConverter as error:
        ...     print(error.problem)
        there is no converter 'itn'; did you mean 'int'?
        """
        if rule.map is not None:
            raise RuntimeError(
                f"{rule!r} belongs to a map already; make a new Rule to add it again"
            )
        strict = self.strict_slashes if rule.strict_slashes is None else rule.strict_slashes
        merge = self.merge_slashes if rule.merge_slashes is None else rule.merge_slashes
        bound = {variable.name: self._bind_variable(rule, variable) for variable in rule.variables}
        segments = split_rule(rule.pieces, merge)
        rule.map = self
        rule.strict_slashes = strict
        rule.merge_slashes = merge
        rule.build_steps = make_build_steps(segments, bound)
        self._rules.append(rule)
        self._add_endpoint(rule)
        if not rule.build_only:
            self._insert(rule, segments, bound)

    def _bind_variable(self, rule: Rule, variable: RuleVariable) -> BoundConverter:
        """Return the converter *variable* names, made on first use of this way to write it."""
        converter = self.converters.get(variable.converter)
        if converter is None:
            near = nearest_name(variable.converter, list(self.converters))
            hint = f"did you mean {near!r}?" if near else f"there are {', '.join(self.converters)}"
            raise UnknownConverter(
                rule.rule,
                variable.position,
                f"there is no converter {variable.converter!r}; {hint}",
            )
        spec = variable.spec()
        known = self._bound.get((spec, converter))
        if known is None:
            try:
                made = converter(self, *variable.arguments, **dict(variable.keywords))
                known = BoundConverter(made, spec, len(self._bound))
            except (TypeError, ValueError, re.error) as error:
                raise RuleSyntaxError(
                    rule.rule, variable.position, f"the converter {spec!r} cannot be made: {error}"
                ) from error
            self._bound[spec, converter] = known
        return known

    def _insert(
        self,
        rule: Rule,
        segments: list[tuple[RulePiece, ...]],
        bound: dict[str, BoundConverter],
    ) -> None:
        """Walk the trie along *segments*, making what is missing, and leave *rule* at the end."""
        node = self._root
        for segment in segments:
            if not segment:
                node = node.literal("")
                continue
            piece = segment[0]
            if len(segment) > 1:
                node = node.branch(_make_mixed_branch(segment, bound))
            elif isinstance(piece, RuleVariable):
                own = bound[piece.name]
                made = RouteBranch(own.order, own.label, own.read, own.spans)
                node = node.branch(made)
            else:
                node = node.literal(piece)
        hidden_by = node.end(rule)
        if not rule.variables:
            path = "/".join([segment[0] if segment else "" for segment in segments])  # type: ignore[misc]
            self._static[path] = node.methods
        if hidden_by is not None:
            import warnings

            warnings.warn(
                f"two rules answer the same URL and method: {hidden_by.told()} comes first and "
                f"hides {rule.told()}; change the URL or the methods of one of them",
                stacklevel=3,
            )

    def _add_endpoint(self, rule: Rule) -> None:
        """Put *rule* among those of its endpoint, in the order in which URLs are built from them.

        Aliases come last; the more arguments and defaults a rule has, the earlier it is tried.
        """
        rules = self._by_endpoint.setdefault(rule.endpoint, [])
        key = _build_order(rule)
        position = len(rules)
        while position and _build_order(rules[position - 1]) > key:
            position -= 1
        rules.insert(position, rule)
        if not self.redirect_defaults:
            return
        if rule.endpoint in self._with_defaults:
            rule.plain = False
        elif rule.defaults:
            self._with_defaults.add(rule.endpoint)
            for other in rules:
                other.plain = False

    def find(self, method: str, path: str) -> tuple[Rule, dict[str, Any]]:
        """Return the rule for *method* and *path*, and a fresh dict of its arguments.

        Three roads, each in front of a slower one: a dict for paths without variables, a straight
        walk that always takes the narrowest way, the search with a way back. This one is long and
        flat because every request pays for it: 0.1 µs on the first road, 0.6 µs on the second.

        *method*: in capitals; *path*: the decoded path, with its slash in front. Raises NoMatch: no
        rule leads there. Raises WrongMethod: rules do, for other methods. Raises RequestRedirect:
        the path to go to is in its ``new_url``.

        >>> from microweb.routing import Rule
        >>> Map([Rule("/<int:n>", endpoint="e")]).find("GET", "/7")[1]
        {'n': 7}
        """
        static = self._static
        if path in static:
            methods = static[path]
            if method in methods:
                rule = methods[method]
                if rule.plain:
                    return rule, {}
            return self._find_searching(method, path)
        node = self._root
        values: list[Any] = []
        for text in path.split("/"):
            literals = node.literals
            if text in literals:
                node = literals[text]
                continue
            child = node.text
            if child is not None and text:
                values.append(text)
                node = child
                continue
            for branch in node.branches:
                value = branch.read(text)
                if value is not NOT_CONVERTED:
                    if branch.mixed:
                        values.extend(value)
                    else:
                        values.append(value)
                    node = branch.node
                    break
            else:
                child = node.rest
                if child is None or not text or child.literals or child.branches or child.spans:
                    return self._find_searching(method, path)
                values.append(path.split("/", node.depth)[-1])
                node = child
                break
        methods = node.methods
        if method in methods:
            rule = methods[method]
        elif None in methods:
            rule = methods[None]
        else:
            return self._find_searching(method, path)
        if rule.plain:
            # Written out, because dict(zip()) costs three times as much for one or two.
            names = rule.names
            count = len(names)
            if count == 1:
                return rule, {names[0]: values[0]}
            if count == 2:
                return rule, {names[0]: values[0], names[1]: values[1]}
            if count == 3:
                return rule, {names[0]: values[0], names[1]: values[1], names[2]: values[2]}
            return rule, dict(zip(names, values))
        return self._finish(rule, values, method, path)

    def _find_searching(
        self, method: str, path: str, adapter: MapAdapter | None = None
    ) -> tuple[Rule, dict[str, Any]]:
        """Do as ``find``, by the search; then try the path with its slashes merged."""
        try:
            rule, values = search_trie(self._root, method, path)
        except (NoMatch, WrongMethod):
            if not self.merge_slashes or "//" not in path:
                raise
            merged = _SLASHES_RE.sub("/", path)
            try:
                mergeable = search_trie(self._root, method, merged)[0].merge_slashes
            except NoMatch:
                mergeable = False
            if not mergeable:
                raise
            raise RequestRedirect(local_path(quote_path(merged))) from None
        return self._finish(rule, values, method, path, adapter)

    def _finish(
        self,
        rule: Rule,
        values: list[Any],
        method: str,
        path: str,
        adapter: MapAdapter | None = None,
    ) -> tuple[Rule, dict[str, Any]]:
        """Return a match with its defaults, or redirect to where it should have gone."""
        arguments = {**rule.defaults, **dict(zip(rule.names, values))}
        target = None
        if self.redirect_defaults:
            target = self._canonical_path(rule, arguments, method)
        if target is None and rule.redirect_to is not None:
            target = self._redirect_target(rule, arguments, adapter)
        if target is not None and target != quote_path(path):
            raise RequestRedirect(target)
        return rule, arguments

    def _canonical_path(self, rule: Rule, arguments: dict[str, Any], method: str) -> str | None:
        """Return the path of the rule whose defaults say the same as *rule*, or ``None``."""
        for other in self._by_endpoint[rule.endpoint]:
            if other is rule:
                break
            if other.build_only or other.redirect_to is not None:
                continue
            if other.methods is not None and method not in other.methods:
                continue
            if other.arguments != rule.arguments or not (other.defaults or rule.alias):
                continue
            url, _ = build_path(other, arguments)
            if url is not None:
                return local_path(url)
        return None

    def _redirect_target(
        self, rule: Rule, arguments: dict[str, Any], adapter: MapAdapter | None
    ) -> str:
        """Return where ``redirect_to`` leads: a local path, or an absolute URL as written."""
        target = rule.redirect_to
        if callable(target):
            text = str(target(adapter or self.bind(""), **arguments))
        else:
            writers = {name: write for _, name, write, _ in rule.build_steps if name is not None}

            def write_value(found: re.Match[str]) -> str:
                name = found[1]
                if name not in arguments:
                    return found[0]
                write: Callable[[Any], str] = writers.get(name, quote_segment)
                return write(arguments[name])

            text = re.sub("<(?:[^<>:]*:)?([A-Za-z0-9_]+)>", write_value, str(target))
        if re.match("[A-Za-z][A-Za-z0-9+.-]*://", text):
            return text
        # What the author wrote is encoded already; control characters and spaces never pass.
        safe = "".join([c if "!" <= c <= "~" and c != "\\" else quote_segment(c) for c in text])
        return local_path(safe)

    def build(
        self,
        endpoint: Any,
        values: Mapping[str, Any],
        method: str | None = None,
        append_unknown: bool = True,
    ) -> str:
        """Return the URL of *endpoint*: an encoded path, and a query for the values left over.

        *endpoint*: as given to the rules; *values*: by the names of the variables; a ``None``
        counts as not given; *method*: only rules for this method, or ``None`` for any;
        *append_unknown*: whether values without a variable become the query; a list repeats. Raises
        BuildError: there is no such endpoint, or the values do not fit any of its rules.

        >>> from microweb.routing import Rule
        >>> Map([Rule("/u/<name>", endpoint="u")]).build("u", {"name": "a b", "page": 2})
        '/u/a%20b?page=2'
        """
        for rule in self._by_endpoint.get(endpoint, ()):
            if method is not None and rule.methods is not None and method not in rule.methods:
                continue
            url, _ = build_path(rule, values)
            if url is None:
                continue
            if url[1:2] == "/":
                url = local_path(url)
            arguments = rule.arguments
            if append_unknown and not arguments.issuperset(values):
                pairs = [pair for pair in values.items() if pair[0] not in arguments]
                if self.sort_parameters:
                    pairs.sort(key=self.sort_key)
                query = quote_query(pairs)
                if query:
                    return f"{url}?{query}"
            return url
        raise self._explain_build(endpoint, values, method)

    def _explain_build(
        self, endpoint: Any, values: Mapping[str, Any], method: str | None
    ) -> BuildError:
        """Return the error that says why no rule of *endpoint* would do."""
        rules = self._by_endpoint.get(endpoint)
        if not rules:
            names = [name for name in self._by_endpoint if isinstance(name, str)]
            near = nearest_name(endpoint, names)
            suggested = self._by_endpoint[near][0] if near is not None else None
            hint = f" Did you mean {near!r}?" if near is not None else ""
            return BuildError(
                endpoint, values, method, suggested, f"There is no such endpoint.{hint}"
            )
        problems = []
        for rule in rules:
            if method is not None and rule.methods is not None and method not in rule.methods:
                methods = ", ".join(sorted(rule.methods))
                problems.append(f"The rule {rule.rule!r} takes the methods {methods}.")
            else:
                problems.append(f"The rule {rule.rule!r} {build_path(rule, values)[1]}.")
        return BuildError(endpoint, values, method, rules[0], " ".join(problems[:5]))

    def iter_rules(self, endpoint: Any = None) -> Iterator[Rule]:
        """Return an iterator over all rules as they were added, or over those of *endpoint*.

        >>> list(Map().iter_rules("nobody"))
        []
        """
        return iter(self._rules if endpoint is None else self._by_endpoint.get(endpoint, ()))

    def is_endpoint_expecting(self, endpoint: Any, *arguments: str) -> bool:
        """Return whether some rule of *endpoint* has all of *arguments*.

        >>> from microweb.routing import Rule
        >>> Map([Rule("/<lang>/", endpoint="home")]).is_endpoint_expecting("home", "lang")
        True
        """
        return any(rule.arguments.issuperset(arguments) for rule in self.iter_rules(endpoint))

    def draw(self) -> str:
        """Return the trie as an indented tree, see ``draw_trie``.

        >>> Map().draw()
        ''
        """
        return draw_trie(self._root)

    def bind(
        self,
        server_name: str,
        script_name: str | None = None,
        subdomain: str | None = None,
        url_scheme: str = "http",
        default_method: str = "GET",
        path_info: str | None = None,
        query_args: Mapping[str, Any] | str | None = None,
    ) -> MapAdapter:
        """Return an adapter: this map as seen from one host, or from one request to it.

        >>> from microweb.routing import Rule
        >>> Map([Rule("/a/", endpoint="a")]).bind("example.org").build("a", force_external=True)
        'http://example.org/a/'
        """
        return MapAdapter(
            self,
            server_name,
            script_name or "/",
            subdomain if subdomain is not None else self.default_subdomain,
            url_scheme,
            path_info or "/",
            default_method,
            query_args,
        )

    def bind_to_environ(
        self, environ: Mapping[str, Any], server_name: str | None = None
    ) -> MapAdapter:
        """Return an adapter for the request in *environ* (PEP 3333).

        *environ*: the WSGI environment; its paths are bytes read as Latin-1, meant as UTF-8;
        *server_name*: the host for external URLs instead of the client's ``Host``.

        >>> environ = {"SERVER_NAME": "a.example", "SERVER_PORT": "80", "PATH_INFO": "/x"}
        >>> Map().bind_to_environ(environ).path_info
        '/x'
        """
        scheme = environ.get("wsgi.url_scheme", "http")
        if server_name is None:
            server_name = environ.get("HTTP_HOST", "")
            if not server_name or server_name.strip(_HOST_CHARACTERS):
                server_name = f"{environ['SERVER_NAME']}:{environ['SERVER_PORT']}"
        port = _DEFAULT_PORTS.get(scheme, "")
        if port and server_name.endswith(port):
            server_name = server_name[: -len(port)]
        return self.bind(
            server_name,
            decode_wsgi_path(environ.get("SCRIPT_NAME", "")),
            None,
            scheme,
            environ.get("REQUEST_METHOD", "GET"),
            decode_wsgi_path(environ.get("PATH_INFO", "")),
            environ.get("QUERY_STRING", ""),
        )


def _build_order(rule: Rule) -> tuple[bool, int, int]:
    return rule.alias, -len(rule.arguments), -len(rule.defaults)


def _make_mixed_branch(
    segment: tuple[RulePiece, ...], bound: dict[str, BoundConverter]
) -> RouteBranch:
    """Return the branch of a segment that mixes text and variables.

    It weighs what its widest variable weighs, less one per character of fixed text: the more a
    rule spells out, the narrower it is.
    """
    texts = [""]
    own = []
    for piece in segment:
        if isinstance(piece, RuleVariable):
            own.append(bound[piece.name])
            texts.append("")
        else:
            texts[-1] = piece
    label = "".join(
        [piece if isinstance(piece, str) else bound[piece.name].label for piece in segment]
    )
    weight = max(each.order[0] for each in own) - sum(map(len, texts))
    spans = any(each.spans for each in own)
    reader = MixedSegment(tuple(texts), tuple(each.read for each in own))
    order = (weight, label, max(each.order[2] for each in own))
    return RouteBranch(order, label, reader.read, spans, reader)
