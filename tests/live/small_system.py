"""An app where Python's standard library is cut down: a plain program, which tells what it checked.

    python3 small_system.py [--from FOLDER] [NAMES ...]

Each of NAMES is a module that is kept from being imported, several joined by ``+``, or ``all``, and
is tried in a process of its own; without any, what this Python has is what counts. FOLDER is where
microweb lies. What cannot be checked is skipped, with the reason; exit status 1 if a check fails.
It runs under Debian's python3-minimal and in a browser's Python too, so it imports next to nothing.
"""

import os
import sys

# What OpenWrt splits off, what Debian's python3-minimal lacks, and what else is not everywhere.
SPLIT_OFF = (
    "asyncio ctypes decimal email logging multiprocessing sqlite3 ssl _hashlib unicodedata unittest"
    " urllib uuid xml pydoc"
).split()
NOT_MINIMAL = (
    "json html http wsgiref socketserver hmac secrets mimetypes shutil queue zlib gzip dataclasses"
    " concurrent contextvars difflib pprint shlex code zipfile numbers"
).split()
RARELY_ABSENT = (
    "datetime tempfile typing traceback inspect importlib random threading socket selectors"
).split()
GROUPS = {"all": SPLIT_OFF + NOT_MINIMAL}
HERE = os.path.dirname(os.path.abspath(__file__))
BIG_FILE = b"0123456789abcdef" * 40_000


class Blocker:
    """Finds no module of these names, nor what stands behind or in them, wherever it lies."""

    def __init__(self, names):
        parts = {f"_{name}" for name in names} | {f"_py{name}" for name in names}
        self.names = parts | set(names)

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in self.names:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return None

    def install(self):
        for name in list(sys.modules):
            if name.partition(".")[0] in self.names:
                del sys.modules[name]
        sys.meta_path.insert(0, self)


def is_there(module):
    try:
        __import__(module)
    except ImportError:
        return False
    return True


class Log:
    """Where errors go."""

    def __init__(self):
        self.text = ""

    def write(self, text):
        self.text += text

    def flush(self):
        pass


def make_app():
    from microweb import (
        Microweb,
        jsonify,
        redirect,
        render_template_string,
        request,
        session,
        url_for,
    )

    app = Microweb(__name__, static_folder=HERE, static_url_path="/static")
    app.secret_key = "a key for tests"

    @app.get("/hello/<name>/<int:times>")
    def hello(name, times):
        return f"Hello, {name}!" * times + request.args.get("end", "")

    @app.post("/form")
    def form():
        files = [f"{f.filename}:{f.mimetype}:{len(f.read())}" for f in request.files.values()]
        return ";".join([request.form["name"], *files])

    @app.get("/page")
    def page():
        source = (
            "{% set n = items|length %}{% for x in items %}{% if x %}<li>{{ x|upper }}{% endif %}"
            "{% else %}none{% endfor %}"
            "<a href='{{ url_for('hello', name='é', times=1) }}'>{{ n }}</a>"
        )
        return render_template_string(source, items=["a<b", "c"])

    @app.get("/macros")
    def macros():
        source = (
            "{% macro item(x) %}<b>{{ x|title }}</b>{% endmacro %}"
            "{{ item('a<b') }}{{ '%05.1f' % 2 }}"
        )
        return render_template_string(source)

    @app.get("/cookie")
    def cookie():
        response = redirect(url_for("page"))
        response.set_cookie("seen", request.cookies.get("seen", "never"), max_age=60)
        return response

    @app.get("/visits")
    def visits():
        session["visits"] = session.get("visits", 0) + 1
        return str(session["visits"])

    @app.get("/json")
    def write_json():
        return jsonify(a=[1, "é"])

    @app.get("/fail")
    def fail():
        raise RuntimeError("this went wrong")

    return app


def multipart(size):
    lines = [
        b"--B",
        b'Content-Disposition: form-data; name="name"',
        b"",
        "Zoë".encode(),
        b"--B",
        b'Content-Disposition: form-data; name="f"; filename="a.txt"',
        b"Content-Type: text/plain",
        b"",
        BIG_FILE[:size],
        b"--B--",
        b"",
    ]
    return b"\r\n".join(lines)


FORM = {"Content-Type": "application/x-www-form-urlencoded"}
MULTIPART = {"Content-Type": "multipart/form-data; boundary=B"}
PAGE = "<li>A&lt;B<li>C<a href='/hello/%C3%A9/1'>2</a>"


def expect(found, wanted):
    if found != wanted:
        raise SystemExit(f"{found!r:.500} came where {wanted!r:.500} was expected")


def expect_part(text, part):
    if part not in text:
        raise SystemExit(f"{part!r} is not in {text!r:.2000}")


def check_hello(app):
    status, _, body = app.handle("GET", "/hello/%C3%A9va/2?end=%20caf%C3%A9")
    expect((status, body.decode()), (200, "Hello, éva!Hello, éva! café"))
    expect(app.handle("GET", "/hello/x/y")[0], 404)
    expect(app.handle("POST", "/hello/x/1")[0], 405)
    expect(app.handle("GET", "/nothing", {"Accept": "application/json"})[0], 404)


def check_form(app):
    expect(app.handle("POST", "/form", FORM, "name=Zo%C3%AB+Z")[2].decode(), "Zoë Z")


def check_multipart(app):
    for size in (100, len(BIG_FILE)):
        body = app.handle("POST", "/form", MULTIPART, multipart(size))[2]
        expect(body.decode(), f"Zoë;a.txt:text/plain:{size}")


def check_template(app):
    expect(app.handle("GET", "/page")[2].decode(), PAGE)


def check_macros(app):
    if is_core():
        return "the core's file has none"
    expect(app.handle("GET", "/macros")[2], b"<b>A&lt;B</b>002.0")
    return None


def check_cookie(app):
    status, headers, _ = app.handle("GET", "/cookie", {"Cookie": "seen=now"})
    headers = dict(headers)
    expect((status, headers["Location"]), (302, "/page"))
    expect_part(headers["Set-Cookie"], "seen=now; ")


def check_static_file(app):
    status, headers, body = app.handle("GET", "/static/__init__.py")
    headers = dict(headers)
    expect((status, int(headers["Content-Length"])), (200, len(body)))
    again = {"If-None-Match": headers["ETag"], "If-Modified-Since": headers["Last-Modified"]}
    expect(app.handle("GET", "/static/__init__.py", again)[0], 304)


def call_with_log(app, path, cookie=""):
    """Call the app as a server would; return status, headers, body and what it logged."""
    from microweb.testing import run_wsgi_app

    log, environ = (
        Log(),
        {
            "REQUEST_METHOD": "GET",
            "SCRIPT_NAME": "",
            "PATH_INFO": path,
            "QUERY_STRING": "",
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "HTTP_COOKIE": cookie,
            "wsgi.url_scheme": "http",
        },
    )
    environ["wsgi.errors"] = log
    body, status, headers = run_wsgi_app(app, environ)
    return int(status[:3]), headers, b"".join(body), log.text


def check_errors(app):
    status, _, _, log = call_with_log(app, "/fail")
    expect(status, 500)
    expect_part(log, "Exception on '/fail' [GET]")
    expect_part(log, "RuntimeError: this went wrong")


def check_json(app):
    status, _, body, log = call_with_log(app, "/json")
    if is_there("json"):
        expect(body, b'{"a":[1,"\\u00e9"]}\n')
        return None
    expect(status, 500)
    expect_part(
        log, "ImportError: writing JSON needs Python's json module (No module named 'json')"
    )
    return "there is no json, which is told"


def check_session(app):
    status, headers, _, log = call_with_log(app, "/visits")
    if is_there("json"):
        cookie = headers["Set-Cookie"].partition(";")[0]
        expect(call_with_log(app, "/visits", cookie)[2], b"2")
        expect(call_with_log(app, "/visits", cookie[:-1])[2], b"1")
        return None
    expect(status, 500)
    expect_part(log, "ImportError: a session needs Python's json module (No module named 'json')")
    return "there is no json, which is told"


def is_core():
    """Return whether this is the single file of the core."""
    return not hasattr(sys.modules["microweb"], "__path__") and not is_there("microweb.security")


def check_password(app):
    if is_core():
        return "the core's file has none"
    from microweb.security import check_password_hash, generate_password_hash, secure_filename

    hashed = generate_password_hash("correct", "pbkdf2:sha256:10")
    expect([check_password_hash(hashed, text) for text in ("correct", "wrong")], [True, False])
    expect(secure_filename("../a b.txt"), "a_b.txt")


def check_wsgiref(app):
    if not is_there("wsgiref.handlers"):
        return "there is no wsgiref.handlers"
    from io import BytesIO
    from wsgiref.handlers import SimpleHandler

    for path, wanted in (("/hello/x/1", b"Hello, x!"), ("/page", PAGE.encode())):
        out, environ = BytesIO(), {"REQUEST_METHOD": "GET", "SCRIPT_NAME": "", "PATH_INFO": path}
        environ.update(SERVER_NAME="x", SERVER_PORT="80", SERVER_PROTOCOL="HTTP/1.1")
        SimpleHandler(BytesIO(), out, Log(), environ).run(app)
        expect(out.getvalue().rpartition(b"\r\n\r\n")[2], wanted)
    return None


def check_server(app):
    try:
        server = app.start()
    except (ImportError, RuntimeError) as error:
        expect_part(str(error), "answer requests with app.handle() or Python's wsgiref.handlers")
        return str(error).partition(";")[0].partition(": ")[0]
    import socket

    head = "POST /form HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    requests = (
        b"GET /hello/x/1 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /page HTTP/1.1\r\nHost: x\r\n\r\n",
        # The core's server asks for a length.
        f"{head}Content-Length: 6\r\n\r\nname=x".encode()
        if is_core()
        else f"{head}Transfer-Encoding: chunked\r\n\r\n6\r\nname=x\r\n0\r\n\r\n".encode(),
        b"GET /fail HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /static/__init__.py HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    )
    with server, socket.socket() as sock:
        sock.settimeout(10)
        sock.connect((server.host, server.port))
        sock.sendall(b"".join(requests))
        answers = b"".join(iter(lambda: sock.recv(65536), b""))
    expect(answers.count(b"HTTP/1.1 200 OK\r\n"), 4)
    expect(answers.count(b"HTTP/1.1 500 "), 1)
    for part in (b"\r\n\r\nHello, x!HTTP/1.1", PAGE.encode(), b"\r\n\r\nxHTTP/1.1", b"\r\nDate: "):
        expect_part(answers, part)
    return None


CHECKS = [check for name, check in sorted(globals().items()) if name.startswith("check_")]


def run_checks(names):
    """Check everything without the modules *names*; print one line and return if all is well."""
    without = [module for name in names.split("+") for module in GROUPS.get(name, [name])]
    if names:
        Blocker(without).install()
    done, skipped = [], []
    try:
        app = make_app()
        for check in CHECKS:
            what = check.__name__[len("check_") :].replace("_", " ")
            reason = check(app)
            done.append(what) if reason is None else skipped.append(f"{what} ({reason})")
    except BaseException as error:
        print(f"{names}: FAILED after {', '.join(done)}: {type(error).__name__}: {error}")
        step = error.__traceback__
        while step is not None:
            print(f"  {step.tb_frame.f_code.co_filename}:{step.tb_lineno}")
            step = step.tb_next
        return False
    skipped = f"; skipped: {'; '.join(skipped)}" if skipped else ""
    print(f"{names or 'all that is here'}: ok: {', '.join(done)}{skipped}")
    return True


def run_apart(names):
    """Do `run_checks` in a process of its own, so that one does not see what another has loaded."""
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        failed = True
        try:
            failed = not run_checks(names)
            sys.stdout.flush()
        finally:
            os._exit(failed)
    return os.waitpid(child, 0)[1] == 0


def main(arguments):
    folder = os.path.dirname(os.path.dirname(HERE))
    if arguments[:1] == ["--from"]:
        folder, arguments = arguments[1], arguments[2:]
    sys.path.insert(0, folder)
    if len(arguments) < 2:
        return run_checks(arguments[0] if arguments else "")
    return False not in [run_apart(names) for names in arguments]


if __name__ == "__main__":
    sys.exit(not main(sys.argv[1:]))
