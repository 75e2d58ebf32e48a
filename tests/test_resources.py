from __future__ import annotations

from pathlib import Path

import pytest

from crm import resources


def test_checkout_has_its_folders_at_the_top() -> None:
    top = Path(__file__).resolve().parent.parent
    assert resources.templates_dir() == top / "templates"
    assert resources.static_dir() == top / "static"
    assert resources.migrations_dir() == top / "migrations"
    assert resources.data_dir() == top / "crm" / "data"


def test_wheel_has_them_inside_the_package(tmp_path: Path) -> None:
    (tmp_path / "crm" / "static").mkdir(parents=True)
    (tmp_path / "static").mkdir()
    assert resources.locate(tmp_path / "crm", "static") == tmp_path / "crm" / "static"


def test_folder_of_another_distribution_is_not_taken_for_ours(tmp_path: Path) -> None:
    (tmp_path / "crm").mkdir()
    (tmp_path / "templates").mkdir()
    with pytest.raises(FileNotFoundError, match="install it again"):
        resources.locate(tmp_path / "crm", "templates")
