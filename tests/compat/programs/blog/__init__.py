"""A blog with blueprints and templates, as a tutorial on Flask writes it."""

import functools
import sqlite3

from flask import (
    Blueprint,
    Flask,
    current_app,
    flash,
    g,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from markupsafe import Markup
from werkzeug.exceptions import abort
from werkzeug.security import check_password_hash, generate_password_hash

auth = Blueprint("auth", __name__, url_prefix="/auth")
posts = Blueprint("posts", __name__)


def get_db():
    if "db" not in g:
        g.db = sqlite3.connect(current_app.config["DATABASE"])
        g.db.row_factory = sqlite3.Row
    return g.db


def close_db(e=None):
    db = g.pop("db", None)
    if db is not None:
        db.close()


@auth.before_app_request
def load_logged_in_user():
    found = get_db().execute("SELECT * FROM user WHERE id = ?", (session.get("user_id"),))
    g.user = found.fetchone()


@auth.route("/register", methods=("GET", "POST"))
def register():
    if request.method == "POST":
        name, password = request.form["username"], generate_password_hash(request.form["password"])
        try:
            get_db().execute(
                "INSERT INTO user (username, password) VALUES (?, ?)", (name, password)
            )
            get_db().commit()
        except sqlite3.IntegrityError:
            flash(f"User {name} is already registered.")
        else:
            return redirect(url_for("auth.login"))
    return render_template("form.html", title="Register")


@auth.route("/login", methods=("GET", "POST"))
def login():
    if request.method == "POST":
        name = request.form["username"]
        user = get_db().execute("SELECT * FROM user WHERE username = ?", (name,)).fetchone()
        if user is not None and check_password_hash(user["password"], request.form["password"]):
            session.clear()
            session["user_id"] = user["id"]
            return redirect(url_for("index"))
        flash("Incorrect.")
    return render_template("form.html", title="Log In")


def login_required(view):
    @functools.wraps(view)
    def wrapped_view(**kwargs):
        return redirect(url_for("auth.login")) if g.user is None else view(**kwargs)

    return wrapped_view


@posts.route("/")
def index():
    found = get_db().execute("SELECT * FROM post JOIN user ON author_id = user.id").fetchall()
    return render_template("index.html", posts=found)


@posts.route("/create", methods=("GET", "POST"))
@login_required
def create():
    if request.method == "POST":
        row = request.form["title"], g.user["id"]
        get_db().execute("INSERT INTO post (title, author_id) VALUES (?, ?)", row)
        get_db().commit()
        return redirect(url_for("posts.index"))
    return render_template("form.html", title="New")


@posts.route("/<int:id>")
def show(id):
    post = get_db().execute("SELECT * FROM post WHERE id = ?", (id,)).fetchone()
    if post is None:
        abort(404, f"Post id {id} doesn't exist.")
    return Markup("<h1>%s</h1>") % post["title"]


def create_app(test_config=None):
    app = Flask(__name__, instance_relative_config=True)
    app.config.from_mapping(SECRET_KEY="dev", DATABASE=app.instance_path + "/blog.sqlite")
    app.config.update(test_config or {})
    app.teardown_appcontext(close_db)
    app.register_blueprint(auth)
    app.register_blueprint(posts)
    app.add_url_rule("/", endpoint="index")
    with app.app_context():
        get_db().executescript(
            "CREATE TABLE user (id INTEGER PRIMARY KEY, username TEXT UNIQUE, password TEXT);"
            "CREATE TABLE post (id INTEGER PRIMARY KEY, author_id INTEGER, title TEXT);"
        )
    return app
