"""Installs what `make run` or `make test` needs into .venv, once, and says plainly what is missing on this machine.

Usage: python3 scripts/bootstrap.py run|test

The standard library only, in a syntax that every Python 3 can read, so that an old one gets as far as saying that it
is too old.
"""

import hashlib
import json
import os
import subprocess
import sys
import time

LEAST = (3, 11)
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, ".venv")
PYTHON = os.path.join(VENV, "bin", "python")
STAMP = os.path.join(VENV, "installed.json")
PROJECT_FILES = ("pyproject.toml", "hatch_build.py", "package.json", "package-lock.json", "crm/__init__.py")
VENDORED = ("static/vendor", "tests/vendor")
NETWORK_SIGNS = (
    "Failed to establish a new connection",
    "NewConnectionError",
    "NameResolutionError",
    "Temporary failure in name resolution",
    "Network is unreachable",
    "ConnectTimeoutError",
    "Read timed out",
    "Connection refused",
    "ProxyError",
    "Max retries exceeded",
)
QUIET = ["--disable-pip-version-check", "--no-input", "--retries", "2", "--progress-bar", "off"]


class Problem(Exception):
    """Something on this machine that only its user can put right; the message is one sentence."""


def main(arguments):
    """Brings .venv up to date for ``run`` or ``test`` and returns the exit code."""
    if len(arguments) != 1 or arguments[0] not in ("run", "test"):
        sys.stderr.write("Usage: python3 scripts/bootstrap.py run|test\n")
        return 2
    try:
        install(arguments[0])
    except Problem as problem:
        sys.stderr.write("Antechamber: %s\n" % problem)
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("\nStopped; the next run goes on from here.\n")
        return 130
    return 0


def install(purpose):
    """Creates .venv and installs what changed since the last time.

    :param purpose: "run" or "test"; what "test" installs is enough for "run" too
    """
    check_python(sys.version_info)
    started = time.time()
    done = installed()
    wanted = {
        "run": digest(["requirements/run.txt"]),
        "test": digest(["requirements/run.txt", "requirements/test.txt"]),
        "project": digest(PROJECT_FILES),
    }
    if not usable() or done.get("place", ROOT) != ROOT:
        create_venv()
        done = {}
    done["place"] = ROOT
    if done.get(purpose) != wanted[purpose]:
        name = "requirements/%s.txt" % purpose
        say("Installing the libraries of %s" % name)
        pip(["install", "--require-hashes", "-r", name])
        done.update({"run": wanted["run"], purpose: wanted[purpose]})
        record(done)
    if done.get("project") != wanted["project"] or not all(map(os.path.isdir, paths(VENDORED))):
        say("Installing Antechamber and its front-end libraries")
        pip(["install", "--no-deps", "--editable", "."])
        done["project"] = wanted["project"]
        record(done)
    elapsed = time.time() - started
    if elapsed > 1:
        say("Installed in %.0f seconds" % elapsed)


def check_python(version):
    """:raises Problem: this Python is too old"""
    if tuple(version[:2]) < LEAST:
        raise Problem(
            "needs Python %d.%d or newer, but %s is %d.%d; install a newer one and name it: make run PYTHON=python3.NN"
            % (*LEAST, sys.executable or "python3", *version[:2])
        )


def create_venv():
    """Makes an empty .venv in place of what was there.

    :raises Problem: Python came without the parts that make one, or the folder cannot be written
    """
    say("Creating the virtual environment .venv with Python %d.%d.%d" % sys.version_info[:3])
    try:
        import ensurepip  # noqa: F401
        import venv
    except ImportError:
        raise Problem(
            "this Python has no venv or ensurepip module; on Debian or Ubuntu run: apt-get install python%d.%d-venv"
            % sys.version_info[:2]
        ) from None
    try:
        venv.EnvBuilder(clear=True, with_pip=True, symlinks=os.name != "nt").create(VENV)
    except (OSError, subprocess.CalledProcessError) as error:
        raise Problem("the virtual environment .venv cannot be created: %s" % error) from None


def pip(arguments):
    """Runs pip in .venv, showing what it fetches.

    :raises Problem: with the reason, when pip fails
    """
    command = [PYTHON, "-m", "pip", arguments[0], *QUIET, *arguments[1:]]
    # Python compiles what it comes to use; compiling everything, the build environment too, takes longer.
    # (pip reads a switch that turns something off by what it turns off: 0 is "do not compile".)
    environment = dict(os.environ, PIP_NO_COMPILE="0")
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        universal_newlines=True,
        errors="replace",
    )
    lines = []
    shown = ""
    for line in process.stdout:
        lines.append(line.rstrip())
        step = progress(line)
        if step and step != shown:
            say("  " + step)
            shown = step
    if process.wait() != 0:
        raise Problem(reason(lines))


def progress(line):
    """What a line of pip's talk says about how far it is; nothing for most of them."""
    words = line.split()
    if words[:1] == ["Collecting"]:
        return "fetching " + words[1].split("==")[0]
    if words[:1] == ["Processing"] and line.startswith("Processing /"):
        return "taking " + os.path.basename(words[1])
    if words[:2] == ["Installing", "collected"]:
        return "unpacking"
    if words[:1] == ["Installing"] and "dependencies:" in words:
        return "preparing the build (with npm, which stays out of .venv)"
    if words[:1] == ["Building"]:
        return "building"
    return ""


def reason(lines):
    """One sentence for what pip said before it failed; the end of its talk when the cause is not known."""
    for line in lines:
        if "Antechamber: " in line:
            return line.split("Antechamber: ", 1)[1]
    text = "\n".join(lines)
    if any(sign in text for sign in NETWORK_SIGNS):
        return (
            "the Python package registry cannot be reached; connect to the network (or set pip's index) and try again"
        )
    if "THESE PACKAGES DO NOT MATCH THE HASHES" in text:
        return "a library differs from the hash in requirements/ and was refused"
    if "No space left on device" in text:
        return "the disk is full"
    return "pip failed:\n" + "\n".join(lines[-15:])


def paths(names):
    return [os.path.join(ROOT, name) for name in names]


def digest(names):
    """Hash of the files' contents together."""
    summary = hashlib.sha256()
    for path in paths(names):
        with open(path, "rb") as file:
            summary.update(hashlib.sha256(file.read()).digest())
    return summary.hexdigest()


def usable():
    """Whether .venv is there, runs, has pip and is made with the Python that runs this."""
    try:
        answer = subprocess.check_output(
            [PYTHON, "-c", "import pip, sys; print(sys.prefix, sys.version_info[:2])"], stderr=subprocess.DEVNULL
        )
    except (OSError, subprocess.CalledProcessError):
        return False
    return answer.decode(errors="replace").strip() == "%s %s" % (VENV, sys.version_info[:2])


def installed():
    """What was installed the last time; empty when nothing is known."""
    try:
        with open(STAMP, encoding="utf-8") as file:
            done = json.load(file)
    except (OSError, ValueError):
        return {}
    return done if isinstance(done, dict) else {}


def record(done):
    """Remembers what is installed, so that it is not installed again."""
    with open(STAMP + ".new", "w", encoding="utf-8") as file:
        json.dump(done, file, indent=1, sort_keys=True)
    os.replace(STAMP + ".new", STAMP)


def say(text):
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
