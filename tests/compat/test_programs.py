"""Programs that were written for Flask run as they stand."""

from __future__ import annotations

import pytest

from .conftest import PROGRAMS, start_python

BEFORE = f"""\
import sys
import microweb.compat
microweb.compat.install(prefer="microweb")
sys.path.insert(0, {str(PROGRAMS)!r})
"""


def test_a_json_api(run_code):
    lines = run_code(
        BEFORE
        + "from jsonapi import app\n"
        + "client = app.test_client()\n"
        + "print(client.get('/items/').json)\n"
        + "print(client.post('/items/', json={'name': 'b'}).status_code)\n"
        + "print(client.patch('/items/2', json={'name': 'c'}).json)\n"
        + "print(client.delete('/items/1').status_code, client.get('/items/1').json)\n"
        + "print(client.put('/items/2').json)\n"
        + "print(client.get('/version').json['same'])\n",
        before="",
    ).splitlines()
    assert lines == [
        "[{'day': '2024-01-02', 'id': 1, 'name': 'a'}]",
        "201",
        "{'id': 2, 'name': 'c'}",
        "204 {'code': 404, 'name': 'Not Found'}",
        "{'code': 405, 'name': 'Method Not Allowed'}",
        "True",
    ]


def test_a_login(run_code):
    lines = run_code(
        BEFORE
        + "from login import app\n"
        + "client = app.test_client()\n"
        + "print(client.get('/').text)\n"
        + "print(client.post('/login', data={'username': '<a>'}).location)\n"
        + "print(client.get('/').text)\n"
        + "print(client.get('/logout', follow_redirects=True).text)\n",
        before="",
    ).splitlines()
    assert lines == [
        "You are not logged in",
        "/",
        "Logged in as &lt;a&gt;",
        "You are not logged in",
    ]


def test_a_blog(run_code, tmp_path):
    pytest.importorskip("sqlite3")
    lines = run_code(
        BEFORE
        + "from blog import create_app\n"
        + f"client = create_app({{'DATABASE': {str(tmp_path / 'b.sqlite')!r}}}).test_client()\n"
        + "user = {'username': 'ada', 'password': 'x'}\n"
        + "print(client.get('/create').location)\n"
        + "print(client.post('/auth/register', data=user).location)\n"
        + "print('already registered' in client.post('/auth/register', data=user).text)\n"
        + "print(client.post('/auth/login', data={**user, 'password': 'y'}).status_code)\n"
        + "print(client.post('/auth/login', data=user).location)\n"
        + "print(client.post('/create', data={'title': '<T>'}).location)\n"
        + "print('<h1>&lt;T&gt;</h1>by ada' in client.get('/').text)\n"
        + "print(client.get('/1').text, client.get('/9').status_code)\n",
        before="",
    ).splitlines()
    assert lines == [
        "/auth/login",
        "/auth/login",
        "True",
        "200",
        "/",
        "/",
        "True",
        "<h1>&lt;T&gt;</h1> 404",
    ]


@pytest.mark.parametrize(
    ("arguments", "variables"),
    [
        (["routes", "--flask", "login.py"], {}),
        (["--flask", "routes", "login.py"], {}),
        (["routes", "login.py"], {"MICROWEB_FLASK": "1"}),
        (["doctor", "--flask", "--port", "0", "login.py"], {}),
        (["templates", "--flask", "login.py"], {}),
    ],
)
def test_the_commands_that_load_an_app_take_flask(arguments, variables):
    done = start_python(["-m", "microweb", *arguments], PROGRAMS, **variables)
    assert done.returncode == 0, done.stderr


def test_a_command_of_the_programs_own():
    arguments = ["-m", "microweb", "--flask", "-A", "login.py", "greet"]
    done = start_python(arguments, PROGRAMS)
    assert done.stdout == "hello from microweb\n", done.stderr


def test_a_packed_program_runs_without_flask(tmp_path):
    output = tmp_path / "login.pyz"
    arguments = ["-m", "microweb", "pack", "--flask", "login.py", "-o", str(output)]
    done = start_python(arguments, PROGRAMS)
    assert done.returncode == 0, done.stderr
    assert "has to be installed" not in done.stdout
    # Neither installed packages nor the folder of this suite can be seen there.
    done = start_python(["-S", "-I", str(output), "routes"], tmp_path)
    assert done.returncode == 0, done.stderr
    assert "/logout" in done.stdout


def test_without_the_switch_nothing_of_it_is_loaded(tmp_path):
    code = (
        "import sys, microweb\n"
        "app = microweb.Microweb('x')\n"
        "app.route('/')(lambda: 'hi')\n"
        "app.test_client().get('/')\n"
        "import microweb.dev.cli, microweb.dev.loading\n"
        "print([name for name in sys.modules if 'compat' in name])\n"
    )
    assert start_python(["-c", code], tmp_path).stdout.strip() == "[]"
