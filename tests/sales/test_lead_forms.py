"""Forms on the web: filled in by strangers, guarded without puzzles, one lead for who writes twice."""

import datetime

import pytest
from django.test import Client

from tests.cast import Company
from zhiyin.customers import suppression
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Conflict, Invalid, PermissionDenied
from zhiyin.platform.models import AuditEntry
from zhiyin.sales import access, actions, queries
from zhiyin.sales.actions import FormRules, LeadFormTaken
from zhiyin.sales.models import Lead, LeadForm
from zhiyin.web.sales.public_form import stamp

Now = datetime.datetime
PHONE = "138 0013 8000"
RULES = FormRules(
    "官网",
    "联系 <b>",
    consent="同意联系我",
    fields=("phone", "email", "details"),
    source="官网",
    campaign="春季",
)


def made(company: Company, now: Now, rules: FormRules = RULES) -> LeadForm:
    return actions.create_lead_form(actor=company.ma.actor, rules=rules, now=now)


def sent(form: LeadForm, now: Now, agreed: bool = True, **values: str) -> Lead | None:
    stranger = Actor.system(form.tenant_id, form.name)
    given = {"name": "周敏", "phone": PHONE, **values}
    return actions.receive_lead(actor=stranger, form_id=form.pk, values=given, agreed=agreed, now=now)


def test_what_is_sent_is_a_lead_with_its_source_and_consent(inside: Company, now: Now) -> None:
    form = made(inside, now, FormRules(**{**vars_of(RULES), "owner_id": inside.lin.member.pk}))
    lead = sent(form, now, details="十台泵", city="not asked for")
    assert lead
    assert (lead.origin, lead.source, lead.campaign, lead.consent, lead.city) == (
        "web", "官网", "春季", "同意联系我", "",
    )  # fmt: skip
    assert access.lead(inside.lin.actor, lead.pk).owner_id == inside.lin.member.pk
    assert access.lead_form(form.pk).came == 1
    assert queries.lead_row(inside.lin.actor, lead.pk)["consent"] == "同意联系我"


def vars_of(rules: FormRules) -> dict[str, object]:
    return {name: getattr(rules, name) for name in FormRules.__slots__}


def test_who_writes_twice_is_one_lead(inside: Company, now: Now) -> None:
    form = made(inside, now)
    first, again = sent(form, now, details="泵"), sent(form, now, details="阀", email="zhou@x.cn")
    assert first
    assert again
    assert first.pk == again.pk
    assert (again.details, again.email, again.version) == ("泵\n\n阀", "zhou@x.cn", 2)
    other = sent(form, now, phone="13900139000")
    assert other
    actions.set_lead_state(actor=inside.gao.actor, lead_id=other.pk, state="unfit", reason="无需求", now=now)
    sent(form, now, phone="13900139000")
    assert Lead.objects.count() == 3


def test_what_is_missing_is_named(inside: Company, now: Now) -> None:
    form = made(inside, now)
    for field, values in {
        "agreed": {"agreed": False},
        "phone": {"phone": " "},
        "name": {"name": " "},
    }.items():
        with pytest.raises(Invalid) as refused:
            sent(form, now, **values)  # type: ignore[arg-type]
        assert refused.value.field == field
    assert not Lead.objects.exists()


def test_nothing_is_kept_of_who_was_erased(
    inside: Company, now: Now, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = made(inside, now)
    monkeypatch.setattr(suppression.crypto, "suppressed", lambda known: dict.fromkeys(known, now))
    assert sent(form, now) is None
    assert not Lead.objects.exists()
    assert (access.lead_form(form.pk).came, access.lead_form(form.pk).refused) == (0, 1)


def test_setting_up_says_what_is_wrong(inside: Company, now: Now) -> None:
    form = made(inside, now)
    with pytest.raises(LeadFormTaken):
        made(inside, now)
    for field, rules in {
        "fields": FormRules("a", "b", fields=("city",)),
        "title": FormRules("a", " "),
        "owner_id": FormRules("a", "b", owner_id=inside.wu.member.pk),
    }.items():
        with pytest.raises(Invalid) as refused:
            made(inside, now, rules)
        assert refused.value.field == field
    with pytest.raises(PermissionDenied):
        actions.create_lead_form(actor=inside.lin.actor, rules=RULES, now=now)
    change = {"actor": inside.ma.actor, "form_id": form.pk, "version": 1, "now": now}
    actions.change_lead_form(rules=FormRules("新", "b"), **change)  # type: ignore[arg-type]
    with pytest.raises(Conflict):
        actions.change_lead_form(rules=FormRules("旧", "b"), **change)  # type: ignore[arg-type]
    assert AuditEntry.objects.filter(subject_id=form.pk).count() == 2


def test_a_stranger_fills_it_in(cast: Company, now: Now) -> None:
    with cast.scope():
        form = made(cast, now)
    page, stranger = f"/f/{form.key}/", Client(enforce_csrf_checks=True)
    shown = stranger.get(page)
    assert "联系 &lt;b&gt;" in shown.text
    assert "frame-ancestors *" in shown.headers["Content-Security-Policy"]
    assert "X-Frame-Options" not in shown.headers
    assert not shown.cookies
    answer = {
        "name": "周敏",
        "phone": PHONE,
        "agreed": "on",
        "stamp": stamp(form, now - datetime.timedelta(minutes=1)),
    }
    plain = stranger.post(page, {name: value for name, value in answer.items() if name != "stamp"})
    assert (plain.status_code, PHONE in plain.text) == (422, True)
    assert (
        stranger.post(page, answer | {"stamp": stamp(form, now + datetime.timedelta(seconds=9))}).status_code
        == 422
    )
    assert stranger.post(page, answer | {"website": "http://x"}).status_code == 422
    assert stranger.post(page, answer | {"phone": "12"}).status_code == 422
    thanks = stranger.post(page, answer)
    assert (thanks.status_code, "谢谢" in thanks.text) == (200, True)
    with cast.scope():
        assert Lead.objects.get().phone == PHONE
        actions.set_lead_form_archived(actor=cast.ma.actor, form_id=form.pk, archived=True, now=now)
    assert stranger.post(page, answer).status_code == 404
    assert stranger.get("/f/nothing/").status_code == 404


def test_a_network_sends_so_many_an_hour(cast: Company, now: Now) -> None:
    with cast.scope():
        form = made(cast, now)
    answer = {"name": "周敏", "agreed": "on", "stamp": stamp(form, now - datetime.timedelta(minutes=1))}
    stranger = Client()
    codes = [
        stranger.post(f"/f/{form.key}/", answer | {"phone": f"139001390{each:02}"}).status_code
        for each in range(21)
    ]
    assert codes == [200] * 20 + [429]
    with cast.scope():
        assert Lead.objects.count() == 20
    elsewhere = stranger.post(f"/f/{form.key}/", answer | {"phone": PHONE}, REMOTE_ADDR="198.51.100.7")
    assert elsewhere.status_code == 200


def test_the_pages_of_forms(cast: Company) -> None:
    ma = cast.ma.client
    page = ma.post(
        "/settings/lead-forms/", {"name": "官网", "title": '问"', "fields_asked": ["phone", "city"]}
    ).headers["Location"]
    shown = ma.get(page).text
    assert "&lt;iframe src=&quot;http://testserver/f/zyf_" in shown
    assert ma.post(page, {"name": "官网", "title": "x", "fields_asked": ["city"]}).status_code == 422
    assert (
        ma.post(page, {"name": "官网", "title": "x", "fields_asked": ["email"], "version": "1"}).status_code
        == 302
    )
    assert "官网" in ma.get("/settings/lead-forms/").text
