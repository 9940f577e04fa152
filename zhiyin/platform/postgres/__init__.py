"""PostgreSQL for zhiyin: its own server from a wheel, or a check of a server that somebody else runs."""

from zhiyin.platform.postgres.cluster import DATABASE, Cluster
from zhiyin.platform.postgres.errors import PostgresError
from zhiyin.platform.postgres.external import ServerFacts, check_external
from zhiyin.platform.postgres.leftovers import Leftover, find_leftovers
from zhiyin.platform.postgres.places import APPLICATION_ROLE, OWNER_ROLE
from zhiyin.platform.postgres.programs import Programs, client_programs, embedded_programs

__all__ = [
    "APPLICATION_ROLE",
    "DATABASE",
    "OWNER_ROLE",
    "Cluster",
    "Leftover",
    "PostgresError",
    "Programs",
    "ServerFacts",
    "check_external",
    "client_programs",
    "embedded_programs",
    "find_leftovers",
]
