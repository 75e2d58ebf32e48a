"""``crm``, and ``python -m crm``: the command line, with the server."""

from __future__ import annotations

import gc
import os
import signal
import socket
from types import FrameType
from typing import NoReturn

import click

from crm.cli import Shell, cli, serving
from crm.cli.workers import supervise
from crm.instance import Instance
from crm.services import setup
from crm.settings import Settings

CHANNEL_SECONDS = 60


@cli.command()
@click.option("--demo", is_flag=True, help="A demonstration with a login of its own, for this machine alone.")
@click.option(
    "--workers", type=click.IntRange(1, 64), default=1, metavar="N", help="Processes that answer; best on PostgreSQL."
)
@click.pass_obj
def serve(shell: Shell, demo: bool, workers: int) -> None:
    """Serve the pages and the feeds, and do background work.

    CRM_HOST and CRM_PORT say where. With --demo whatever is missing is made first: secret, database, directory and
    demonstration. With --workers several processes share the port, one of which does the background work; one that dies
    is started again.
    """
    if demo:
        serving.prepare_demo(shell.settings)
    settings = Settings.from_env(os.environ)
    listening = serving.bind(settings.host, settings.port)
    setup.check(settings)
    instance = Instance(settings)
    serving.log_to_stderr(settings.log_level)
    if demo:
        found = serving.fill_demo(instance)
        serving.tell_demo(settings, found)
    else:
        serving.tell_address(instance)
    if workers == 1:
        signal.signal(signal.SIGTERM, _stop)
        _answer(instance, listening, background=True)
        return
    # A connection does not survive a fork: each process opens its own.
    instance.engine.dispose()
    supervise(lambda place: _answer(Instance(settings), listening, background=place == 0), workers)


def _answer(instance: Instance, listening: socket.socket, *, background: bool) -> None:
    """Answers requests until the process is told to end."""
    # Heavy, and needed by no other command.
    from waitress.server import create_server

    from crm.app import create_app

    settings = instance.settings
    server = create_server(
        create_app(instance=instance),
        sockets=[listening],
        threads=settings.threads,
        ident=None,
        channel_timeout=CHANNEL_SECONDS,
        max_request_body_size=settings.max_request_bytes,
        # The application believes as many proxies as it is told; here nothing of theirs is taken away.
        clear_untrusted_proxy_headers=settings.proxies == 0,
    )
    working = serving.Background(instance) if background else None
    if working is not None:
        working.start()
    # What is there now stays: not to look through it for garbage again and again spares a seventh of the time of an
    # import, and a little of every request.
    gc.collect()
    gc.freeze()
    try:
        server.run()
    finally:
        if working is not None:
            working.stop()
        server.close()
        instance.engine.dispose()


def _stop(_number: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(0)


def main() -> None:
    """Runs the command line."""
    cli(prog_name="crm")


if __name__ == "__main__":
    main()
