"""Settings from the environment, each checked at start with a sentence that says what to do."""

import functools
import ipaddress
import secrets
from pathlib import Path
from typing import Literal

import platformdirs
from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class ConfigurationError(Exception):
    """The environment is not fit to start; the message has one line per mistake."""


class Environment(BaseSettings):
    """Every ``ZHIYIN_*`` variable, its meaning and default."""

    model_config = SettingsConfigDict(env_prefix="ZHIYIN_", extra="ignore")

    home: Path = Field(
        default_factory=lambda: Path(platformdirs.user_data_dir("zhiyin")),
        description="Data folder: embedded database, files, warehouse, keys.",
    )
    database_url: str = Field("", description="Application role's connection; empty = embedded PostgreSQL.")
    owner_database_url: str = Field("", description="Owner role's connection, for migrate and backup.")
    secret_key: str = Field("", description="Key that signs sessions; empty = made once in the data folder.")
    audit_key: str = Field(
        "",
        repr=False,
        description="Ed25519 key (PEM or its path) that signs audit checkpoints; empty = made in the data folder.",
    )
    master_key: str = Field(
        "",
        repr=False,
        description="Master key of sensitive values (base64, several by comma, or a path); empty = made in the data folder.",
    )
    keys_file: Path | None = Field(
        None,
        description="Where `zhiyin backup` keeps the newest wrapped keys; empty = zhiyin.keys beside the backup.",
    )
    kms: str = Field("", description="Class that wraps keys in a KMS: package.module:Class.")
    hosts: str = Field("localhost,127.0.0.1,[::1]", description="Host names served, comma separated.")
    origin: str = Field("", description="Public address, such as https://crm.example.com.")
    trusted_proxies: str = Field("", description="Networks whose X-Forwarded-For counts, comma separated.")
    outgoing_networks: str = Field(
        "",
        description="Own networks in which members may connect calendars, comma separated; else the internet only.",
    )
    debug: bool = Field(False, description="Developer mode; never in production.")
    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8000, ge=1, le=65535, description="Port of pages and API.")
    web_workers: int = Field(1, ge=1, le=64, description="Web server processes.")
    web_threads: int = Field(4, ge=1, le=64, description="Threads in each web server process.")
    storage_url: str = Field("", description="File storage: empty = data folder, or s3://bucket/prefix.")
    mail_url: str = Field("", description="smtp://user:password@host:port or smtps://…; empty = no mail.")
    mail_from: str = Field("zhiyin@localhost", description="Sender of the product's own mail.")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="Least level logged.")
    log_format: Literal["text", "json"] = Field("text", description="For people, or one object a line.")
    metrics_token: str = Field("", description="Opens /metrics to other machines; empty = this one only.")
    language: Literal["en", "zh-hans"] = Field("zh-hans", description="Language before sign-in.")
    analytics_url: str = Field("", description="Empty = DuckDB here; or spark://host:port.")
    analytics_memory: str = Field("1GB", description="Memory that one analysis may use.")
    upload_limit_mb: int = Field(4096, ge=1, description="Largest file that may be uploaded.")

    @field_validator("database_url", "owner_database_url")
    @classmethod
    def _is_postgres(cls, value: str) -> str:
        if value and not value.startswith(("postgresql://", "postgres://")):
            raise ValueError("must begin with postgresql://")
        return value

    @field_validator("trusted_proxies", "outgoing_networks")
    @classmethod
    def _are_networks(cls, value: str) -> str:
        for network in filter(None, (part.strip() for part in value.split(","))):
            ipaddress.ip_network(network)
        return value

    @field_validator("origin")
    @classmethod
    def _is_origin(cls, value: str) -> str:
        if value and not value.startswith(("http://", "https://")):
            raise ValueError("must begin with http:// or https://")
        return value.rstrip("/")

    @field_validator("storage_url")
    @classmethod
    def _is_storage(cls, value: str) -> str:
        if value and "://" not in value:
            raise ValueError("must be a URL such as s3://bucket/prefix")
        return value

    def signing_key(self) -> str:
        """The configured secret key, or one made once and kept in the data folder, mode 0600."""
        if self.secret_key:
            return self.secret_key
        path = self.home / "secret_key"
        if not path.exists():
            self.home.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600)
            path.write_text(secrets.token_urlsafe(64))
        return path.read_text().strip()


@functools.cache
def environment() -> Environment:
    """The checked environment of this process.

    Raises ``ConfigurationError`` with one sentence per mistake.
    """
    try:
        return Environment()
    except ValidationError as error:
        lines = [
            f"ZHIYIN_{'_'.join(str(part) for part in mistake['loc']).upper()}: {mistake['msg']}"
            for mistake in error.errors()
        ]
        raise ConfigurationError("\n".join(lines)) from error
