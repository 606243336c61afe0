"""``microweb shell``: the prompt, what it knows, and what it needs a terminal for."""

from __future__ import annotations

import io
import sys
from types import SimpleNamespace

import pytest

from microweb import Microweb, current_app
from microweb.dev.shell import run_shell


def make_app():
    app = Microweb("example", static_folder=None, template_folder=None)
    app.shell_context_processor(lambda: {"answer": 42})
    return app


def run(monkeypatch, capsys, text, app=None):
    """Type *text* at the prompt; return what was printed."""
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))
    run_shell(app or make_app())
    return capsys.readouterr()


def test_the_prompt_runs_in_the_apps_context(monkeypatch, capsys):
    monkeypatch.delenv("PYTHONSTARTUP", raising=False)
    ended = []
    app = make_app()
    app.teardown_appcontext(ended.append)
    text = (
        "from microweb import current_app\nprint(answer, current_app.name, app is not None)\n1/0\n"
    )
    out, err = run(monkeypatch, capsys, text, app)
    assert "42 example True" in out
    assert "ZeroDivisionError" in err
    banner = err.splitlines()
    assert banner[0].startswith(f"Python {sys.version.split()[0]} on {sys.platform}, microweb ")
    assert banner[1] == "App: example"
    assert banner[3] == "Names: answer, app, g"
    assert ended == [None]
    assert not current_app


def test_the_startup_file_is_run(monkeypatch, capsys, tmp_path):
    startup = tmp_path / "startup.py"
    monkeypatch.setenv("PYTHONSTARTUP", str(startup))
    startup.write_text("word = '\u00fcber'\nanswer = 7\n", encoding="utf-8")
    assert "\u00fcber 42" in run(monkeypatch, capsys, "print(word, answer)\n").out
    startup.write_text("1 / 0\n")
    out, err = run(monkeypatch, capsys, "print(answer)\n")
    assert "42" in out and "ZeroDivisionError" in err
    monkeypatch.setenv("PYTHONSTARTUP", str(tmp_path / "nothing.py"))
    assert "42" in run(monkeypatch, capsys, "print(answer)\n").out


def test_exit_ends_it_with_a_status(monkeypatch, capsys):
    with pytest.raises(SystemExit) as caught:
        run(monkeypatch, capsys, "raise SystemExit(4)\n")
    assert caught.value.code == 4
    assert not current_app


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize("hook", [True, False])
def test_a_terminal_has_history_and_completion(monkeypatch, capsys, hook):
    calls = []
    readline = SimpleNamespace(
        parse_and_bind=calls.append,
        # rlcompleter takes its completer away when Python ends.
        set_completer=lambda complete: complete and calls.append(complete("answ", 0)),
        set_completion_append_character=print,
    )
    monkeypatch.setitem(sys.modules, "readline", readline)
    monkeypatch.delattr(sys, "__interactivehook__", raising=False)
    if hook:
        monkeypatch.setattr(
            sys, "__interactivehook__", lambda: calls.append("history"), raising=False
        )
    monkeypatch.setattr(sys, "stdin", Terminal(""))
    run_shell(make_app())
    assert calls[-2:] == ["history" if hook else "tab: complete", "answer"]


def test_without_a_terminal_readline_is_left_alone(monkeypatch, capsys):
    # Asked for anything, it would fail.
    monkeypatch.setitem(
        sys.modules, "readline", SimpleNamespace(parse_and_bind=None, set_completer=None)
    )
    monkeypatch.setattr(sys, "__interactivehook__", None, raising=False)
    assert "42" in run(monkeypatch, capsys, "print(answer)\n").out


def test_a_terminal_without_readline_does(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "readline", None)
    monkeypatch.setattr(sys, "stdin", Terminal("print(answer)\n"))
    run_shell(make_app())
    assert "42" in capsys.readouterr().out
