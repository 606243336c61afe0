"""The command line as a person uses it: in a process of its own."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from microweb.dev.cli import COMMANDS, main

from ..support import needs_package

ROOT = Path(__file__).resolve().parent.parent.parent
SHOP = str(ROOT / "tests" / "live" / "shop.py")
HELLO = """
from microweb import Microweb, request
app = Microweb(__name__, static_folder=None)

@app.route("/")
def index():
    return "Hello!"

@app.route("/user/<name>", methods=["GET", "POST"])
def user(name):
    return 1 / 0

app.run(port=1)
"""


def environment():
    return {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}


def microweb(*arguments, cwd, **variables):
    command = [sys.executable, "-m", "microweb", *arguments]
    env = {**environment(), **variables}
    return subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, timeout=60)


class Served:
    """A server started by the command line on a free port, with its URL and what it printed."""

    def __init__(self, *arguments, cwd, **variables):
        command = [sys.executable, "-m", "microweb", *arguments, "--port", "0"]
        self.process = subprocess.Popen(
            command,
            cwd=cwd,
            env={**environment(), **variables},
            stderr=subprocess.PIPE,
            text=True,
        )
        self.printed = self.process.stderr.readline()
        found = re.search(r"http://\S+", self.printed)
        if not found:
            self.process.kill()
            raise AssertionError(self.printed + self.process.communicate(timeout=30)[1])
        self.url = found.group().rstrip("/")

    def __enter__(self):
        return self

    def __exit__(self, *exc_info):
        self.process.kill()
        self.process.wait(30)
        self.process.stderr.close()

    def stop(self, how):
        self.process.send_signal(how)
        _, errors = self.process.communicate(timeout=30)
        return self.process.returncode, errors


@pytest.fixture
def hello(tmp_path):
    (tmp_path / "hello.py").write_text(HELLO)
    return tmp_path


@pytest.mark.parametrize("spec", ["hello.py", "hello:app"])
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_run_serves_and_stops(hello, spec, how):
    with Served("run", spec, cwd=hello) as served:
        with urlopen(f"{served.url}/", timeout=30) as response:
            assert response.read() == b"Hello!"
        status, errors = served.stop(how)
        assert status == 0
        assert "Traceback" not in errors


@pytest.mark.parametrize(
    ("option", "variables"),
    [
        (["--debug"], {}),
        ([], {"MICROWEB_DEBUG": "1"}),
        ([], {"FLASK_DEBUG": "1"}),
    ],
)
def test_debug_shows_the_traceback_to_this_machine(hello, option, variables):
    request = "GET /user/x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    with Served("run", "--app", "hello.py", *option, cwd=hello, **variables) as served:
        host, port = served.url.rpartition("/")[2].split(":")
        with socket.create_connection((host, int(port)), 30) as client:
            client.sendall(request.encode())
            answer = b"".join(iter(lambda: client.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 500")
    assert b"ZeroDivisionError" in answer and b"hello.py" in answer


@needs_package
def test_the_demo_makes_its_database_by_itself(tmp_path):
    with Served("demo", cwd=tmp_path) as served:
        with urlopen(f"{served.url}/login", timeout=30) as response:
            assert b"Log in" in response.read()
        assert served.stop(signal.SIGINT)[0] == 0
    assert (tmp_path / "instance" / "notes.sqlite").stat().st_size > 0


def test_routes_lists_every_rule_and_where_its_view_is(hello):
    done = microweb("routes", "--app", "hello.py", cwd=hello)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["Endpoint", "Methods", "Rule", "View"]
    assert re.search(r"^index\s+GET\s+/\s+index \(.*hello\.py:5\)$", lines[1])
    assert re.search(r"^user\s+GET, POST\s+/user/<name>\s+user \(.*hello\.py:9\)$", lines[2])
    tree = microweb("routes", "--app", "hello.py", "--tree", cwd=hello)
    assert "user" in tree.stdout and "<string>" in tree.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "nothing.py"], "microweb run: there is no file 'nothing.py'"),
        (["run", "broken.py"], "microweb run: 'broken.py' cannot be imported: ZeroDivisionError"),
        (["run", "hello.py", "--port", "99999"], "'99999' is not a port"),
        (["run", "hello.py", "--port", "abc"], "'abc' is not a port"),
        (["run", "hello.py", "--host", "192.0.2.1"], "192.0.2.1"),
        (["run", "hello.py", "--hots", "x"], "unrecognized arguments"),
        (["routes"], "no app was named"),
        (["routes", "wsgi_only.py"], "is no Microweb app, so nothing is known about its inside"),
        (["routes", "-s", "size"], "invalid choice: 'size'"),
        (["explain", "GET", "user", "-A", "hello"], "'user' is no path: one begins with a slash"),
        (["run", "hello.py", "--key", "x"], "--key without --cert; name the certificate, as in: "),
        (["run", "hello.py", "--cert", "x.pem"], "'x.pem' cannot be read: No such file"),
        (["run", "hello.py", "--cert", "adhoc"], "openssl req -x509"),
        (["run", "hello.py", "--server", "apache"], "there is no server 'apache' to run the app"),
        (["run", "--server", "wsgiref", "--reload"], "--reload belongs to microweb's own server"),
        (["run", "--server", "cgi", "--without-threads"], "--without-threads belongs to micro"),
        (["rnu"], "microweb: there is no command 'rnu'; did you mean 'run'?; the app's own are"),
        (["hello.py"], "there is no command 'hello.py'; to serve the app in that file type: "),
        (["--app", "hello.py", "x"], "there is no command 'x'; see: microweb --help"),
        (["--app", "no.py", "x"], "are not known: there is no file 'no.py' to load the app from"),
        (["-x", "run"], "microweb: unrecognized arguments: -x; see: microweb --help"),
        (["--app"], "expected one argument"),
        (["--env-file", "no.env", "run"], "there is no file 'no.env' to read environment variab"),
        ([], "a command is required, such as: microweb run app.py; see: microweb --help"),
        pytest.param(
            ["demo", "--data", "hello.py/x"],
            "the notes cannot be kept in 'hello.py/x'",
            marks=needs_package,
        ),
    ],
)
def test_cf_03_cf_09_failures_are_one_sentence_and_status_2(hello, arguments, message):
    (hello / "broken.py").write_text("1 / 0\n")
    (hello / "wsgi_only.py").write_text("def app(environ, start_response): return []\n")
    done = microweb(*arguments, cwd=hello)
    assert done.returncode == 2
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert done.stdout == ""


def test_cf_03_a_busy_port_is_named_and_a_free_one_offered(hello):
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]
        done = microweb("run", "hello.py", "--port", str(port), cwd=hello)
    assert done.returncode == 2
    assert done.stderr.startswith(f"microweb run: 127.0.0.1:{port} is in use")
    assert re.search(r"\b\d+\b.*free|free.*\b\d+\b|--port", done.stderr)
    assert "Traceback" not in done.stderr


def test_a_script_that_calls_run_serves_itself(tmp_path):
    (tmp_path / "own.py").write_text(HELLO.replace("port=1", "port=0"))
    process = subprocess.Popen(
        [sys.executable, "own.py"],
        cwd=tmp_path,
        env=environment(),
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        url = re.search(r"http://\S+", process.stderr.readline()).group()
        with urlopen(url, timeout=30) as response:
            assert response.read() == b"Hello!"
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
    assert process.returncode == 0


def test_version_and_help():
    done = microweb("--version", cwd=ROOT)
    assert re.fullmatch(r"microweb \d+\.\d+\.\d+\n", done.stdout)
    for name in ("run", "routes"):
        done = microweb(name, "--help", cwd=ROOT)
        assert (done.returncode, done.stderr) == (0, "")


def test_an_empty_host_is_the_default_one(hello):
    with Served("run", "hello.py", "--host", "", cwd=hello) as served:
        assert served.url.startswith("http://127.0.0.1:")


@needs_package
@pytest.mark.parametrize("debug", ["1", "0"])
def test_the_demo_is_in_debug_if_the_environment_says_so(tmp_path, monkeypatch, debug):
    used = {}
    monkeypatch.setenv("MICROWEB_DEBUG", debug)
    monkeypatch.setattr(
        "microweb.running.run_simple",
        lambda host, port, app, **options: used.update(options, app=app),
    )
    with pytest.raises(SystemExit):
        main(["demo", "--data", str(tmp_path)])
    assert (used["use_debugger"], used["app"].debug) == (debug == "1", debug == "1")


@needs_package
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("notes.sqlite", None),
        ("notes.sqlite", "This is no database. " * 100),
        ("secret_key", None),
        ("attachments", "a file"),
    ],
)
def test_cf_09_a_data_folder_that_cannot_be_used_is_named(tmp_path, name, content):
    path = tmp_path / "data" / name
    path.parent.mkdir()
    path.mkdir() if content is None else path.write_text(content)
    done = microweb("demo", "--data", "data", "--port", "0", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "the notes cannot be kept in 'data'" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_cf_09_a_python_without_sqlite_is_told_what_to_install(tmp_path):
    (tmp_path / "sqlite3.py").write_text("raise ImportError(\"No module named '_sqlite3'\")")
    done = microweb("demo", "--port", "0", cwd=tmp_path)
    assert done.returncode == 2
    assert "No module named '_sqlite3'" in done.stderr and "python3-sqlite3" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("tree", [[], ["--tree"]])
def test_routes_are_listed_where_only_ascii_can_be_printed(hello, tree):
    (hello / "hello.py").write_text(HELLO.replace("/user/", "/b\u00fccher/"), encoding="utf-8")
    done = microweb("routes", "hello.py", *tree, cwd=hello, PYTHONIOENCODING="ascii")
    assert done.returncode == 0, done.stderr
    assert "b\\xfccher" in done.stdout


def test_routes_into_a_pipe_that_nobody_reads(hello):
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "microweb", "routes", "hello.py"]
    try:
        done = subprocess.run(
            command,
            cwd=hello,
            env=environment(),
            stdout=writing,
            stderr=subprocess.PIPE,
            timeout=60,
        )
    finally:
        os.close(writing)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_cf_09_routes_onto_a_full_disk(hello):
    command = [sys.executable, "-m", "microweb", "routes", "hello.py"]
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            command, cwd=hello, env=environment(), stdout=full, stderr=subprocess.PIPE, timeout=60
        )
    assert done.returncode == 2
    assert done.stderr.startswith(b"microweb routes: the output cannot be written: ")
    assert len(done.stderr.splitlines()) == 1


def called(capfd, *arguments):
    """Run a command line in this process; return its exit status and what it printed."""
    with pytest.raises(SystemExit) as caught:
        main(list(arguments))
    return (caught.value.code, *capfd.readouterr())


@pytest.mark.parametrize("words", [["--help"], ["-h"], ["-A", SHOP, "--help"]])
def test_help_lists_the_commands_and_those_of_the_app(folder, capfd, words):
    status, text, errors = called(capfd, *words)
    assert (status, errors) == (0, "")
    for name in COMMANDS:
        assert f"\n  {name}" in text
    if SHOP in words:
        listed = text.partition("Commands of the app:\n")[2].splitlines()
        assert listed == ["  greet      Say hello.", "  orders", "  state"]
    else:
        assert text.splitlines()[-1].startswith(
            "Commands of the app are not known: no app was named, and there is neither wsgi.py"
        )


@pytest.mark.parametrize("text", ["1 / 0", "raise SystemExit(3)", "def f(:", "import nothing_such"])
def test_cf_09_an_app_that_cannot_be_loaded_does_not_break_help(folder, capfd, text):
    (folder / "app.py").write_text(text)
    status, printed, errors = called(capfd, "--help")
    assert (status, errors) == (0, "")
    assert "Commands of the app are not known: 'app.py' " in printed


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself_without_an_app(folder, capfd, name):
    status, text, errors = called(capfd, name, "--help")
    assert (status, errors) == (0, "")
    assert text.startswith(f"usage: microweb {name} ")


@pytest.mark.parametrize(
    ("words", "variables", "printed"),
    [
        (["greet", "Ada"], {}, "hello Ada\n"),
        (["greet", "Ada", "--loud", "--times", "2"], {}, "hello Ada! hello Ada!\n"),
        (["greet", "Ada"], {"MICROWEB_GREET_TIMES": "2"}, "hello Ada hello Ada\n"),
        (["greet", "Ada", "--times=1"], {"MICROWEB_GREET_TIMES": "2"}, "hello Ada\n"),
        (["greet", "Ada"], {"FLASK_GREET_LOUD": "yes"}, "hello Ada!\n"),
        (["greet", "Ada"], {"FLASK_GREET_LOUD": "1", "MICROWEB_GREET_LOUD": "no"}, "hello Ada\n"),
        (["greet", "Ada"], {"MICROWEB_GREET_TIMES": ""}, "hello Ada\n"),
        (["orders", "clear", "--older-than", "3"], {}, "cleared 3\n"),
        (["orders", "clear"], {"MICROWEB_ORDERS_CLEAR_OLDER_THAN": "4"}, "cleared 4\n"),
    ],
)
def test_own_commands_take_options_and_their_variables(folder, capfd, words, variables, printed):
    os.environ.update(variables, MICROWEB_APP=SHOP)
    assert called(capfd, *words) == (0, printed, "")


@pytest.mark.parametrize(
    ("words", "variables", "message"),
    [
        (
            ["greet", "x"],
            {"MICROWEB_GREET_TIMES": "two"},
            "microweb greet: the environment variable MICROWEB_GREET_TIMES is 'two', which "
            "--times does not take; see: microweb greet --help\n",
        ),
        (["greet", "x"], {"FLASK_GREET_LOUD": "maybe"}, "which --loud does not take"),
        (["run"], {"FLASK_RUN_PORT": "abc"}, "FLASK_RUN_PORT is 'abc', which --port does not"),
        (["run"], {"MICROWEB_RUN_RELOAD": "si"}, "MICROWEB_RUN_RELOAD is 'si', which --reload"),
        (["routes"], {"MICROWEB_ROUTES_SORT": "x"}, "MICROWEB_ROUTES_SORT is 'x', which --sort"),
    ],
)
def test_cf_09_a_variable_that_no_option_takes_is_named(folder, capfd, words, variables, message):
    os.environ.update(variables, MICROWEB_APP=SHOP)
    status, printed, errors = called(capfd, *words)
    assert (status, printed) == (2, "")
    assert message in errors
    assert errors.count("\n") == 1


def test_an_unknown_command_names_near_ones_and_those_of_the_app(folder, capfd):
    assert called(capfd, "-A", SHOP, "gret")[2] == (
        "microweb: there is no command 'gret'; did you mean 'greet'?; the app has: greet, orders, "
        "state; see: microweb --help\n"
    )
    (folder / "pages").mkdir()
    assert (
        "; to serve the files of that folder type: microweb ./pages; see: microweb"
        in (called(capfd, "-A", SHOP, "pages")[2])
    )


@pytest.mark.parametrize(
    ("options", "variables", "debug"),
    [
        ([], {}, False),
        ([], {"FLASK_DEBUG": "0"}, False),
        ([], {"FLASK_DEBUG": "1"}, True),
        ([], {"FLASK_DEBUG": "true"}, True),
        ([], {"FLASK_DEBUG": ""}, False),
        ([], {"MICROWEB_DEBUG": "0", "FLASK_DEBUG": "1"}, False),
        (["--debug"], {"MICROWEB_DEBUG": "0"}, True),
        (["--no-debug"], {"FLASK_DEBUG": "1"}, False),
    ],
)
def test_cf_01_debug_comes_from_the_option_else_from_the_environment(
    folder, capfd, options, variables, debug
):
    os.environ.update(variables)
    assert called(capfd, "-A", SHOP, *options, "state")[1] == f"{debug} None None\n"


@pytest.mark.parametrize(("options", "debug"), [([], True), (["--no-debug"], False)])
def test_cf_01_no_debug_wins_over_the_code_of_the_app(folder, served, capfd, options, debug):
    (folder / "app.py").write_text(HELLO + "app.debug = True\n")
    called(capfd, "run", *options)
    assert (served["app"].debug, served["use_debugger"]) == (debug, debug)


@pytest.mark.parametrize(
    ("options", "variables", "seen"),
    [
        ([], {}, "env $(echo x)"),
        ([], {"FIRST": "before"}, "before $(echo x)"),
        (["--env-file", "own.env"], {}, "own $(echo x)"),
        (["-e", "own.env"], {"MICROWEB_SKIP_DOTENV": "1"}, "own None"),
        ([], {"FLASK_SKIP_DOTENV": "1"}, "None None"),
    ],
)
def test_cf_06_env_files_are_read_before_the_app(folder, capfd, options, variables, seen):
    (folder / ".env").write_text(f"FIRST=env\nSECOND=$(echo x)\nMICROWEB_APP={SHOP}")
    (folder / "own.env").write_text("FIRST=own")
    os.environ.update(variables)
    if "MICROWEB_SKIP_DOTENV" in variables or "FLASK_SKIP_DOTENV" in variables:
        os.environ["FLASK_APP"] = SHOP
    assert called(capfd, *options, "state") == (0, f"False {seen}\n", "")


def test_cf_06_a_mistake_in_an_env_file_is_one_sentence(folder, capfd):
    (folder / ".env").write_text("nonsense")
    status, _, errors = called(capfd, "routes")
    assert (status, errors) == (
        2,
        "microweb routes: '.env': line 1 is not NAME=value: 'nonsense'\n",
    )


@pytest.fixture
def served(monkeypatch):
    """Collect what the server is asked for, instead of serving."""
    used = {}

    def run_simple(host, port, app, **settings):
        used.update(settings, host=host, port=port, app=app)

    def run_with_reloader(start, host, port, **settings):
        used.update(settings, start=start, host=host, port=port)

    monkeypatch.setattr("microweb.running.run_simple", run_simple)
    monkeypatch.setattr("microweb.dev.reloader.run_with_reloader", run_with_reloader)
    return used


@pytest.mark.parametrize(
    ("words", "variables", "expected"),
    [
        ([], {}, {"host": "127.0.0.1", "port": 5000, "use_debugger": False, "quiet": False}),
        (["-h", "::1", "-p", "80"], {}, {"host": "::1", "port": 80}),
        (["-h", ""], {}, {"host": "127.0.0.1"}),
        ([], {"MICROWEB_RUN_HOST": "::1", "FLASK_RUN_PORT": "1"}, {"host": "::1", "port": 1}),
        (["-p", "2"], {"MICROWEB_RUN_PORT": "1"}, {"port": 2}),
        (["--quiet", "--without-threads"], {}, {"quiet": True, "threaded": False}),
        (["--debugger"], {}, {"use_debugger": True}),
        (["--debug", "--no-reload"], {}, {"use_debugger": True}),
        (["--debug", "--no-reload", "--no-debugger"], {}, {"use_debugger": False}),
        (["--reload"], {}, {"extra_files": None, "exclude_patterns": None, "quiet": False}),
        (
            ["--reload", "--extra-files", f"a{os.pathsep}b", "--exclude-patterns", "*/c"],
            {},
            {"extra_files": ["a", "b"], "exclude_patterns": ["*/c"]},
        ),
    ],
)
def test_cf_02_run_passes_its_options_to_the_server(
    folder, served, capfd, words, variables, expected
):
    os.environ.update(variables)
    assert called(capfd, "run", SHOP, *words) == (0, "", "")
    assert {name: served[name] for name in expected} == expected


@pytest.mark.parametrize("key", [True, False])
def test_run_makes_a_tls_context_of_certificate_and_key(folder, served, capfd, key):
    ssl = pytest.importorskip("ssl")
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=x"
    command += " -keyout key.pem -out cert.pem"
    subprocess.run(command.split(), check=True, capture_output=True)
    words = ["--cert", "cert.pem", "--key", "key.pem"]
    if not key:
        (folder / "both.pem").write_bytes(
            (folder / "cert.pem").read_bytes() + (folder / "key.pem").read_bytes()
        )
        words = ["--cert", "both.pem"]
    assert called(capfd, "run", SHOP, *words) == (0, "", "")
    assert isinstance(served["ssl_context"], ssl.SSLContext)
    (folder / "key.pem").write_text("no key")
    if key:
        status, _, errors = called(capfd, "run", SHOP, *words)
        assert (status, errors.count("\n")) == (2, 1)
        assert "the certificate 'cert.pem' and the key 'key.pem' cannot be used: " in errors


@pytest.mark.parametrize(
    ("words", "reloads"),
    [
        (["--reload", "run"], None),
        (["run", "--reload"], True),
        (["run", "--debug"], True),
        (["--debug", "run"], True),
        (["--debug", "run", "--no-reload"], False),
        (["--debug", "run", "--pdb"], False),
        (["run"], False),
    ],
)
def test_the_reloader_runs_in_debug_mode_and_its_parent_does_not_load_the_app(
    folder, served, capfd, words, reloads
):
    (folder / "app.py").write_text(f"import sys\nsys.path.append({str(ROOT)!r})\nprint('loaded')\n")
    with (folder / "app.py").open("a") as file:
        file.write("from tests.live.shop import app\n")
    status, printed, _ = called(capfd, *words)
    if reloads is None:
        assert status == 2
        return
    assert ("start" in served, printed) == (reloads, "" if reloads else "loaded\n")
    if reloads:
        served["start"]()
        assert capfd.readouterr()[0] == "loaded\n"
    assert callable(served["app"])


def test_run_with_reload_loads_the_app_in_the_child_alone(hello):
    (hello / "hello.py").write_text(
        HELLO + "import os\nwith open('loaded', 'a') as file:\n    file.write(f'{os.getpid()} ')\n"
    )
    with Served("run", "hello.py", "--reload", cwd=hello) as served:
        with urlopen(f"{served.url}/", timeout=30) as response:
            assert response.read() == b"Hello!"
        loaded = (hello / "loaded").read_text().split()
        assert len(loaded) == 1 and int(loaded[0]) != served.process.pid
        assert served.stop(signal.SIGINT)[0] == 0


def test_run_with_reload_shows_what_is_wrong_with_the_app(hello):
    (hello / "hello.py").write_text("x = 1\ndef broken(:\n")
    with Served("run", "hello.py", "--reload", cwd=hello) as served:
        with pytest.raises(HTTPError) as caught:
            urlopen(f"{served.url}/", timeout=30)
        page = caught.value.read().decode()
        assert caught.value.code == 503
        assert "SyntaxError" in page and "hello.py" in page and "def broken(:" in page
        assert "loading.py" not in page
        assert served.stop(signal.SIGTERM)[0] == 0


def test_run_with_pdb_stops_in_the_terminal(hello):
    command = [sys.executable, "-m", "microweb", "run", SHOP, "--pdb", "--port", "0"]
    process = subprocess.Popen(
        command,
        cwd=hello,
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        process.stdin.write("p 'name is ' + name\nquit\n")
        process.stdin.flush()
        url = re.search(r"http://\S+?(?=/ )", process.stderr.readline()).group()
        with pytest.raises(HTTPError, match="500"):
            urlopen(f"{url}/fail/Ada", timeout=30)
        process.send_signal(signal.SIGINT)
        printed, _ = process.communicate(timeout=30)
    finally:
        process.kill()
        process.wait(30)
    assert "'name is Ada'" in printed


def test_a_folder_is_served_by_its_path(tmp_path):
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "a.txt").write_text("text")
    with Served("./pages", cwd=tmp_path) as served:
        assert served.url.startswith("http://127.0.0.1:")
        with urlopen(f"{served.url}/a.txt", timeout=30) as response:
            assert response.read() == b"text"


def test_templates_are_checked(folder, capfd):
    (folder / "templates").mkdir()
    (folder / "templates" / "good.html").write_text("{{ x }}")
    (folder / "app.py").write_text("from microweb import Microweb\napp = Microweb(__name__)\n")
    assert called(capfd, "templates") == (0, "good.html\n", "")
    assert called(capfd, "templates", "--check") == (0, "all 1 templates compile\n", "")
    (folder / "templates" / "bad.html").write_text("\n{% if x %}")
    status, printed, errors = called(capfd, "templates", "--check")
    assert (status, printed) == (2, "")
    first, second, *_ = errors.splitlines()
    assert first == "microweb templates: 1 of 2 fail:"
    assert second.startswith("bad.html: ")
    assert "line 2" in errors


def test_an_interrupt_ends_quietly(folder, capfd):
    (folder / "app.py").write_text("raise KeyboardInterrupt")
    assert called(capfd, "routes") == (130, "", "")
