"""Units: where they hang, what they are called, and when they go."""

import pytest

from tests.accounts.managing import NOW, trace
from tests.cast import Company
from zhiyin.accounts.actions import units
from zhiyin.accounts.errors import NameTaken, UnitInUse, WouldBeCircular
from zhiyin.accounts.models import Unit
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Conflict, DomainError, Invalid


def test_a_moved_unit_takes_what_is_below_with_it(cast: Company, gao: Actor) -> None:
    east, south, shanghai = (cast.units[name] for name in ("华东大区", "华南大区", "上海一组"))
    with cast.scope():
        units.move_unit(actor=gao, unit_id=east.id, parent_id=south.id, now=NOW)
        assert Unit.objects.get(pk=shanghai.id).path == [
            cast.units["总部"].id,
            south.id,
            east.id,
            shanghai.id,
        ]
    assert shanghai.id in cast.ma.actor.unit_ids
    assert trace(cast) == ["unit_moved"]


@pytest.mark.parametrize("below", ["华东大区", "上海一组"])
def test_a_unit_cannot_hang_below_itself(cast: Company, gao: Actor, below: str) -> None:
    with cast.scope(), pytest.raises(WouldBeCircular):
        units.move_unit(actor=gao, unit_id=cast.units["华东大区"].id, parent_id=cast.units[below].id, now=NOW)


def test_the_topmost_unit_stays(cast: Company, gao: Actor) -> None:
    root = cast.units["总部"].id
    with cast.scope():
        with pytest.raises(DomainError):
            units.move_unit(actor=gao, unit_id=root, parent_id=cast.units["华东大区"].id, now=NOW)
        with pytest.raises(Invalid):
            units.delete_unit(actor=gao, unit_id=root, now=NOW)


def test_only_empty_units_are_deleted(cast: Company, gao: Actor) -> None:
    with cast.scope():
        with pytest.raises(UnitInUse):
            units.delete_unit(actor=gao, unit_id=cast.units["上海一组"].id, now=NOW)
        with pytest.raises(UnitInUse):
            units.delete_unit(actor=gao, unit_id=cast.units["华东大区"].id, now=NOW)
        made = units.create_unit(actor=gao, name="临时", parent_id=cast.units["总部"].id, now=NOW)
        units.delete_unit(actor=gao, unit_id=made.id, now=NOW)
        assert not Unit.objects.filter(pk=made.id).exists()
    assert trace(cast) == ["unit_created", "unit_deleted"]


def test_a_unit_with_customers_is_not_deleted(cast: Company, gao: Actor) -> None:
    from zhiyin.customers.models import Customer

    with cast.scope():
        made = units.create_unit(actor=gao, name="临时", parent_id=cast.units["总部"].id, now=NOW)
        Customer.objects.create(code="1", code_key="1", name="甲", name_key="jia", unit_id=made.id)
        with pytest.raises(UnitInUse):
            units.delete_unit(actor=gao, unit_id=made.id, now=NOW)


def test_neighbours_have_different_names_and_cousins_need_not(cast: Company, gao: Actor) -> None:
    with cast.scope():
        with pytest.raises(NameTaken):
            units.create_unit(actor=gao, name=" 华东大区 ", parent_id=cast.units["总部"].id, now=NOW)
        units.create_unit(actor=gao, name="华东大区", parent_id=cast.units["华南大区"].id, now=NOW)


def test_two_rename_a_unit_at_once(cast: Company, gao: Actor) -> None:
    unit = cast.units["华南大区"].id
    with cast.scope():
        units.rename_unit(actor=gao, unit_id=unit, name="南", version=1, now=NOW)
        with pytest.raises(Conflict):
            units.rename_unit(actor=gao, unit_id=unit, name="南方", version=1, now=NOW)
