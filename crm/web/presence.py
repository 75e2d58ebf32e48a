"""Who is signed in at this moment: asked by a page before it sends a form, so that no form is ever sent in vain."""

from __future__ import annotations

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import generate_csrf

from crm.http import current_member, open_to_all, sign_in_address

bp = Blueprint("presence", __name__)


@bp.get("/presence")
@open_to_all
def index() -> ResponseReturnValue:
    """The number of the member, with a token for their forms; where nobody is signed in, where to sign in.

    Other sites cannot read the answer: it allows no origin but its own.
    """
    member = current_member()
    if member is None:
        return jsonify(member=None, token=None, sign_in=sign_in_address(request.script_root + "/"))
    return jsonify(member=str(member.id), token=generate_csrf(), sign_in=None)
