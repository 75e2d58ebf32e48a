"""Hands out any sheet as an Excel workbook with real dates, filters and a frozen header, in constant memory."""

from __future__ import annotations

from collections.abc import Iterator

from crm.plugin import ExportFormat, Sheet, hookimpl


def _write(sheet: Sheet) -> Iterator[bytes]:
    from crm_xlsx.book import write_xlsx

    return write_xlsx(sheet)


@hookimpl
def export_formats() -> list[ExportFormat]:
    """Offers XLSX."""
    media_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return [ExportFormat("xlsx", "Excel workbook (XLSX)", media_type, ".xlsx", _write)]
