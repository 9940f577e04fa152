"""The funnel, the forecast and the targets of a million opportunities, beside the statements that count them one by one.

    python -m bench.funnel [--opportunities 1000000] [--requests 40]

On a PostgreSQL of its own that ends with it. Prints the seconds in which the opportunities are written with the funnel's
cells; the median and the 95th percentile in milliseconds of the whole pages, without the socket, for who sees all, a unit's and
their own; of the statements that count opportunities and stays one by one for who sees all; and the seconds of an evening's forecast.
"""

import argparse
import logging
import tempfile
import time
from pathlib import Path

from bench.board import measure, page, people, run
from bench.scale import TENANT, make_company, settings
from zhiyin.platform.postgres.cluster import Cluster

DEALS = """
INSERT INTO sales_opportunity (code, name, name_key, pipeline_id, stage_id, furthest_id, state, owner_id, unit_id, amount, currency,
    category, channel, source, engaged_on, expected_on, closed_on, reason_id, stage_since, created_at, updated_at)
SELECT 'F' || n, 'Deal ' || n, 'deal ' || n, %(pipeline)s,
    CASE state WHEN 'open' THEN open[1 + n %% array_length(open, 1)] WHEN 'won' THEN %(won)s ELSE %(lost)s END,
    open[1 + n %% array_length(open, 1)], state, m.id, m.unit_id, (n %% 997) * 100, 'CNY',
    (ARRAY['commit', 'best_case', 'pipeline'])[1 + n %% 3], 'direct', (ARRAY['web', 'fair', 'referral', 'call', ''])[1 + n %% 5], begun::date,
    CASE WHEN state = 'open' THEN current_date + n %% 365 END,
    CASE WHEN state <> 'open' THEN least(begun::date + n %% 90, current_date) END,
    CASE state WHEN 'won' THEN (%(won_for)s::uuid[])[1 + n %% 4] WHEN 'lost' THEN (%(lost_for)s::uuid[])[1 + n %% 5] END,
    begun + (n %% 90) * interval '1 day', begun, begun
FROM (SELECT n, (ARRAY['won', 'won', 'lost', 'lost', 'open'])[1 + abs(hashint4(n) %% 5)] AS state, %(stages)s::uuid[] AS open,
    %(members)s::uuid[] AS members, now() - abs(hashint4(n + 7) %% 730) * interval '1 day' AS begun
    FROM generate_series(1, %(number)s) n) d JOIN accounts_member m ON m.id = members[1 + abs(hashint4(n + 13) %% array_length(members, 1))]
"""
STAYS = """
INSERT INTO sales_stagestay (opportunity_id, stage_id, entered_at, left_at)
SELECT o.id, s.id, o.created_at + s.position * interval '5 days',
    CASE WHEN s.id <> o.stage_id THEN o.created_at + (s.position + 1) * interval '5 days' END
FROM sales_opportunity o JOIN sales_stage f ON f.id = o.furthest_id
JOIN sales_stage s ON s.pipeline_id = o.pipeline_id AND (s.id = o.stage_id OR s.kind = 'open' AND s.position <= f.position)
"""
TARGETS = """
INSERT INTO sales_target (kind, starts_on, member_id, measure, value, created_at, updated_at)
SELECT 'quarter', date_trunc('quarter', now())::date, id, 'amount', 1000000, now(), now() FROM accounts_member
"""
PAGES = ("/sales/funnel/", "/sales/forecast/", "/sales/targets/")
DIRECT = """
SELECT o.state, o.furthest_id, o.source, o.reason_id, count(*), sum(o.amount), avg(o.closed_on - o.engaged_on)
FROM sales_opportunity o WHERE o.removed_at IS NULL GROUP BY 1, 2, 3, 4
"""
TIMES = """
SELECT stage_id, percentile_cont(.5) WITHIN GROUP (ORDER BY left_at - entered_at) FROM sales_stagestay
WHERE left_at IS NOT NULL GROUP BY 1
"""


def fill(number: int) -> float:
    """Write the opportunities with their ways through the stages; seconds for the opportunities alone."""
    from django.utils import timezone

    from zhiyin.accounts.models import Member
    from zhiyin.platform.actors import Actor
    from zhiyin.sales.actions import default_pipeline
    from zhiyin.sales.models import CloseReason, Stage

    pipeline = default_pipeline(actor=Actor.system(TENANT), now=timezone.now())
    stages = Stage.objects.filter(pipeline=pipeline).order_by("position")
    reasons = CloseReason.objects.order_by("position")
    values = {
        "pipeline": pipeline.pk,
        "stages": [each.pk for each in stages if each.kind == "open"],
        "won": next(each.pk for each in stages if each.kind == "won"),
        "lost": next(each.pk for each in stages if each.kind == "lost"),
        "won_for": [each.pk for each in reasons if each.kind == "won"],
        "lost_for": [each.pk for each in reasons if each.kind == "lost"],
        "members": list(Member.objects.values_list("pk", flat=True)),
        "number": number,
    }
    began = time.perf_counter()
    run(DEALS, values)
    seconds = time.perf_counter() - began
    run(STAYS)
    for table in ("sales_opportunity", "sales_stagestay", "sales_funnelcell"):
        run(f"ANALYZE {table}")
    return seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--opportunities", type=int, default=1_000_000)
    parser.add_argument("--requests", type=int, default=40)
    said = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="zhiyin-bench-") as folder:
        Path(folder).chmod(0o755)
        with Cluster(Path(folder) / "postgres", durable=False) as cluster:
            settings(cluster)
            import django

            django.setup()
            from django.conf import settings as django_settings

            from zhiyin.platform.schema import migrate
            from zhiyin.platform.tenancy import scope

            migrate()
            django_settings.ALLOWED_HOSTS = ["*"]
            logging.disable(logging.WARNING)
            make_company()
            with scope(TENANT):
                print(
                    f"{said.opportunities:,} opportunities written in {fill(said.opportunities):.1f} s with their cells"
                )
                print(f"{run('SELECT count(*) FROM sales_funnelcell')[0][0]:,} cells")
                members = people()
            with scope(TENANT):
                print(f"  an evening's forecast {evening():.1f} s", flush=True)
                for path in PAGES:
                    for who, member in members.items():
                        print(f"  {path:18} {who:8} {measure(page(member, path), said.requests)}", flush=True)
                print(f"  one by one     {measure(one_by_one, 5)}", flush=True)


def evening() -> float:
    """Keep the day's forecast; seconds. Everybody gets a target before it."""
    from django.utils import timezone

    from zhiyin.platform.actors import Actor
    from zhiyin.sales.actions import take_forecast

    run(TARGETS)
    began = time.perf_counter()
    take_forecast(actor=Actor.system(TENANT), now=timezone.now())
    return time.perf_counter() - began


def one_by_one() -> None:
    run(DIRECT)
    run(TIMES)


if __name__ == "__main__":
    main()
