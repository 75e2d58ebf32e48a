"""What a request may bring is limited, and the answer says the limit."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest

from crm.http.guards import MAX_FORM_PARTS, MAX_FORM_TEXT_MB, MAX_QUERY_ARGUMENTS
from crm.instance import Instance
from crm.services import organisations
from crm.testing.browsing import Browser
from crm.testing.fixtures import PASSWORD, persona

Visit = Callable[..., Browser]


def test_too_many_fields_are_refused_with_and_without_files(browser: Visit) -> None:
    owner = browser("owner")
    many = {f"x{number}": "1" for number in range(MAX_FORM_PARTS + 1)}
    plain = owner.post("/engagements/new", many)
    assert plain.status_code == 413
    assert "at most 5,000 fields" in plain.text
    with_files = owner.post("/engagements/new", many, content_type="multipart/form-data")
    assert with_files.status_code == 413
    assert "in 5,000 fields" in with_files.text


def test_one_name_many_times_is_many_fields(browser: Visit) -> None:
    answer = browser("owner").post("/engagements/new", {"bodies": ["x"] * (MAX_FORM_PARTS + 1)})
    assert answer.status_code == 413


def test_too_much_text_is_refused_with_and_without_files(browser: Visit) -> None:
    owner = browser("owner")
    long = {"subject": "x" * (MAX_FORM_TEXT_MB * 1024 * 1024 + 1)}
    plain = owner.post("/engagements/new", long)
    assert plain.status_code == 413
    assert "at most 4 MB" in plain.text
    with_files = owner.post("/engagements/new", long, content_type="multipart/form-data")
    assert with_files.status_code == 413
    assert "4 MB for the text of a form" in with_files.text


def test_body_beyond_the_limit_is_refused_by_the_numbers_of_this_site(browser: Visit, instance: Instance) -> None:
    large = io.BytesIO(b"x" * (instance.settings.max_request_bytes + 1))
    sent = {"files": (large, "film.mp4")}
    answer = browser("owner").post("/engagements/new", sent, content_type="multipart/form-data")
    assert answer.status_code == 413
    assert "at most 25 MB a file, 50 MB for all of them" in answer.text


def test_too_many_filters_are_refused_also_under_one_name(browser: Visit) -> None:
    query = "&".join(f"kind={number}" for number in range(MAX_QUERY_ARGUMENTS + 1))
    answer = browser("owner").get(f"/engagements/?{query}")
    assert answer.status_code == 413
    assert f"at most {MAX_QUERY_ARGUMENTS} filters" in answer.text


def test_password_and_code_are_not_given_back_when_a_session_has_ended(browser: Visit) -> None:
    visitor = browser("owner")
    sent = {"csrf_token": "old", "submission": "x", "current": PASSWORD, "password": "another one", "code": "123456"}
    # Pages with several forms put the form's name before the field's.
    sent |= {"codes-current": PASSWORD, "off-current": PASSWORD}
    answer = visitor.client.post("/account/password", data=sent, headers={"Sec-Fetch-Site": "same-origin"})
    assert answer.status_code == 403
    for secret in (PASSWORD, "another one", "123456"):
        assert secret not in answer.text


@pytest.mark.parametrize("key", ["k" * 65, " ", "\x00", "\u202e" * 70, "<script>" * 20])
def test_key_that_no_page_of_ours_sends_is_refused_and_nothing_is_saved(
    browser: Visit, instance: Instance, key: str
) -> None:
    with instance.writing(persona(instance, "owner"), door="web") as work:
        body = organisations.create(work, name="DSIT").id
    visitor = browser("owner")
    sent = {"name-name": "Another name", "name-kind": "alias", "name-submission": key}
    answer = visitor.post(f"/organisations/{body}/names", sent)
    assert answer.status_code in (303, 422)
    assert ("Another name" in visitor.get(f"/organisations/{body}/structure").text) is (answer.status_code == 303)
