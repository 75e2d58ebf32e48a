"""The door of calendar programs: secret addresses that ask nobody who they are, and one engagement as a file."""

from __future__ import annotations

from flask import Blueprint

from crm.feeds.views import engagement, subscription

bp = Blueprint("calendar", __name__)
bp.add_url_rule("/calendar/<secret>.ics", "subscription", subscription, methods=["GET"])
bp.add_url_rule("/engagements/<int(max=2147483647):id>/calendar.ics", "engagement", engagement, methods=["GET"])
