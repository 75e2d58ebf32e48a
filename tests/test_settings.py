from __future__ import annotations

import stat
from pathlib import Path

import pytest

from crm.errors import ConfigError
from crm.settings import SECRET_VARIABLES, VARIABLES, Settings, write_secret

SECRET = "kR7-f0Zq2_Lw9XvB4tYpJ6mNs1HdEc3G"


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {"CRM_DATA": str(tmp_path), "CRM_SECRET_KEY": SECRET}


def test_little_needs_to_be_said(environ: dict[str, str], tmp_path: Path) -> None:
    settings = Settings.from_env(environ)
    assert settings.data == tmp_path
    assert settings.database_url == f"sqlite:///{tmp_path}/crm.sqlite3"
    assert settings.base_url == "http://127.0.0.1:8600"
    assert settings.plugins == ("xlsx",)
    assert settings.zone == "Europe/Brussels"
    assert settings.attachments == tmp_path / "attachments"
    assert not settings.development
    assert not settings.secure


def test_data_stays_where_it_was_when_the_folder_of_work_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    settings = Settings.from_env({"CRM_SECRET_KEY": SECRET})
    assert settings.data == tmp_path / "crm-data"
    assert settings.data.is_absolute()


def test_unknown_name_is_reported_with_the_nearest_one(environ: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match=r"CRM_DATABSE_URL is not a setting; the nearest is CRM_DATABASE_URL"):
        Settings.from_env(environ | {"CRM_DATABSE_URL": "sqlite:///x"})


def test_names_of_the_tests_and_of_others_are_left_alone(environ: dict[str, str]) -> None:
    Settings.from_env(environ | {"CRM_CI": "1", "CRM_TEST_POSTGRES": "x", "HOME": "/", "crm_data": "x"})


def test_only_secrets_may_be_given_as_files(environ: dict[str, str], tmp_path: Path) -> None:
    assert SECRET_VARIABLES == ("CRM_SECRET_KEY", "CRM_DATABASE_URL", "CRM_METRICS_TOKEN")
    with pytest.raises(ConfigError, match="CRM_PORT_FILE is not a setting"):
        Settings.from_env(environ | {"CRM_PORT_FILE": str(tmp_path)})


def test_every_setting_has_a_meaning_and_a_default() -> None:
    assert all(name.startswith("CRM_") and meaning and default for name, (meaning, default) in VARIABLES.items())


@pytest.mark.parametrize(
    ("given", "understood"),
    [
        ("sqlite:////srv/crm.sqlite3", "sqlite:////srv/crm.sqlite3"),
        ("postgresql://crm@db/crm", "postgresql+psycopg://crm@db/crm"),
        ("postgres://crm@db/crm", "postgresql+psycopg://crm@db/crm"),
        ("postgresql+psycopg://crm@db/crm?sslmode=require", "postgresql+psycopg://crm@db/crm?sslmode=require"),
    ],
)
def test_database_address_is_given_its_driver(environ: dict[str, str], given: str, understood: str) -> None:
    assert Settings.from_env(environ | {"CRM_DATABASE_URL": given}).database_url == understood


@pytest.mark.parametrize(
    "given", ["mysql://u:hunter2@db/crm", "hunter2", "sqlite://", "sqlite:///:memory:", "sqlite:///"]
)
def test_other_database_is_refused_without_repeating_the_password(environ: dict[str, str], given: str) -> None:
    with pytest.raises(ConfigError, match="CRM_DATABASE_URL") as caught:
        Settings.from_env(environ | {"CRM_DATABASE_URL": given})
    assert "hunter2" not in str(caught.value)


def test_secrets_are_not_shown(environ: dict[str, str]) -> None:
    shown = repr(Settings.from_env(environ | {"CRM_DATABASE_URL": "postgresql://crm:hunter2@db/crm"}))
    assert SECRET not in shown
    assert "hunter2" not in shown


@pytest.mark.parametrize(("name", "value"), [("CRM_SECRET_KEY", SECRET), ("CRM_DATABASE_URL", "postgresql://db/crm")])
def test_secret_may_stand_in_a_file(tmp_path: Path, environ: dict[str, str], name: str, value: str) -> None:
    path = tmp_path / "given"
    path.write_text(value + "\n")
    environ.pop(name, None)
    settings = Settings.from_env(environ | {f"{name}_FILE": str(path)})
    assert settings.secret_key == SECRET
    assert settings.database_url.endswith("/crm" if name == "CRM_DATABASE_URL" else "/crm.sqlite3")


def test_value_and_file_together_are_refused(environ: dict[str, str], tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="CRM_SECRET_KEY and CRM_SECRET_KEY_FILE are both set"):
        Settings.from_env(environ | {"CRM_SECRET_KEY_FILE": str(tmp_path / "x")})


def test_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    with pytest.raises(ConfigError, match=f"CRM_SECRET_KEY_FILE names {missing}"):
        Settings.from_env({"CRM_DATA": str(tmp_path), "CRM_SECRET_KEY_FILE": str(missing)})
    missing.write_bytes(b"\n")
    with pytest.raises(ConfigError, match="which is empty"):
        Settings.from_env({"CRM_DATA": str(tmp_path), "CRM_SECRET_KEY_FILE": str(missing)})
    missing.write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="UTF-8"):
        Settings.from_env({"CRM_DATA": str(tmp_path), "CRM_SECRET_KEY_FILE": str(missing)})


def test_nothing_starts_without_a_secret(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"CRM_SECRET_KEY is not set .*`crm init`"):
        Settings.from_env({"CRM_DATA": str(tmp_path)})


def test_command_that_writes_the_secret_runs_without_one(tmp_path: Path) -> None:
    settings = Settings.from_env({"CRM_DATA": str(tmp_path)}, need_secret=False)
    assert settings.secret_key == ""
    assert settings.secret_file == tmp_path / "secret-key"


@pytest.mark.parametrize(
    "bad", ["hunter2", "change-me-change-me-change-me-change-me", "secret_key_secret_key_secret_key_1", "ab" * 40]
)
def test_secret_that_can_be_guessed_is_refused(environ: dict[str, str], bad: str) -> None:
    with pytest.raises(ConfigError, match="CRM_SECRET_KEY") as caught:
        Settings.from_env(environ | {"CRM_SECRET_KEY": bad})
    assert bad not in str(caught.value)


def test_weak_secret_is_for_development(environ: dict[str, str]) -> None:
    assert Settings.from_env(environ | {"CRM_DEVELOPMENT": "1", "CRM_SECRET_KEY": "dev"}).secret_key == "dev"


def test_development_without_a_secret_has_one_nobody_knows(tmp_path: Path) -> None:
    environ = {"CRM_DATA": str(tmp_path), "CRM_DEVELOPMENT": "1"}
    first, second = Settings.from_env(environ), Settings.from_env(environ)
    assert len(first.secret_key) >= 32
    assert first.secret_key != second.secret_key


@pytest.mark.parametrize("more", [{"CRM_HOST": "0.0.0.0"}, {"CRM_BASE_URL": "https://crm.example.org"}])
def test_development_stays_on_this_machine(environ: dict[str, str], more: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match=f"{next(iter(more))} is .* CRM_DEVELOPMENT=1"):
        Settings.from_env(environ | more | {"CRM_DEVELOPMENT": "1"})


def test_written_secret_is_accepted_and_only_the_owners(tmp_path: Path) -> None:
    path = tmp_path / "secret-key"
    write_secret(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert Settings.from_env({"CRM_DATA": str(tmp_path)}).secret_key == path.read_text().strip()


def test_written_secret_is_never_replaced(tmp_path: Path) -> None:
    path = tmp_path / "secret-key"
    write_secret(path)
    before = path.read_text()
    with pytest.raises(ConfigError, match="there already"):
        write_secret(path)
    assert path.read_text() == before


def test_secret_is_written_only_where_there_is_a_folder(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be written"):
        write_secret(tmp_path / "missing" / "secret-key")


@pytest.mark.parametrize(
    ("host", "address"),
    [("127.0.0.1", "http://127.0.0.1:9000"), ("::1", "http://[::1]:9000"), ("[::1]", "http://[::1]:9000")],
)
def test_address_follows_host_and_port(environ: dict[str, str], host: str, address: str) -> None:
    assert Settings.from_env(environ | {"CRM_HOST": host, "CRM_PORT": "9000"}).base_url == address


def test_address_is_kept_without_its_last_slash(environ: dict[str, str]) -> None:
    settings = Settings.from_env(environ | {"CRM_BASE_URL": "https://CRM.example.org/log/"})
    assert settings.base_url == "https://crm.example.org/log"
    assert settings.secure
    assert settings.host_names == {"crm.example.org"}


@pytest.mark.parametrize(
    "bad",
    [
        "crm.example.org",
        "ftp://crm.example.org",
        "https://",
        "https://u:p@crm.example.org",
        "https://crm.example.org/?a=b",
        "https://crm.example.org:99999",
        "https://crm.example.org/a b",
        "https://[::1",
    ],
)
def test_address_that_is_none_is_refused(environ: dict[str, str], bad: str) -> None:
    with pytest.raises(ConfigError, match=r"CRM_BASE_URL .*https://crm\.example\.org"):
        Settings.from_env(environ | {"CRM_BASE_URL": bad})


def test_loopback_names_are_one_host_in_development_only(environ: dict[str, str]) -> None:
    assert Settings.from_env(environ).host_names == {"127.0.0.1"}
    assert "localhost" in Settings.from_env(environ | {"CRM_DEVELOPMENT": "yes"}).host_names


@pytest.mark.parametrize("bad", ["http://127.0.0.1", "a b", "ex/ample"])
def test_host_to_listen_on_is_an_address(environ: dict[str, str], bad: str) -> None:
    with pytest.raises(ConfigError, match="CRM_HOST"):
        Settings.from_env(environ | {"CRM_HOST": bad})


@pytest.mark.parametrize(
    "name", ["CRM_PORT", "CRM_PROXIES", "CRM_THREADS", "CRM_MAX_UPLOAD_MB", "CRM_ATTACHMENT_QUOTA_MB"]
)
@pytest.mark.parametrize("bad", ["-1", "many", "1.5", "٣", "9" * 30])
def test_number_out_of_range_is_refused_with_the_range(environ: dict[str, str], name: str, bad: str) -> None:
    with pytest.raises(ConfigError, match=rf"{name} is .*; it is a whole number from \d+ to \d+"):
        Settings.from_env(environ | {name: bad})


@pytest.mark.parametrize(
    ("name", "bad", "right"),
    [
        ("CRM_DEVELOPMENT", "perhaps", "1 .yes. or 0 .no."),
        ("CRM_LOG_LEVEL", "loud", "DEBUG, INFO"),
        ("CRM_ZONE", "Europe/Brusels", "Europe/Brussels"),
        ("CRM_ZONE", "../etc/passwd", "IANA"),
        ("CRM_PLUGINS", "xlsx,Bad-Name", "comma-separated"),
        ("CRM_PLUGINS", "xlsx,xlsx", "once"),
    ],
)
def test_wrong_value_is_refused_with_what_is_right(environ: dict[str, str], name: str, bad: str, right: str) -> None:
    with pytest.raises(ConfigError, match=f"{name} .*{right}"):
        Settings.from_env(environ | {name: bad})


@pytest.mark.parametrize(("given", "names"), [("", ()), ("xlsx", ("xlsx",)), (" b , a ,", ("b", "a"))])
def test_plugins_keep_their_order_and_nothing_means_none(
    environ: dict[str, str], given: str, names: tuple[str, ...]
) -> None:
    assert Settings.from_env(environ | {"CRM_PLUGINS": given}).plugins == names


def test_empty_variable_counts_as_not_set(environ: dict[str, str]) -> None:
    blank = {name: "" for name in VARIABLES if name not in {"CRM_DATA", "CRM_SECRET_KEY", "CRM_PLUGINS"}}
    assert Settings.from_env(environ | blank) == Settings.from_env(environ)
