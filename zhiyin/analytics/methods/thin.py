"""Why a model is refused: the data cannot carry it."""

from enum import StrEnum


class Reason(StrEnum):
    """What is missing; stable codes that pages translate."""

    NO_PURCHASES = "no_purchases"
    TOO_FEW_CUSTOMERS = "too_few_customers"
    NO_REPEAT_BUYERS = "no_repeat_buyers"
    TOO_FEW_REPEAT_BUYERS = "too_few_repeat_buyers"
    TOO_SHORT = "too_short"
    DEGENERATE = "degenerate"
    NO_SPEND = "no_spend"
    INFINITE_MEAN_SPEND = "infinite_mean_spend"
    NO_HOLDOUT = "no_holdout"


SENTENCES = {
    Reason.NO_PURCHASES: "There are no purchases.",
    Reason.TOO_FEW_CUSTOMERS: "Customers so far: {found:.0f}; a model needs at least {needed:.0f}.",
    Reason.NO_REPEAT_BUYERS: "No customer has bought twice, so nothing tells how they come back.",
    Reason.TOO_FEW_REPEAT_BUYERS: "Customers who bought again so far: {found:.0f}; a model needs at least {needed:.0f}.",
    Reason.TOO_SHORT: "The record spans {found:.1f} periods; a model needs at least {needed:.1f}.",
    Reason.DEGENERATE: "The likelihood has no clear maximum: the data do not tell the parameters apart.",
    Reason.NO_SPEND: "The amounts of repeat purchases are missing, not positive or all the same.",
    Reason.INFINITE_MEAN_SPEND: "Spending is so uneven (q = {found:.2f} <= 1) that it has no mean.",
    Reason.NO_HOLDOUT: "No time is left after the calibration period to test the prediction on.",
}


class TooThin(ValueError):
    """The data cannot carry the model asked for.

    Parameters
    ----------
    reason : Reason
        What is missing.
    **facts : float
        Numbers of the sentence, such as `found` and `needed`.
    """

    def __init__(self, reason: Reason, **facts: float) -> None:
        self.reason = reason
        self.facts = facts
        super().__init__(SENTENCES[reason].format(**facts))
