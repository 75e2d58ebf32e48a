"""Verbs on organisations: create, amend, place in the tree, follow one by another, find by what was typed."""

from __future__ import annotations

from crm.services.organisations.basics import (
    FIELDS,
    FLAGS,
    amend,
    bin,
    create,
    get,
    refold,
    restore,
)
from crm.services.organisations.names import (
    add_name,
    amend_name,
    identify,
    remove_identifier,
    remove_name,
)
from crm.services.organisations.placing import amend_place, place, unplace
from crm.services.organisations.resolving import resolve
from crm.services.organisations.successions import amend_succession, succeed, unsucceed

__all__ = [
    "FIELDS",
    "FLAGS",
    "add_name",
    "amend",
    "amend_name",
    "amend_place",
    "amend_succession",
    "bin",
    "create",
    "get",
    "identify",
    "place",
    "refold",
    "remove_identifier",
    "remove_name",
    "resolve",
    "restore",
    "succeed",
    "unplace",
    "unsucceed",
]
