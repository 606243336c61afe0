"""Commands of apps and blueprints: registration, arguments from signatures, the test runner."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import List, Literal, Optional  # noqa: UP035

import pytest

from microweb import Blueprint, current_app, g
from microweb.cli import AppGroup, command, with_appcontext
from microweb.dev.commandline import run_app_command

from .support import make_app


def invoke(function, arguments, **options):
    """Run *function* as a command of an app; return the result."""
    app = make_app()
    app.cli.command("work", **options)(function)
    return app.test_cli_runner().invoke(args=["work", *arguments])


def positional(name, count: int, *rest: float):
    return name, count, rest


def optional(name="x", count: int = 1, loud: bool = False, shiny: bool = True):
    return name, count, loud, shiny


def typed(
    mode: Literal["a", "b"],
    path: Path = Path("here"),
    items: List[int] = (),  # noqa: UP006
    nothing: Optional[int] = None,
    *,
    needed: str,
):
    return mode, path, items, nothing, needed


@pytest.mark.parametrize(
    ("function", "arguments", "value"),
    [
        (positional, ["Ada", "3"], ("Ada", 3, ())),
        (positional, ["Ada", "3", "1.5", "2"], ("Ada", 3, (1.5, 2.0))),
        (optional, [], ("x", 1, False, True)),
        (optional, ["--name", "y", "--count=4", "--loud", "--no-shiny"], ("y", 4, True, False)),
        (typed, ["a", "--needed", "n"], ("a", Path("here"), (), None, "n")),
        (
            typed,
            ["b", "--needed=n", "--path", "p", "--nothing", "5", "--items", "1", "2"],
            ("b", Path("p"), [1, 2], 5, "n"),
        ),
    ],
)
def test_a_commands_arguments_are_its_functions_parameters(function, arguments, value):
    result = invoke(function, arguments)
    assert result.exception is None
    assert (result.return_value, result.exit_code) == (value, 0)


@pytest.mark.parametrize(
    ("function", "arguments", "message"),
    [
        (positional, ["Ada", "many"], "invalid int value: 'many'"),
        (positional, [], "required: name, count"),
        (typed, ["c", "--needed", "n"], "invalid choice: 'c'"),
        (typed, ["a"], "required: --needed"),
        (optional, ["--unknown"], "--unknown"),
    ],
)
def test_wrong_arguments_are_one_sentence_and_status_2(function, arguments, message):
    result = invoke(function, arguments)
    assert result.exit_code == 2
    assert message in result.stderr
    assert result.stderr.count("\n") == 1


def test_keyword_collections_cannot_come_from_a_command_line():
    result = invoke(lambda **options: options, [])
    assert isinstance(result.exception, TypeError)
    assert "**options" in str(result.exception)


def test_help_is_the_docstring():
    def work(name):
        """Do the work.

        With care.
        """

    result = invoke(work, ["--help"])
    assert result.exit_code == 0
    assert "Do the work." in result.output
    assert "name" in result.output
    listing = make_app()
    listing.cli.command()(work)
    assert "Do the work." in listing.test_cli_runner().invoke(args="--help").output


def test_groups_and_names():
    app = make_app()
    users = app.cli.group("users", help="People.")

    @users.command
    def create_user(name):
        return f"created {name}"

    assert users.list_commands() == ["create-user"]
    assert app.test_cli_runner().invoke(args="users create-user Ada").return_value == "created Ada"
    assert app.test_cli_runner().invoke(args="users").exit_code == 2
    assert repr(users) == "<AppGroup 'users': create-user>"
    assert create_user("Bob") == "created Bob"


def test_commands_made_elsewhere_are_added():
    @command("init-db")
    def init_db_command():
        """Clear the data."""
        print("Initialized", current_app.name)

    app = make_app()
    app.cli.add_command(init_db_command)
    result = app.test_cli_runner().invoke(args=["init-db"])
    assert result.output == "Initialized tests.support\n"
    assert app.test_cli_runner().invoke(init_db_command).output == result.output
    with pytest.raises(TypeError, match="AppGroup made"):
        app.cli.add_command(print)
    with pytest.raises(TypeError, match="needs a name"):
        app.cli.add_command(AppGroup())


def test_commands_run_in_the_apps_context_and_end_it():
    app = make_app()
    ended = []
    app.teardown_appcontext(ended.append)

    @app.cli.command()
    def work():
        g.x = 1
        return current_app.name

    @app.cli.command(with_appcontext=False)
    def bare():
        return bool(current_app)

    assert app.test_cli_runner().invoke(args=["work"]).return_value == "tests.support"
    assert ended == [None]
    assert app.test_cli_runner().invoke(args=["bare"]).return_value is False


def test_with_appcontext_enters_a_context_of_its_own():
    app = make_app()

    @with_appcontext
    def inner():
        return "x" in g

    with app.app_context():
        g.x = 1
        assert inner() is False


def test_async_commands_are_run():
    async def work(name):
        return name * 2

    assert invoke(work, ["ab"]).return_value == "abab"


def test_the_runner_gives_input_and_variables_and_keeps_what_is_printed():
    def work():
        print(input(), os.environ["COLOUR"])
        print("careful", file=sys.stderr)
        raise SystemExit("failed")

    app = make_app()
    app.cli.command("work")(work)
    result = app.test_cli_runner().invoke(args="work", input="line\n", env={"COLOUR": "red"})
    assert result.stdout == "line red\n"
    assert result.stderr == "careful\nfailed\n"
    assert result.output == "line red\ncareful\nfailed\n"
    assert result.exit_code == 1
    assert "COLOUR" not in os.environ


def test_exceptions_are_kept_or_raised():
    def crash():
        raise ValueError("inside")

    app = make_app()
    app.cli.command("crash")(crash)
    result = app.test_cli_runner().invoke(args="crash")
    assert (result.exit_code, str(result.exception)) == (1, "inside")
    assert repr(result) == "<CommandResult ValueError('inside')>"
    with pytest.raises(ValueError, match="inside"):
        app.test_cli_runner().invoke(args="crash", catch_exceptions=False)


@pytest.mark.parametrize(
    ("options", "arguments"),
    [
        ({}, ["pages", "work"]),
        ({"cli_group": "other"}, ["other", "work"]),
        ({"cli_group": None}, ["work"]),
    ],
)
def test_a_blueprints_commands_stand_in_a_group(options, arguments):
    pages = Blueprint("pages", __name__, **options)
    pages.cli.command("work")(lambda: "done")
    app = make_app()
    app.register_blueprint(pages)
    assert app.test_cli_runner().invoke(args=arguments).return_value == "done"


def test_the_group_can_be_chosen_when_a_blueprint_is_registered():
    pages = Blueprint("pages", __name__)
    pages.cli.command("work")(lambda: "done")
    app = make_app()
    app.register_blueprint(pages, cli_group="late")
    assert run_app_command(app, app.cli, ["late", "work"]) == "done"
