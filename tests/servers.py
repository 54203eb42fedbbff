"""Real servers for tests: each on a free port, in a temporary folder, gone at the end."""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

PASSWORD = "secret of the test"  # of PostgreSQL's only user

_PATIENCE = 30.0  # seconds for a server to answer
_UNPRIVILEGED = "postgres"  # made by Debian's package; PostgreSQL refuses to run as root


def free_port() -> int:
    """A port that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def redis_program() -> str | None:
    return shutil.which("redis-server")


def postgres_programs() -> Path | None:
    """The folder of initdb and postgres: Debian keeps them out of the path."""
    candidates = [*sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)]
    if found := shutil.which("initdb"):
        candidates.append(Path(found).parent)
    return next((folder for folder in candidates if (folder / "postgres").exists()), None)


@contextlib.contextmanager
def redis_server(program: str) -> Iterator[str]:
    """A Redis without persistence; gives its address."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="thebot-redis-") as folder:
        command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", folder]
        with _running(command, port):
            yield f"redis://127.0.0.1:{port}"


@contextlib.contextmanager
def postgres_server(programs: Path) -> Iterator[PostgresServer]:
    """A PostgreSQL of its own with an empty database."""
    with tempfile.TemporaryDirectory(prefix="thebot-postgres-") as name:
        folder = Path(name)
        password = folder / "password"
        password.write_text(PASSWORD + "\n")
        if os.geteuid() == 0:
            shutil.chown(folder, _UNPRIVILEGED)
            shutil.chown(password, _UNPRIVILEGED)
        data = folder / "data"
        made = [str(programs / "initdb"), "--pgdata", str(data), "--username", "thebot", "--no-sync"]
        guarded = ["--auth", "scram-sha-256", "--pwfile", str(password), "--encoding", "UTF8"]
        subprocess.run(
            _as_unprivileged([*made, *guarded]),
            check=True,
            capture_output=True,
            cwd=folder,
        )
        server = PostgresServer(programs, folder)
        with server:
            yield server


class PostgresServer:
    """A PostgreSQL that a test may send away for a while."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self._programs, self._folder, self.port = programs, folder, free_port()
        self._numbers = itertools.count()
        self._running = contextlib.ExitStack()

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://thebot:{PASSWORD.replace(' ', '%20')}@127.0.0.1:{self.port}/{database}"

    def new_database(self) -> str:
        """The address of a database that nobody has used yet."""
        name = f"fresh_{next(self._numbers)}"
        subprocess.run(
            [str(self._programs / "createdb"), "--maintenance-db", self.url(), name],
            check=True,
            capture_output=True,
        )
        return self.url(name)

    @contextlib.contextmanager
    def away(self) -> Iterator[None]:
        """The server is stopped, its clients cut off; it is back (on the same port) when the block ends."""
        self._running.close()
        try:
            yield
        finally:
            self._start()

    def __enter__(self) -> PostgresServer:
        self._start()
        return self

    def __exit__(self, *_: object) -> None:
        self._running.close()

    def _start(self) -> None:
        # fsync off: what is tested is our program, not the disk
        command = [str(self._programs / "postgres"), "-D", str(self._folder / "data"), "-p", str(self.port)]
        options = ["-c", "listen_addresses=127.0.0.1", "-c", f"unix_socket_directories={self._folder}"]
        running = _running(_as_unprivileged([*command, *options, "-F"]), self.port, self._folder)
        self._running.enter_context(running)


def _as_unprivileged(command: list[str]) -> list[str]:
    if os.geteuid() != 0:
        return command
    return ["setpriv", "--reuid", _UNPRIVILEGED, "--regid", _UNPRIVILEGED, "--clear-groups", *command]


@contextlib.contextmanager
def _running(command: list[str], port: int, folder: Path | None = None) -> Iterator[None]:
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT, cwd=folder)
        try:
            _await_listening(process, port, said)
            yield
        finally:
            process.send_signal(signal.SIGINT)  # to both servers: end now, without waiting for clients
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _await_listening(process: subprocess.Popen[bytes], port: int, said: IO[str]) -> None:
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until:
        if process.poll() is not None:
            said.seek(0)
            raise RuntimeError(f"{process.args!r} ended: {said.read()}")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.02)
    raise RuntimeError(f"{process.args!r} did not listen on {port} within {_PATIENCE} s")
