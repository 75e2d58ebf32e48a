"""The gate that every file passes: what a check refuses, or cannot look at, is not let through."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import BinaryIO

import pytest

from crm.hooks import checks
from crm.hooks.checks import FileCheck, Gate, IncomingFile


def kind(_content: BinaryIO) -> str:
    return "text/plain"


def asked(gate: Gate, content: bytes = b"minutes") -> str:
    return gate.refusal("a.txt", kind, io.BytesIO(content))


def check(refusal: Callable[[IncomingFile], str], key: str = "one") -> FileCheck:
    return FileCheck(key, refusal)


def test_each_check_is_given_the_file_from_its_beginning() -> None:
    seen: list[tuple[str, str, int, bytes]] = []

    def look(file: IncomingFile) -> str:
        seen.append((file.name, file.media_type, file.size, file.content.read()))
        return ""

    assert asked(Gate([check(look, "one"), check(look, "two")])) == ""
    assert seen == [("a.txt", "text/plain", 7, b"minutes")] * 2


def test_first_refusal_is_told_on_one_line_without_its_full_stop() -> None:
    gate = Gate([check(lambda _: ""), check(lambda _: "a\n  virus."), check(lambda _: "never asked")])
    assert asked(gate) == "a virus"


def test_check_that_fails_lets_nothing_through() -> None:
    gate = Gate([check(lambda _: str(1 // 0))])
    assert "could not be checked" in asked(gate)
    assert "could not be checked" in asked(gate, b"another")


def test_needed_check_that_no_plugin_offers_lets_nothing_through() -> None:
    gate = Gate([check(lambda _: "", "kinds")], ["clamav", "kinds"])
    assert gate.missing == ["clamav"]
    assert "clamav is missing" in asked(gate)
    assert not gate.is_open


def test_without_checks_there_is_nothing_to_ask() -> None:
    gate = Gate([])
    assert gate.is_open
    assert asked(gate) == ""


def test_same_bytes_are_asked_about_once_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    now, seen = [1000.0], []
    monkeypatch.setattr(checks.time, "monotonic", lambda: now[0])
    gate = Gate([check(lambda file: seen.append(file.name) or "no")])  # type: ignore[func-returns-value]
    assert [asked(gate), asked(gate), asked(gate, b"other")] == ["no"] * 3
    assert len(seen) == 2
    now[0] += checks.REMEMBERED_SECONDS + 1
    asked(gate)
    assert len(seen) == 3


def test_memory_of_verdicts_does_not_grow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "REMEMBERED", 3)
    gate = Gate([check(lambda _: "")])
    for number in range(10):
        asked(gate, bytes([number]))
    assert len(gate._verdicts) == 3
