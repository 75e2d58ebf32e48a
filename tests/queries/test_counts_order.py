"""Rows of a table of counts stand where a reader looks for them."""

from __future__ import annotations

from crm.queries import counts
from crm.queries.scope import Scope
from crm.services import organisations
from crm.testing.fixtures import MakeEngagement, MakeOrganisation
from crm.work import Work


def test_bodies_stand_below_the_nearest_one_with_a_number_the_most_met_first(
    work: Work, make_organisation: MakeOrganisation, make_engagement: MakeEngagement
) -> None:
    top, dg, office, other = (make_organisation(name) for name in ("Commission", "DG", "Office", "Parliament"))
    organisations.place(work, dg.id, top.id)
    organisations.place(work, office.id, dg.id)
    make_engagement("4 May 2026", other)
    make_engagement("5 May 2026", office)
    make_engagement("6 May 2026", office)
    table = counts.table(work, Scope(), by="")
    shown = [(line.row.label, line.depth) for line in counts.arranged(work, table)]
    assert shown == [("Commission", 0), ("DG", 1), ("Office", 2), ("Parliament", 0)]
    highest = counts.arranged(work, table, top_only=True)
    assert [(line.row.label, line.left_out) for line in highest] == [("Commission", 1), ("Parliament", 0)]
    largest = counts.arranged(work, table, largest=1)
    assert largest[0].row.label == "Commission"
    assert all(line.row.label != "Parliament" for line in largest)
