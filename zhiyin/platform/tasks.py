"""Read by procrastinate when the program loads: the queue beneath the jobs, and what runs by the clock."""

from zhiyin.platform.jobs import queue

__all__ = ["queue"]
