"""Class-based views."""

from __future__ import annotations

import pytest

from microweb import request
from microweb.views import MethodView, View

from .support import checked_client, make_app


class Items(MethodView):
    def __init__(self, stock=()):
        self.stock = list(stock)

    def get(self, number):
        return f"item {number} of {len(self.stock)}"

    def post(self, number):
        self.stock.append(number)
        return str(len(self.stock)), 201

    def purge(self, number):
        raise RuntimeError("a helper, not a view")


def test_each_method_of_a_method_view_answers_its_http_method():
    app = make_app()
    app.add_url_rule("/<int:number>", view_func=Items.as_view("items", stock=(1, 2)))
    client = checked_client(app)
    assert client.get("/7").text == "item 7 of 2"
    assert client.post("/7").status_code == 201
    head = client.head("/7")
    assert (head.status_code, head.data) == (200, b"")
    assert client.put("/7").status_code == 405
    assert set(client.options("/7").allow) == {"GET", "HEAD", "POST", "OPTIONS"}


@pytest.mark.parametrize("method", ["PURGE", "HELPER", "AS_VIEW", "__INIT__", "DISPATCH_REQUEST"])
def test_rt_12_a_method_is_never_looked_up_as_an_attribute(method):
    app = make_app()
    app.add_url_rule("/<int:number>", view_func=Items.as_view("items"))
    assert app.test_client().open("/7", method=method).status_code == 405
    # Not even where the class was registered for it.
    other = make_app()
    other.add_url_rule("/<int:number>", view_func=Items.as_view("items"), methods=[method])
    assert other.test_client().open("/7", method=method).status_code == 500


def test_an_instance_for_each_request_unless_told_otherwise():
    class Counting(View):
        def __init__(self):
            self.count = 0

        def dispatch_request(self):
            self.count += 1
            return str(self.count)

    class Shared(Counting):
        init_every_request = False

    app = make_app()
    app.add_url_rule("/new", view_func=Counting.as_view("new"))
    app.add_url_rule("/shared", view_func=Shared.as_view("shared"))
    client = checked_client(app)
    assert [client.get("/new").text for _ in range(2)] == ["1", "1"]
    assert [client.get("/shared").text for _ in range(2)] == ["1", "2"]


def test_decorators_stand_around_the_view_the_last_outermost():
    def around(letter):
        def decorate(view):
            def decorated(**kwargs):
                return f"{letter}({view(**kwargs)})"

            return decorated

        return decorate

    class Decorated(View):
        methods = ["GET", "POST"]
        decorators = [around("a"), around("b")]

        def dispatch_request(self, word):
            return word

    view = Decorated.as_view("decorated")
    assert (view.__name__, view.view_class, view.methods) == (
        "decorated",
        Decorated,
        ["GET", "POST"],
    )
    app = make_app()
    app.add_url_rule("/<word>", view_func=view)
    assert checked_client(app).post("/x").text == "b(a(x))"


def test_methods_are_inherited():
    class Base(MethodView):
        def get(self):
            return "base"

    class Derived(Base):
        def delete(self):
            return "gone"

    assert Derived.methods == {"GET", "DELETE"}
    assert Base.methods == {"GET"}


def test_the_options_of_a_view_are_those_of_its_routes():
    class Quiet(View):
        methods = ["GET"]
        provide_automatic_options = False

        def dispatch_request(self):
            return "x"

    app = make_app()
    app.add_url_rule("/", view_func=Quiet.as_view("quiet"))
    assert checked_client(app).options("/").status_code == 405


def test_async_methods():
    class Async(MethodView):
        async def get(self):
            return request.args["q"]

    app = make_app()
    app.add_url_rule("/", view_func=Async.as_view("async"))
    assert checked_client(app).get("/?q=1").text == "1"


def test_a_view_without_the_method_says_which():
    class Empty(View):
        pass

    app = make_app(TESTING=True)
    app.add_url_rule("/", view_func=Empty.as_view("empty"))
    with pytest.raises(NotImplementedError, match=r"Empty needs a method dispatch_request"):
        app.test_client().get("/")


def test_a_method_named_in_methods_is_a_view_whatever_its_name():
    class Dav(MethodView):
        methods = ["GET", "PROPFIND"]

        def get(self):
            return "get"

        def propfind(self):
            return "propfind"

    app = make_app()
    app.add_url_rule("/", view_func=Dav.as_view("dav"))
    client = app.test_client()
    assert client.open("/", method="PROPFIND").text == "propfind"
    assert client.get("/").text == "get"


def test_the_class_of_a_view_can_be_replaced():
    class Old(View):
        def dispatch_request(self):
            return "old"

    class New(Old):
        def dispatch_request(self):
            return "new"

    view = Old.as_view("view")
    view.view_class = New
    app = make_app()
    app.add_url_rule("/", view_func=view)
    assert checked_client(app).get("/").text == "new"
