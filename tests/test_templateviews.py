"""What an injected template can reach: it reads, changes nothing, opens nothing, finds no key.

The walk looks at everything that is reachable from a template's globals, through the engine itself,
and calls what is callable.
"""

from __future__ import annotations

import copy
import datetime
import io
import os
import sqlite3
from types import SimpleNamespace

import pytest

from microweb import (
    Config,
    Microweb,
    Request,
    current_app,
    g,
    render_template_string,
    request,
    session,
)
from microweb.templateviews import MappingView, TemplateView
from microweb.templating import TemplateSecurityError, Undefined

KEY = "the-key-that-signs"
HIDDEN = ["hidden by name", "pg://ada:hidden-in-url@db/notes"]
# What is called with.
ARGUMENTS = ["", "'x'", "'x', 'y'", "1", "{'x': 1}", "['x']", "'this'", "x=1"]


@pytest.fixture
def app(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    app = Microweb("example")
    app.secret_key = KEY
    app.config.update(
        SECRET_KEY_FALLBACKS=["older " + KEY],
        TITLE="Notes",
        MAIL={"SERVER": "mail", "PASSWORD": HIDDEN[0]},
        DATABASE_URI=HIDDEN[1],
        WORDS=["a", "b"],
    )
    return app


@pytest.fixture
def context(app):
    app.add_url_rule("/notes/<int:number>", "show", lambda number: "", methods=["GET", "POST"])
    data = {"a": "1", "f": (io.BytesIO(b"print(1)"), "e.py")}
    with app.test_request_context("/notes/7?q=x", method="POST", data=data) as context:
        session["user"] = {"name": "ada", "seen": [1]}
        g.words = ["x"]
        request.form  # noqa: B018
        yield context


def render(source, **values):
    return render_template_string(source, **values)


def state_of(app):
    return copy.deepcopy(
        (
            dict(app.config),
            dict(session),
            dict(vars(g)),
            {k: v for k, v in request.environ.items() if isinstance(v, (str, int, bool))},
            request.args,
            request.form,
            [(f.filename, f.stream.tell(), f.stream.closed) for f in request.files.values()],
            request.view_args,
            sorted(rule.rule for rule in app.url_map.iter_rules()),
            sorted(app.view_functions),
            sorted(os.listdir(".")),
        )
    )


def evaluate(expression):
    """Return the value that a template finds, or None for what it does not."""
    found = []
    try:
        render("{{ keep(" + expression + ") or '' }}", keep=found.append)
    except Exception:
        return None
    return None if not found or isinstance(found[0], Undefined) else found[0]


def names_of(value):
    names = [name for name in dir(value) if name.isidentifier()]
    names += "__class__ __dict__ __globals__ __init__ environ _environ app save words".split()
    names += [*getattr(value, "__slots__", ()), *map(str, getattr(value, "__dict__", ()))]
    # A view does not list what it hands on.
    if isinstance(value, TemplateView):
        names += [*dir(Request), *dir(dict), *dir(Config), *current_app.config]
    return dict.fromkeys(names)


def walk(start, deepest):
    """Yield every expression that leads somewhere, with what it leads to."""
    todo, seen = [(name, evaluate(name), None, 0) for name in start], set()
    while todo:
        expression, value, owner, depth = todo.pop()
        # Of plain values one of each kind is enough, of others one under each name of each kind.
        is_plain = type(value) in (str, int, float, bool, bytes)
        mark = type(value) if is_plain else (type(value), owner, expression.rpartition(".")[2])
        if value is None or mark in seen:
            continue
        seen.add(mark)
        yield expression, value
        inner = [f"{expression}.{name}" for name in names_of(value)]
        if isinstance(value, (dict, list, tuple, MappingView)):
            keys = range(len(value)) if isinstance(value, (list, tuple)) else list(value)
            inner += [f"{expression}[{key!r}]" for key in list(keys)[:5]]
        if callable(value):
            inner += [f"{expression}({arguments})" for arguments in ARGUMENTS]
        if depth < deepest:
            owner = (type(value), owner if callable(value) else None)
            todo += [(name, evaluate(name), owner, depth + 1) for name in inner]


def test_nothing_that_a_template_reaches_changes_or_shows_what_it_must_not(app, context, capfd):
    before = state_of(app)
    start = ["config", "request", "session", "g", "url_for", "range", "dict", "lipsum", "cycler"]
    start += ["joiner", "namespace", "self"]
    reached = list(walk(start, 3))
    assert len(reached) > 150
    ends = {expression.rpartition(".")[2] for expression, _ in reached}
    assert {"args", "files", "WORDS", "words", "get_json"} <= ends, ends
    for expression, value in reached:
        text = repr(value)
        assert KEY not in text and not any(secret in text for secret in HIDDEN), expression
        assert not isinstance(value, (type(os), Microweb, io.IOBase)), expression
        # Of classes those that templates make things of.
        engines = ("Cycler", "Joiner", "TemplateNamespace")
        assert not isinstance(value, type) or value.__name__ in engines, expression
    after = state_of(app)
    assert after == before
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    "source",
    [
        "{{ request.files.f.save('e.py') }}{{ config.from_pyfile('e.py') }}",
        "{{ config.from_object('this') }}",
        "{{ config.clear() }}",
        "{{ config['from_object']('this') }}",
        "{{ (config|attr('from_object'))('this') }}",
        "{{ session.clear() }}",
        "{{ session.pop('user') }}",
        "{{ g.pop('words') }}",
        "{{ dict.clear(session) }}",
        "{{ request.environ['wsgi.errors'].write('x') }}",
        "{{ request.stream.read() }}",
        "{{ request.close() }}",
    ],
)
def test_what_acts_is_refused(app, context, source):
    before = state_of(app)
    with pytest.raises(Exception, match="cannot|undefined|refused|no attribute|no element|apply"):
        render(source)
    assert state_of(app) == before


def test_a_refusal_says_where_to_do_it(app, context):
    with pytest.raises(TemplateSecurityError, match=r"cannot call pop\(\).* do it in the view"):
        render("{{ session.pop('user') }}")


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("{{ config.TITLE }} {{ config['TITLE'] }} {{ config.get('TITLE') }}", "Notes Notes Notes"),
        ("{{ config.MAIL.SERVER }}{{ config.MAIL.PASSWORD }}", "mail"),
        ("{{ config.SECRET_KEY }}{{ config.get('SECRET_KEY', '-') }}", "-"),
        ("{{ config.DATABASE_URI }}{{ 'SECRET_KEY' in config }}", "False"),
        ("{{ request.path }} {{ request.args.q }} {{ request.form['a'] }}", "/notes/7 x 1"),
        ("{{ request.endpoint }} {{ request.view_args.number }}", "show 7"),
        (
            "{{ request.url_rule }} {{ request.url_rule.endpoint }}",
            "/notes/&lt;int:number&gt; show",
        ),
        ("{{ request.files.f.filename }}", "e.py"),
        ("{{ request.headers['content-type'][:9] }}", "multipart"),
        ("{{ request.environ.REQUEST_METHOD }}", "POST"),
        ("{{ session.user.name }} {{ 'user' in session }} {{ session|length }}", "ada True 1"),
        ("{{ session.get('none', 'x') }} {{ session.new }}", "x True"),
        ("{{ g.words }} {{ g.get('none', 'x') }} {{ 'words' in g }}", "[&#39;x&#39;] x True"),
        ("{% if session %}yes{% endif %}{% if g.none %}no{% endif %}", "yes"),
        ("{{ url_for(request.endpoint, **request.view_args) }}", "/notes/7"),
    ],
)
def test_what_can_be_read(app, context, source, text):
    assert render(source) == text


def test_what_a_request_class_adds_can_be_read(app):
    class OwnRequest(app.request_class):
        language = "de"

    app.request_class = OwnRequest
    with app.test_request_context("/"):
        request.user_theme = "dark"
        assert render("{{ request.language }} {{ request.user_theme }}") == "de dark"


def test_what_a_view_passes_is_the_real_thing(app, context):
    assert (
        render("{{ words.append('y') or '' }}{{ words }}", words=["x"])
        == "[&#39;x&#39;, &#39;y&#39;]"
    )
    assert render("{{ request.close is defined }}", request=request) == "True"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("BROKERS", ["amqp://u:hidden@h"]),
        ("URLS", ("redis://:hidden@h",)),
        ("DATABASE", "pg://ada:p/hidden@h/db"),
        ("TWO", "amqp://h1;amqp://u:hidden@h2"),
        ("JDBC", "jdbc:postgresql://h/db?password=hidden"),
        ("OCTETS", b"pg://u:hidden@h"),
        ("CLONE", "https://hidden@example.com"),
        ("APIKEY", "hidden"),
        ("MAIL_PASS", "hidden"),
        ("NESTED", {"API_KEY": "hidden", "a": [{"x": "pg://u:hidden@h"}]}),
    ],
)
def test_what_holds_a_secret_is_not_shown(app, context, key, value):
    app.config[key] = value
    assert "hidden" not in render("{{ config[key] }}{{ config }}{{ config.get(key) }}", key=key)


def test_of_other_objects_in_the_configuration_a_template_has_the_text(app, context, tmp_path):
    app.config["FOLDER"] = tmp_path
    app.config["LIFETIME"] = datetime.timedelta(1)
    app.config["RECAPTCHA_PUBLIC_KEY"] = "shown"
    app.config[7] = "x"
    assert render("{{ config.FOLDER }}") == str(tmp_path)
    assert render("{{ config.FOLDER.joinpath is defined }}") == "False"
    assert render("{{ config.LIFETIME.days }}{{ config.RECAPTCHA_PUBLIC_KEY }}") == "1shown"
    assert render("{{ config == dict(config, SECRET_KEY=key) }}", key=KEY) == "False"


def test_connections_and_private_names_of_g_are_not_there(app, context, tmp_path):
    g.db = sqlite3.connect(":memory:")
    g._private = "x"
    g.file = open(tmp_path / "file", "w")  # noqa: SIM115
    g.user = SimpleNamespace(name="ada")
    found = render(
        "{{ g.user.name }} {{ g.db is defined }} {{ g._private is defined }} {{ g|list }}"
    )
    g.db.close()
    g.file.close()
    assert found == "ada False False [&#39;words&#39;, &#39;user&#39;]"


def test_variables_of_the_server_are_no_headers(app):
    base = {"SECRET_KEY": "hidden", "DATABASE_URL": "pg://u:hidden@h/d", "HTTP_X_A": "1"}
    with app.test_request_context("/", environ_base=base):
        source = "{{ request.headers.environ }}{{ request.environ }}{{ request.headers['X-A'] }}"
        text = render(source)
    assert "hidden" not in text and text.endswith("1")


@pytest.mark.parametrize(
    "source",
    [
        "{{ request.authorization.parameters.update(username='root') }}",
        "{{ request.values.dicts.clear() }}",
        "{{ request.get_data(cache=False) }}",
        "{{ request.get_json(force=True) }}",
        "{{ request.cache_control.setdefault('x', 1) }}",
        "{{ cycler.reset(config) }}",
    ],
)
def test_what_the_view_reads_later_is_what_was_sent(app, source):
    headers = {"Authorization": "Basic YWRhOng=", "Cache-Control": "no-cache"}
    with app.test_request_context("/?a=1", method="POST", data={"b": "2"}, headers=headers):
        try:
            render(source)
        except Exception as error:
            assert not isinstance(error, AssertionError)
        assert request.authorization.username == "ada"
        assert request.values.to_dict() == {"a": "1", "b": "2"}
        assert request.get_data() == b"" or request.form["b"] == "2"
        assert str(request.cache_control) == "no-cache"
