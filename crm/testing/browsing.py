"""A test client that behaves as a browser does: keeps cookies and sends the token of the form it was served."""

from __future__ import annotations

from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from crm.instance import Instance
from crm.models import Member
from crm.services import sessions


class Browser:
    """A client of ``app``, signed in as the persona ``name`` unless it is none."""

    def __init__(self, app: Flask, instance: Instance, name: str | None = None) -> None:
        self.app = app
        self.client = app.test_client()
        if name is not None:
            self._sign_in(instance, name)

    def get(self, address: str, **options: Any) -> TestResponse:
        """Fetches a page."""
        return self.client.get(address, **options)

    def post(self, address: str, data: dict[str, Any] | None = None, **options: Any) -> TestResponse:
        """Sends a form with the token of this session, as its page would."""
        return self.client.post(address, data={"csrf_token": self.token(), **(data or {})}, **options)

    def token(self) -> str:
        """A CSRF token of this session."""
        from flask import g
        from flask_wtf.csrf import generate_csrf

        with self.app.test_request_context():
            with self.client.session_transaction() as stored:
                known = stored.get("csrf_token")
            if known is None:
                self.client.get("/sign-in")
                with self.client.session_transaction() as stored:
                    known = stored.get("csrf_token")
            from flask import session

            if known is not None:
                session["csrf_token"] = known
            g.pop("csrf_token", None)
            token: str = generate_csrf()
            raw = session["csrf_token"]
        with self.client.session_transaction() as stored:
            stored["csrf_token"] = raw
        return token

    def _sign_in(self, instance: Instance, name: str) -> None:
        with instance.writing(door="web", trusted=True) as work:
            member = work.session.query(Member).filter_by(email=f"{name}@example.org").one()
            secret = sessions.begin(work, member, agent="test", address="127.0.0.1")
        with self.client.session_transaction() as stored:
            stored["_user_id"] = secret
            stored["_fresh"] = True
