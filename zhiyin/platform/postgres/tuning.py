"""Server settings: modest memory, quick bulk loads, no personal data in the log."""

from __future__ import annotations

import os
from pathlib import Path

import psutil

_MB = 1 << 20


def _memory() -> int:
    """Bytes of memory we may count on: the machine's, or less where a container sets a limit."""
    total = psutil.virtual_memory().total
    try:
        limit = Path("/sys/fs/cgroup/memory.max").read_text().strip()
    except OSError:
        return total
    return min(total, int(limit)) if limit.isdigit() else total


def _between(low: int, value: int, high: int) -> str:
    return f"{max(low, min(value, high)) // _MB}MB"


def server_settings(*, durable: bool, logs: Path, sockets: Path, free_disk: int) -> dict[str, str]:
    """PostgreSQL's settings for this machine; `durable=False` is for tests, which may lose everything."""
    memory = _memory()
    cores = os.cpu_count() or 1
    settings = {
        "listen_addresses": "",
        "unix_socket_directories": str(sockets),
        "unix_socket_permissions": "0700",
        "max_connections": "80",
        "superuser_reserved_connections": "3",
        "password_encryption": "scram-sha-256",
        "timezone": "UTC",
        "shared_buffers": _between(64 * _MB, memory // 64, 256 * _MB),
        "effective_cache_size": _between(256 * _MB, memory // 2, 64 << 30),
        "work_mem": _between(8 * _MB, memory // 512, 32 * _MB),
        "maintenance_work_mem": _between(64 * _MB, memory // 64, 256 * _MB),
        "temp_buffers": "32MB",
        "random_page_cost": "1.1",
        "jit": "off",
        "plan_cache_mode": "force_custom_plan",
        "max_parallel_workers": str(cores),
        # Starting a process takes some 20 ms, as long as a page's whole statement.
        "parallel_setup_cost": "20000",
        "max_parallel_workers_per_gather": str(min(2, cores // 2)),
        "max_parallel_maintenance_workers": str(min(2, cores // 2)),
        "io_workers": "2",
        # No replication: COPY into a table made or truncated in its transaction then skips the WAL.
        "wal_level": "minimal",
        "max_wal_senders": "0",
        "max_wal_size": _between(256 * _MB, free_disk // 20, 2048 * _MB),
        "wal_buffers": "16MB",
        "checkpoint_timeout": "15min",
        "checkpoint_completion_target": "0.9",
        "autovacuum_vacuum_insert_scale_factor": "0.1",
        "autovacuum_analyze_scale_factor": "0.02",
        "idle_in_transaction_session_timeout": "10min",
        "client_connection_check_interval": "5s",
        "logging_collector": "on",
        "log_directory": str(logs),
        "log_filename": "postgresql-%a.log",
        "log_truncate_on_rotation": "on",
        "log_rotation_age": "1d",
        "log_rotation_size": "0",
        "log_timezone": "UTC",
        # Statements and details of errors hold personal data.
        "log_min_error_statement": "panic",
        "log_error_verbosity": "terse",
        "log_checkpoints": "off",
    }
    if not durable:
        settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        settings |= {"autovacuum_naptime": "1h", "log_timezone": "UTC"}
    return settings


def render(settings: dict[str, str]) -> str:
    quoted = (f"{name} = '{value.replace(chr(39), chr(39) * 2)}'" for name, value in settings.items())
    return (
        "# Written by zhiyin at each start; your own settings belong in local.conf.\n"
        + "\n".join(quoted)
        + "\n"
    )
