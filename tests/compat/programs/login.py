"""A login as a tutorial on Flask writes it: it knows nothing of microweb."""

from flask import Flask, redirect, request, session, url_for
from markupsafe import escape

app = Flask(__name__)
app.secret_key = "f2b3a0a1c6f04d5c9a37d0f5b1d2c4e68a7f"


@app.route("/")
def index():
    if "username" in session:
        return f"Logged in as {escape(session['username'])}"
    return "You are not logged in"


@app.route("/login", methods=["GET", "POST"])
def login():
    if request.method == "POST":
        session["username"] = request.form["username"]
        return redirect(url_for("index"))
    return '<form method="post"><input name="username"></form>'


@app.route("/logout")
def logout():
    session.pop("username", None)
    return redirect(url_for("index"))


@app.cli.command("greet")
def greet():
    print(f"hello from {Flask.__module__.partition('.')[0]}")


if __name__ == "__main__":
    app.run(debug=True)
