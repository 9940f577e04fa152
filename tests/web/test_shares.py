"""The tab of access, sharing, and what is shared with me, as people click them."""

import datetime
import uuid

import pytest
from django.urls import reverse

from tests.cast import Company, Person
from zhiyin.customers import actions
from zhiyin.customers.actions import Sharing
from zhiyin.customers.models import Customer, Share

Now = datetime.datetime


@pytest.fixture
def wang(cast: Company, now: Now) -> Customer:
    with cast.scope():
        return actions.create_customer(actor=cast.lin.actor, name="王小明", now=now)


def tab(who: Person, customer: Customer, more: str = "") -> str:
    address = reverse("customers:record", args=[customer.pk])
    return who.client.get(f"{address}?tab=access{more}").content.decode()


def share(cast: Company, customer: Customer, **data: object) -> int:
    address = reverse("customers:share", args=[customer.pk])
    return cast.lin.client.post(address, {"may_write": "no", **data}).status_code


def test_a_share_stands_on_the_record_and_is_ended_and_taken_back(cast: Company, wang: Customer) -> None:
    assert "没有共享给任何人" in tab(cast.lin, wang)
    sent = {"recipient": f"member:{cast.wu.member.pk}", "may_write": "yes", "until": "2999-12-31"}
    assert share(cast, wang, **sent, reason="休假代班") == 302
    page = tab(cast.lin, wang)
    assert "吴桐" in page
    assert "休假代班" in page
    with cast.scope():
        (made,) = Share.objects.all()
    ended = cast.lin.client.post(reverse("customers:end_share", args=[wang.pk, made.pk]), follow=True)
    assert "没有共享给任何人" in ended.content.decode()
    with cast.scope():
        undo_id = uuid.UUID(ended.content.decode().split("/customers/undo/")[1].split("/")[0])
    cast.lin.client.post(reverse("customers:undo", args=[undo_id]))
    assert "休假代班" in tab(cast.lin, wang)


def test_what_is_shared_with_me_is_a_list(cast: Company, wang: Customer) -> None:
    assert "没有人与您共享客户" in cast.wu.client.get(reverse("customers:shared")).content.decode()
    share(cast, wang, recipient=f"unit:{cast.units['华南大区'].pk}")
    page = cast.wu.client.get(reverse("customers:shared")).content.decode()
    assert "王小明" in page
    assert "华南大区" in page


def test_who_reads_by_a_share_is_offered_no_change(cast: Company, wang: Customer) -> None:
    share(cast, wang, recipient=f"member:{cast.wu.member.pk}")
    address = reverse("customers:record", args=[wang.pk])
    page = cast.wu.client.get(address).content.decode()
    assert reverse("customers:edit", args=[wang.pk]) not in page
    assert f"{address}field/" not in page
    assert reverse("customers:share", args=[wang.pk]) not in tab(cast.wu, wang)
    assert (
        cast.wu.client.post(reverse("customers:add_note", args=[wang.pk]), {"body": "x"}).status_code == 403
    )


def test_who_writes_by_a_share_is_offered_changes_and_no_giving_away(cast: Company, wang: Customer) -> None:
    share(cast, wang, recipient=f"member:{cast.wu.member.pk}", may_write="yes")
    address = reverse("customers:record", args=[wang.pk])
    page = cast.wu.client.get(address).content.decode()
    assert f"{address}field/city/" in page
    assert f"{address}field/owner_id/" not in page
    edit = {"name": "王小明", "kind": "person", "status": "potential", "code": wang.code, "city": "杭州"}
    edit["owner_id"] = str(cast.lin.member.pk)
    cast.wu.client.post(reverse("customers:edit", args=[wang.pk]), edit)
    with cast.scope():
        assert Customer.objects.get(pk=wang.pk).city == "杭州"


def test_a_manager_learns_why_somebody_sees_a_customer(cast: Company, wang: Customer) -> None:
    share(cast, wang, recipient=f"member:{cast.wu.member.pk}", until="2999-12-31")
    for who, words in [
        (cast.lin, "负责这位客户"),
        (cast.ma, "上海一组"),
        (cast.gao, "角色可见全部记录"),
        (cast.wu, "由林岚共享"),
        (cast.chen, "没有共享"),
    ]:
        assert words in tab(cast.ma, wang, f"&who={who.member.pk}")
    assert "无法看到" in tab(cast.ma, wang, f"&who={cast.chen.member.pk}")
    assert (
        cast.lin.client.get(
            reverse("customers:record", args=[wang.pk]), {"tab": "access", "who": str(cast.wu.member.pk)}
        ).status_code
        == 200
    )
    assert 'name="who"' not in tab(cast.lin, wang)


def test_many_are_shared_from_the_list(cast: Company, wang: Customer, now: Now) -> None:
    options = cast.lin.client.get(reverse("customers:bulk_options"), {"what": "share"}).content.decode()
    assert "吴桐" in options
    sent = {
        "action": "share",
        "may_write": "no",
        "recipient": f"member:{cast.wu.member.pk}",
        "ids": [str(wang.pk)],
    }
    assert cast.lin.client.post(reverse("customers:bulk"), sent).status_code == 302
    assert cast.lin.client.post(reverse("customers:bulk"), {**sent, "recipient": ""}).status_code == 400
    with cast.scope():
        assert Share.objects.count() == 1
        actions.share_customer(
            actor=cast.lin.actor, customer_id=wang.pk, sharing=Sharing(unit_id=cast.units["总部"].pk), now=now
        )
        assert Share.objects.count() == 2
