"""What all parts of the drawing share."""

import datetime
import uuid
from dataclasses import dataclass

import numpy as np

from zhiyin.config.demo.catalogue import Catalogue
from zhiyin.config.demo.keys import keys
from zhiyin.config.demo.staff import Staff

CURRENCY = "CNY"
HOUR_MS, DAY_MS = 3_600_000, 86_400_000
CHINA_OFFSET_MS = 8 * HOUR_MS


@dataclass(slots=True)
class World:
    """One company about to be drawn: its tenant, its last day, its staff and goods, and its dice."""

    tenant_id: uuid.UUID
    end: datetime.date
    seed: int
    staff: Staff
    catalogue: Catalogue
    random: np.random.Generator
    key_random: np.random.Generator

    def keys(self, milliseconds: np.ndarray) -> list[str]:
        """A key for each time, from dice of its own: two tenants of one seed differ in their keys only."""
        return keys(milliseconds, self.key_random)

    @property
    def until(self) -> int:
        """The last millisecond of the day ``end`` in China."""
        return int(np.datetime64(self.end, "ms").astype(np.int64)) + DAY_MS - CHINA_OFFSET_MS - 1


def moments(day: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Milliseconds since 1970 (UTC) of a moment in opening hours of each day in China."""
    hour = 9 + 12.5 * random.beta(2.2, 1.8, len(day))
    return day.astype("datetime64[ms]").astype(np.int64) + (hour * HOUR_MS).astype(np.int64) - CHINA_OFFSET_MS
