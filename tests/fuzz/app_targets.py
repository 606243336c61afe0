"""Targets above the parts: routes, signed values, sessions, settings, and a whole app."""

from __future__ import annotations

import contextlib
import functools
import json
import random
import re
import sys
import tempfile
import warnings
import zlib
from pathlib import Path
from typing import Any

import microweb
from microweb import Microweb, signing
from microweb.dev.debug import DebuggedApplication
from microweb.dotenv import parse_dotenv
from microweb.json.tag import TaggedJSONSerializer
from microweb.middleware import ProxyFix
from microweb.routing import (
    BuildError,
    Map,
    NoMatch,
    RequestRedirect,
    RoutingError,
    Rule,
    WrongMethod,
)
from microweb.security import safe_join, secure_filename
from microweb.templating import Markup
from microweb.text.hosts import host_is_trusted

from .engine import RESOURCES, Broken, require, target
from .http_targets import TOKENS, call_app, check_wsgi_answer, make_environ, make_request
from .mutate import dice_of, entropy, random_text, words

# Routing

SEGMENTS = [
    *b"a b user static me x.y a-b %C3%A9 \xc3\xa9 7 -7 1.5 00 .. . de en".split(),
    b"12345678-1234-5678-1234-567812345678",
]
VARIABLES = (
    b"<v> <int:v> <float:v> <path:v> <uuid:v> <any(de,en):v> <string(length=2):v> a<v> <v>.html "
    b"<int(signed=True):v> <int(fixed_digits=3):v> <re:[a-z]+:v> <v>-<w> <int:v>x<w>"
).split()


def make_rule(dice: random.Random) -> bytes:
    """Return the text of a rule."""
    path = b"".join(
        b"/"
        + (
            dice.choice(VARIABLES).replace(b"v>", b"v%d>" % at)
            if dice.random() < 0.4
            else dice.choice(SEGMENTS[:7])
        )
        for at in range(dice.randrange(1, 5))
    ).replace(b"w>", b"w%d>" % dice.randrange(9))
    return path + dice.choice((b"", b"/"))


@functools.lru_cache(maxsize=1)
def big_map() -> Map:
    """Return a map of some hundred rules of all kinds."""
    dice = random.Random("the map")
    urls = Map()
    texts: set[str] = set()
    while len(texts) < 400:
        texts.add(make_rule(dice).decode())
    with warnings.catch_warnings():
        # Some hide others.
        warnings.simplefilter("ignore")
        for number, text in enumerate(sorted(texts)):
            methods = dice.choice((None, None, ["GET"], ["POST", "PUT"]))
            with contextlib.suppress(RoutingError, ValueError):
                urls.add(Rule(text, endpoint=number, methods=methods))
    return urls


def make_path(dice: random.Random) -> bytes:
    """Return a method and a path that may well lead somewhere."""
    method = dice.choice((b"GET ", b"GET ", b"POST ", b"HEAD ", b"BREW "))
    parts = words(dice, [*SEGMENTS, *VARIABLES[7:9]], 5, b"/")
    return method + b"/" + parts + dice.choice((b"", b"/", b"//"))


@target(make_path, [b"/", b"//", b"%2F", *SEGMENTS, b"9" * 5000])
def routing(data: bytes) -> None:
    """A path leads to a rule whose URL leads back, or raises one of the three errors."""
    method, _, path = data.decode("utf-8", "replace").partition(" ")
    adapter = big_map().bind("localhost", default_method=method or "GET")
    adapter.test(path)
    str(big_map().explain(method or "GET", path if path.startswith("/") else f"/{path}"))
    try:
        rule, arguments = adapter.match(path, return_rule=True)
    except RequestRedirect as redirect:
        require(redirect.new_url.startswith("http://localhost/"), f"leads to {redirect.new_url!r}")
        require(redirect.new_url.isascii(), f"leads to {redirect.new_url!r}")
        return
    except (NoMatch, WrongMethod) as error:
        str(error)
        return
    try:
        url = adapter.build(rule.endpoint, arguments)
    except BuildError as error:
        raise Broken(f"{rule!r} gave {arguments!r:.200}, of which none can be built") from error
    require(url.startswith("/") and not url.startswith("//") and url.isascii(), f"built {url!r}")
    environ = make_environ(f"GET {url} HTTP/1.1".encode())
    back = environ["PATH_INFO"].encode("latin-1").decode("utf-8", "replace")
    try:
        again = adapter.match(back, return_rule=True)
    except RequestRedirect as redirect:
        raise Broken(f"{url!r} was built and is redirected to {redirect.new_url}") from None
    require(again[1] == arguments, f"{arguments!r:.200} comes back as {again!r:.200}")


@target(
    make_rule, [*VARIABLES, b"<", b">", b":", b"(", b")", b"=", b",", b"'", b"any(", b"|", b"{}"]
)
def rules(data: bytes) -> None:
    """The text of a rule is one, or the error says why not."""
    text = data.decode("utf-8", "replace")
    if "<re:" in text:
        return
    for options in ({}, {"subdomain": text[:9]}, {"strict_slashes": False}):
        try:
            urls = Map([Rule(text, endpoint="e", **options)])
        except (RoutingError, ValueError) as error:
            str(error)
            continue
        repr(urls), urls.draw(), list(urls.iter_rules())
        adapter = urls.bind("localhost", subdomain=str(options.get("subdomain", "")))
        for path in ("/", "/a/b/7", text):
            try:
                adapter.match(path)
            except (NoMatch, WrongMethod, RequestRedirect):
                continue


@functools.lru_cache(maxsize=1)
def host_maps() -> list[Map]:
    """Return a map of subdomains and one of hosts, with defaults, aliases and redirects."""
    paths = [("/", {}), ("/all/", {"defaults": {"n": 1}}), ("/all/<int:n>", {})]
    rules = [
        (host, path, options)
        for host in ("", "www", "<name>", "<a>.<b>", "<int:n2>.x")
        for path, options in paths
    ]
    return [
        Map([Rule(path, endpoint=path[:4], subdomain=host, **more) for host, path, more in rules]),
        Map(
            [Rule(path, endpoint=path[:4], host=host or "a", **more) for host, path, more in rules]
            + [Rule("/old/<v>", endpoint="/new", host="a", redirect_to="/new/<v>")],
            host_matching=True,
        ),
    ]


@target(
    lambda dice: (
        words(dice, [b"www", b"a", b"b", b"7", b"x", b"a.example"], 3, b".")
        + dice.choice([b"/", b"/all/", b"/all/1", b"/all/2", b"/old/a b"])
    ),
    [*SEGMENTS, b":80", b"@", b".."],
)
def hosts(data: bytes) -> None:
    """A host and a path lead to a rule, to a redirect on the same site, or nowhere."""
    host, slash, path = data.decode("utf-8", "replace").partition("/")
    for urls in host_maps():
        try:
            adapter = (
                urls.bind(host or "a")
                if urls.host_matching
                else urls.bind("a.example", subdomain=host)
            )
        except UnicodeError:
            # What is no host name outside ASCII.
            continue
        str(urls.explain("GET", slash + path, host))
        try:
            endpoint, arguments = adapter.match(slash + path)
            adapter.build(endpoint, arguments)
        except RequestRedirect as redirect:
            require(redirect.new_url.startswith("http://"), f"leads to {redirect.new_url!r:.200}")
        except (NoMatch, WrongMethod, BuildError):
            continue


# Signed values

SIGNED = [
    kind("a key", **({} if kind is signing.Serializer else {"salt": "fuzz"}))
    for kind in (
        signing.Serializer,
        signing.TimedSerializer,
        signing.URLSafeSerializer,
        signing.URLSafeTimedSerializer,
    )
]
VALUES = ["ada", [1, 2], {"id": 7, "names": ["é", None, 1.5]}, "x" * 300, 0, ""]
TAGGED = [
    b'{"a":1}|{" t":[1,2]}|{" b":"YWI="}|{" m":"<b>"}|{" u":"00000000000000000000000000000000"}',
    b'|{" d":"Sun, 06 Nov 1994 08:49:37 GMT"}|{" di":{" t__":1}}|[1,[2,{"a":{" t":[]}}]]|"x"',
]
TAGGED = b"".join(TAGGED).split(b"|")
JSON_TOKENS = [
    *b'{ } [ ] : , " \\ null true NaN Infinity 1e999 \\ud800 " t" " b" " d" " u"'.split()
]
JSON_TOKENS += [b" ", b'{" m":', b'{" di":', b"[" * 3000, b'{"a":' * 3000, b"1" * 5000]


_TOKEN_RE = re.compile(rb"[A-Za-z0-9_.=-]*")


@target(
    lambda dice: dice.choice(SIGNED).dumps(dice.choice(VALUES)).encode(), [b".", b"-", b"_", b"="]
)
def tokens(data: bytes) -> None:
    """A token gives the value that was signed, or BadData, as text and as bytes."""
    for serializer in SIGNED:
        for token in (data, data.decode("utf-8", "surrogateescape")):
            serializer.loads_unsafe(token)
            try:
                value = serializer.loads(token)
            except signing.BadData as error:
                str(error)
                continue
            require(value in VALUES, f"{token!r:.200} was never signed, and gives {value!r:.200}")
            if isinstance(serializer, signing.URLSafeSerializerMixin):
                require(_TOKEN_RE.fullmatch(data), f"{token!r:.200} is no token, and gives a value")


@functools.lru_cache(maxsize=1)
def session_app() -> Microweb:
    """Return an app whose view reads the session and writes all of it."""
    app = Microweb("tests.fuzz", static_folder=None, template_folder=None)
    app.secret_key = "a key"
    app.config["PROPAGATE_EXCEPTIONS"] = True

    @app.route("/")
    def show() -> Any:
        session = microweb.session
        said = [repr(item) for item in session.items()]
        session["seen"] = True
        return said

    return app


@target(lambda dice: dice.choice(TAGGED), JSON_TOKENS, cost=2)
def sessions(data: bytes) -> None:
    """Whatever stands in a session's cookie, signed with the right key or not: no error."""
    app = session_app()
    serializer = app.session_interface.get_signing_serializer(app)
    sign = serializer.make_signer().sign
    encoded = signing.base64_encode(data)
    packed = b"." + signing.base64_encode(zlib.compress(data))
    for payload in (data, encoded, packed, packed[: len(data) % len(packed)], b"." + encoded):
        cookie = "session=" + sign(payload).decode("latin-1")
        environ = {**make_environ(b"GET / HTTP/1.1\r\nHost: localhost"), "HTTP_COOKIE": cookie}
        answer = call_app(app, environ)
        check_wsgi_answer(*answer)
        require(answer[1].startswith("200"), f"{answer[1]} for a cookie")


def random_value(dice: random.Random, depth: int = 0) -> Any:
    """Return a value that tagged JSON keeps as it is."""
    kind = dice.randrange(10 if depth < 4 else 6)
    if kind < 6:
        text = random_text(dice, 'ab" \\é\u2028<')
        return (
            text,
            text.encode(),
            Markup(text),
            dice.choice((None, True, 1.5)),
            dice.getrandbits(60),
            text,
        )[kind]
    items = [random_value(dice, depth + 1) for _ in range(dice.randrange(4))]
    if kind < 8:
        return tuple(items) if kind == 6 else items
    names = (" t", " b", " di", " di__", "a", "", "t", " d__")
    return {dice.choice(names): item for item in items}


@target(lambda dice: dice.choice(TAGGED), JSON_TOKENS)
def tagged_json(data: bytes) -> None:
    """Tagged JSON is a value that can be written again, or a ValueError; values come back."""
    serializer = TaggedJSONSerializer()
    value = random_value(dice_of(data))
    text = serializer.dumps(value)
    back = serializer.loads(text)
    require(
        repr(back) == repr(value) or back == value, f"{value!r:.200} comes back as {back!r:.200}"
    )
    try:
        value = serializer.loads(data)
    except ValueError:
        return
    serializer.dumps(value)


@target(lambda dice: dice.choice((b'{"a": [1, 2.5, null, "\\u00e9"]}', *TAGGED)), JSON_TOKENS)
def json_bodies(data: bytes) -> None:
    """A body is what `json` reads in it, strictly, or 400."""
    request = microweb.Request(make_environ(b"POST / HTTP/1.1\r\nContent-Type: a/b\r\n\r\n" + data))
    request.environ.update(CONTENT_TYPE="application/json", CONTENT_LENGTH=str(len(data)))
    try:
        value = request.get_json()
    except microweb.http.BadRequest:
        require(request.get_json(silent=True, cache=False) is None, "silent gives a value")
        return
    try:
        expected = json.loads(data.decode("utf-8-sig"))
    except ValueError as error:
        # PyPy's other decoder, which is for what has limits of its own, takes "\\u-000" too.
        require("uXXXX" in str(error) and sys.implementation.name == "pypy", repr(error))
        return
    require(json.dumps(value) == json.dumps(expected), f"{value!r:.200}")


# A whole app


def make_app(debug: bool) -> Microweb:
    """Return an app that does with a request what apps do."""
    folder = Path(RESOURCES.enter_context(tempfile.TemporaryDirectory()))
    (folder / "a.txt").write_bytes(b"0123456789" * 10)
    (folder / "b").mkdir()
    app = Microweb("tests.fuzz", static_folder=str(folder), template_folder=str(folder))
    app.secret_key = "a key"
    app.debug = debug
    app.config.update(PROPAGATE_EXCEPTIONS=True, MAX_CONTENT_LENGTH=5000, MAX_FORM_PARTS=9)
    page = "<p>{{ request.path }}</p>{{ request.args.q }}{{ request.headers }}{{ request.url }}"
    request = microweb.request

    @app.route("/", methods=["GET", "POST", "PUT"])
    def everything() -> Any:
        said = [
            request.url,
            dict(request.args),
            dict(request.form),
            list(request.files),
            request.host,
        ]
        said += [str(request.cookies), str(request.headers), str(request.range), request.is_json]
        return microweb.jsonify([repr(part) for part in said], request.get_json(silent=True))

    @app.route("/u/<name>/<int:number>/", methods=["GET", "POST"])
    def user(name: str, number: int) -> Any:
        microweb.flash(name)
        microweb.session[name] = request.values.get("a", type=int)
        answer = microweb.make_response(
            {"name": name, "next": microweb.url_for("user", **request.view_args)}
        )
        answer.set_cookie("name", name, max_age=number % 10**9)
        return answer

    @app.route("/f/<path:name>")
    def file(name: str) -> Any:
        return microweb.send_from_directory(folder, name)

    @app.route("/page", methods=["GET", "POST"])
    def show() -> Any:
        return microweb.render_template_string(page)

    @app.route("/session", methods=["GET", "POST"])
    def session() -> Any:
        microweb.session.update(request.form.to_dict())
        return microweb.redirect(microweb.url_for("show", q=request.args.get("q")))

    @app.route("/abort/<int(max=599):code>")
    def refuse(code: int) -> Any:
        microweb.abort(
            code if 400 <= code < 500 and code in app.aborter.mapping else 418, request.path
        )

    @app.route("/json", methods=["GET", "POST"])
    def read_json() -> Any:
        return microweb.jsonify(request.get_json())

    return app


@functools.lru_cache(maxsize=1)
def apps() -> list[Any]:
    """Return an app in production, one that is debugged, and one behind two proxies."""
    RESOURCES.callback(apps.cache_clear)
    plain = make_app(False)
    return [plain, make_app(True), ProxyFix(plain, 2, 1, 1, 1, 1)]


@target(
    make_request, [*TOKENS, b"/static/", b"/f/", b"../", b"X-Forwarded-Prefix: ", b"a.txt"], cost=3
)
def app(data: bytes) -> None:
    """Whatever a client sends, an app answers: no 5xx, nothing of the request in HTML unescaped."""
    for application in apps():
        answer = call_app(application, make_environ(data))
        check_wsgi_answer(*answer)
        body = answer[3]
        require(b"0123456789" not in body or answer[1][:3] in ("200", "206"), "a file and no 200")


def crash(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    """Fail, with what the request says in the message and in the variables."""
    request = microweb.Request(environ)
    said = {"path": request.path, "body": environ["wsgi.input"].read()}
    raise RuntimeError(request.full_path, said, request)


@target(make_request, TOKENS, cost=4)
def error_pages(data: bytes) -> None:
    """The page of an exception shows what was sent, escaped."""
    try:
        _, status, headers, body = call_app(DebuggedApplication(crash), make_environ(data))
    except RuntimeError:
        # So ends what is not from this machine.
        return
    require(status.startswith("500"), f"{status} for a program that fails")
    if "html" in dict(headers)["Content-Type"]:
        require(b"<zzz" not in body.lower(), "HTML came back as it was sent")


# Names, settings


@target(make_path, [b"..", b"/", b"\\", b"\0", b"C:", b"CON", b".", b"//host/", b"~"])
def names(data: bytes) -> None:
    """A joined path stays below its folder, a file's name is one; nothing raises."""
    text = data.decode("utf-8", "surrogateescape")
    for windows in (False, True):
        joined = safe_join("/base", text, windows=windows)
        parts = (joined or "").replace("\\" if windows else "/", "/").split("/")
        require(joined is None or (parts[:2] == ["", "base"] and ".." not in parts), f"{joined!r}")
    name = secure_filename(text)
    require(not set(name) & set("/\\\0\n\r:") and name not in ("..", "."), f"{name!r}")
    require(secure_filename(name) == name, f"{name!r} is not yet secure")
    host_is_trusted(text, [text, "." + text])


@target(
    lambda dice: b"A=1\nexport B=\"x\\n\" # c\nC='d e'\n#\nD=e#f",
    [b"=", b"'", b'"', b"export ", b"#"],
)
def dotenv(data: bytes) -> None:
    """The text of a .env file is pairs, or a ValueError that names the line."""
    for text in (data.decode("utf-8", "replace"), data.decode("latin-1")):
        try:
            pairs = list(parse_dotenv(text))
        except ValueError as error:
            require(str(error).startswith("line "), f"{error}")
            continue
        require(all(name and "=" not in name for name, _ in pairs), f"{pairs!r:.200}")


@target(entropy)
def query_strings(data: bytes) -> None:
    """The values of a URL that was built are the arguments of the request to it."""
    dice = dice_of(data)
    values = {random_text(dice, "ab&=+%é ;#", 4): random_text(dice, "ab&=+%é ;#/?") for _ in "1234"}
    values = {name: text for name, text in values.items() if name}
    url = Map([Rule("/x", endpoint="x")]).build("x", values)
    environ = make_environ(f"GET {url} HTTP/1.1".encode())
    found = microweb.Request(environ).args.to_dict()
    require(found == values, f"{values!r} became {url!r} and {json.dumps(found)}")
