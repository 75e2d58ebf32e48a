"""Finds the files that are no Python: templates, static files, migrations and shipped data.

In a checkout the first three stand at its top, in a built wheel inside the package. Nothing else knows both places.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def templates_dir() -> Path:
    """Folder of the Jinja templates, holding ``crm/<concept>/…``."""
    return _find("templates")


def static_dir() -> Path:
    """Folder of the style sheets, scripts and icons, with the third-party ones under ``vendor/``."""
    return _find("static")


def migrations_dir() -> Path:
    """Folder of the Alembic environment and its versions."""
    return _find("migrations")


def data_dir() -> Path:
    """Folder of the shipped data, always inside the package."""
    return _PACKAGE / "data"


@cache
def _find(name: str) -> Path:
    return locate(_PACKAGE, name)


def locate(package: Path, name: str) -> Path:
    """Folder called ``name`` inside ``package`` (wheel) or beside it (checkout).

    :raises FileNotFoundError: in neither place, so the installation is damaged
    """
    for place in (package / name, package.parent / name):
        # A site-packages folder may hold a foreign distribution called "templates": a checkout has pyproject.toml.
        if place.is_dir() and (place.parent == package or (package.parent / "pyproject.toml").is_file()):
            return place
    raise FileNotFoundError(f"the folder {name!r} of Antechamber is missing beside {package}; install it again")
