"""A person is erased: nothing tells of him any more, nowhere, and he does not come back unnoticed."""

import datetime
import io
import uuid
import zipfile
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from tests.cast import Company, company
from tests.imports.importing import import_text, query
from zhiyin.activities import actions as activities
from zhiyin.commerce.models import Order, Payment
from zhiyin.customers import actions, queries
from zhiyin.customers.actions.erasure.person import who
from zhiyin.customers.actions.fields import FieldRules
from zhiyin.customers.actions.sensitive import set_sensitive
from zhiyin.customers.models import Customer, Erasure, Note
from zhiyin.customers.suppression import Suppressed
from zhiyin.platform import crypto, jobs
from zhiyin.platform.audit import log
from zhiyin.platform.audit.check import examine
from zhiyin.platform.errors import Invalid, NotFound, PermissionDenied
from zhiyin.platform.models import Job
from zhiyin.platform.pinyin import name_key
from zhiyin.platform.tenancy import scope
from zhiyin.sales import actions as sales

Now = datetime.datetime
NAME, CODE, PHONE, MAIL = "欧阳金丝雀", "CANARY-77", "13912345678", "canary@birds.example"
NUMBER, OWN, OTHER_NAME = "11010519491231002X", "canary-own-value", "Canary Bird Ouyang"
WORDS = [NAME, CODE, PHONE, MAIL, NUMBER, OWN, OTHER_NAME, "his own words", name_key(NAME)]
HEADER = "code,name,phone,email\n"
ROW = f"{CODE},{NAME},{PHONE},{MAIL}\n"
EVERYBODY = actions.Selection(where=queries.CustomerFilter())


@pytest.fixture
def cast(committed: None) -> Company:
    return company(f"erase-{uuid.uuid4().hex[:8]}")


@pytest.fixture
def person(cast: Company, now: Now) -> Customer:
    """Somebody of whom there is something everywhere."""
    gao = cast.gao.actor
    import_text(gao, HEADER + ROW + "K-2,李雷,13800000002,\n", kind="customers")
    with cast.scope():
        own = actions.create_field(
            actor=gao, type="text", rules=FieldRules(label="Own", section="more"), now=now
        )
        found = Customer.objects.get(code=CODE)
        other = Customer.objects.get(code="K-2")
        actions.update_customer(actor=gao, customer_id=found.pk, changes={}, fields={own.key: OWN}, now=now)
        set_sensitive(actor=gao, customer_id=found.pk, name="id_number", value=NUMBER, now=now)
        for customer, words in ((found, "his own words"), (other, "said")):
            actions.add_note(actor=gao, customer_id=customer.pk, body=f"{NAME} {words}: {PHONE}", now=now)
        activities.create_task(actor=gao, title=f"Call {NAME}", customer_id=found.pk, now=now)
        activities.create_task(actor=gao, title=f"Ask 李雷 about {NAME}", customer_id=other.pk, now=now)
        activities.add_follow_up(
            actor=gao, customer_id=found.pk, kind="call", body=f"{NAME} said his own words", now=now
        )
        activities.create_appointment(
            actor=gao, title=f"Lunch with {NAME}", starts_at=now, ends_at=now + datetime.timedelta(hours=1),
            zone="UTC", customers=[found.pk], now=now,
        )  # fmt: skip
        merged = actions.create_customer(actor=gao, name=OTHER_NAME, now=now)
        actions.merge_customers(actor=gao, survivor_id=found.pk, customer_ids=[found.pk, merged.pk], now=now)
        actions.add_document(
            actor=gao,
            customer_id=found.pk,
            title=NAME,
            stream=io.BytesIO(MAIL.encode()),
            name="x.txt",
            now=now,
        )
        sales.create_opportunity(
            actor=gao, name=f"Aviary for {NAME}", customer_id=found.pk, amount=9, now=now
        )
        sales.create_opportunity(
            actor=gao, name=f"As {NAME} has", customer_id=other.pk, details=MAIL, now=now
        )
        sales.create_lead(actor=gao, name=NAME, phone=PHONE, details="his own words", now=now)
        actions.save_view(actor=gao, page="customers", name=NAME, query=f"q={NAME}", now=now)
        order = Order.objects.create(number="1", customer=found, ordered_at=now, currency="CNY", total=80)
        Payment.objects.create(
            order=order, method="bank", amount=80, currency="CNY", reference=NAME, paid_at=now
        )
        exports = [
            actions.export_customers(
                actor=gao, selection=EVERYBODY, columns=["name", "phone"], style=style, now=now
            )
            for style in ("csv", "xlsx")
        ]
        named = actions.Selection(where=queries.CustomerFilter(q=NAME))
        exports.append(
            actions.export_customers(actor=gao, selection=named, columns=["name"], style="csv", now=now)
        )
    for job in exports:
        assert jobs.run_now(job).state == "succeeded"
    import_text(gao, HEADER + f"{CODE},{NAME},{PHONE},{MAIL}\n" + "K-3,Han,,\n", kind="customers")
    return found


def tables_with(tenant: uuid.UUID, words: list[str]) -> dict[str, int]:
    """Tables, and in how many rows of a company's they hold one of the words, as text or as bytes."""
    patterns = [f"%{form}%" for word in words for form in (word, word.encode().hex())]
    found = {}
    with scope(tenant), connection.cursor() as cursor:
        cursor.execute("SET LOCAL zhiyin.with_gone = 'on'")
        cursor.execute(
            "SELECT c.oid::regclass::text FROM pg_class c WHERE relkind IN ('r', 'p') AND NOT relispartition"
            " AND relnamespace = 'public'::regnamespace AND has_table_privilege(c.oid, 'SELECT')"
        )
        for (table,) in cursor.fetchall():
            cursor.execute(f"SELECT count(*) FROM {table} t WHERE t::text ILIKE ANY (%s)", [patterns])
            if count := cursor.fetchone()[0]:
                found[table] = count
    return found


def files_with(tenant: uuid.UUID, words: list[str]) -> list[str]:
    """Files of a company's that hold one of the words."""
    found = []
    for path in Path(settings.ZHIYIN_HOME).rglob("*"):
        if path.is_file() and str(tenant) in str(path):
            content = path.read_bytes()
            if content.startswith(b"PK"):
                with zipfile.ZipFile(path) as archive:
                    content = b"\n".join(archive.read(name) for name in archive.namelist())
            if any(word.encode() in content for word in words):
                found.append(path.name)
    return found


def erase(cast: Company, customer: Customer, now: Now) -> Erasure:
    with cast.scope():
        asked = actions.ask_erasure(
            actor=cast.gao.actor,
            customer_id=customer.pk,
            basis="request",
            reference="L-12",
            code=customer.code,
            now=now,
        )
        job = Job.objects.get(pk=asked.job_id)
    done = jobs.run_now(job)
    assert done.state == "succeeded", done.error
    with cast.scope():
        return Erasure.objects.get(pk=asked.pk)


def test_no_table_and_no_file_tells_of_who_was_erased(cast: Company, person: Customer, now: Now) -> None:
    tenant = cast.tenant.pk
    assert {"customers_customer", "platform_auditentry", "platform_job", "imports_import"} <= set(
        tables_with(tenant, WORDS)
    )
    assert len(files_with(tenant, WORDS)) >= 5
    erasure = erase(cast, person, now)
    assert tables_with(tenant, WORDS) == {}
    assert files_with(tenant, WORDS) == []
    with cast.scope():
        assert set(crypto.destroyed()) >= set(erasure.customer_ids)
        assert len(erasure.customer_ids) == 2
        assert Note.objects.get().body == "█ said: █"


def test_others_stay_as_they_were(cast: Company, person: Customer, now: Now) -> None:
    erase(cast, person, now)
    with cast.scope():
        left = Customer.objects.order_by("code").values_list("code", "name")
        assert list(left) == [("K-2", "李雷"), ("K-3", "Han")]
        assert [row["name"] for row in queries.quick_search(cast.gao.actor, "李雷")] == ["李雷"]
        order = Order.objects.get()
        assert (order.customer_id, order.total, order.number) == (None, 80, "1")


def test_the_log_keeps_its_proofs(cast: Company, person: Customer, now: Now) -> None:
    log.seal(cast.tenant.pk, now=now)
    with cast.scope():
        before = log.last_seal()
        assert before
        sealed = before.size, bytes(before.root)
    erasure = erase(cast, person, now)
    log.seal(cast.tenant.pk, now=now)
    with cast.scope():
        report, problems = examine(cast.tenant.pk, lambda _done, _total: None)
        assert problems == []
        assert report.size > sealed[0]
        assert erasure.redacted > 10
        assert erasure.log_root


def test_who_was_erased_is_not_entered_again_unnoticed(cast: Company, person: Customer, now: Now) -> None:
    gao = cast.gao.actor
    erase(cast, person, now)
    with cast.scope():
        with pytest.raises(Suppressed):
            actions.create_customer(actor=gao, name="x", code="canary-77", now=now)
        other = Customer.objects.get(code="K-2")
        for kind, value in (("phone", "139 1234 5678"), ("email", MAIL.upper())):
            with pytest.raises(Suppressed):
                actions.add_contact(actor=gao, customer_id=other.pk, kind=kind, value=value, now=now)
        actions.add_contact(actor=gao, customer_id=other.pk, kind="phone", value="13912345679", now=now)


@pytest.mark.parametrize("row", [f"{CODE},x,,\n", f"N-1,x,+86 {PHONE},\n", f"N-1,x,,{MAIL}\n"])
def test_an_import_leaves_out_who_was_erased(cast: Company, person: Customer, now: Now, row: str) -> None:
    erase(cast, person, now)
    batch = import_text(cast.gao.actor, HEADER + row + "N-2,Han,13700000000,\n", kind="customers")
    assert batch.result["refused"] == 1
    codes = [code for (code,) in query(cast.gao.actor, "SELECT code FROM customers_customer ORDER BY code")]
    assert codes == ["K-2", "K-3", "N-2"]


def test_a_block_is_lifted_with_a_reason(cast: Company, person: Customer, now: Now) -> None:
    gao = cast.gao.actor
    erase(cast, person, now)
    with cast.scope():
        with pytest.raises(Invalid):
            actions.lift_suppression(actor=gao, kind="phone", value=PHONE, reason=" ", now=now)
        with pytest.raises(NotFound):
            actions.lift_suppression(actor=gao, kind="phone", value="13700000000", reason="back", now=now)
        actions.lift_suppression(actor=gao, kind="phone", value=f"+86 {PHONE}", reason="came back", now=now)
        made = actions.create_customer(actor=gao, name="New", now=now)
        actions.add_contact(actor=gao, customer_id=made.pk, kind="phone", value=PHONE, now=now)


def test_what_somebody_else_has_too_is_neither_blocked_nor_blotted_out(cast: Company, now: Now) -> None:
    gao = cast.gao.actor
    with cast.scope():
        one, two = (actions.create_customer(actor=gao, name=NAME, now=now) for _each in range(2))
        for each in (one, two):
            actions.add_contact(actor=gao, customer_id=each.pk, kind="phone", value=PHONE, now=now)
        actions.add_note(actor=gao, customer_id=two.pk, body=f"{NAME} {PHONE} {one.code}", now=now)
    erase(cast, one, now)
    with cast.scope():
        assert Note.objects.get().body == f"{NAME} {PHONE} █"
        found = queries.record_customer(gao, two.pk)
        assert found.name == NAME
        actions.add_contact(actor=gao, customer_id=two.pk, kind="email", value=MAIL, now=now)


def test_only_who_may_and_who_means_it(cast: Company, now: Now) -> None:
    with cast.scope():
        made = actions.create_customer(actor=cast.gao.actor, name=NAME, code=CODE, now=now)
        with pytest.raises(PermissionDenied):
            actions.ask_erasure(actor=cast.ma.actor, customer_id=made.pk, basis="request", code=CODE, now=now)
        with pytest.raises(Invalid) as refused:
            actions.ask_erasure(actor=cast.gao.actor, customer_id=made.pk, basis="request", code="K", now=now)
        assert refused.value.field == "code"
        with pytest.raises(Invalid):
            actions.ask_erasure(actor=cast.gao.actor, customer_id=made.pk, basis="whim", code=CODE, now=now)
        assert Customer.objects.get().name == NAME


def test_another_company_keeps_its_own_file_of_the_same_person(
    cast: Company, person: Customer, now: Now
) -> None:
    other = company(f"other-{uuid.uuid4().hex[:8]}")
    import_text(other.gao.actor, HEADER + ROW, kind="customers")
    erase(cast, person, now)
    with other.scope():
        found = Customer.objects.get()
        assert (found.name, queries.quick_search(other.gao.actor, PHONE)[0]["code"]) == (NAME, CODE)
        with pytest.raises(NotFound):
            actions.ask_erasure(
                actor=other.gao.actor, customer_id=person.pk, basis="request", code=CODE, now=now
            )


def test_whoever_is_in_the_bin_can_be_erased_and_what_is_asked_for_twice_is_done_once(
    cast: Company, now: Now
) -> None:
    gao = cast.gao.actor
    with cast.scope():
        made = actions.create_customer(actor=gao, name=NAME, code=CODE, now=now)
        actions.delete_customer(actor=gao, customer_id=made.pk, now=now)
    first = erase(cast, made, now)
    assert first.done_at
    with cast.scope():
        with pytest.raises(NotFound):
            actions.ask_erasure(actor=gao, customer_id=made.pk, basis="request", code=CODE, now=now)
        again = actions.erase(actor=gao, erasure_id=first.pk, now=now, progress=lambda _message: None)
        assert (again.done_at, again.parts) == (first.done_at, first.parts)


def test_the_words_of_a_person(cast: Company, now: Now) -> None:
    gao = cast.gao.actor
    with cast.scope():
        made = actions.create_customer(actor=gao, name="Ann", code="A-100", now=now)
        actions.add_contact(actor=gao, customer_id=made.pk, kind="email", value="ann@x.cn", now=now)
        actions.add_contact(actor=gao, customer_id=made.pk, kind="phone", value="021 6888 1234", now=now)
        found = who([made.pk])
    assert found.blotted("Annual, joann@x.cn, (ann@x.cn), A-1000, A-100, +862168881234, 02168881234.") == (
        "Annual, joann@x.cn, (█), A-1000, █, █, █."
    )
    assert found.blotted({"a": ["ANN@X.CN", 5, None]}) == {"a": ["█", 5, None]}
