"""Registers that know bodies under an identifier: how each writes it, and where it shows the entry."""

from __future__ import annotations

import re
from typing import NamedTuple


class Register(NamedTuple):
    """One register.

    :param pattern: regular expression of a whole identifier; empty for anything
    :param example: an identifier as the register writes it
    :param address: of the entry, with ``{}`` for the identifier; empty where entries have no lasting address
    """

    label: str
    pattern: str = ""
    example: str = ""
    address: str = ""


REGISTERS = {
    "eu-transparency-register": Register(
        "EU Transparency Register",
        r"\d{6,15}-\d{2}",
        "123456789012-34",
        "https://transparency-register.europa.eu/searchregister-or-update/organisation-detail_en?id={}",
    ),
    "lobbyregister": Register(
        "Lobbyregister (DE)", r"R\d{6}", "R001234", "https://www.lobbyregister.bundestag.de/suche/{}"
    ),
    "hatvp": Register(
        "HATVP (FR)", r"[A-Z0-9]{9,14}", "123456789", "https://www.hatvp.fr/fiche-organisation/?organisation={}"
    ),
    "lei": Register("LEI", r"[A-Z0-9]{18}\d{2}", "529900T8BM49AURSDO55", "https://search.gleif.org/#/record/{}"),
    "wikidata": Register("Wikidata", r"Q[1-9]\d*", "Q8880", "https://www.wikidata.org/wiki/{}"),
    "companies-house": Register(
        "Companies House (UK)",
        r"[A-Z0-9]{2}\d{6}",
        "01234567",
        "https://find-and-update.company-information.service.gov.uk/company/{}",
    ),
    "iso-3166-1": Register("ISO 3166-1", r"[A-Z]{2}", "BE"),
    "govuk-content-id": Register("GOV.UK content id", r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    "govuk-analytics": Register("GOV.UK analytics id", r"[A-Z]{1,4}\d+"),
}


def label(scheme: str) -> str:
    """What people call a register; of an unknown one, its key."""
    known = REGISTERS.get(scheme)
    return known.label if known is not None else scheme


def address(scheme: str, value: str) -> str:
    """Where the register shows the entry, empty where it does not."""
    known = REGISTERS.get(scheme)
    if known is None or not known.address or problem_with(scheme, value):
        return ""
    return known.address.format(value)


def problem_with(scheme: str, value: str) -> str:
    """What is wrong with an identifier, empty when nothing is; registers that are not listed take anything."""
    known = REGISTERS.get(scheme)
    if known is None or not known.pattern:
        return ""
    if not re.fullmatch(known.pattern, value):
        example = f", such as {known.example}" if known.example else ""
        return f"“{value}” is not written as in {known.label}{example}."
    if scheme == "lei" and _remainder(value) != 1:
        return f"“{value}” is no LEI: its last two digits do not match the rest, so a character is mistyped."
    return ""


def _remainder(lei: str) -> int:
    """The check of ISO 17442: letters as 10 to 35, the whole modulo 97."""
    return int("".join(str(int(character, 36)) for character in lei)) % 97
