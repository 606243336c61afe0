"""Values of the current thread or task."""

from __future__ import annotations

import threading

import pytest

from microweb.compat.locals import Local, LocalManager, LocalStack, release_local


def in_thread(function):
    found = []
    thread = threading.Thread(target=lambda: found.append(function()))
    thread.start()
    thread.join()
    return found[0]


def test_each_thread_has_its_own():
    local, stack = Local(), LocalStack()
    local.a, top = 1, stack.push(2)
    assert (local.a, top, list(local)) == (1, [2], [("a", 1)])
    assert in_thread(lambda: (hasattr(local, "a"), stack.top)) == (False, None)


def test_what_is_not_there_is_an_error():
    local = Local()
    with pytest.raises(AttributeError, match="'a'"):
        local.a  # noqa: B018
    with pytest.raises(AttributeError, match="'a'"):
        del local.a
    proxy = local("a")
    with pytest.raises(RuntimeError, match="'a'"):
        proxy.real  # noqa: B018
    local.a = 5
    assert proxy + 1 == 6


def test_a_stack():
    stack = LocalStack()
    proxy = stack()
    assert (stack.push("a"), stack.push("b"), proxy.upper()) == (["a"], ["a", "b"], "B")
    assert (stack.pop(), stack.pop(), stack.pop()) == ("b", "a", None)
    with pytest.raises(RuntimeError, match="empty"):
        proxy.upper()


def test_a_manager_cleans_up_after_each_request():
    local, stack = Local(), LocalStack()
    seen = []

    @LocalManager([local, stack]).middleware
    def application(environ, start_response):
        local.user = "ada"
        stack.push(1)
        start_response("200 OK", [])
        return [b"x"]

    body = application({}, lambda status, headers: seen.append(status))
    assert (b"".join(body), local.user) == (b"x", "ada")
    body.close()
    assert (list(local), stack.top, seen) == ([], None, ["200 OK"])
    local.a = 1
    release_local(local)
    assert list(local) == []
