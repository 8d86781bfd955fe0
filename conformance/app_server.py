"""Serves a WSGI or ASGI application on a loopback address while a contract is run against it."""

import inspect
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from conformance.errors import ConfigError, Problem

_SECONDS_TO_START = 30.0


@contextmanager
def serve_app(server: str | Callable[..., Any]) -> Iterator[str]:
    """Yield the base URL of a server: an application is served within the block. Raises ConfigError.

    What cannot be called is a URL, or shows one as its text, as pytest-django's `live_server` does.
    """
    if not callable(server):
        yield str(server)
        return
    is_asgi = inspect.iscoroutinefunction(server) or inspect.iscoroutinefunction(type(server).__call__)
    is_asgi = is_asgi or not _takes(server, 2)  # one that wraps another need not be a coroutine function itself
    if not _takes(server, 3 if is_asgi else 2):
        hint = "give the application itself: what creates one is called first, as in create_app()"
        raise ConfigError([Problem("server", "is neither a WSGI nor an ASGI application", hint)])
    with (_serve_asgi if is_asgi else _serve_wsgi)(server) as base_url:
        yield base_url


def _takes(app: Callable[..., Any], count: int) -> bool:
    """Whether an application can be called with so many arguments, or does not show which it takes."""
    try:
        signature = inspect.signature(app)
    except (TypeError, ValueError):
        return True
    try:
        signature.bind(*range(count))
    except TypeError:
        return False
    return True


@contextmanager
def _serve_wsgi(app: Callable[..., Any]) -> Iterator[str]:
    from werkzeug.serving import WSGIRequestHandler, make_server  # noqa: PLC0415 - loaded only if an app is served

    class Quiet(WSGIRequestHandler):
        def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - Werkzeug's name
            pass

    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def _serve_asgi(app: Callable[..., Any]) -> Iterator[str]:
    try:
        import uvicorn  # noqa: PLC0415 - an optional package, needed only for an ASGI application
    except ImportError:
        hint = "install it (pip install uvicorn), or start the application and give its URL"
        raise ConfigError([Problem("server", "an ASGI application is served by uvicorn", hint)]) from None
    server = uvicorn.Server(uvicorn.Config(app, "127.0.0.1", 0, interface="asgi3", log_level="error"))

    def serve() -> None:
        with suppress(SystemExit):  # raised by uvicorn if the start-up of the application fails
            server.run()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    end = time.monotonic() + _SECONDS_TO_START
    while not server.started and thread.is_alive() and time.monotonic() < end:
        time.sleep(0.01)
    if not server.started:
        raise ConfigError([Problem("server", "the ASGI application did not start", "start it by itself to see why")])
    try:
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(_SECONDS_TO_START)
