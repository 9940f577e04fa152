"""PostgreSQL for zhiyin: its own server from a wheel, or a check of a server that somebody else runs."""

from .cluster import APPLICATION_ROLE, DATABASE, OWNER_ROLE, Cluster
from .errors import PostgresError
from .external import ServerFacts, check_external
from .programs import Programs, client_programs, embedded_programs

__all__ = [
    "APPLICATION_ROLE",
    "DATABASE",
    "OWNER_ROLE",
    "Cluster",
    "PostgresError",
    "Programs",
    "ServerFacts",
    "check_external",
    "client_programs",
    "embedded_programs",
]
