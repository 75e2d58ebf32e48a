"""QR codes as drawings within the page, so that neither a picture file nor a style is needed."""

from __future__ import annotations

from itertools import groupby
from typing import NamedTuple


class Square(NamedTuple):
    """A QR code as one path of a drawing ``size`` units wide, quiet zone included."""

    size: int
    path: str


def square(text: str) -> Square:
    """Draws ``text`` as a QR code."""
    # A tenth of a second that only the pages with such a code need.
    import segno

    rows = list(segno.make(text, error="m", micro=False).matrix_iter(border=4))
    drawn = []
    for y, row in enumerate(rows):
        x = 0
        for is_dark, run in groupby(row):
            length = len(list(run))
            if is_dark:
                drawn.append(f"M{x} {y}h{length}v1h-{length}z")
            x += length
    return Square(len(rows), "".join(drawn))
