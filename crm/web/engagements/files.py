"""Files on an engagement: added, downloaded, put into the bin."""

from __future__ import annotations

from typing import BinaryIO

from flask import flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from crm.http import current_instance, read, undoable, write
from crm.models import Attachment
from crm.queries import engagements as reads
from crm.services import attachments
from crm.text import plural
from crm.web.engagements.blueprint import bp
from crm.web.engagements.entry import uploads
from crm.web.engagements.pages import file_size, sheet_page
from crm.web.engagements.starting import readable
from crm.web.forms.engagements import FilesForm
from crm.web.parsing import ID
from crm.work import Work

FILE = "<int(max=2147483647):file_id>"

# Whatever a file holds, a browser that shows it nevertheless runs nothing of it and tells nobody.
POLICY = "sandbox; default-src 'none'"


@bp.post(f"/{ID}/files")
@write
def attach(work: Work, id: int) -> ResponseReturnValue:
    """Adds files."""
    form = FilesForm(request.form)
    engagement = readable(work, id)
    with form.saving(work, once=("engagement", id)):
        added = attachments.add(work, current_instance().settings, engagement, uploads())
    if not form.saved:
        return sheet_page(work, id, files=form), 422
    if added:
        undoable(work, f"{plural(len(added), 'file')} added.")
    else:
        flash("No file was chosen.", "warning")
    return redirect(url_for(".show", id=id, _anchor="files"), 303)


@bp.get(f"/{ID}/files/{FILE}")
@read
def download(work: Work, id: int, file_id: int) -> ResponseReturnValue:
    """One file, always as a download."""
    return _sent(*attachments.read(work, current_instance().settings, id, file_id), as_download=True)


@bp.get(f"/{ID}/files/{FILE}/look")
@read
def look(work: Work, id: int, file_id: int) -> ResponseReturnValue:
    """What can safely be shown of a file, on a page of its own."""
    shown = attachments.look(work, current_instance().settings, id, file_id)
    sheet = reads.sheet(work, id)
    return render_template("crm/engagements/file.html", look=shown, file=shown.attachment, sheet=sheet, size=file_size)


@bp.get(f"/{ID}/files/{FILE}/picture")
@read
def picture(work: Work, id: int, file_id: int) -> ResponseReturnValue:
    """The bytes of a picture, to be painted; anything else is a download."""
    attachment, content = attachments.read(work, current_instance().settings, id, file_id)
    return _sent(attachment, content, as_download=attachment.media_type not in attachments.PICTURES)


@bp.post(f"/{ID}/files/{FILE}/bin")
@write
def detach(work: Work, id: int, file_id: int) -> ResponseReturnValue:
    """Puts a file into the bin."""
    gone = attachments.bin(work, id, file_id)
    undoable(work, f"“{gone.name}” is in the bin.")
    return redirect(url_for(".show", id=id, _anchor="files"), 303)


@bp.post(f"/{ID}/files/{FILE}/restore")
@write
def reattach(work: Work, id: int, file_id: int) -> ResponseReturnValue:
    """Takes a file out of the bin."""
    attachments.restore(work, id, file_id)
    undoable(work, "The file is back.")
    return redirect(url_for(".show", id=id, _anchor="files"), 303)


def _sent(attachment: Attachment, content: BinaryIO, *, as_download: bool) -> ResponseReturnValue:
    response = send_file(
        content,
        mimetype=attachment.media_type,
        as_attachment=as_download,
        download_name=attachment.name,
        conditional=False,
        etag=False,
    )
    response.content_length = attachment.size
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["Cache-Control"] = "no-store"
    return response
