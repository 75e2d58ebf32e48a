"""``crm counts``: engagements and contacts per organisation."""

from __future__ import annotations

from typing import Any

import click

from crm.cli.filters import Chosen, filter_options
from crm.cli.shell import Shell, answer_json, answer_table, tell
from crm.queries import counts as counting
from crm.queries.exports import filter_words, keys_of, names_of
from crm.queries.published import Published, published
from crm.queries.scope import Scope
from crm.text import plural

BY = ("month", "quarter", "half", "year", "kind", "actor")


@click.command()
@filter_options
@click.option("--by", type=click.Choice(BY), help="Columns.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.pass_obj
def counts(shell: Shell, chosen: Chosen, by: str | None, as_json: bool) -> None:
    """Count engagements and contacts per organisation.

    An engagement counts once at every level of the tree, so rows do not add up; the total is a distinct count. What
    may lie in the span but need not is counted apart, as possible.
    """
    with shell.reading() as work:
        scope = chosen.scope(work)
        table = counting.table(work, scope, by=by or "", only=scope.bodies)
        words = filter_words(work, scope)
        told = published(work, scope)
        named = names_of(work, told.certain.keys() | told.possible.keys())
        keys = keys_of(work, [*{*(row.organisation_id for row in table.rows), *named}])
    if as_json:
        answer_json(
            {
                "totals": _numbers(table.total),
                "published": _published(told, named, keys),
                "filter": _filter(scope, chosen, words, by),
                "rows": [_row(row, table, keys.get(row.organisation_id), by, told) for row in table.rows],
            }
        )
        return
    tell(words)
    titles = ["organisation", "engagements", "contacts", *(label for _, label in table.columns)]
    lines: list[list[Any]] = [
        [row.name, *_told(row.total), *(_cell(row.cells, place) for place, _ in table.columns)] for row in table.rows
    ]
    lines.append(["all together", *_told(table.total), *(_cell(table.margin, place) for place, _ in table.columns)])
    answer_table(titles, lines)
    tell(f"{plural(table.total.contacts, 'contact')} in {plural(table.total.engagements, 'engagement')}")
    for one in told.by_source():
        whose = f" ({one.publisher})" if one.publisher else ""
        number = counting.Cell(one.meetings, one.possible)
        tell(f"published, not added to these: {number} in {one.source}{whose}")


def _numbers(total: counting.Total) -> dict[str, Any]:
    return {
        "engagements": total.engagements,
        "contacts": total.contacts,
        "possible": {"engagements": total.possible_engagements, "contacts": total.possible_contacts},
    }


def _filter(scope: Scope, chosen: Chosen, words: str, by: str | None) -> dict[str, Any]:
    return {
        "words": words,
        "actors": list(scope.actors),
        "anybody": scope.anybody,
        "bodies": list(scope.bodies),
        "kinds": list(scope.kinds),
        "statuses": list(scope.statuses),
        "topics": list(scope.topics),
        "since": scope.since,
        "until": scope.until,
        "as_today": scope.as_today,
        "by": by,
    }


def _published(told: Published, named: dict[int, str], keys: dict[int, str | None]) -> dict[str, Any]:
    """Figures of their own, beside those of the log: nothing here is part of any of those."""
    bodies = []
    for body, name in sorted(named.items(), key=lambda item: (item[1].casefold(), item[0])):
        meetings, possible = told.of(body)
        bodies.append({"organisation": name, "id": body, "key": keys.get(body), "meetings": meetings,
                       "possible": possible})  # fmt: skip
    return {
        "meetings": len(told.all_certain),
        "possible": len(told.all_possible),
        "sources": [one._asdict() for one in told.by_source()],
        "organisations": bodies,
    }


def _row(
    row: counting.Row, table: counting.Table, key: str | None, by: str | None, published: Published
) -> dict[str, Any]:
    cells = []
    for place, label in table.columns:
        cell = row.cells.get(place, counting.Cell())
        told: dict[str, Any] = {by or "": label, "engagements": cell.certain, "possible": cell.possible}
        if place in table.spans:
            told |= {"from": table.spans[place].start, "to": table.spans[place].end}
        cells.append(told)
    return {
        "organisation": row.name,
        "id": row.organisation_id,
        "key": key,
        **_numbers(row.total),
        "published": dict(zip(("meetings", "possible"), published.of(row.organisation_id), strict=True)),
        "cells": cells,
    }


def _told(total: counting.Total) -> tuple[str, str]:
    return (
        str(counting.Cell(total.engagements, total.possible_engagements)),
        str(counting.Cell(total.contacts, total.possible_contacts)),
    )


def _cell(cells: dict[Any, counting.Cell], place: Any) -> str:
    return str(cells.get(place, counting.Cell()))
