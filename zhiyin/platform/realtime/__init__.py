"""News for open pages: ``NOTIFY`` in the transaction, server-sent events in the browser.

Topics: ``tenant`` for all members, ``member:<id>`` for one of them, ``job:<id>`` for those who may see it,
``jobs`` for those who may see all of them.
"""

from zhiyin.platform.realtime.publish import CHANNEL, notify

__all__ = ["CHANNEL", "notify"]
