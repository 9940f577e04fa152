"""pandas, polars and bare DuckDB SQL in bench/rfm.py: the same summary and quintiles."""

# Its libraries live in an environment of their own.
# mypy: ignore-errors

import sys

from pyarrow import parquet

from bench.peers.timing import Timing

table = parquet.read_table(sys.argv[1]).combine_chunks()
timing = Timing()

if sys.argv[2] == "pandas":
    import pandas as pd

    frame = pd.DataFrame({"customer": table["customer"].to_numpy(), "amount": table["amount"].to_numpy()})
    frame["day"] = table["day"].to_numpy().astype("datetime64[s]")

    def summary() -> pd.DataFrame:
        daily = frame.groupby(["customer", "day"], sort=True).amount.sum().reset_index()
        own = daily.groupby("customer")
        out = own.agg(n=("day", "size"), first=("day", "min"), last=("day", "max"), total=("amount", "sum"))
        out["x"] = out.n - 1
        out["t_x"] = (out["last"] - out["first"]).dt.days / 7
        out["T"] = (frame.day.max() - out["first"]).dt.days / 7
        out["spend"] = ((out.total - own.amount.first()) / out.x).where(out.x > 0, 0.0)
        return out

    def with_scores() -> object:
        out = summary()
        for name, values in (("r", out.t_x - out["T"]), ("f", out.x), ("m", out.spend)):
            cuts = values.quantile([0.2, 0.4, 0.6, 0.8]).to_numpy()
            out[name] = cuts.searchsorted(values) + 1
        return out

elif sys.argv[2] == "polars":
    import polars as pl

    frame = pl.from_arrow(table)
    last_day = frame["day"].max()

    def plan() -> pl.LazyFrame:
        daily = frame.lazy().group_by("customer", "day").agg(pl.col("amount").sum())
        own = daily.group_by("customer").agg(
            x=pl.len().cast(pl.Int64) - 1,
            first=pl.col("day").min(),
            last=pl.col("day").max(),
            total=pl.col("amount").sum(),
            first_amount=pl.col("amount").get(pl.col("day").arg_min()),
        )
        return own.with_columns(
            t_x=(pl.col("last") - pl.col("first")).dt.total_days() / 7,
            T=(pl.lit(last_day) - pl.col("first")).dt.total_days() / 7,
            spend=pl.when(pl.col("x") > 0)
            .then((pl.col("total") - pl.col("first_amount")) / pl.col("x"))
            .otherwise(0.0),
        )

    def summary() -> pl.DataFrame:
        return plan().collect()

    def with_scores() -> object:
        out = plan().with_columns(silence=pl.col("t_x") - pl.col("T")).collect()
        for name in ("silence", "x", "spend"):
            cuts = [out[name].quantile(share, "linear") for share in (0.2, 0.4, 0.6, 0.8)]
            out = out.with_columns(
                sum((pl.col(name) > cut).cast(pl.Int8) for cut in cuts).alias(f"{name}_score")
            )
        return out

else:
    import duckdb

    connection = duckdb.connect()
    connection.register("sales", table)
    sql = """
        with daily as (select customer, day, sum(amount) amount from sales group by customer, day),
             own as (select customer, count(*) - 1 x, min(day) first, max(day) last,
                            sum(amount) total, arg_min(amount, day) first_amount from daily group by customer)
        select customer, x, (last - first) / 7.0 t_x, ((select max(day) from sales) - first) / 7.0 "T",
               case when x > 0 then (total - first_amount) / x else 0 end spend
        from own
    """

    def summary() -> object:
        return connection.sql(sql).to_arrow_table()

    def with_scores() -> object:
        return connection.sql(
            f"""
            with s as materialized (select *, t_x - "T" silence from ({sql})),
                 q as (select quantile_cont(silence, [.2, .4, .6, .8]) a,
                              quantile_cont(x, [.2, .4, .6, .8]) b,
                              quantile_cont(spend, [.2, .4, .6, .8]) c from s)
            select s.*, 1 + len(list_filter(a, lambda v: v < silence)) r,
                   1 + len(list_filter(b, lambda v: v < x)) f, 1 + len(list_filter(c, lambda v: v < spend)) m
            from s, q
            """
        ).to_arrow_table()


found = timing.task("summary", summary, 2)
timing.task("summary_and_scores", with_scores, 2)
if hasattr(found, "column_names"):
    import pyarrow.compute as pc

    totals = {name: pc.sum(found[name]).as_py() for name in ("x", "t_x", "spend")}
else:
    totals = {name: found[name].sum() for name in ("x", "t_x", "spend")}
timing.facts = {"x": int(totals["x"]), "t_x": float(totals["t_x"]), "spend": float(totals["spend"])}
timing.report()
