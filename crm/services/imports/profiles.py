"""The profiles there are: those that come with the program, and those of the installation."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path

from crm.errors import Invalid
from crm.imports import profiles
from crm.imports.profiles import Profile

FOLDER = "profiles"


def known_profiles(data: Path, wrong: list[Invalid] | None = None) -> dict[str, Profile]:
    """Every profile by key; one of the installation takes the place of a shipped one of the same name.

    :param data: folder of the installation, whose ``profiles/`` may hold more of them
    :param wrong: gathers what is wrong with profiles of the installation, which are left out then
    :raises Invalid: a profile of the installation is wrong, and nobody gathers
    """
    return {**profiles.shipped(), **profiles.folder(data / FOLDER, wrong)}


def profile_named(data: Path, key: str) -> Profile:
    """One profile, whatever is wrong with the others.

    :raises Invalid: (field ``profile``) there is none of that name, or it is wrong
    """
    wrong: list[Invalid] = []
    known = known_profiles(data, wrong)
    own = data / FOLDER / f"{key}.toml"
    if any(problem.reason.startswith(f"{own}: ") for problem in wrong):
        return profiles.at(own)
    if key not in known:
        near = get_close_matches(key, known, 1)
        hint = f" Did you mean {near[0]}?" if near else ""
        raise Invalid("profile", f"There is no profile “{key}”.{hint} There are: {', '.join(known)}.")
    return known[key]


def profile_at(path: Path) -> Profile:
    """The profile in a file anywhere.

    :raises Invalid: (field ``profile``) it cannot be read, or is wrong
    """
    return profiles.at(path)
