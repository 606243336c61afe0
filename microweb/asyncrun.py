"""Running one coroutine to its end, from code that is not async.

`asyncio` is imported with the first coroutine: many systems leave it out, and it costs more to
import than the whole framework.
"""

from __future__ import annotations

from .text.missing import import_stdlib

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable
    from typing import Any


def run_coroutine(awaitable: Awaitable[Any]) -> Any:
    """Run *awaitable* to its end and return what it returns, or raise what it raises.

    It sees the caller's context variables, so ``request`` and ``g`` are the caller's. Where an
    event loop runs in this thread already, it gets one of its own in a thread of its own, and the
    caller waits. RuntimeError where this Python has no `asyncio`.

    >>> async def double(number):
    ...     return 2 * number
    >>> run_coroutine(double(21))
    42
    """
    try:
        asyncio = import_stdlib("asyncio", "an async function")
    except ImportError as error:
        raise RuntimeError(str(error)) from None

    async def run() -> Any:
        return await awaitable

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(run())
    from contextvars import copy_context
    from threading import Thread

    context = copy_context()
    outcome: list[Any] = []

    def work() -> None:
        try:
            outcome.extend((True, context.run(asyncio.run, run())))
        except BaseException as error:
            outcome.extend((False, error))

    thread = Thread(target=work)
    thread.start()
    thread.join()
    if not outcome[0]:
        raise outcome[1]
    return outcome[1]
