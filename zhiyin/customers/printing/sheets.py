"""Sheets of labels and envelopes as they are sold; all measures in millimetres."""

from dataclasses import dataclass

A4 = (210.0, 297.0)
LETTER = (215.9, 279.4)
INCH = 25.4


@dataclass(frozen=True, slots=True)
class LabelSheet:
    """Labels in rows and columns, in the middle of their page; ``gap`` lies between columns."""

    code: str
    name: str
    page: tuple[float, float]
    columns: int
    rows: int
    width: float
    height: float
    gap: float = 0

    @property
    def count(self) -> int:
        return self.columns * self.rows

    @property
    def left(self) -> float:
        return (self.page[0] - self.columns * self.width - (self.columns - 1) * self.gap) / 2

    @property
    def top(self) -> float:
        return (self.page[1] - self.rows * self.height) / 2

    def place(self, at: int) -> tuple[float, float]:
        """Where a label begins, from the page's left and top; labels are counted by rows from 0."""
        row, column = divmod(at, self.columns)
        return self.left + column * (self.width + self.gap), self.top + row * self.height


@dataclass(frozen=True, slots=True)
class Envelope:
    """``chinese`` ones have boxes for the postcode and their own places for both addresses (GB/T 1416-2003)."""

    code: str
    name: str
    width: float
    height: float
    chinese: bool = False


LABELS = {
    sheet.code: sheet
    for sheet in (
        LabelSheet("l7160", "Avery L7160", A4, 3, 7, 63.5, 38.1, 2.5),
        LabelSheet("l7159", "Avery L7159", A4, 3, 8, 63.5, 33.9, 2.5),
        LabelSheet("l7161", "Avery L7161", A4, 3, 6, 63.5, 46.6, 2.5),
        LabelSheet("l7162", "Avery L7162", A4, 2, 8, 99.1, 33.9, 2.5),
        LabelSheet("l7163", "Avery L7163", A4, 2, 7, 99.1, 38.1, 2.5),
        LabelSheet("l7173", "Avery L7173", A4, 2, 5, 99.1, 57, 2.5),
        LabelSheet("l7165", "Avery L7165", A4, 2, 4, 99.1, 67.7, 2.5),
        LabelSheet("l7651", "Avery L7651", A4, 5, 13, 38.1, 21.2, 2.5),
        LabelSheet("a4-24", "A4 3 × 8", A4, 3, 8, 70, 37),
        LabelSheet("a4-21", "A4 3 × 7", A4, 3, 7, 70, 42.3),
        LabelSheet("a4-16", "A4 2 × 8", A4, 2, 8, 105, 37),
        LabelSheet("a4-40", "A4 4 × 10", A4, 4, 10, 52.5, 29.7),
        LabelSheet("5160", "Avery 5160", LETTER, 3, 10, 2.625 * INCH, INCH, INCH / 8),
        LabelSheet("5161", "Avery 5161", LETTER, 2, 10, 4 * INCH, INCH, 3 * INCH / 16),
        LabelSheet("5162", "Avery 5162", LETTER, 2, 7, 4 * INCH, 4 * INCH / 3, 3 * INCH / 16),
        LabelSheet("5163", "Avery 5163", LETTER, 2, 5, 4 * INCH, 2 * INCH, 3 * INCH / 16),
    )
}
ENVELOPES = {
    envelope.code: envelope
    for envelope in (
        Envelope("gb-b6", "GB/T 1416 B6", 176, 125, chinese=True),
        Envelope("gb-dl", "GB/T 1416 DL", 220, 110, chinese=True),
        Envelope("gb-zl", "GB/T 1416 ZL", 230, 120, chinese=True),
        Envelope("gb-c5", "GB/T 1416 C5", 229, 162, chinese=True),
        Envelope("gb-c4", "GB/T 1416 C4", 324, 229, chinese=True),
        Envelope("dl", "DL", 220, 110),
        Envelope("c6", "C6", 162, 114),
        Envelope("c5", "C5", 229, 162),
        Envelope("c4", "C4", 324, 229),
        Envelope("no10", "No. 10", 9.5 * INCH, 4.125 * INCH),
    )
}
