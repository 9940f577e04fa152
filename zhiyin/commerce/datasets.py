"""What analysis reads of orders: one row an order, its day in the company's time zone."""

from zhiyin.analytics.warehouse import Dataset, Months, register

ORDERS = register(
    Dataset(
        name="orders",
        select="""SELECT o.customer_id, o.ordered_at AT TIME ZONE 'UTC',
            (o.ordered_at AT TIME ZONE %(time_zone)s)::date, o.kind, o.total::float8,
            (o.total - o.cost)::float8, (r.ordered_at AT TIME ZONE %(time_zone)s)::date
            FROM "commerce_order" o LEFT JOIN "commerce_order" r ON r.id = o.returns_id""",
        alias="o",
        partitions=Months("ordered_at"),
        columns={
            "customer_id": "string",
            "ordered_at": "timestamp[us]",
            "day": "date32",
            "kind": "string",
            "amount": "float64",
            "margin": "float64",
            "returned_day": "date32",
        },
    )
)
