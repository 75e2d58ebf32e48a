"""Every page makes sense to a screen reader, from the keyboard, and without JavaScript."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from crm.instance import Instance
from crm.testing.browsing import Browser
from tests import outline
from tests.pages import every_page
from tests.web.world import build

Visit = Callable[..., Browser]
PAGE = "<main id='main'><h1>Counts</h1>{}</main>"


@pytest.mark.parametrize(
    ("part", "problem"),
    [
        ("<h3>Ministries</h3>", "heading “Ministries” skips from 1 to 3"),
        ("<h1>Again</h1>", "2 first headings"),
        ("<nav><a href='/'>Home</a></nav>", "nav   has no label"),
        ("<table><tr><th>Body</th></tr></table>", "table  has no caption"),
        ("<input name='since'>", "input since has no label"),
        ("<a href='/'><svg aria-hidden='true'></svg></a>", "a / has no name"),
        ("<p id='a'></p><p id='a'></p>", "2 elements are called #a"),
        ("<input aria-label='Day' aria-describedby='hint'>", "aria-describedby of input  leads to #hint, not there"),
        ("<button type='button'>Print</button>", "button “Print” does nothing without JavaScript"),
        ("<form method='post' action='/x'></form>", "form to /x has no token"),
        ("<button hx-post='/x'>Bin</button>", "button “Bin” writes without a form"),
    ],
)
def test_what_is_wrong_is_found(part: str, problem: str) -> None:
    assert problem in outline.problems(PAGE.format(part))
    assert not outline.problems(PAGE.format("<h2>Ministries</h2>"))


def test_every_page_has_a_sensible_outline_and_works_without_javascript(
    instance: Instance, app: Flask, browser: Visit
) -> None:
    build(instance)
    admin = browser("admin")
    wrong: list[str] = []
    for address in every_page(instance):
        answer = admin.get(address, follow_redirects=True)
        assert answer.status_code == 200, address
        wrong += [f"{address}: {problem}" for problem in outline.problems(answer.text)]
    assert not wrong, "\n".join(wrong)


def test_pages_for_nobody_in_particular_have_a_sensible_outline(browser: Visit) -> None:
    for address, code in (("/sign-in", 200), ("/no-such-page", 404)):
        answer = browser(None).get(address)
        assert answer.status_code == code
        assert not outline.problems(answer.text), address
