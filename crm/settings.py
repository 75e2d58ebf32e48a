"""What the administrator decides before anything starts: the ``CRM_*`` variables, read once, checked at once.

What an administrator edits while the product runs (stage ladder, zone, whose side is "ours") is stored in the
database; these settings only hold what is needed to reach it.
"""

from __future__ import annotations

import difflib
import ipaddress
import os
import re
import secrets
import zoneinfo
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from crm.errors import ConfigError

#: Every variable with what it decides and its default; the administrator's page and the unknown-name check read this.
VARIABLES: Mapping[str, tuple[str, str]] = {
    "CRM_DATA": ("Folder of the embedded database, the attachments and the secret", "./crm-data"),
    "CRM_DATABASE_URL": ("Address of the database: sqlite:/// or postgresql://", "crm.sqlite3 in CRM_DATA"),
    "CRM_SECRET_KEY": ("Secret that signs cookies and links, 32 characters or more", "the file secret-key in CRM_DATA"),
    "CRM_DEVELOPMENT": ("1 on a developer's own machine: weak secrets allowed, loopback addresses only", "0"),
    "CRM_HOST": ("Address on which `crm serve` listens", "127.0.0.1"),
    "CRM_PORT": ("Port on which `crm serve` listens", "8600"),
    "CRM_BASE_URL": ("Address people type; requests for another host are refused", "http://CRM_HOST:CRM_PORT"),
    "CRM_PLUGINS": ("Plugins to load, comma-separated, in this order; empty for none", "xlsx"),
    "CRM_PROXIES": ("Number of trusted reverse proxies in front", "0"),
    "CRM_ZONE": ("Time zone of a new database, an IANA name", "Europe/Brussels"),
    "CRM_THREADS": ("Requests that `crm serve` answers at the same time", "8"),
    "CRM_MAX_UPLOAD_MB": (
        "Largest file accepted, in megabytes; all files of one form together may take twice that",
        "25",
    ),
    "CRM_ATTACHMENT_QUOTA_MB": ("Room for all attachments together, in megabytes", "2000"),
    "CRM_FILE_CHECKS": ("Checks of plugins without which no file is taken in, comma-separated, such as clamav", "none"),
    "CRM_SECOND_FACTOR": ("Whether signing in takes a code beside the password: `optional` or `required`", "optional"),
    "CRM_METRICS_TOKEN": ("Token with which monitoring reads figures of the plugin `metrics`", "none: nobody can"),
    "CRM_LOG_LEVEL": ("Least serious message that is logged", "INFO"),
}

#: Variables that may name a file holding the value instead, as container platforms hand out secrets.
SECRET_VARIABLES = ("CRM_SECRET_KEY", "CRM_DATABASE_URL", "CRM_METRICS_TOKEN")

SECRET_LENGTH = 32
LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "::1"})
SECOND_FACTORS = ("optional", "required")
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
SHIPPED_PLUGINS = ("xlsx",)

_FOREIGN = re.compile(r"CRM_(CI|TEST_\w+)\Z")
_WELL_KNOWN = re.compile(
    r"(change[-_ ]?(me|this|it)|secret|password|passwd|insecure|default|example|your|django|flask|test|dev|key|"
    r"[-_ .0-9])+",
    re.IGNORECASE,
)
_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"", "0", "false", "no", "off"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of one instance, checked.

    :param data: folder of the embedded database, attachments and secret; absolute
    :param database_url: SQLAlchemy address with its driver named
    :param secret_key: signs cookies and links; empty only when read with ``need_secret=False``
    :param base_url: scheme, host, port and path without the closing slash
    :param plugins: names of the plugins to load, in order
    :param file_checks: keys of the checks that every file has to pass
    """

    data: Path
    database_url: str = field(repr=False)
    secret_key: str = field(repr=False)
    development: bool = False
    host: str = "127.0.0.1"
    port: int = 8600
    base_url: str = "http://127.0.0.1:8600"
    plugins: tuple[str, ...] = SHIPPED_PLUGINS
    proxies: int = 0
    zone: str = "Europe/Brussels"
    threads: int = 8
    max_upload_mb: int = 25
    attachment_quota_mb: int = 2000
    second_factor: str = "optional"
    log_level: str = "INFO"
    file_checks: tuple[str, ...] = ()
    metrics_token: str = field(default="", repr=False)

    @property
    def secret_file(self) -> Path:
        """Where ``crm init`` writes the secret and where it is read from when no variable gives it."""
        return self.data / "secret-key"

    @property
    def attachments(self) -> Path:
        """Folder of the attachments' bytes."""
        return self.data / "attachments"

    @property
    def max_request_bytes(self) -> int:
        """The largest request that is read: a file that is somewhat too large is refused by its form, which keeps what
        was typed; a request beyond this is cut off."""
        return 2 * self.max_upload_mb * 1024 * 1024

    @property
    def host_names(self) -> frozenset[str]:
        """The host names, without port, that a request may ask for."""
        name = urlsplit(self.base_url).hostname or ""
        if self.development and name in LOOPBACK_NAMES:
            return LOOPBACK_NAMES
        return frozenset({name})

    @property
    def secure(self) -> bool:
        """Whether people reach the instance over TLS, so that cookies may be marked ``Secure``."""
        return self.base_url.startswith("https://")

    @classmethod
    def from_env(cls, environ: Mapping[str, str], *, need_secret: bool = True) -> Settings:
        """Reads and checks the ``CRM_*`` variables.

        :param environ: names to values, usually ``os.environ``; a variable set to nothing counts as not set,
            but for ``CRM_PLUGINS``, where nothing means no plugin
        :param need_secret: False for the commands that run before there is a secret (``crm init``)
        :raises ConfigError: naming the variable and what is right
        """
        _refuse_unknown(environ)
        development = _switch(environ, "CRM_DEVELOPMENT")
        data = Path(os.path.abspath(Path(_given(environ, "CRM_DATA", "crm-data")).expanduser()))
        host = _host(environ, development)
        port = _number(environ, "CRM_PORT", 8600, 1, 65535)
        return cls(
            data=data,
            database_url=_database_url(environ, data),
            secret_key=_secret_key(environ, data / "secret-key", development, need_secret),
            development=development,
            host=host,
            port=port,
            base_url=_base_url(environ, host, port, development),
            plugins=_plugins(environ),
            proxies=_number(environ, "CRM_PROXIES", 0, 0, 10),
            zone=_zone(environ),
            threads=_number(environ, "CRM_THREADS", 8, 1, 256),
            max_upload_mb=_number(environ, "CRM_MAX_UPLOAD_MB", 25, 1, 2000),
            attachment_quota_mb=_number(environ, "CRM_ATTACHMENT_QUOTA_MB", 2000, 0, 10_000_000),
            file_checks=_words(environ, "CRM_FILE_CHECKS", "names of checks such as clamav"),
            metrics_token=_metrics_token(environ),
            second_factor=_choice(environ, "CRM_SECOND_FACTOR", "optional", SECOND_FACTORS),
            log_level=_choice(environ, "CRM_LOG_LEVEL", "INFO", LOG_LEVELS),
        )


def write_secret(path: Path) -> None:
    """Writes a new random secret that only the owner may read.

    :param path: a file that is not there yet, in a folder that is
    :raises ConfigError: the file is there already (it is left alone) or cannot be written
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise ConfigError(f"{path} is there already; it is kept, since a new secret signs everybody out") from None
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}") from None
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(48) + "\n")
        file.flush()
        os.fsync(file.fileno())


def database_address(value: str, name: str) -> str:
    """A database's address as SQLAlchemy wants it, its driver named.

    :param name: of the setting or option that gave it, for the error
    :raises ConfigError: it is no address of a database that can be used
    """
    scheme, separator, rest = value.partition("://")
    normalise: dict[str, Callable[[str], str]] = {
        "sqlite": lambda rest: f"sqlite://{rest}",
        "postgres": lambda rest: f"postgresql+psycopg://{rest}",
        "postgresql": lambda rest: f"postgresql+psycopg://{rest}",
        "postgresql+psycopg": lambda rest: f"postgresql+psycopg://{rest}",
    }
    if not separator or scheme not in normalise:
        # The value itself is not repeated: it may hold a password.
        raise ConfigError(f"{name} is to begin with sqlite:/// or postgresql://")
    if scheme == "sqlite" and (not rest.startswith("/") or rest in {"/", "/:memory:"}):
        raise ConfigError(
            f"{name} names no file; it is sqlite:/// and a path, such as sqlite:////var/lib/crm/crm.sqlite3"
        )
    return normalise[scheme](rest)


def _refuse_unknown(environ: Mapping[str, str]) -> None:
    known = [*VARIABLES, *(f"{name}_FILE" for name in SECRET_VARIABLES)]
    for name in sorted(environ):
        if not name.startswith("CRM_") or name in known or _FOREIGN.match(name):
            continue
        nearest = difflib.get_close_matches(name, known, n=1, cutoff=0)
        raise ConfigError(f"{name} is not a setting; the nearest is {nearest[0]}")


def _given(environ: Mapping[str, str], name: str, default: str) -> str:
    return environ.get(name, "").strip() or default


def _secret_given(environ: Mapping[str, str], name: str) -> tuple[str, str]:
    """Value of a variable that may be given as a file, and the name of the variable that gave it."""
    value, path = environ.get(name, "").strip(), environ.get(f"{name}_FILE", "").strip()
    if value and path:
        raise ConfigError(f"{name} and {name}_FILE are both set; set one of them")
    if not path:
        return value, name
    content = _read(Path(path), f"{name}_FILE")
    if not content:
        raise ConfigError(f"{name}_FILE names {path}, which is empty")
    return content, f"{name}_FILE"


def _read(path: Path, name: str) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ConfigError(f"{name} names {path}, which cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{name} names {path}, which is not text in UTF-8") from None


def _switch(environ: Mapping[str, str], name: str) -> bool:
    value = _given(environ, name, "0").lower()
    if value in _TRUE:
        return True
    if value in _FALSE:
        return False
    raise ConfigError(f"{name} is {value!r}; it is 1 (yes) or 0 (no)")


def _number(environ: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    value = _given(environ, name, str(default))
    if not (value.isascii() and value.isdigit() and len(value) < 12 and least <= int(value) <= most):
        raise ConfigError(f"{name} is {value!r}; it is a whole number from {least} to {most}")
    return int(value)


def _choice(environ: Mapping[str, str], name: str, default: str, choices: tuple[str, ...]) -> str:
    given = _given(environ, name, default)
    value = next((choice for choice in choices if choice.lower() == given.lower()), None)
    if value is None:
        raise ConfigError(f"{name} is {given!r}; it is one of {', '.join(choices)}")
    return value


def _is_loopback(host: str) -> bool:
    if host in LOOPBACK_NAMES:
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _host(environ: Mapping[str, str], development: bool) -> str:
    host = _given(environ, "CRM_HOST", "127.0.0.1").removeprefix("[").removesuffix("]").lower()
    if not re.fullmatch(r"[a-z0-9.:_%-]+", host) or "://" in host:
        raise ConfigError(f"CRM_HOST is {host!r}; it is an address such as 127.0.0.1 or 0.0.0.0, without a port")
    if development and not _is_loopback(host):
        raise ConfigError(f"CRM_HOST is {host}; with CRM_DEVELOPMENT=1 it is a loopback address such as 127.0.0.1")
    return host


def _base_url(environ: Mapping[str, str], host: str, port: int, development: bool) -> str:
    given = environ.get("CRM_BASE_URL", "").strip()
    if not given:
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    right = "it is an address such as https://crm.example.org"
    parts = _split(given, right)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ConfigError(f"CRM_BASE_URL is {given!r}; {right}")
    if parts.username is not None or parts.query or parts.fragment or re.search(r"[\s\\]", given):
        raise ConfigError(f"CRM_BASE_URL holds more than scheme, host, port and path; {right}")
    if development and not _is_loopback(parts.hostname):
        raise ConfigError(f"CRM_BASE_URL is {given}; with CRM_DEVELOPMENT=1 its host is a loopback one")
    return f"{parts.scheme}://{parts.netloc.lower()}{parts.path.rstrip('/')}"


def _split(address: str, right: str) -> SplitResult:
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError as error:
        raise ConfigError(f"CRM_BASE_URL cannot be read ({error}); {right}") from None
    return parts


def _database_url(environ: Mapping[str, str], data: Path) -> str:
    value, name = _secret_given(environ, "CRM_DATABASE_URL")
    if not value:
        return f"sqlite:///{data / 'crm.sqlite3'}"
    return database_address(value, name)


def _secret_key(environ: Mapping[str, str], default: Path, development: bool, needed: bool) -> str:
    value, name = _secret_given(environ, "CRM_SECRET_KEY")
    if not value and default.exists():
        value, name = _read(default, "CRM_DATA"), str(default)
    if development:
        # A key that ends with the process: a fixed one would be known to everybody who has read this file.
        return value or secrets.token_urlsafe(48)
    if not value:
        if not needed:
            return ""
        raise ConfigError(f"CRM_SECRET_KEY is not set and there is no {default}; `crm init` writes one")
    if len(value) < SECRET_LENGTH:
        raise ConfigError(f"{name} is too short; it is to have at least {SECRET_LENGTH} random characters")
    if _WELL_KNOWN.fullmatch(value) or len(set(value)) < 10:
        raise ConfigError(f"{name} can be guessed; it is to be random, such as the one `crm init` writes")
    return value


def _metrics_token(environ: Mapping[str, str]) -> str:
    value, name = _secret_given(environ, "CRM_METRICS_TOKEN")
    if value and (len(value) < 24 or not value.isascii() or not value.isprintable()):
        raise ConfigError(f"{name} is to have at least 24 random characters, such as `openssl rand -hex 16` gives")
    return value


def _plugins(environ: Mapping[str, str]) -> tuple[str, ...]:
    if "CRM_PLUGINS" not in environ:
        return SHIPPED_PLUGINS
    return _words(environ, "CRM_PLUGINS", "plugin names such as xlsx")


def _words(environ: Mapping[str, str], variable: str, right: str) -> tuple[str, ...]:
    words = tuple(word.strip() for word in environ.get(variable, "").split(",") if word.strip())
    for word in words:
        if not re.fullmatch(r"[a-z][a-z0-9_]*", word):
            raise ConfigError(f"{variable} holds {word!r}; it is a comma-separated list of {right}")
        if words.count(word) > 1:
            raise ConfigError(f"{variable} names {word} twice; each stands there once")
    return words


def _zone(environ: Mapping[str, str]) -> str:
    value = _given(environ, "CRM_ZONE", "Europe/Brussels")
    try:
        zoneinfo.ZoneInfo(value)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        nearest = difflib.get_close_matches(value, zoneinfo.available_timezones(), n=1, cutoff=0.5)
        hint = nearest[0] if nearest else "Europe/Brussels"
        raise ConfigError(f"CRM_ZONE is {value!r}; it is an IANA time zone such as {hint}") from None
    return value
