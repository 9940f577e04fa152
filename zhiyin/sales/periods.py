"""Months, quarters and years, as sales are planned and told of."""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass
from typing import Literal, get_args

from django.utils.translation import gettext as _

from zhiyin.platform.errors import Invalid

Kind = Literal["month", "quarter", "year"]
KINDS: tuple[Kind, ...] = get_args(Kind)
MONTHS: dict[Kind, int] = {"month": 1, "quarter": 3, "year": 12}
PATTERN = r"^(\d{4})(?:-(?:Q([1-4])|(0[1-9]|1[0-2])))?$"


@dataclass(frozen=True, slots=True)
class Period:
    """A month, quarter or year of the calendar; as text ``2026-11``, ``2026-Q4`` or ``2026``."""

    kind: Kind
    start: datetime.date

    @classmethod
    def of(cls, kind: Kind, day: datetime.date) -> Period:
        """The one that a day is in."""
        months = MONTHS[kind]
        return cls(kind, day.replace(month=(day.month - 1) // months * months + 1, day=1))

    @classmethod
    def parse(cls, text: str) -> Period:
        """Raises ``Invalid`` for what is none."""
        found = re.fullmatch(PATTERN, text)
        if not found or not 1 < int(found[1]) < datetime.MAXYEAR:
            raise Invalid(_("Give a period like 2026, 2026-Q4 or 2026-11."), field="period")
        year, quarter, month = found.groups()
        if month:
            return cls("month", datetime.date(int(year), int(month), 1))
        if quarter:
            return cls("quarter", datetime.date(int(year), int(quarter) * 3 - 2, 1))
        return cls("year", datetime.date(int(year), 1, 1))

    @property
    def end(self) -> datetime.date:
        """Its last day."""
        return self.moved(1).start - datetime.timedelta(days=1)

    @property
    def months(self) -> list[datetime.date]:
        """The first days of its months."""
        return [moved(self.start, number) for number in range(MONTHS[self.kind])]

    def moved(self, number: int) -> Period:
        """The one so many later."""
        return Period(self.kind, moved(self.start, number * MONTHS[self.kind]))

    def __str__(self) -> str:
        match self.kind:
            case "month":
                return f"{self.start:%Y-%m}"
            case "quarter":
                return f"{self.start.year}-Q{(self.start.month + 2) // 3}"
            case _:
                return str(self.start.year)


def moved(month: datetime.date, number: int) -> datetime.date:
    """The first day of the month so many later."""
    count = month.year * 12 + month.month - 1 + number
    return datetime.date(count // 12, count % 12 + 1, 1)
