"""A blog with users: what Flask's tutorial has people build, written afresh.

Two blueprints, an application factory, SQLite by way of ``g``, sessions, flashed messages,
templates with inheritance and a command that makes the tables.
"""

from __future__ import annotations

import functools
import sqlite3
from types import SimpleNamespace
from typing import Any

TEMPLATES = {
    "base.html": """<!doctype html>
<title>{% block title %}{% endblock %} - Blog</title>
<nav>{% if g.user %}<b>{{ g.user['name'] }}</b> <a href="{{ url_for('auth.logout') }}">Log out</a>
{%- else %}<a href="{{ url_for('auth.login') }}">Log in</a>{% endif %}</nav>
{% for category, message in get_flashed_messages(with_categories=true) -%}
<p class="{{ category }}">{{ message }}</p>
{% endfor %}{% block body %}{% endblock %}
""",
    "auth/form.html": """{% extends 'base.html' %}
{% block title %}{{ request.endpoint.rpartition('.')[2]|title }}{% endblock %}
{% block body %}<form method="post"><input name="name" value="{{ request.form.name }}">
<input name="password" type="password"></form>{% endblock %}
""",
    "blog/index.html": """{% extends 'base.html' %}
{% block title %}Posts{% endblock %}
{% block body %}{% for post in posts %}<article>
<h1>{{ post.title }}</h1> by {{ post.name }}
{% if g.user and g.user.id == post.author %}<a href="{{ url_for('.update', id=post.id) }}">Edit</a>
{% endif %}<p>{{ post.body }}</p>{% if not loop.last %}<hr>{% endif %}
</article>{% else %}Nothing yet.{% endfor %}{% endblock %}
""",
    "blog/form.html": """{% extends 'base.html' %}
{% block title %}{{ 'Edit "' ~ post.title ~ '"' if post else 'New' }}{% endblock %}
{% block body %}<form method="post">
<input name="title" value="{{ request.form['title'] or post['title'] }}">
<textarea name="body">{{ request.form['body'] or post['body'] }}</textarea></form>{% endblock %}
""",
}
SCHEMA = """
DROP TABLE IF EXISTS users; DROP TABLE IF EXISTS posts;
CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT UNIQUE NOT NULL, password TEXT NOT NULL);
CREATE TABLE posts (id INTEGER PRIMARY KEY, author INTEGER NOT NULL REFERENCES users (id),
                    title TEXT NOT NULL, body TEXT NOT NULL);
"""


def create_app(framework: SimpleNamespace, folder: str) -> Any:
    """Return the blog, with its database and templates in *folder*."""
    import os

    core = framework.core
    for name, source in TEMPLATES.items():
        path = os.path.join(folder, "templates", name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(source)
    app = core.Flask("blog", root_path=folder, instance_path=folder, static_folder=None)
    app.config.from_mapping(SECRET_KEY="dev", DATABASE=os.path.join(app.instance_path, "blog.db"))
    current_app, g = core.current_app, core.g

    def get_db() -> sqlite3.Connection:
        if "db" not in g:
            g.db = sqlite3.connect(current_app.config["DATABASE"])
            g.db.row_factory = sqlite3.Row
        return g.db

    @app.teardown_appcontext
    def close_db(error: BaseException | None) -> None:
        db = g.pop("db", None)
        if db is not None:
            db.close()

    @app.cli.command("init-db")
    def init_db() -> None:
        """Make the tables anew."""
        get_db().executescript(SCHEMA)
        print("The tables are made.")

    users = _users(framework, get_db)
    app.register_blueprint(users)
    app.register_blueprint(_posts(framework, get_db, users.login_required))
    app.add_url_rule("/", endpoint="index")
    return app


def _users(framework: SimpleNamespace, get_db: Any) -> Any:
    core = framework.core
    g, request, session, url_for = core.g, core.request, core.session, core.url_for
    bp = core.Blueprint("auth", __name__, url_prefix="/auth")

    def login_required(view: Any) -> Any:
        @functools.wraps(view)
        def wrapped(**kwargs: Any) -> Any:
            if g.user is None:
                return core.redirect(url_for("auth.login"))
            return view(**kwargs)

        return wrapped

    bp.login_required = login_required

    @bp.before_app_request
    def load_user() -> None:
        user_id = session.get("user_id")
        query = "SELECT * FROM users WHERE id = ?"
        g.user = None if user_id is None else get_db().execute(query, (user_id,)).fetchone()

    @bp.route("/register", methods=("GET", "POST"))
    def register() -> Any:
        if request.method == "POST":
            name, password = request.form["name"], request.form["password"]
            if not name or not password:
                core.flash("Name and password are needed.", "error")
            else:
                hashed = framework.generate_password_hash(password, "pbkdf2:sha256:1")
                query = "INSERT INTO users (name, password) VALUES (?, ?)"
                try:
                    with get_db() as db:
                        db.execute(query, (name, hashed))
                except sqlite3.IntegrityError:
                    core.flash(f"{name} is taken.", "error")
                else:
                    return core.redirect(url_for(".login"))
        return core.render_template("auth/form.html")

    @bp.route("/login", methods=("GET", "POST"))
    def login() -> Any:
        if request.method == "POST":
            query = "SELECT * FROM users WHERE name = ?"
            user = get_db().execute(query, (request.form["name"],)).fetchone()
            if user and framework.check_password_hash(user["password"], request.form["password"]):
                session.clear()
                session["user_id"] = user["id"]
                return core.redirect(url_for("index"))
            core.flash("Wrong name or password.", "error")
        return core.render_template("auth/form.html")

    @bp.route("/logout")
    def logout() -> Any:
        session.clear()
        return core.redirect(url_for("index"))

    return bp


def _posts(framework: SimpleNamespace, get_db: Any, login_required: Any) -> Any:
    core = framework.core
    g, request, url_for = core.g, core.request, core.url_for
    bp = core.Blueprint("blog", __name__)

    def find_post(number: int) -> Any:
        post = get_db().execute("SELECT * FROM posts WHERE id = ?", (number,)).fetchone()
        if post is None:
            core.abort(404, f"Post {number} does not exist.")
        if post["author"] != g.user["id"]:
            core.abort(403)
        return post

    @bp.route("/")
    def index() -> Any:
        query = "SELECT posts.*, name FROM posts JOIN users ON author = users.id ORDER BY id DESC"
        return core.render_template("blog/index.html", posts=get_db().execute(query).fetchall())

    @bp.route("/create", methods=("GET", "POST"))
    @login_required
    def create() -> Any:
        if request.method == "POST":
            if not request.form["title"]:
                core.flash("A title is needed.")
            else:
                values = (request.form["title"], request.form["body"], g.user["id"])
                with get_db() as db:
                    db.execute("INSERT INTO posts (title, body, author) VALUES (?, ?, ?)", values)
                return core.redirect(url_for("blog.index"))
        return core.render_template("blog/form.html", post=None)

    @bp.route("/<int:id>/update", methods=("GET", "POST"))
    @login_required
    def update(id: int) -> Any:
        post = find_post(id)
        if request.method == "POST":
            with get_db() as db:
                values = (request.form["title"], request.form["body"], id)
                db.execute("UPDATE posts SET title = ?, body = ? WHERE id = ?", values)
            return core.redirect(url_for("blog.index"))
        return core.render_template("blog/form.html", post=post)

    @bp.route("/<int:id>/delete", methods=("POST",))
    @login_required
    def delete(id: int) -> Any:
        find_post(id)
        with get_db() as db:
            db.execute("DELETE FROM posts WHERE id = ?", (id,))
        return core.redirect(url_for("blog.index"))

    return bp
