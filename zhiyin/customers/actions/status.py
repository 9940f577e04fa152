"""Status and lifecycle stage of all customers, from their purchases and the company's rules."""

from typing import TYPE_CHECKING, Any

from django.db import connection

from zhiyin.analytics.hooks import Finished
from zhiyin.customers import access
from zhiyin.customers.choices import PROSPECTS, Stage, Status, StatusReason
from zhiyin.customers.events import CustomerChanged, CustomersChanged
from zhiyin.platform.record import record, write_entries
from zhiyin.platform.staging import stage

if TYPE_CHECKING:
    import pyarrow as pa

BUYERS = [Status.FIRST_TIME, Status.REPEAT, Status.LOYAL, Status.LOST, Status.WON_BACK]

_LATEST = """
CREATE TEMP TABLE status_latest ON COMMIT DROP AS
SELECT customer_id, max(changed_at) AS changed_at FROM customers_statuschange
WHERE status <> ALL(%(prospects)s) OR reason <> %(by_hand)s GROUP BY customer_id
"""
# what somebody said of a buyer who did not buy since
_HOLD = """
UPDATE status_now n SET status = c.status
FROM (
    SELECT DISTINCT ON (s.customer_id) s.customer_id, s.reason, s.changed_at FROM customers_statuschange s
    WHERE s.customer_id IN (SELECT customer_id FROM customers_statuschange WHERE reason = %(by_hand)s)
    ORDER BY s.customer_id, s.changed_at DESC, s.id DESC
) last
JOIN customers_customer c ON c.id = last.customer_id
JOIN analytics_customervalue v ON v.customer_id = last.customer_id
WHERE last.reason = %(by_hand)s AND v.last_at <= last.changed_at AND n.customer_id = last.customer_id
    AND EXISTS (SELECT FROM customers_statuschange f WHERE f.customer_id = c.id AND f.reason <> %(by_hand)s)
"""
_MOVED = f"""
CREATE TEMP TABLE status_moved ON COMMIT DROP AS
SELECT c.id AS customer_id, c.status AS old_status, c.stage AS old_stage,
    coalesce(n.status, %(potential)s) AS status, coalesce(n.stage, '') AS stage,
    n.customer_id IS NULL AS undone, k.changed_at AS known_at
FROM customers_customer c
LEFT JOIN status_now n ON n.customer_id = c.id
LEFT JOIN status_latest k ON k.customer_id = c.id
WHERE ((n.customer_id IS NOT NULL AND (c.status, c.stage) IS DISTINCT FROM (n.status, n.stage))
    OR (n.customer_id IS NULL AND k.customer_id IS NOT NULL AND c.status = ANY(%(buyers)s)))
    AND NOT {access.RESTRICTED}
"""  # noqa: S608 - our own statements
# what the purchases tell that was not known yet: of a customer seen for the first time, the whole history
_TELL_HISTORY = """
INSERT INTO customers_statuschange (customer_id, status, stage, reason, changed_at)
SELECT h.customer_id, h.status, h.stage, h.reason, h.changed_at
FROM status_history h
JOIN customers_customer c ON c.id = h.customer_id
LEFT JOIN status_latest k ON k.customer_id = h.customer_id
LEFT JOIN status_moved m ON m.customer_id = h.customer_id
WHERE k.changed_at IS NULL OR (h.changed_at > k.changed_at AND m.status <> m.old_status)
ORDER BY h.changed_at
"""
# moves that no new purchase and no silence explains: other rules, another stage, an import taken back
_TELL_OTHERS = """
INSERT INTO customers_statuschange (customer_id, status, stage, reason, changed_at)
SELECT m.customer_id, m.status, m.stage, CASE WHEN m.undone THEN %(undone)s
    WHEN m.status <> m.old_status THEN %(rules)s ELSE %(by_stage)s END, %(now)s
FROM status_moved m
WHERE m.known_at IS NOT NULL AND (m.status = m.old_status OR m.customer_id NOT IN (
    SELECT h.customer_id FROM status_history h JOIN status_latest k ON k.customer_id = h.customer_id
    WHERE h.changed_at > k.changed_at))
"""
_TELL_TIMELINE = """
INSERT INTO customers_timelineevent (occurred_at, customer_id, kind, actor_name, data)
SELECT %(now)s, customer_id, 'status', %(actor)s, jsonb_strip_nulls(jsonb_build_object(
    'status', CASE WHEN status <> old_status THEN jsonb_build_array(old_status, status) END,
    'stage', CASE WHEN stage <> old_stage THEN jsonb_build_array(old_stage, stage) END))
FROM status_moved WHERE known_at IS NOT NULL
"""
# into each one's trail; the history that is told the first time is no change of anybody's
_TRAIL = """
SELECT customer_id, jsonb_strip_nulls(jsonb_build_object(
    'status', CASE WHEN status <> old_status THEN jsonb_build_array(old_status, status) END,
    'stage', CASE WHEN stage <> old_stage THEN jsonb_build_array(old_stage, stage) END))
FROM status_moved WHERE known_at IS NOT NULL
"""
# a first move is taken to start from potential; who never moved came in as what they are
_FLOW = """
WITH moves AS (
    SELECT customer_id, status, changed_at,
        coalesce(lag(status) OVER (PARTITION BY customer_id ORDER BY changed_at, id), %(potential)s) AS previous
    FROM customers_statuschange
), firsts AS (
    SELECT customer_id, min(changed_at) AS at FROM customers_statuschange GROUP BY customer_id
), steps AS (
    SELECT changed_at AS at, previous, status FROM moves WHERE status <> previous
    UNION ALL
    SELECT least(c.created_at, f.at), '', CASE WHEN f.at IS NULL THEN c.status ELSE %(potential)s END
    FROM customers_customer c LEFT JOIN firsts f ON f.customer_id = c.id
)
INSERT INTO customers_statusflow (month, previous, status, customers)
SELECT date_trunc('month', at AT TIME ZONE %(zone)s)::date, previous, status, count(*) FROM steps GROUP BY 1, 2, 3
"""
_MOVE = """
UPDATE customers_customer c SET status = m.status, stage = m.stage
FROM status_moved m WHERE m.customer_id = c.id
"""


def refresh_statuses(finished: Finished) -> int:
    """Move customers to the status and stage that their purchases give them; returns how many moved.

    Every move is kept with its day and reason. The first time a customer is seen, the whole history is told
    as if it had been followed all along; later only what is new, and only then the timeline shows it. Those
    who never bought keep the status that people gave them.
    """
    finished.actor.require("insight.run")
    now_rows, history = _statuses(finished)
    text = "varchar(12)"
    stage("status_now", {"customer_id": "uuid", "status": text, "stage": text}, now_rows)
    columns = {"customer_id": "uuid", "changed_on": "date", "status": text, "stage": text, "reason": text}
    stage("status_history", columns, history)
    facts: dict[str, Any] = {
        "now": finished.now,
        "zone": finished.time_zone,
        "actor": finished.actor.name,
        "potential": Status.POTENTIAL.value,
        "buyers": [status.value for status in BUYERS],
        "undone": StatusReason.UNDONE.value,
        "rules": StatusReason.RULES.value,
        "by_stage": StatusReason.STAGE.value,
        "by_hand": StatusReason.HAND.value,
        "prospects": [status.value for status in PROSPECTS],
    }
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS status_latest, status_moved")
        cursor.execute("ALTER TABLE status_history ADD COLUMN changed_at timestamptz")
        cursor.execute(
            "UPDATE status_history SET changed_at = changed_on::timestamp AT TIME ZONE %(zone)s", facts
        )
        for statement in (_LATEST, _HOLD, _MOVED, _TELL_HISTORY, _TELL_OTHERS):
            cursor.execute(statement, facts)
        cursor.execute("SELECT timeline_partitions(%(now)s, %(now)s)", facts)
        cursor.execute(_TELL_TIMELINE, facts)
        cursor.execute(_MOVE)
        moved = int(cursor.rowcount)
        cursor.execute("DELETE FROM customers_statusflow")
        cursor.execute(_FLOW, facts)
    write_entries(CustomerChanged.name, _TRAIL, {}, actor=finished.actor, now=finished.now, kind="customer")
    if moved:
        record(CustomersChanged(moved, {"status": "analysis"}), actor=finished.actor, now=finished.now)
    return moved


def _statuses(finished: Finished) -> "tuple[pa.Table, pa.Table]":
    """Status and stage of each buyer now, and all changes of status up to the record's last day."""
    import numpy as np
    import pyarrow as pa

    from zhiyin.analytics.methods import lifecycle

    purchases, options = finished.purchases, finished.options
    ids, count = purchases.customers.ids, len(purchases.customers)
    today = purchases.as_of or finished.now.date()
    rules = lifecycle.Rules(lost_after_days=options.lost_after_days, loyal_purchases=options.loyal_orders)
    history = lifecycle.status_history(purchases.customer, purchases.day, now=today, rules=rules)
    stages = lifecycle.lifecycle_stage(
        purchases.customer, purchases.day, purchases.amount, count, now=today, rules=rules
    )
    status_names = np.array([Status[each.name].value for each in lifecycle.Status])
    stage_names = np.array([Stage[each.name].value if each.value else "" for each in lifecycle.Stage])
    current = lifecycle.current_status(history, count)
    last = np.append(
        history.customer[1:] != history.customer[:-1], np.ones(min(1, len(history.customer)), bool)
    )
    now_rows = pa.table({"id": ids, "status": status_names[current], "stage": stage_names[stages]})
    lost = history.status == lifecycle.Status.LOST
    rows = pa.table(
        {
            "id": ids.take(pa.array(history.customer)),
            "changed_on": history.day,
            "status": status_names[history.status],
            "stage": np.where(last, stage_names[stages[history.customer]], ""),
            "reason": np.where(lost, StatusReason.SILENT.value, StatusReason.BOUGHT.value),
        }
    )
    return now_rows, rows
