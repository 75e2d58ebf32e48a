"""Checks of single values that several concepts share; each raises Invalid naming the field and what would be right."""

from __future__ import annotations

import datetime as dt
from collections.abc import Container, Iterable
from urllib.parse import urlsplit

from crm.errors import Invalid
from crm.text import clean


def text(field: str, value: str | None, limit: int = 100_000) -> str:
    """``value`` cleaned, at most ``limit`` characters, possibly empty."""
    try:
        cleaned = clean(value or "")
    except Invalid as problem:
        raise Invalid(field, problem.reason) from problem
    if len(cleaned) > limit:
        raise Invalid(field, f"At most {limit:,} characters; this has {len(cleaned):,}.")
    return cleaned


def short(field: str, value: str | None, limit: int) -> str:
    """``value`` cleaned, one line, between one and ``limit`` characters."""
    cleaned = " ".join(text(field, value, limit * 4).split())
    if not cleaned:
        raise Invalid(field, "This cannot be empty.")
    if len(cleaned) > limit:
        raise Invalid(field, f"At most {limit:,} characters; this has {len(cleaned):,}.")
    return cleaned


def line(field: str, value: str | None, limit: int) -> str:
    """``value`` cleaned, one line, at most ``limit`` characters, possibly empty."""
    return short(field, value, limit) if value and value.strip() else ""


def choice(field: str, value: str, allowed: Container[str] | Iterable[str]) -> str:
    """``value`` if it is one of ``allowed``."""
    options = list(allowed)  # type: ignore[arg-type]
    if value not in options:
        listed = ", ".join(option for option in options if option)
        raise Invalid(field, f"“{value}” is not one of: {listed}.")
    return value


def positive(field: str, value: int | None, limit: int) -> int | None:
    """``value`` if it is none or a whole number from 1 to ``limit``."""
    if value is not None and not 1 <= value <= limit:
        raise Invalid(field, f"Give a whole number from 1 to {limit:,}, or leave it empty.")
    return value


def day_order(field: str, first: dt.date | None, last: dt.date | None) -> None:
    """Refuses an end before its beginning."""
    if first is not None and last is not None and last < first:
        raise Invalid(field, f"The end ({last:%d %B %Y}) lies before the beginning ({first:%d %B %Y}).")


def web_address(field: str, value: str | None, limit: int = 500) -> str:
    """``value`` if it is empty or an http(s) address; other schemes could run code when clicked."""
    cleaned = line(field, value, limit)
    if not cleaned:
        return ""
    refusal = Invalid(
        field, f"“{cleaned[:60]}” is no web address; give one such as https://example.org, or leave it empty."
    )
    try:
        parts = urlsplit(cleaned if "://" in cleaned else f"https://{cleaned}")
        is_address = parts.scheme in ("http", "https") and bool(parts.hostname) and " " not in cleaned
        is_address = is_address and (parts.port is None or parts.port > 0)
    except ValueError as error:
        # Brackets that hold no address, or a port that is no number.
        raise refusal from error
    if not is_address:
        raise refusal
    return parts.geturl()
