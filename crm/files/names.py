"""The name under which a file is handed out, safe on every system whatever its sender called it."""

from __future__ import annotations

import re
import unicodedata

_LONGEST = 150
"""octets: file systems take 255, and a browser adds its own to a name it has already"""
_EXTENSION = re.compile(r"\.[A-Za-z0-9]{1,10}\Z")
_FORBIDDEN = re.compile(r'[<>:"|?*]')
# Joiners belong to the spelling of Persian and of many emoji; every other invisible sign can disguise a name.
_JOINERS = "\u200c\u200d"
_DEVICES = re.compile(r"(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?:\..*)?\Z", re.IGNORECASE)


def download_name(filename: str, fallback: str = "attachment") -> str:
    """Gives a harmless name that looks like the one given.

    No folders, control characters, direction overrides, characters or device names that Windows forbids, leading or
    trailing dots; at most 150 octets, the extension kept. Idempotent.

    :param fallback: the name where nothing is left of the one given
    """
    name = unicodedata.normalize("NFC", filename.replace("\\", "/")).rpartition("/")[2]
    name = "".join(char for char in name if char in _JOINERS or unicodedata.category(char)[0] != "C")
    name = " ".join(_FORBIDDEN.sub("_", name).split())
    extension = found.group() if (found := _EXTENSION.search(name)) else ""
    stem = name[: len(name) - len(extension)].strip(". ")
    room = _LONGEST - len(extension)
    stem = stem.encode()[:room].decode(errors="ignore").rstrip(". ") or fallback
    name = (stem + extension).rstrip(". ")
    return f"_{name}" if _DEVICES.match(name) else name
