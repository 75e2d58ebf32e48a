"""What an administrator fills in about members and the installation."""

from __future__ import annotations

from wtforms import EmailField, SelectField, StringField, TextAreaField

from crm.http.forms import Form
from crm.models.members import MEMBER_ROLES

ROLE_HINTS = {
    "admin": "Everything, and members, settings and the history.",
    "member": "Logs, corrects and hands out.",
    "reader": "Looks at everything the team may see, changes nothing.",
}


class MemberForm(Form):
    """A new member, who chooses a password by a link."""

    name = StringField("Name")
    email = EmailField("E-mail address")
    role = SelectField("Role", choices=list(MEMBER_ROLES.items()), default="member")


class SettingsForm(Form):
    """The zone in which days are read, and who “we” are."""

    zone = StringField("Time zone", description="In which days are read, such as Europe/Brussels.")
    ours = TextAreaField("We are")
    clients = TextAreaField("Our clients")
