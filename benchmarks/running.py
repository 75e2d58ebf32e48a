"""Starting, standing idle, and what is installed for it."""

from __future__ import annotations

import importlib.metadata as metadata
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measuring import Line

TOP = Path(__file__).resolve().parents[1]
PORT = 8699
_CAUSE = "importing SQLAlchemy's mapper, Flask and the product's own models takes most of it"
_HELD = (
    "the code of what is imported is most of it, SQLAlchemy's a third, with asyncio and TLS that it brings along; what "
    "Jinja took to compile the first page is kept by the interpreter"
)


def lines() -> Iterator[Line]:
    """Every line about the program itself."""
    with tempfile.TemporaryDirectory() as folder:
        environ = {**os.environ, "CRM_DATA": folder, "CRM_PORT": str(PORT), "CRM_DEVELOPMENT": "1"}
        # As pip leaves them: a checkout whose modules are not kept compiled takes twice as long.
        environ.pop("PYTHONDONTWRITEBYTECODE", None)
        environ["PYTHONPYCACHEPREFIX"] = str(Path(folder, "compiled"))
        subprocess.run([sys.executable, "-m", "crm", "init"], env=environ, check=True, capture_output=True)
        found = [_started(environ) for _ in range(3)]
    yield Line(
        "start to first page",
        min(took for took, _ in found),
        1.5,
        unit="s",
        note="on the clock, modules compiled as pip leaves them, best of 3",
        cause=_CAUSE,
    )
    yield Line("idle memory", min(memory for _, memory in found), 80, unit="MB", cause=_HELD)
    yield Line("installed packages", _packages() / 1e6, 75, unit="MB", note="what requirements/run.txt names")


def _started(environ: dict[str, str]) -> tuple[float, float]:
    start = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-m", "crm", "serve"], env=environ, stderr=subprocess.DEVNULL)
    try:
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{PORT}/sign-in", timeout=5).read()
                break
            except (urllib.error.URLError, OSError):
                if process.poll() is not None or time.perf_counter() - start > 60:
                    raise SystemExit("crm serve did not start") from None
                time.sleep(0.02)
        took = time.perf_counter() - start
        status = Path(f"/proc/{process.pid}/status")
        text = status.read_text(encoding="ascii") if status.exists() else ""
        resident = re.search(r"VmRSS:\s+(\d+)", text)
        return took, int(resident[1]) / 1024 if resident else float("nan")
    finally:
        process.terminate()
        process.wait()


def _packages() -> int:
    names = re.findall(r"^([A-Za-z0-9._-]+)==", (TOP / "requirements" / "run.txt").read_text(encoding="utf-8"), re.M)
    return sum(_size(name) for name in names)


def _size(name: str) -> int:
    try:
        files = metadata.files(name) or []
    except metadata.PackageNotFoundError:
        return 0
    paths = (Path(str(file.locate())) for file in files)
    return sum(path.stat().st_size for path in paths if path.is_file())
