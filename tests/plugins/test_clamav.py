"""The plugin ``clamav``: a file goes to the scanner whole, and only a clean one is let through."""

from __future__ import annotations

import io
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

import crm_clamav
from crm.hooks.loader import PluginStatus, Registry
from crm.plugin import IncomingFile
from crm_clamav import Unanswered, address, refusal

EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


class Scanner:
    """Speaks as clamd does, over a socket of its own."""

    def __init__(self, folder: Path) -> None:
        self.place = str(folder / "clamd.ctl")
        self.got = b""
        self.answer: Callable[[bytes], bytes] = lambda content: (
            b"stream: Eicar-Signature FOUND\0" if EICAR in content else b"stream: OK\0"
        )
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(self.place)
        self._listening.listen()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                line, _ = self._listening.accept()
            except OSError:
                return
            with line, line.makefile("rb") as sent:
                assert sent.read(10) == b"zINSTREAM\0"
                self.got = b""
                while length := int.from_bytes(sent.read(4), "big"):
                    self.got += sent.read(length)
                with suppress(OSError):
                    line.sendall(self.answer(self.got))

    def close(self) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()


@pytest.fixture
def scanner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scanner]:
    # The path of a socket has 107 octets at most.
    monkeypatch.chdir(tmp_path)
    made = Scanner(Path(os.path.relpath(tmp_path)))
    yield made
    made.close()


def file(content: bytes) -> IncomingFile:
    return IncomingFile("a.pdf", "application/pdf", len(content), io.BytesIO(content))


def test_clean_file_is_sent_whole_and_let_through(scanner: Scanner) -> None:
    content = os.urandom(300_000)
    assert refusal(scanner.place, file(content)) == ""
    assert scanner.got == content


def test_infected_file_is_refused_by_the_name_of_what_was_found(scanner: Scanner) -> None:
    assert refusal(scanner.place, file(EICAR)) == "the virus scanner found Eicar-Signature in it"


def test_file_too_large_for_the_scanner_is_refused_with_what_would_help(scanner: Scanner) -> None:
    scanner.answer = lambda _: b"INSTREAM size limit exceeded. ERROR\0"
    assert "StreamMaxLength" in refusal(scanner.place, file(b"x"))


@pytest.mark.parametrize("answer", [b"", b"stream: OK", b"UNKNOWN COMMAND\0", b"x" * 5000, b"stream: OK FOUN\0"])
def test_whatever_is_no_clear_answer_lets_nothing_through(scanner: Scanner, answer: bytes) -> None:
    scanner.answer = lambda _: answer
    with pytest.raises(Unanswered):
        refusal(scanner.place, file(b"x"))


def test_scanner_that_is_silent_or_away_lets_nothing_through(
    scanner: Scanner, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with pytest.raises(Unanswered, match="cannot be asked"):
        refusal("nowhere.ctl", file(b"x"))
    monkeypatch.setattr(crm_clamav, "SECONDS", 0.05)
    over, blocked = threading.Event(), scanner.answer
    scanner.answer = lambda content: blocked(content) if over.wait(5) else b""
    with pytest.raises(Unanswered):
        refusal(scanner.place, file(b"x"))
    over.set()


def test_address_is_a_path_or_host_and_port(monkeypatch: pytest.MonkeyPatch) -> None:
    assert address("/run/x.ctl") == "/run/x.ctl"
    assert address("scanner.example:3310") == ("scanner.example", 3310)
    assert address("[::1]:3310") == ("::1", 3310)
    for wrong in ("scanner", "scanner:0", "scanner:99999", "a b:1", "x/y:1"):
        with pytest.raises(ValueError, match="CLAMD_ADDRESS"):
            address(wrong)
    monkeypatch.setenv("CLAMD_ADDRESS", "nonsense")
    registry = Registry([(PluginStatus("clamav", "crm_clamav", "", "active"), crm_clamav)])
    assert registry.collect("file_checks") == []
    assert "CLAMD_ADDRESS is 'nonsense'" in registry.plugins[0].error
