"""Makes the demo tenant: company, people, sales; keeps the truth and the logins in the data folder."""

import dataclasses
import datetime
import json
import zoneinfo
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from django.db import connection

from zhiyin.accounts.models import Tenant
from zhiyin.config.demo.approvals import ask_for_a_yes
from zhiyin.config.demo.catalogue import catalogue
from zhiyin.config.demo.company import Company, found_company
from zhiyin.config.demo.daily import Day, work
from zhiyin.config.demo.deals import sell
from zhiyin.config.demo.leads import ask
from zhiyin.config.demo.load import load
from zhiyin.config.demo.profiles import MOST, fill_profiles
from zhiyin.config.demo.staff import COMPANY, Login, Staff, hire
from zhiyin.config.demo.truth import DAYS, write_truth
from zhiyin.config.demo.world import World
from zhiyin.platform.actors import Actor
from zhiyin.platform.tenancy import scope

CODE = "demo"
CHINA = zoneinfo.ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True, slots=True)
class Demo:
    """The demo tenant, who can sign in to it, and whether it was made just now."""

    tenant: Tenant
    logins: list[Login]
    made: bool
    rows: dict[str, int] = dataclasses.field(default_factory=dict)


def make_demo(
    *, now: datetime.datetime, home: Path, seed: int = 1, customers: int = 20_000, code: str = CODE
) -> Demo:
    """The demo tenant as it is, or made now: all in one transaction, so that half a company never stays.

    The company's last day is the day before ``now``. One seed and one day always draw the same company.
    """
    tenant = Tenant.objects.filter(code=code).first()
    if tenant:
        return Demo(tenant, read_logins(home, code), made=False)
    tenant = Tenant(code=code, name=f"{COMPANY}（演示）")
    end = now.astimezone(CHINA).date() - datetime.timedelta(1)
    with scope(tenant.id):
        tenant.save(force_insert=True)
        staff = hire(code)
        dice = np.random.default_rng(seed), np.random.default_rng([seed, tenant.id.int])
        world = World(tenant.id, end, seed, staff, catalogue(), *dice)
        company = found_company(world, customers)
        rows = load_company(company, end)
        fill_profiles(Actor.system(tenant.id), now, values=customers <= MOST)
        work(staff, now)
        sell(Day(staff, now))
        ask(Day(staff, now))
        ask_for_a_yes(Day(staff, now))
        write_truth(folder(home, code) / "truth.json", seed=seed, end=end, customers=company.buyers)
        write_logins(home, code, staff)
    return Demo(tenant, staff.logins, made=True, rows=rows)


def load_company(company: Company, end: datetime.date) -> dict[str, int]:
    """Load everything; returns the rows by table."""
    last = datetime.datetime.combine(end, datetime.time(), datetime.UTC)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT timeline_partitions(%s, %s)",
            [last - datetime.timedelta(DAYS + 2), last + datetime.timedelta(2)],
        )
    return {table: load(table, rows) for table, rows in company.rows.items()}


def folder(home: Path, code: str) -> Path:
    return home / "demo" / code


def write_logins(home: Path, code: str, staff: Staff) -> None:
    """The passwords are drawn anew for each data folder and lie there readable by its owner only."""
    path = folder(home, code) / "logins.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(
        json.dumps([dataclasses.asdict(login) for login in staff.logins], ensure_ascii=False, indent=2)
    )


def read_logins(home: Path, code: str) -> list[Login]:
    path = folder(home, code) / "logins.json"
    return [Login(**entry) for entry in json.loads(path.read_text())] if path.exists() else []
