"""Two versions of one form side by side: what somebody else saved, and what was typed, chosen field by field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from werkzeug.datastructures import MultiDict
from wtforms import Field
from wtforms.fields import SelectFieldBase

CHOOSE, THEIRS = "choose:", "theirs:"
MINE_WORD, THEIRS_WORD = "mine", "theirs"
# Rows of a list are told from each other by numbers that nobody needs to read.
_HIDDEN = ("number", "csrf_token", "submission", "version")


class Side(NamedTuple):
    """One field in which two versions differ.

    :param name: of the field in the form
    :param stored: what stands in the log now, in words
    :param typed: what was typed, in words
    :param chosen: the side that is taken unless another is chosen: ``mine`` or ``theirs``
    :param who_changed: ``both``, ``you`` or ``they``; empty where it is not known how it was before
    """

    label: str
    stored: str
    typed: str
    name: str
    chosen: str
    who_changed: str


def chosen(sent: MultiDict[str, Any]) -> MultiDict[str, Any]:
    """The form as sent, with the other version's value in every field for which that was chosen."""
    if not any(key.startswith((CHOOSE, THEIRS)) for key in sent):
        return sent
    taken = {key.removeprefix(CHOOSE) for key in sent if key.startswith(CHOOSE) and sent[key] == THEIRS_WORD}
    result: MultiDict[str, Any] = MultiDict()
    for key, values in sent.lists():
        if key.startswith(THEIRS):
            if _belongs(key.removeprefix(THEIRS), taken):
                result.setlist(key.removeprefix(THEIRS), values)
        elif not key.startswith(CHOOSE) and not _belongs(key, taken):
            result.setlist(key, values)
    return result


def sides(
    fields: Mapping[str, Field], stored: Mapping[str, Any], before: Mapping[str, Any] | None
) -> Iterator[tuple[Side, list[tuple[str, str]]]]:
    """The fields in which the versions differ, each with the other version as it would be sent.

    :param before: the form as it was when it was opened
    """
    for name, value in stored.items():
        field = fields.get(name)
        if field is None or name in _HIDDEN:
            continue
        typed, held = in_words(field, field.data), in_words(field, value)
        if typed == held:
            continue
        mine, who = True, ""
        if before is not None:
            was = in_words(field, before.get(name))
            who = "they" if typed == was else "you" if held == was else "both"
            mine = who != "they"
        side = Side(str(field.label.text), held, typed, field.name, MINE_WORD if mine else THEIRS_WORD, who)
        yield side, [(THEIRS + key, text) for key, text in _sent(field.name, value)]


def in_words(field: Field | None, value: Any) -> str:
    """A field's value as a person reads it."""
    if value is None or value is False or value == "":
        return ""
    if isinstance(field, SelectFieldBase):
        labels = {str(key): str(label) for key, label, *_ in field.iter_choices()}
        chosen_values = value if isinstance(value, list | tuple) else [value]
        return ", ".join(labels.get(str(one), str(one)) for one in chosen_values if one is not None)
    if value is True:
        return "yes"
    if isinstance(value, list | tuple):
        return "\n".join(text for item in value if (text := in_words(None, item)))
    if isinstance(value, Mapping):
        parts = (in_words(None, item) for key, item in value.items() if key not in _HIDDEN)
        return " · ".join(part for part in parts if part)
    return "\n".join(line.rstrip() for line in str(value).strip().splitlines())


def _sent(name: str, value: Any) -> Iterator[tuple[str, str]]:
    """The pairs in which a browser would send ``value``."""
    if value is None or value is False:
        return
    if value is True:
        yield name, "y"
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _sent(f"{name}-{key}", item)
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from _sent(f"{name}-{index}" if isinstance(item, Mapping) else name, item)
    else:
        yield name, str(value)


def _belongs(key: str, names: set[str]) -> bool:
    return key in names or any(key.startswith(f"{name}-") for name in names)
