"""What a real browser does: Chromium, where it is installed, without a window."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading

import pytest

from microweb import Microweb, request

from .support import needs_package

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")

# Sends its form as soon as it is shown.
FORM = """<!doctype html><form method="post" action="{url}"><input name="title" value="x"></form>
<script>document.forms[0].submit()</script>"""


def browse(url, profile):
    """Open a page and wait until the browser has nothing more to do."""
    command = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"]
    command += [f"--user-data-dir={profile}", "--virtual-time-budget=8000", url]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
    return done.stdout


@pytest.fixture
def guarded():
    """An app that refuses forged requests, at work; it keeps what it was asked and answered."""
    app = Microweb("guarded")
    app.config["REFUSE_CROSS_ORIGIN"] = True
    app.seen, app.has_answered = [], threading.Event()

    @app.route("/write", methods=["GET", "POST"])
    def write():
        return "written" if request.method == "POST" else FORM.format(url="/write")

    @app.after_request
    def note(response):
        if request.method == "POST":
            app.seen.append((request.headers.get("Sec-Fetch-Site"), response.status_code))
            app.has_answered.set()
        return response

    with app.start() as server:
        app.url = server.url
        yield app


def test_a_browser_sends_the_apps_own_forms(guarded, tmp_path):
    page = browse(f"{guarded.url}write", tmp_path / "profile")
    assert guarded.has_answered.is_set(), page
    assert guarded.seen == [("same-origin", 200)]
    assert "written" in page


def test_a_page_on_another_port_of_the_same_host_is_refused(guarded, tmp_path):
    other = Microweb("other")
    other.add_url_rule("/", "index", lambda: FORM.format(url=f"{guarded.url}write"))
    with other.start() as server:
        page = browse(server.url, tmp_path / "profile")
    assert guarded.has_answered.is_set(), page
    assert guarded.seen == [("same-site", 403)]
    assert "written" not in page


@needs_package
def test_the_notebook_shows_itself_under_its_own_policy(tmp_path):
    from microweb.demo import create_app

    app = create_app(str(tmp_path / "data"))
    with app.start() as server:
        page = browse(f"{server.url}login", tmp_path / "profile")
    assert 'name="password"' in page
    assert os.path.exists(tmp_path / "data" / "notes.sqlite")
