"""Shapes of the API are told apart by their names alone: two of one name would be described as one."""

from collections import defaultdict

from ninja import Schema

from zhiyin.config import urls


def shapes(of: type[Schema]) -> list[type[Schema]]:
    return [each for below in of.__subclasses__() for each in (below, *shapes(below))]


def test_each_shape_has_its_own_name() -> None:
    assert urls.urlpatterns
    named: dict[str, set[str]] = defaultdict(set)
    for each in shapes(Schema):
        if each.__module__.startswith("zhiyin.api.") and "[" not in each.__name__:
            named[each.__name__].add(each.__module__)
    assert len(named) > 100
    assert {name: places for name, places in named.items() if len(places) > 1} == {}
