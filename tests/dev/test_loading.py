"""Finding the app that a command line names, and saying what is wrong with it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from microweb import Microweb
from microweb.dev.loading import AppNotLoaded, load_app

ROOT = str(Path(__file__).resolve().parent.parent.parent)
APP = "from microweb import Microweb\n{name} = Microweb('{name}', static_folder=None)\n"
FACTORY = (
    "from microweb import Microweb\n"
    "def {name}(label='plain', *, number=0):\n"
    "    app = Microweb(f'{{label}} {{number}}', static_folder=None)\n"
    "    return app\n"
)


@pytest.mark.parametrize(
    ("files", "spec", "name"),
    [
        ({"app.py": APP.format(name="app")}, None, "app"),
        ({"wsgi.py": APP.format(name="application"), "app.py": "boom"}, None, "application"),
        ({"hello.py": APP.format(name="app")}, "hello.py", "app"),
        ({"hello.py": APP.format(name="app")}, "hello", "app"),
        ({"hello.py": APP.format(name="odd")}, "hello.py", "odd"),
        ({"hello.py": APP.format(name="odd")}, "hello:odd", "odd"),
        ({"sub/hello.py": APP.format(name="app")}, "sub/hello.py", "app"),
        ({"sub/hello.py": APP.format(name="app")}, "sub/hello", "app"),
        ({"pkg/__init__.py": APP.format(name="app")}, "./pkg", "app"),
        ({"pkg/__init__.py": APP.format(name="app")}, "pkg:app", "app"),
        ({"pkg/__init__.py": "", "pkg/web.py": APP.format(name="app")}, "pkg/web.py", "app"),
        ({"pkg/__init__.py": "", "pkg/web.py": APP.format(name="app")}, "pkg.web:app", "app"),
        ({"hello.py": FACTORY.format(name="create_app")}, "hello", "plain 0"),
        ({"wsgi.py": FACTORY.format(name="make_app")}, None, "plain 0"),
        ({"hello.py": FACTORY.format(name="build")}, "hello:build()", "plain 0"),
        ({"hello.py": FACTORY.format(name="build")}, "hello:build('x', number=7)", "x 7"),
    ],
)
def test_an_app_is_found(folder, files, spec, name):
    for path, text in files.items():
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_text(text)
    app = load_app(spec)
    assert isinstance(app, Microweb)
    assert app.import_name == name


def test_the_environment_names_an_app(folder, monkeypatch):
    (folder / "a.py").write_text(APP.format(name="first"))
    (folder / "b.py").write_text(APP.format(name="second"))
    monkeypatch.setenv("FLASK_APP", "a")
    assert load_app().import_name == "first"
    monkeypatch.setenv("MICROWEB_APP", "b")
    assert load_app().import_name == "second"


def test_any_wsgi_application_will_do(folder):
    (folder / "plain.py").write_text("def app(environ, start_response): return []\n")
    assert load_app("plain").__name__ == "app"


@pytest.mark.parametrize(
    ("text", "spec", "message"),
    [
        ("", None, "no app was named, and there is neither wsgi.py nor app.py in"),
        ("", "nothing.py", "there is no file 'nothing.py'"),
        ("", "nothing:app", "there is no module 'nothing'"),
        ("import not_installed_at_all", "hello", "ModuleNotFoundError: No module named 'not_inst"),
        ("x = 1\n1 / 0\n", "hello.py", "ZeroDivisionError: division by zero"),
        ("def f(:\n", "hello.py", "'hello.py' is not valid Python"),
        ("raise SystemExit('bye')", "hello", "SystemExit: bye"),
        ("x = 1", "hello", "'hello' has no app: looked for app, application"),
        (APP.format(name="one") + APP.format(name="two"), "hello", "several apps: one, two"),
        (APP.format(name="my_app"), "hello:my_ap", "has no 'my_ap'; did you mean 'my_app'?"),
        ("thing = 7", "hello:thing", "hello:thing is 7, not an app"),
        ("def make(): return 7", "hello:make()", "hello:make() returned 7, not an app"),
        ("def make(): 1 / 0", "hello:make()", "hello:make() failed: ZeroDivisionError"),
        ("def make(a): pass", "hello:make(x)", "must be literals"),
        (
            "def make(a): pass",
            "hello:make()",
            "hello:make(a) cannot be called so: missing a required argument: 'a'; write its "
            "arguments, as in 'hello:make(\"text\", 7)'",
        ),
        ("def create_app(a): pass", "hello", "hello:create_app(a) cannot be called so: missing"),
        ("def make(): pass", "hello:make(b=1)", "got an unexpected keyword argument 'b'"),
        ("make = 7", "hello:make()", "hello:make is 7, not a factory"),
        ("", "hello:a+b", "'a+b' is neither a name nor the call of a factory"),
        ("", "hello:a b", "'a b' is neither a name nor the call of a factory"),
    ],
)
def test_cf_09_what_is_wrong_is_said_in_one_sentence(folder, text, spec, message):
    (folder / "hello.py").write_text(text)
    with pytest.raises(AppNotLoaded) as caught:
        load_app(spec)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_line_that_failed_is_named(folder):
    (folder / "hello.py").write_text("x = 1\n\n1 / 0\n")
    with pytest.raises(AppNotLoaded, match=r"hello\.py:3\)"):
        load_app("hello.py")


def test_a_drive_letter_is_no_module(folder):
    with pytest.raises(AppNotLoaded, match=r"there is no file 'C:/nowhere/hello\.py'"):
        load_app("C:/nowhere/hello.py:app")


def test_the_folders_of_a_path_may_have_colons(folder):
    (folder / "a:b c").mkdir()
    path = folder / "a:b c" / "colons.py"
    path.write_text("app = lambda *a: None; make = lambda x: app")
    module = load_app(str(path)).__globals__
    assert load_app(f"{path}:app") is load_app(f"{path}:make('a/b:c')") is module["app"]


def in_file(path, name):
    path.parent.mkdir(exist_ok=True)
    path.write_text(APP.format(name="app").replace("'app'", f"'{name}'"))


@pytest.mark.parametrize("name", ["time", "select", "json", "unittest"])
def test_a_file_is_loaded_though_a_module_has_its_name(folder, name):
    __import__(name)
    taken = sys.modules[name]
    in_file(folder / "sub" / f"{name}.py", "mine")
    assert load_app(f"sub/{name}.py").import_name == "mine"
    assert sys.modules[name] is taken


def test_a_file_is_loaded_though_another_is_earlier_on_the_path(folder, monkeypatch):
    in_file(folder / "web.py", "outer")
    in_file(folder / "sub" / "web.py", "inner")
    monkeypatch.setattr(sys, "path", [str(folder), str(folder / "sub"), *sys.path])
    assert load_app("sub/web.py").import_name == "inner"
    assert sys.path[0] == str(folder / "sub")
    assert sys.modules["web"].app.import_name == "inner"
    assert load_app("web.py").import_name == "outer"


def test_a_file_imports_its_neighbours_and_itself(folder):
    in_file(folder / "neighbour.py", "wrong")
    in_file(folder / "sub" / "neighbour.py", "right")
    text = "import sys, main_file, neighbour\napp = neighbour.app\nassert main_file.sys is sys\n"
    (folder / "sub" / "main_file.py").write_text(text)
    app = load_app("sub/main_file.py")
    assert app.import_name == "right"
    assert load_app("sub/main_file.py") is app


@pytest.mark.parametrize(
    "path", ["my-app.v2.py", "pkg/my-app.v2.py", "my.pkg/app.py", "sub/script"]
)
def test_a_file_with_a_name_that_no_import_can_spell(folder, path):
    in_file(folder / path, "odd")
    if "pkg" in path:
        (folder / path).with_name("__init__.py").write_text("")
    assert load_app(path).import_name == "odd"


def test_a_file_that_failed_is_no_module(folder):
    (folder / "hello.py").write_text("1 / 0")
    with pytest.raises(AppNotLoaded):
        load_app("hello.py")
    assert "hello" not in sys.modules


def test_a_package_that_another_module_hides_is_named(folder):
    import json

    in_file(folder / "json" / "decoder.py", "hidden")
    (folder / "json" / "__init__.py").write_text("")
    with pytest.raises(AppNotLoaded, match="'json.decoder' is the name of another module, in"):
        load_app("json/decoder.py")
    assert sys.modules["json"] is json


@pytest.mark.parametrize("spec", [":app", ":", ".", "..", ".app", "app.", "a..b:app", " ", " :x"])
def test_cf_09_a_spec_without_a_module_is_explained(folder, spec):
    in_file(folder / "app.py", "app")
    with pytest.raises(AppNotLoaded) as caught:
        load_app(spec)
    assert str(caught.value) == (
        f"{spec!r} names no module or file; write app.py, module:app or 'module:factory()'"
    )


@pytest.mark.parametrize("argument", ["{[]: 1}", "{{}}", "x=[{[]}]", "-" * 100_000 + "1"])
def test_cf_09_a_literal_that_cannot_be_is_explained(folder, argument):
    (folder / "hello.py").write_text("def create_app(x): pass")
    with pytest.raises(AppNotLoaded, match="must be literals|is neither a name nor the call"):
        load_app(f"hello:create_app({argument})")


def test_a_factory_of_a_usual_name_is_called_without_parentheses(folder):
    (folder / "hello.py").write_text(FACTORY.format(name="make_app"))
    assert load_app("hello:make_app").import_name == "plain 0"


def test_a_wsgi_application_with_the_name_of_a_factory_is_not_called(folder):
    (folder / "hello.py").write_text("def create_app(environ, start_response): return []")
    assert load_app("hello:create_app").__name__ == "create_app"


def test_a_factory_without_a_signature_is_called(folder):
    (folder / "hello.py").write_text("make = dict\n")
    with pytest.raises(AppNotLoaded, match=r"hello:make\(\) returned \{\}, not an app"):
        load_app("hello:make()")


SHADOWED = "from calendar import nothing"


def run_python(folder, *flags):
    """Load an app beside a module called like one of Python's own; return what was said."""
    in_file(folder / "app.py", "mine")
    with (folder / "app.py").open("a") as file:
        file.write(SHADOWED.replace("nothing", "monthrange"))
    (folder / "calendar.py").write_text("")
    code = f"import sys; sys.path.append({ROOT!r}); from microweb.dev.loading import load_app\n"
    code += "print(load_app('app.py').import_name)"
    done = subprocess.run(
        [sys.executable, *flags, "-c", code], capture_output=True, text=True, timeout=60
    )
    return done.stdout + done.stderr


def test_cf_10_a_module_beside_the_app_hides_one_of_pythons_and_is_named(folder):
    said = run_python(folder)
    assert "cannot import name 'monthrange' from 'calendar'" in said
    if sys.version_info >= (3, 10):
        path = str(folder / "calendar.py")
        assert f"; {path!r} hides Python's own module 'calendar': rename it" in said


@pytest.mark.parametrize("flag", ["-I", "-P"])
def test_cf_10_under_a_safe_path_nothing_beside_the_app_hides_pythons_modules(folder, flag):
    if flag == "-P" and sys.version_info < (3, 11):
        pytest.skip("Python 3.11 brought -P")
    assert run_python(folder, flag) == "mine\n"
