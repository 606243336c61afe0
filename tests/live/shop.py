"""An app with commands, a blueprint's group, shell names, hosts for none: for the command line."""

from __future__ import annotations

import os

from microweb import Blueprint, Microweb, current_app

app = Microweb(__name__, static_folder=None)
orders = Blueprint("orders", __name__, url_prefix="/orders")


@app.get("/")
def index():
    return f"process {os.getpid()}"


@app.get("/fail/<name>")
def fail(name):
    return name / 0


@orders.route("/<int:number>", methods=["GET", "DELETE"])
def order(number):
    return str(number)


@orders.get("/new")
def new():
    return "new"


@app.cli.command()
def greet(name, times: int = 1, loud: bool = False):
    """Say hello.

    As often as wanted.
    """
    print(*[f"hello {name}{'!' if loud else ''}"] * times)


@app.cli.command()
def state():
    print(current_app.debug, os.environ.get("FIRST"), os.environ.get("SECOND"))


@orders.cli.command()
def clear(*, older_than: int):
    """Forget orders."""
    print("cleared", older_than)


@app.shell_context_processor
def shell_names():
    return {"answer": 42}


app.register_blueprint(orders)
app.run(port=1)
