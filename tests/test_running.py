"""Ways into an app without a server: start, handle, CGI; and what `run` does before it serves."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pytest

from microweb import Microweb, request
from microweb.cgi import cgi_changes, cgi_paths

from .support import make_app

ROOT = Path(__file__).parent.parent


def echo_app():
    """Return an app that says what it was sent."""
    app = make_app()

    @app.route("/echo/<name>", methods=["GET", "POST"])
    def echo(name):
        return [name, request.args.get("q"), request.get_data(as_text=True), request.headers["X"]]

    return app


@pytest.mark.parametrize("headers", [{"X": "1"}, [("X", "1")]])
@pytest.mark.parametrize("body", [b"data", "data"])
def test_handle_answers_without_a_socket(headers, body):
    status, answered, data = echo_app().handle("POST", "/echo/é?q=a%20b", headers, body)
    assert status == 200
    assert ("Content-Type", "application/json") in answered
    assert json.loads(data) == ["é", "a b", "data", "1"]


def test_handle_needs_no_thread_and_closes_what_it_opened():
    app = make_app()
    closed = []

    @app.get("/")
    def index():
        response = app.response_class(iter(["a", "b"]))
        response.call_on_close(lambda: closed.append(True))
        return response

    before = threading.active_count()
    assert app.handle()[2] == b"ab"
    assert closed == [True]
    assert threading.active_count() == before
    assert app.handle("GET", "/nothing")[0] == 404


def fetch(server, path="/"):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    try:
        connection.request("GET", path, headers={"X": "1"})
        return connection.getresponse().read()
    finally:
        connection.close()


def test_start_serves_in_the_background_until_it_is_stopped(capfd):
    app = echo_app()
    with app.start() as server:
        assert server.url == f"http://127.0.0.1:{server.port}/"
        assert repr(server) == f"<StartedServer {server.url}>"
        assert json.loads(fetch(server, "/echo/x")) == ["x", None, "", "1"]
        other = app.start()
        assert other.port != server.port
        assert fetch(other, "/echo/y")
        other.stop()
        # stop() comes back when the server's thread, which bears its name, has ended.
        assert other.url not in [thread.name for thread in threading.enumerate()]
        other.stop()
    with pytest.raises(OSError, match=r".*"):
        fetch(server)
    assert capfd.readouterr() == ("", "")


def run_script(source, tmp_path, **variables):
    """Run a script with environment variables of its own; return what it prints and its status."""
    script = tmp_path / "script.py"
    script.write_text(textwrap.dedent(source))
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **variables}
    return subprocess.run(
        [sys.executable, str(script)],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        timeout=60,
        input=variables.get("BODY", "").encode(),
        check=False,
    )


CGI_SCRIPT = """
    from microweb import Microweb, request, url_for
    app = Microweb(__name__)

    @app.route("/notes/<name>", methods=["GET", "POST"])
    def note(name):
        return [name, request.args.get("q"), request.form.get("a"), url_for("note", name="x")]

    @app.get("/crash")
    def crash():
        raise ValueError("inside")

    app.run()
"""
CGI_VARIABLES = {
    "GATEWAY_INTERFACE": "CGI/1.1",
    "REQUEST_METHOD": "GET",
    "SERVER_NAME": "example.com",
    "SERVER_PORT": "80",
    "SERVER_PROTOCOL": "HTTP/1.1",
    "HTTP_HOST": "example.com",
    "SCRIPT_NAME": "/cgi-bin/app.py",
    "QUERY_STRING": "q=1",
}


@pytest.mark.parametrize(
    ("variables", "answer"),
    [
        ({"PATH_INFO": "/notes/a b"}, ["a b", "1", None, "/cgi-bin/app.py/notes/x"]),
        (
            {
                "PATH_INFO": "/notes/é",
                "SCRIPT_NAME": "/sub/cgi-bin/app.py",
                "REQUEST_URI": "/sub/notes/%C3%A9?q=1",
            },
            ["é", "1", None, "/sub/notes/x"],
        ),
        (
            {
                "PATH_INFO": "/notes/a",
                "REQUEST_METHOD": "POST",
                "BODY": "a=5",
                "CONTENT_LENGTH": "3",
                "CONTENT_TYPE": "application/x-www-form-urlencoded",
            },
            ["a", "1", "5", "/cgi-bin/app.py/notes/x"],
        ),
    ],
)
def test_a_script_that_ends_in_run_works_as_cgi(tmp_path, variables, answer):
    result = run_script(CGI_SCRIPT, tmp_path, **{**CGI_VARIABLES, **variables})
    head, _, body = result.stdout.partition(b"\r\n\r\n")
    assert head.startswith(b"Status: 200 OK\r\n"), result.stderr
    assert json.loads(body) == answer


def test_a_crash_as_cgi_is_a_500_and_its_traceback_goes_to_the_log(tmp_path):
    result = run_script(CGI_SCRIPT, tmp_path, **{**CGI_VARIABLES, "PATH_INFO": "/crash"})
    assert result.stdout.startswith(b"Status: 500 INTERNAL SERVER ERROR\r\n")
    assert b"inside" not in result.stdout
    assert b"ValueError: inside" in result.stderr


CGI_PROGRAM = """
    import sys
    from microweb import Microweb, Response, request
    app = Microweb(__name__)
    earlier = sys.stderr
    print("before the app runs")

    @app.teardown_request
    def note_end(error):
        print("ended")

    @app.get("/stream")
    def stream():
        return Response(iter(["a", "b"]))

    @app.get("/empty")
    def empty():
        return "", 204

    @app.get("/crash")
    def crash():
        raise ValueError("inside")

    @app.get("/printed")
    def printed():
        print("printed text")
        return "answer"

    @app.get("/children")
    def children():
        import os
        os.system("echo of a child")
        earlier.write("to the earlier stream")
        earlier.flush()
        return "answer"

    @app.get("/killed")
    def killed():
        import os, signal
        os.kill(os.getpid(), signal.SIGTERM)
        return "never"

    @app.post("/unread")
    def unread():
        return "unread"

    @app.post("/body")
    def body():
        return request.data

    app.run()
    print("left:", len(sys.stdin.buffer.read()), file=sys.stderr)
"""


def run_cgi(tmp_path, method="GET", path="/", body="", errors=subprocess.PIPE, **variables):
    environment = {**os.environ, **CGI_VARIABLES, "REQUEST_METHOD": method, "PATH_INFO": path}
    # What is printed before the app runs waits in a buffer.
    environment.pop("PYTHONUNBUFFERED", None)
    (tmp_path / "program.py").write_text(textwrap.dedent(CGI_PROGRAM), "utf-8")
    return subprocess.run(
        [sys.executable, "program.py"],
        env={**environment, "PYTHONPATH": str(ROOT), **variables},
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=errors,
        timeout=60,
        input=body.encode(),
        check=False,
    )


@pytest.mark.parametrize(("method", "path"), [("HEAD", "/stream"), ("GET", "/empty")])
def test_an_answer_without_a_body_as_cgi_states_no_length(tmp_path, method, path):
    result = run_cgi(tmp_path, method, path)
    assert b"content-length" not in result.stdout.lower()
    assert result.stdout.endswith(b"\r\n\r\n")


def test_what_is_printed_as_cgi_goes_to_the_log(tmp_path):
    result = run_cgi(tmp_path, path="/printed")
    assert result.stdout.endswith(b"\r\n\r\nanswer")
    assert b"printed text" in result.stderr


@pytest.mark.parametrize("errors", [subprocess.PIPE, subprocess.STDOUT])
def test_what_children_and_earlier_streams_write_as_cgi_goes_to_the_log(tmp_path, errors):
    result = run_cgi(tmp_path, path="/children", errors=errors)
    assert result.stdout.startswith(b"Status: 200 OK\r\n")
    assert result.stdout.endswith(b"\r\n\r\nanswer")
    if errors == subprocess.PIPE:
        log = result.stderr
    else:
        log = (tmp_path / "instance" / "cgi-errors.log").read_bytes()
    for text in (b"before the app runs", b"of a child", b"to the earlier stream"):
        assert text in log


def test_a_log_that_would_reach_the_client_goes_to_a_file(tmp_path):
    result = run_cgi(tmp_path, path="/crash", errors=subprocess.STDOUT)
    assert result.stdout.startswith(b"Status: 500 ")
    assert b"ValueError" not in result.stdout
    log = tmp_path / "instance" / "cgi-errors.log"
    assert "ValueError: inside" in log.read_text("utf-8")
    if os.name == "posix":
        assert log.stat().st_mode & 0o777 == 0o600


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM to send")
def test_sigterm_as_cgi_runs_the_teardown(tmp_path):
    result = run_cgi(tmp_path, path="/killed")
    assert b"ended" in result.stderr
    assert b"never" not in result.stdout
    assert result.returncode == 128 + signal.SIGTERM


def test_a_body_that_a_cgi_script_left_is_read(tmp_path):
    result = run_cgi(tmp_path, "POST", "/unread", "x" * 100_000, CONTENT_LENGTH="100000")
    assert result.stdout.endswith(b"unread")
    assert b"left: 0" in result.stderr


@pytest.mark.parametrize(
    ("software", "body"),
    [("Apache/2.4.71 (Debian)", "decoded"), ("busybox httpd/1.35.0", "7\r\ndecoded\r\n0\r\n\r\n")],
)
def test_a_chunked_body_as_cgi_is_read_as_the_server_passes_it(tmp_path, software, body):
    variables = {"HTTP_TRANSFER_ENCODING": "chunked", "SERVER_SOFTWARE": software}
    assert run_cgi(tmp_path, "POST", "/body", body, **variables).stdout.endswith(b"\r\n\r\ndecoded")


@pytest.mark.parametrize(
    ("script", "path", "uri", "expected"),
    [
        ("/a.cgi", "/x", "/a.cgi/x", ("/a.cgi", "/x")),
        ("/a.cgi", "", "/a.cgi", ("/a.cgi", "")),
        ("/a.cgi", "/x", "/x?q", ("", "/x")),
        ("/d/a.cgi", "/x", "/d/x", ("/d", "/x")),
        ("/d/a.cgi", "/x/y", "/d/x//y", ("/d", "/x/y")),
        ("/a.cgi", "/x", "", ("/a.cgi", "/x")),
        ("/a.cgi", "/x", "/other", ("/a.cgi", "/x")),
        ("", "/x", "/x", ("", "/x")),
    ],
)
def test_a_rewritten_url_is_built_from_where_the_client_is(script, path, uri, expected):
    found = cgi_paths({"SCRIPT_NAME": script, "PATH_INFO": path, "REQUEST_URI": uri})
    assert (found["SCRIPT_NAME"], found["PATH_INFO"]) == expected


@pytest.mark.parametrize(
    "uri",
    [
        "//evil.example/..%2Fcgi-bin/app.cgi/login",
        "/evil.example/%2e%2e/cgi-bin/app.cgi/login",
        "http://evil.example/cgi-bin/app.cgi/login",
        "/cgi-bin/../cgi-bin/login",
        "/elsewhere/login",
        "/cgi-bin/./login",
        "///login",
    ],
)
def test_a_client_never_writes_the_prefix(uri):
    variables = {"SCRIPT_NAME": "/cgi-bin/app.cgi", "PATH_INFO": "/login", "REQUEST_URI": uri}
    assert cgi_paths(variables)["SCRIPT_NAME"] in ("/cgi-bin/app.cgi", "")


def test_paths_of_servers_that_name_the_script_in_ways_of_their_own():
    iis = {"SERVER_SOFTWARE": "Microsoft-IIS/10.0", "SCRIPT_NAME": "/app.cgi"}
    assert cgi_paths({**iis, "PATH_INFO": "/app.cgi/notes"})["PATH_INFO"] == "/notes"
    virtual_hosts = {"SCRIPT_NAME": "/app.cgi/notes/1", "SCRIPT_FILENAME": "/srv/host/app.cgi"}
    found = cgi_paths({**virtual_hosts, "PATH_INFO": "/notes/1"})
    assert found == {"SCRIPT_NAME": "/app.cgi", "PATH_INFO": "/notes/1"}


def test_credentials_that_apache_renames_in_a_rewriting_rule_are_found():
    given = {"REDIRECT_HTTP_AUTHORIZATION": "Bearer x"}
    assert cgi_changes(given)["HTTP_AUTHORIZATION"] == "Bearer x"
    assert "HTTP_AUTHORIZATION" not in cgi_changes({**given, "HTTP_AUTHORIZATION": "Bearer y"})


def test_a_port_in_the_place_of_the_host_is_told():
    with pytest.raises(TypeError, match=r"write app\.run\(port=5050\)"):
        make_app().run(5050)


RUN_SCRIPT = """
    import os
    from microweb import Microweb
    app = Microweb(__name__)
    import microweb.running
    microweb.running.run_simple = lambda host, port, app, **options: print(
        host, port, app.debug, os.environ.get("COLOUR"),
        (options["use_debugger"], options["use_reloader"]))
    app.config["SERVER_NAME"] = os.environ.get("NAME")
    app.run(load_dotenv=not os.environ.get("SKIP"), use_evalex=True)
"""


@pytest.mark.parametrize(
    ("variables", "dotenv", "printed"),
    [
        ({}, "", "127.0.0.1 5000 False None (False, False)"),
        ({}, "COLOUR=red\nFLASK_DEBUG=1", "127.0.0.1 5000 True red (True, True)"),
        ({"MICROWEB_DEBUG": "0"}, "FLASK_DEBUG=1", "127.0.0.1 5000 False None (False, False)"),
        ({"SKIP": "1"}, "COLOUR=red", "127.0.0.1 5000 False None (False, False)"),
        ({"NAME": "localhost:81"}, "", "localhost 81 False None (False, False)"),
        ({"MICROWEB_RUN_FROM_CLI": "true"}, "", ""),
    ],
)
def test_run_reads_the_environment_and_the_server_name(tmp_path, variables, dotenv, printed):
    (tmp_path / ".env").write_text(dotenv)
    result = run_script(RUN_SCRIPT, tmp_path, **variables)
    assert result.stdout.decode().strip() == printed, result.stderr


def test_run_says_what_is_wrong_with_the_env_file(tmp_path):
    (tmp_path / ".env").write_text("A=1\noops")
    result = run_script(RUN_SCRIPT, tmp_path)
    assert result.returncode == 2
    assert result.stderr == b"microweb: '.env': line 2 is not NAME=value: 'oops'\n"


def test_the_shell_begins_with_the_app_and_what_processors_add():
    app = Microweb("shell", static_folder=None)

    @app.shell_context_processor
    def names():
        return {"answer": 42}

    with app.app_context():
        context = app.make_shell_context()
    assert context["app"] is app
    assert context["answer"] == 42
