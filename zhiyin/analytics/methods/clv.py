"""Customer lifetime value of a purchase record: the whole analysis in one call."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from zhiyin.analytics.methods.backtest import Backtest, run_backtest, split_day
from zhiyin.analytics.methods.bgnbd import BGNBD
from zhiyin.analytics.methods.cells import Cells, Floats, Ints
from zhiyin.analytics.methods.gammagamma import GammaGamma
from zhiyin.analytics.methods.maximise import Fit
from zhiyin.analytics.methods.nbd import NBD
from zhiyin.analytics.methods.paretonbd import ParetoNBD
from zhiyin.analytics.methods.prediction import Horizon, Prediction, predict
from zhiyin.analytics.methods.rfm import Summary, Unit, days_of, encode, floats_of, summarise
from zhiyin.analytics.methods.thin import Reason, TooThin
from zhiyin.analytics.methods.transactions import MIN_CUSTOMERS, MIN_REPEAT_BUYERS, refuse_thin

ModelName = Literal["bgnbd", "paretonbd"]
MODELS: dict[ModelName, type[BGNBD] | type[ParetoNBD]] = {"bgnbd": BGNBD, "paretonbd": ParetoNBD}
MIN_PERIODS = 4.0
NO_WORSE = 2.0
"""Log-likelihood that the two parameters of leaving must add to be worth having (Akaike's criterion)."""


@dataclass(frozen=True)
class Record:
    """Purchases ready for analysis: customers as numbers from 0, days since 1970, amounts."""

    customer: Ints
    day: np.ndarray
    amount: Floats | None
    names: pa.Array
    left_out: dict[str, int]

    @classmethod
    def of(cls, table: pa.Table, *, customer: str, date: str, amount: str | None) -> "Record":
        """Take the columns out of a table.

        Rows without customer or date and rows with a negative amount (returns) are left out and counted.

        Raises
        ------
        KeyError
            A column that the table lacks.
        ValueError
            A date or amount column of another type.
        """
        for name in (customer, date, *([amount] if amount else [])):
            if name not in table.column_names:
                raise KeyError(name)
        who, when = table[customer], as_dates(table[date])
        money = as_money(table[amount]) if amount else None
        named, dated = pc.is_valid(who), pc.is_valid(when)
        left_out = {
            "no_customer": count_false(named),
            "no_date": count_false(pc.or_(dated, pc.invert(named))),
        }
        kept = pc.and_(named, dated)
        if money is not None:
            positive = pc.fill_null(pc.greater_equal(money, 0.0), False)
            left_out["no_or_negative_amount"] = count_false(pc.or_(positive, pc.invert(kept)))
            kept = pc.and_(kept, positive)
        if any(left_out.values()):
            who, when = who.filter(kept), when.filter(kept)
            money = money.filter(kept) if money is not None else None
        codes, names = encode(who)
        return cls(codes, days_of(when), None if money is None else floats_of(money), names, left_out)


def as_dates(column: pa.ChunkedArray) -> pa.ChunkedArray:
    kind = column.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        try:
            return pc.cast(pc.utf8_slice_codeunits(column, 0, 10), pa.date32())
        except pa.ArrowInvalid:
            raise ValueError("dates must be written as YYYY-MM-DD") from None
    if not (pa.types.is_date(kind) or pa.types.is_timestamp(kind)):
        raise ValueError(f"the date column holds {kind}, not dates")
    return pc.cast(column, pa.date32(), safe=False)


def as_money(column: pa.ChunkedArray) -> pa.ChunkedArray:
    try:
        return pc.cast(column, pa.float64())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        raise ValueError("amounts must be plain numbers") from None


def count_false(flags: pa.ChunkedArray) -> int:
    return len(flags) - (pc.sum(flags).as_py() or 0)


@dataclass(frozen=True)
class Analysis:
    """All that is known of the customers of one record; what the data cannot carry is a TooThin.

    Attributes
    ----------
    unit : str
    rows : int
        Purchases used.
    left_out : dict of str to int
        Rows left out, by reason.
    first_day, calibration_end, end : date
        First purchase, end of the time the models were fitted on, last purchase.
    summary : Summary
        At the end of the calibration.
    transactions : Fit of BGNBD, ParetoNBD or, where nobody is seen to leave, NBD; or TooThin
    spend : Fit of GammaGamma, or TooThin
    spend_correlation : float or None
        Correlation of x and mean spend among repeat buyers; the value assumes that it is near 0.
    backtest : Backtest or TooThin
    horizon : Horizon
    level : float
        Of the intervals.
    prediction : Prediction or None
        None when there is no purchase model.
    requested : str
        Name of the purchase model that was asked for.
    """

    unit: Unit
    rows: int
    left_out: dict[str, int]
    first_day: date | None
    calibration_end: date | None
    end: date | None
    summary: Summary
    transactions: Fit[Any] | TooThin
    spend: Fit[GammaGamma] | TooThin
    spend_correlation: float | None
    backtest: Backtest | TooThin
    horizon: Horizon
    level: float
    prediction: Prediction | None
    requested: ModelName

    def table(self) -> pa.Table:
        """One row per customer: summary and prediction; columns that were refused are missing."""
        known = self.summary.table()
        for name, values in (self.prediction.columns() if self.prediction else {}).items():
            known = known.append_column(f"expected_{name}" if name == "spend" else name, values)
        return known

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        summary = self.summary
        return {
            "unit": self.unit,
            "rows": self.rows,
            "left_out": self.left_out,
            "first_day": iso(self.first_day),
            "calibration_end": iso(self.calibration_end),
            "end": iso(self.end),
            "customers": len(summary.x),
            "repeat_buyers": int((summary.x > 0).sum()),
            "repeat_purchases": int(summary.x.sum()),
            "mean_repeat_spend": float(summary.spend[summary.x > 0].mean()) if summary.x.any() else None,
            "transactions": {"requested": MODELS[self.requested].__name__} | described(self.transactions),
            "spend": described(self.spend)
            | ({} if isinstance(self.spend, TooThin) else {"mean_spend": self.spend.model.mean})
            | {"correlation_with_purchases": self.spend_correlation},
            "backtest": self.backtest.to_dict()
            if isinstance(self.backtest, Backtest)
            else refusal(self.backtest),
            "prediction": self.totals(),
        }

    def totals(self) -> dict[str, Any] | None:
        if self.prediction is None:
            return None
        value = self.prediction.value
        return {
            "horizon": self.horizon.length,
            "steps": self.horizon.steps,
            "rate_per_unit": self.horizon.rate,
            "interval_level": self.level,
            "alive": float(self.prediction.alive.sum()),
            "purchases": float(self.prediction.purchases.sum()),
            "value": None if value is None else float(value.sum()),
        }


def iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def described(fit: Fit[Any] | TooThin) -> dict[str, Any]:
    """Parameters, standard errors and log-likelihood, or why there are none."""
    if isinstance(fit, TooThin):
        return refusal(fit)
    return {
        "model": type(fit.model).__name__,
        "parameters": fit.parameters,
        "standard_errors": fit.standard_errors,
        "log_likelihood": fit.log_likelihood,
        "customers": fit.customers,
    }


def refusal(thin: TooThin) -> dict[str, Any]:
    return {"refused": str(thin.reason), "message": str(thin), "facts": thin.facts}


def analyse(
    record: Record,
    *,
    unit: Unit = "week",
    calibration_end: date | None = None,
    model: ModelName = "bgnbd",
    months: int = 12,
    yearly_rate: float = 0.1,
    level: float = 0.8,
) -> Analysis:
    """Fit, test and predict a purchase record.

    Parameters
    ----------
    record : Record
    unit : str
        Unit of time of the models.
    calibration_end : date, optional
        Fit on purchases up to this day, test on the later ones, predict from this day. Without it the
        models are fitted on all purchases and predict from the last day, and the back-test fits anew on
        the first three quarters of the time.
    model : {"bgnbd", "paretonbd"}
    months : int
        Horizon of the prediction, discounted monthly.
    yearly_rate : float
        Discount rate a year.
    level : float
        Probability of the predictive intervals.

    Returns
    -------
    Analysis
        Parts that the data cannot carry are TooThin with the reason, never a number.
    """
    first_day, end = span(record.day)
    cut = calibration_end or end
    days = record.day.astype("datetime64[D]")
    summary = summarise(record.customer, days, record.amount, unit=unit, end=cut)
    horizon = Horizon.months(months, unit=unit, yearly_rate=yearly_rate)
    transactions, spend = fit_both(summary, model, with_amounts=record.amount is not None)
    prediction = None
    if not isinstance(transactions, TooThin):
        prediction = predict(
            transactions.model,
            summary.cells,
            horizon,
            spend_model=None if isinstance(spend, TooThin) else spend.model,
            spend=summary.spend,
            level=level,
        )
    return Analysis(
        unit=unit,
        rows=len(record.customer),
        left_out=record.left_out,
        first_day=first_day,
        calibration_end=cut,
        end=end,
        summary=named(summary, record.names),
        transactions=transactions,
        spend=spend,
        spend_correlation=correlation(summary),
        backtest=tested(
            record, summary, transactions, spend, unit=unit, model=model, calibration_end=calibration_end
        ),
        horizon=horizon,
        level=level,
        prediction=prediction,
        requested=model,
    )


def span(days: np.ndarray) -> tuple[date | None, date | None]:
    """First and last day."""
    if len(days) == 0:
        return None, None
    ends: list[date] = np.array([days.min(), days.max()], "datetime64[D]").tolist()
    return ends[0], ends[1]


def fit_both(
    summary: Summary, model: ModelName, *, with_amounts: bool
) -> tuple[Fit[Any] | TooThin, Fit[GammaGamma] | TooThin]:
    transactions: Fit[Any] | TooThin
    spend: Fit[GammaGamma] | TooThin
    try:
        refuse_thin(summary.cells, MIN_CUSTOMERS, MIN_REPEAT_BUYERS)
        if summary.T.max() < MIN_PERIODS:
            raise TooThin(Reason.TOO_SHORT, found=float(summary.T.max()), needed=MIN_PERIODS)
        transactions = fit_transactions(MODELS[model], summary.cells)
    except TooThin as thin:
        transactions = thin
    try:
        if not with_amounts:
            raise TooThin(Reason.NO_SPEND)
        spend = GammaGamma.fit(summary.x, summary.spend)
    except TooThin as thin:
        spend = thin
    return transactions, spend


def fit_transactions(
    kind: type[BGNBD] | type[ParetoNBD], cells: Cells
) -> Fit[BGNBD] | Fit[ParetoNBD] | Fit[NBD]:
    """The model asked for, or its limit without leaving where the data show no leaving.

    Then the likelihood has no maximum inside, but the limit describes the data as well: within NO_WORSE.
    """
    try:
        return kind.fit_cells(cells)
    except TooThin as thin:
        if thin.reason != Reason.DEGENERATE:
            raise
        staying = NBD.fit_cells(cells)
        if thin.facts["log_likelihood"] - staying.log_likelihood > NO_WORSE:
            raise
        return staying


def tested(
    record: Record,
    summary: Summary,
    transactions: Fit[Any] | TooThin,
    spend: Fit[GammaGamma] | TooThin,
    *,
    unit: Unit,
    model: ModelName,
    calibration_end: date | None,
) -> Backtest | TooThin:
    """The back-test; without a calibration end on models fitted for it."""
    first_day, end = span(record.day)
    if first_day is None or end is None:
        return TooThin(Reason.NO_PURCHASES)
    days = record.day.astype("datetime64[D]")
    if calibration_end is None:
        calibration_end = split_day(first_day, end)
        summary = summarise(record.customer, days, record.amount, unit=unit, end=calibration_end)
        transactions, spend = fit_both(summary, model, with_amounts=record.amount is not None)
    if isinstance(transactions, TooThin):
        return transactions
    try:
        return run_backtest(
            transactions,
            summary,
            record.customer,
            days,
            record.amount,
            unit=unit,
            calibration_end=calibration_end,
            end=end,
            spend_model=None if isinstance(spend, TooThin) else spend.model,
        )
    except TooThin as thin:
        return thin


def correlation(summary: Summary) -> float | None:
    """Of repeat purchases and mean spend among repeat buyers."""
    again = summary.x > 0
    if again.sum() < 3 or np.ptp(summary.spend[again]) == 0 or np.ptp(summary.x[again]) == 0:
        return None
    return float(np.corrcoef(summary.x[again], summary.spend[again])[0, 1])


def named(summary: Summary, names: pa.Array) -> Summary:
    """The summary with identifiers instead of numbers."""
    columns = {name: getattr(summary, name) for name in summary.__dataclass_fields__}
    return Summary(**(columns | {"customer": names.take(pa.array(summary.customer))}))
