"""A request's way through the source: the files it passes, and the changes from file to file.

``python -m benchmarks walk`` serves three small apps over a real socket and follows the second
request of each by a profile function: a hello; a form that is posted, kept in the session and
redirected; a page with inheritance, a loop, a filter and the session. It prints the files in the
order in which they are entered first, the changes from file to file between calls of Python
functions of the package, and the lines of source that are loaded when the answer has been sent.
``--against PATH`` follows the same requests through another checkout; ``--path`` prints each call.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

GOALS = {"hello": (15, 6_000), "form": (60, 6_000), "page": (45, 10_000)}

FOLLOW = r"""
import os, socket, sys, threading, time

KIND, SHOWN = sys.argv[1], sys.argv[2:] == ["--path"]
import microweb
from microweb import Microweb, redirect, render_template, request, session, url_for

ROOT = os.path.dirname(os.path.abspath(microweb.__file__)) + os.sep
app = Microweb("walk")
app.secret_key = "a key for this walk"

if KIND == "hello":
    @app.get("/")
    def hello():
        return "Hello, World!"
    REQUEST = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
elif KIND == "form":
    @app.post("/login")
    def login():
        session["user"] = request.form["name"]
        return redirect(url_for("show", name="ada"))
    @app.get("/user/<name>")
    def show(name):
        return name
    BODY = b"name=ada&words=a+b"
    REQUEST = (
        b"POST /login HTTP/1.1\r\nHost: localhost\r\n"
        b"Content-Type: application/x-www-form-urlencoded\r\n"
        b"Content-Length: %d\r\n\r\n%s" % (len(BODY), BODY)
    )
else:
    from microweb.templating import DictLoader
    LAYOUT = "<title>{% block title %}{% endblock %}</title>{% block body %}{% endblock %}"
    PAGE = (
        '{% extends "layout.html" %}{% block title %}{{ title|upper }}{% endblock %}'
        "{% block body %}{% for row in rows %}<p>{{ row }}</p>{% endfor %}"
        "{{ session.user }}{% endblock %}"
    )
    app.jinja_loader = DictLoader({"layout.html": LAYOUT, "page.html": PAGE})
    @app.get("/login")
    def login():
        session["user"] = "ada"
        return "in"
    @app.get("/page")
    def page():
        return render_template("page.html", title="a page", rows=["a", "<b>"])
    REQUEST = b"GET /page HTTP/1.1\r\nHost: localhost\r\nCookie: %s\r\n\r\n"

files = []
calls = []
recording = False

def follow(frame, event, argument):
    if recording and event == "call":
        name = frame.f_code.co_filename
        if name.startswith(ROOT):
            files.append(name[len(ROOT):])
            calls.append(frame.f_code.co_name)

threading.setprofile(follow)
with app.start() as server:
    def ask(data):
        with socket.create_connection((server.host, server.port)) as sock:
            sock.sendall(data)
            answer = sock.recv(1 << 20)
        return answer
    if KIND == "page":
        answer = ask(b"GET /login HTTP/1.1\r\nHost: localhost\r\n\r\n")
        cookie = answer.partition(b"Set-Cookie: ")[2].partition(b";")[0]
        REQUEST = REQUEST % cookie
    first = ask(REQUEST)
    if not first.startswith((b"HTTP/1.1 200", b"HTTP/1.1 302")):
        sys.exit(first.decode("latin-1"))
    time.sleep(0.1)  # Until the server has seen that the client before is gone.
    recording = True
    ask(REQUEST)
    recording = False

lines = 0
for module in list(sys.modules.values()):
    path = getattr(module, "__file__", None) or ""
    if path.startswith(ROOT) and path.endswith(".py"):
        with open(path, encoding="utf-8") as source:
            lines += sum(1 for _ in source)
changes = sum(1 for before, after in zip(files, files[1:]) if before != after)
print(len(files), len(set(files)), changes, lines)
for name in dict.fromkeys(files):
    print(name)
if SHOWN:
    for name, call in zip(files, calls):
        print("  ", name, call)
"""


def follow_request(root: Path, kind: str, path: bool) -> list[str]:
    """Return what `FOLLOW` prints of one request in the checkout *root*."""
    command = [sys.executable, "-c", FOLLOW, kind, *(["--path"] if path else [])]
    result = subprocess.run(
        command,
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode:
        sys.exit(result.stderr or result.stdout)
    return result.stdout.splitlines()


def main(arguments: list[str]) -> None:
    """Print the ways of the three requests."""
    roots = [Path(__file__).resolve().parent.parent]
    if "--against" in arguments:
        roots.append(Path(arguments[arguments.index("--against") + 1]).resolve())
    for root in roots:
        print(f"{root.name}: calls, files, changes of file, lines loaded")
        for kind, (most_changes, most_lines) in GOALS.items():
            summary, *files = follow_request(root, kind, "--path" in arguments)
            goal = f"(goal: {most_changes} changes, {most_lines} lines)"
            print(f"  {kind:6}", *(f"{int(number):6}" for number in summary.split()), goal)
            print(
                "        ", "\n         ".join(files) if "--path" in arguments else " ".join(files)
            )


if __name__ == "__main__":
    main(sys.argv[1:])
