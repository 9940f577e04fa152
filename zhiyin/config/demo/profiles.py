"""What is known of the demo company's customers as persons and firms: its core fields, filled in for some."""

import datetime

from django.db import connection

from zhiyin.customers.actions import add_ready_fields
from zhiyin.customers.ready import READY
from zhiyin.platform.actors import Actor

# of more customers nobody looks at profiles, and each value is a row of the index
MOST = 50_000
# drawn from the code alone, so that nothing else is drawn differently
FILL = """
UPDATE customers_customer c SET custom = jsonb_strip_nulls(CASE c.kind
    WHEN 'person' THEN jsonb_build_object(
        'gender', CASE WHEN dice % 2 = 0 THEN 'Female' ELSE 'Male' END,
        'birthday', to_char(date '1955-01-01' + dice % 18000, 'YYYY-MM-DD'),
        'marital_status', CASE dice % 5 WHEN 0 THEN 'Single' WHEN 1 THEN 'Married' WHEN 2 THEN 'Married' END,
        'children', CASE dice % 5 WHEN 1 THEN dice % 3 WHEN 2 THEN 1 END,
        'hobbies', CASE dice % 3 WHEN 0 THEN '["Travel", "Cooking"]'::jsonb WHEN 1 THEN '["Tea"]'::jsonb END,
        'price_sense', (ARRAY['High', 'Medium', 'Low'])[1 + dice % 3]
    ) ELSE jsonb_build_object(
        'industry', 'Wholesale and retail',
        'employees', 5 + dice % 240,
        'founded', to_char(date '1995-01-01' + dice % 9500, 'YYYY-MM-DD'),
        'revenue', 100000 * (5 + dice % 400),
        'credit_limit', 10000 * (1 + dice % 50),
        'payment_terms', (ARRAY['In advance', 'On delivery', '30 days', '60 days'])[1 + dice % 4]
    ) END)
FROM (SELECT id, ('x' || substr(md5(code), 1, 7))::bit(28)::int AS dice FROM customers_customer) d
WHERE d.id = c.id AND (c.kind = 'organisation' OR dice % 10 < 6)
"""


def fill_profiles(actor: Actor, now: datetime.datetime, *, values: bool) -> None:
    """Core fields, with ``values`` also those of all firms and most persons, in the transaction's tenant."""
    add_ready_fields(actor=actor, codes=[each.code for each in READY.values() if each.core], now=now)
    if values:
        with connection.cursor() as cursor:
            cursor.execute(FILL)
