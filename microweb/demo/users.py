"""Who is asking: signing up, logging in and out, and what only people who did may see."""

from __future__ import annotations

from functools import cache, wraps

from .. import Blueprint, Response, flash, g, redirect, render_template, request, session, url_for
from ..security import check_password_hash, generate_password_hash
from .database import add_user, find_user, get_user

TYPE_CHECKING = False
if TYPE_CHECKING:
    import sqlite3
    from typing import Any, Callable

users = Blueprint("users", __name__)


# Before each request of the whole app, not only of this blueprint.
@users.before_app_request
def load_user() -> None:
    """Find out before each request who is asking: by the session, or by a password for the API."""
    g.user = None
    if request.path.startswith("/api/") and request.authorization is not None:
        g.user = user_with_password(
            request.authorization.username or "", request.authorization.password or ""
        )
    elif request.endpoint != "static" and "user_id" in session:
        g.user = get_user(session["user_id"])


@cache
def hash_of_nobody() -> str:
    return generate_password_hash("")


def user_with_password(name: str, password: str) -> sqlite3.Row | None:
    """Return the user if the password is right, else None.

    A name that is not there takes as long as a wrong password, so the time tells nobody who has an
    account.
    """
    nobody = hash_of_nobody()
    user = find_user(name)
    is_right = check_password_hash(nobody if user is None else user["password_hash"], password)
    return user if is_right and user is not None else None


def login_required(view: Callable[..., Any]) -> Callable[..., Any]:
    """Let only people who are logged in see a page."""

    # wraps() keeps the view's name, which is its endpoint.
    @wraps(view)
    def wrapped(**arguments: Any) -> Any:
        if g.user is None:
            if request.path.startswith("/api/"):
                # The challenge makes curl and browsers send a name and a password.
                challenge = {"WWW-Authenticate": 'Basic realm="notes"'}
                return {"error": "log in with a name and a password"}, 401, challenge
            return redirect(url_for("users.login"))
        return view(**arguments)

    return wrapped


@users.route("/register", methods=["GET", "POST"])
def register() -> Any:
    if request.method == "POST":
        name = request.form["name"].strip()
        password = request.form["password"]
        if not name or len(name) > 80:
            flash("Choose a name of 1 to 80 characters.", "error")
        elif len(password) < 8:
            flash("Choose a password of at least 8 characters.", "error")
        else:
            user_id = add_user(name, generate_password_hash(password))
            if user_id is not None:
                return log_in(user_id, f"Welcome, {name}!")
            flash(f"The name {name!r} is taken.", "error")
    return render_template("login.html", action="register")


@users.route("/login", methods=["GET", "POST"])
def login() -> Any:
    if request.method == "POST":
        user = user_with_password(request.form["name"].strip(), request.form["password"])
        if user is not None:
            return log_in(user["id"], f"Welcome back, {user['name']}!")
        flash("Name or password is wrong.", "error")
    return render_template("login.html", action="login")


def log_in(user_id: int, message: str) -> Response:
    # What an anonymous visitor left in the session must not become the user's.
    session.clear()
    session["user_id"] = user_id
    flash(message)
    return redirect(url_for("notes.index"))


# Changes are POST: a link or an image of another site cannot make them.
@users.post("/logout")
def logout() -> Any:
    session.clear()
    flash("You are logged out.")
    return redirect(url_for("users.login"))
