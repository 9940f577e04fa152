"""The side of Splink alone in bench/duplicates.py: its library's comparisons and its own training."""

# Its libraries live in an environment of their own.
# mypy: ignore-errors

import logging
import sys
import warnings

import splink.comparison_library as cl
from pyarrow import parquet
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

from bench.peers.timing import Timing
from bench.peers.truth import measured

warnings.simplefilter("ignore")
table = parquet.read_table(sys.argv[1])
frame = table.to_pandas()
frame["place"] = range(len(frame))
linked = bool(frame.side.any())
timing = Timing()


def find():
    rules = [
        block_on("given_name", "surname"),
        block_on("date_of_birth"),
        block_on("soc_sec_id"),
        block_on("surname", "postcode"),
        block_on("given_name", "postcode"),
        block_on("street_number", "address_1"),
    ]
    settings = SettingsCreator(
        link_type="link_only" if linked else "dedupe_only",
        unique_id_column_name="place",
        blocking_rules_to_generate_predictions=rules,
        comparisons=[
            cl.ForenameSurnameComparison("given_name", "surname"),
            cl.DateOfBirthComparison("date_of_birth", input_is_string=True, datetime_format="%Y%m%d"),
            cl.DamerauLevenshteinAtThresholds("soc_sec_id", [1, 2]),
            cl.ExactMatch("street_number").configure(term_frequency_adjustments=True),
            cl.JaroWinklerAtThresholds("address_1", [0.9, 0.8]),
            cl.JaroWinklerAtThresholds("suburb", [0.9, 0.8]),
            cl.DamerauLevenshteinAtThresholds("postcode", [1, 2]),
        ],
    )
    api = DuckDBAPI()
    parts = [frame[frame.side == 0], frame[frame.side == 1]] if linked else [frame]
    linker = Linker([api.register(part) for part in parts], settings, log_level=logging.ERROR)
    training = linker.training
    training.estimate_probability_two_random_records_match(
        [block_on("soc_sec_id"), block_on("given_name", "surname", "date_of_birth")], recall=0.8
    )
    training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
    training.estimate_parameters_using_expectation_maximisation(block_on("date_of_birth"))
    training.estimate_parameters_using_expectation_maximisation(block_on("postcode"))
    predicted = linker.inference.predict(threshold_match_probability=0.95).as_pandas_dataframe()
    return list(zip(predicted.place_l, predicted.place_r, strict=True))


timing.facts = measured(table, timing.task("duplicates", find, 1))
timing.report()
