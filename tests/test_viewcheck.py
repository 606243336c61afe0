"""What is said of a view that cannot take its URL's arguments, when it is registered."""

from __future__ import annotations

import functools
import re

import pytest

from microweb import Blueprint
from microweb.views import MethodView, View

from .support import checked_client, make_app


def takes_name(name):
    return name


def takes_defaults(name, size=3, *, colour="red"):
    return f"{name} {size} {colour}"


def takes_anything(**kwargs):
    return repr(sorted(kwargs))


def takes_positions(name, /):
    return name


def needs_keyword(name, *, colour):
    return colour


class Holder:
    def method(self, name):
        return name


class Called:
    def __call__(self, name):
        return name


GOOD = [
    ("/<name>", takes_name),
    ("/<name>", takes_defaults),
    ("/<name>/<int:size>", takes_defaults),
    ("/<name>/<colour>", takes_defaults),
    ("/<a>/<b>", takes_anything),
    ("/<name>", Holder().method),
    ("/<name>/<colour>", needs_keyword),
]
BAD = [
    ("/<number>", takes_name, "gives the argument 'number'"),
    ("/<name>/<extra>", takes_name, "gives the argument 'extra'"),
    ("/", takes_name, "needs the argument 'name'"),
    ("/<name>", needs_keyword, "needs the argument 'colour'"),
    ("/<name>", takes_positions, "needs the argument 'name'"),
    ("/<other>", Holder().method, "gives the argument 'other'"),
]


@pytest.mark.parametrize(("rule", "view"), GOOD)
def test_views_that_take_the_arguments_are_registered(rule, view):
    app = make_app()
    app.add_url_rule(rule, "view", view)
    assert checked_client(app).get("/a/2" if rule.count("<") == 2 else "/a").status_code == 200


@pytest.mark.parametrize(("rule", "view", "message"), BAD)
def test_views_that_do_not_are_refused_with_their_place(rule, view, message):
    app = make_app()
    with pytest.raises(TypeError, match=re.escape(message)) as caught:
        app.add_url_rule(rule, "view", view)
    text = str(caught.value)
    assert repr(rule) in text
    assert f"{__file__}:" in text
    assert not app.view_functions
    assert not list(app.url_map.iter_rules())


def test_defaults_count_as_arguments():
    app = make_app()
    app.add_url_rule("/", "view", takes_name, defaults={"name": "Ada"})
    assert checked_client(app).get("/").text == "Ada"


def test_a_decorator_without_wraps_is_named_as_the_usual_cause():
    def decorate(view):
        def inner():
            return view()

        return inner

    with pytest.raises(TypeError, match=r"'inner' is what a decorator returned.*functools.wraps"):
        make_app().route("/<name>")(decorate(takes_name))


def test_what_wears_wraps_is_trusted():
    @functools.wraps(takes_name)
    def inner():
        return takes_name("Ada")

    app = make_app()
    app.route("/")(inner)
    assert checked_client(app).get("/").text == "Ada"


def test_methods_of_a_class_are_looked_at():
    class Good(MethodView):
        def get(self, name):
            return name

    class Bad(MethodView):
        def get(self, name):
            return name

        def post(self):
            return "x"

    class Plain(View):
        def dispatch_request(self):
            return "x"

    class Wrapped(Plain):
        decorators = [lambda view: lambda **kwargs: view()]

    app = make_app()
    app.add_url_rule("/good/<name>", view_func=Good.as_view("good"))
    app.add_url_rule("/wrapped/<name>", view_func=Wrapped.as_view("wrapped"))
    with pytest.raises(TypeError, match=r"Bad\.post"):
        app.add_url_rule("/bad/<name>", view_func=Bad.as_view("bad"))
    with pytest.raises(TypeError, match=r"Plain\.dispatch_request"):
        app.add_url_rule("/plain/<name>", view_func=Plain.as_view("plain"))
    assert checked_client(app).get("/wrapped/x").text == "x"


def test_methods_that_a_rule_does_not_lead_to_are_not_looked_at():
    class Users(MethodView):
        def get(self, number):
            return str(number)

        def post(self):
            return "made"

        def options(self):
            return "o"

    view = Users.as_view("users")
    app = make_app()
    app.add_url_rule("/", defaults={"number": None}, view_func=view, methods=["GET"])
    app.add_url_rule("/", view_func=view, methods=["POST"])
    app.add_url_rule("/<int:number>", view_func=view, methods=["GET"])
    client = checked_client(app)
    assert [client.get("/").text, client.post("/").text, client.get("/5").text] == [
        "None",
        "made",
        "5",
    ]


def test_what_has_no_code_to_look_at_is_passed():
    app = make_app()
    app.add_url_rule("/<name>", "called", Called())
    app.add_url_rule("/p/<name>", "partial", functools.partial(takes_name))
    assert checked_client(app).get("/p/x").text == "x"


def test_a_preprocessor_may_take_an_argument_away():
    app = make_app()

    @app.url_value_preprocessor
    def pull(endpoint, values):
        values.pop("language", None)

    app.add_url_rule("/<language>/<name>", "view", takes_name)
    assert checked_client(app).get("/en/Ada").text == "Ada"


def test_a_blueprints_preprocessor_counts_for_its_routes_wherever_it_stands():
    app = make_app()
    pages = Blueprint("pages", __name__, url_prefix="/<language>")
    pages.add_url_rule("/<name>", "view", takes_name)

    @pages.url_value_preprocessor
    def pull(endpoint, values):
        values.pop("language", None)

    app.register_blueprint(pages)
    other = Blueprint("other", __name__, url_prefix="/o/<language>")
    other.add_url_rule("/<name>", "view", takes_name)
    with pytest.raises(TypeError, match="'language'"):
        app.register_blueprint(other)
    assert checked_client(app).get("/en/Ada").text == "Ada"


def test_rules_without_a_view_are_not_looked_at():
    app = make_app()
    app.add_url_rule("/<anything>", "later")

    @app.endpoint("later")
    def view(anything):
        return anything

    assert checked_client(app).get("/x").text == "x"


def test_a_dispatch_of_its_own_may_take_arguments_away():
    class Resource(MethodView):
        def dispatch_request(self, **kwargs):
            kwargs.pop("version")
            return self.get(**kwargs)

        def get(self, name):
            return name

    app = make_app()
    app.add_url_rule("/<version>/<name>", view_func=Resource.as_view("resource"))
    assert app.test_client().get("/v1/x").text == "x"
