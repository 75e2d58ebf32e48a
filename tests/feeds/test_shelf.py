from __future__ import annotations

import datetime as dt

from crm.feeds.shelf import Brake, Shelf
from crm.services.calendar import File

NOW = dt.datetime(2026, 5, 20, 9, tzinfo=dt.UTC)


def file(size: int) -> File:
    return File(b"x" * size, f'"{size}"')


def test_a_file_is_found_in_the_version_in_which_it_was_kept_only() -> None:
    shelf = Shelf()
    shelf.keep("mine", 1, file(3))
    assert shelf.find("mine", 1) == file(3)
    assert shelf.find("mine", 2) is None
    assert shelf.find("team", 1) is None


def test_a_new_version_takes_the_place_of_the_old_one() -> None:
    shelf = Shelf(100)
    for version in range(50):
        shelf.keep("mine", version, file(40))
        shelf.keep("team", version, file(40))
    assert shelf.find("mine", 49) is not None
    assert shelf.find("team", 49) is not None


def test_what_was_fetched_longest_ago_makes_room() -> None:
    shelf = Shelf(100)
    for key in ("a", "b"):
        shelf.keep(key, 1, file(40))
    assert shelf.find("a", 1) is not None
    shelf.keep("c", 1, file(40))
    assert shelf.find("b", 1) is None
    assert shelf.find("a", 1) is not None
    assert shelf.find("c", 1) is not None


def test_a_file_too_large_for_the_shelf_is_not_kept_and_takes_no_room() -> None:
    shelf = Shelf(100)
    shelf.keep("a", 1, file(40))
    shelf.keep("b", 1, file(51))
    assert shelf.find("b", 1) is None
    assert shelf.find("a", 1) is not None


def test_fetching_over_and_over_is_slowed_down_and_forgiven_in_time() -> None:
    brake = Brake(burst=3, each_second=2)
    assert [brake.lets_pass(1, NOW) for _ in range(4)] == [True, True, True, False]
    assert brake.lets_pass(2, NOW)
    later = NOW + dt.timedelta(seconds=1)
    assert [brake.lets_pass(1, later) for _ in range(3)] == [True, True, False]
    much_later = NOW + dt.timedelta(days=1)
    assert [brake.lets_pass(1, much_later) for _ in range(4)] == [True, True, True, False]


def test_a_clock_that_is_set_back_locks_nobody_out_for_good() -> None:
    brake = Brake(burst=1, each_second=1)
    assert brake.lets_pass(1, NOW)
    assert not brake.lets_pass(1, NOW - dt.timedelta(days=1))
    assert brake.lets_pass(1, NOW - dt.timedelta(days=1) + dt.timedelta(seconds=1))
