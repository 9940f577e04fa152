"""Colleagues from files: who works where and under whom, as a list of teams has it."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, ClassVar

from django.utils import translation

from zhiyin.accounts.actions.members import deactivate_member, invite_member, set_member_email
from zhiyin.accounts.actions.units import create_unit
from zhiyin.accounts.defaults import ROLES
from zhiyin.accounts.models import Member, Role, Tenant, Unit
from zhiyin.imports import kinds
from zhiyin.imports.kinds import Check, Field, FieldType, Kind, Outcome
from zhiyin.imports.messages import Message, gettext_noop, ngettext_lazy
from zhiyin.imports.reading import ROW

if TYPE_CHECKING:
    from zhiyin.imports.landing import Landing
    from zhiyin.imports.workspace import Workspace
    from zhiyin.platform.actors import Actor

_NO_NAME = gettext_noop("The row names nobody.")
_NOT_MAIL = gettext_noop("This is not an e-mail address.")
_NO_ROLE = gettext_noop("There is no role “{role}”.")
_ADDRESSLESS = ngettext_lazy(
    "{count} colleague has no e-mail address and cannot sign in before a file gives one.",
    "{count} colleagues have no e-mail address and cannot sign in before a file gives them one.",
)
# the roles of who has people under them and who has none, as every company begins with them
_LEADS, _WORKS = "Sales manager", "Sales person"


class Members(Kind):
    """One colleague a row, with unit and manager; a manager's people are a unit of their own, called after him."""

    name: ClassVar = "members"
    label: ClassVar = gettext_noop("Colleagues")
    permission: ClassVar = "accounts.manage"
    refers: ClassVar = True
    fields: ClassVar = (
        Field("member_name", gettext_noop("Name"), synonyms=("name", "member", "employee", "employee name",
            "sales agent", "salesperson", "sales rep", "colleague", "user name", "full name", "姓名", "员工",
            "员工姓名", "销售人员", "业务员"), required=True, length=100),
        Field("member_email", gettext_noop("E-mail"), FieldType.EMAIL, ("email", "e-mail", "mail", "work email", "邮箱",
            "电子邮箱", "工作邮箱"), length=254),
        Field("unit", gettext_noop("Unit"), synonyms=("unit", "department", "team", "office", "regional office",
            "branch", "region", "部门", "所属部门", "团队", "分公司", "大区"), length=200),
        Field("manager", gettext_noop("Manager"), synonyms=("manager", "supervisor", "reports to", "team leader",
            "上级", "直属上级", "经理", "主管"), length=100, by_name=True),
        Field("role", gettext_noop("Role"), synonyms=("role", "user role", "角色"), length=100, by_name=True),
    )  # fmt: skip

    def checks(self, work: Workspace) -> list[Check]:  # noqa: ARG002
        return [
            Check("member_name IS NULL", Message(_NO_NAME)),
            Check("member_email NOT LIKE '%_@_%._%'", Message(_NOT_MAIL)),
        ]

    def refuse_beyond(self, work: Workspace, landing: Landing) -> None:
        known = _roles(landing.actor)
        for (role,) in work.con.execute("SELECT DISTINCT role FROM typed WHERE role IS NOT NULL").fetchall():
            if role.casefold() not in known:
                quoted = role.replace("'", "''")
                work.refuse(
                    Message(_NO_ROLE, {"role": role}), f"SELECT {ROW} FROM typed WHERE role = '{quoted}'"
                )

    def prepare(self, work: Workspace) -> Outcome:
        """Make ``team``: each colleague once, those who are only named as managers too."""
        work.con.execute(
            "CREATE TABLE rows_of AS SELECT member_name AS name, member_email AS email, unit, manager, role,"
            f" {ROW} AS place, member_name IN (SELECT manager FROM typed) AS leads FROM typed"
            " UNION ALL SELECT manager, NULL, unit, NULL, NULL, place, true FROM"
            f" (SELECT manager, unit, {ROW} AS place FROM typed WHERE manager IS NOT NULL"
            " AND manager NOT IN (SELECT member_name FROM typed))"
        )
        work.con.execute(
            "CREATE TABLE team AS SELECT * FROM rows_of QUALIFY"
            " row_number() OVER (PARTITION BY coalesce(lower(email), name) ORDER BY place) = 1"
        )
        outcome = Outcome({"members": work.one("SELECT count(*) FROM team")})
        if nameless := work.one("SELECT count(*) FROM team WHERE email IS NULL"):
            outcome.messages.append(_ADDRESSLESS(nameless))
        return outcome

    def compare(self, work: Workspace, landing: Landing) -> dict[str, int]:  # noqa: ARG002
        there = _There()
        known = sum(there.find(row["name"], row["email"]) is not None for row in _team(work))
        return {"members_new": work.one("SELECT count(*) FROM team") - known, "members_known": known}

    def apply(self, work: Workspace, landing: Landing) -> dict[str, int]:
        there, units, roles = _There(), _Units(landing), _roles(landing.actor)
        counts = {"members_created": 0, "members_changed": 0}
        for row in _team(work):
            found = there.find(row["name"], row["email"])
            if found is None:
                made = invite_member(
                    actor=landing.actor,
                    email=row["email"],
                    name=row["name"],
                    unit_id=units.of(row),
                    role_id=roles[(row["role"] or (_LEADS if row["leads"] else _WORKS)).casefold()],
                    now=landing.now,
                )
                there.add(made)
                landing.journal(f"SELECT 'member', '{made.pk}'::uuid, '{{}}'::jsonb, '{{}}'::jsonb")
                counts["members_created"] += 1
            elif row["email"] and not found.user.has_address:
                set_member_email(actor=landing.actor, member_id=found.pk, email=row["email"], now=landing.now)
                counts["members_changed"] += 1
        return counts

    def undo(self, landing: Landing) -> dict[str, int]:
        """Shut out whom the import made members; what they have stays theirs."""
        made = landing.rows(
            "SELECT subject_id FROM imports_importchange WHERE batch_id = %(import)s AND subject_kind = 'member'"
        )
        for (key,) in made:
            deactivate_member(actor=landing.actor, member_id=key, now=landing.now)
        return {"members_deactivated": len(made)}


def _team(work: Workspace) -> list[dict[str, Any]]:
    """Who leads comes first, so that the unit that is called after him is there."""
    cursor = work.con.execute(
        "SELECT name, email, unit, manager, role, leads FROM team ORDER BY NOT leads, place"
    )
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _roles(actor: Actor) -> dict[str, uuid.UUID]:
    """Roles by their names; those of the first hour also by what they are called in English."""
    found = {role.name.casefold(): role.pk for role in Role.objects.all()}
    language = Tenant.objects.values_list("language", flat=True).get(pk=actor.tenant_id)
    for role in ROLES:
        with translation.override(language):
            here = str(role.name).casefold()
        with translation.override("en"):
            english = str(role.name).casefold()
        if here in found:
            found.setdefault(english, found[here])
    return found


class _There:
    """The company's people as they are while a file is gone through."""

    def __init__(self) -> None:
        self.by_email: dict[str, Member] = {}
        self.by_name: dict[str, list[Member]] = {}
        for each in Member.objects.select_related("user"):
            self.add(each)

    def add(self, member: Member) -> None:
        self.by_email[member.user.email.casefold()] = member
        self.by_name.setdefault(_key(member.name), []).append(member)

    def find(self, name: str, email: str | None) -> Member | None:
        """By the address, else by a name that only one has, who then has no other address."""
        if email and (found := self.by_email.get(email.casefold())):
            return found
        same = self.by_name.get(_key(name), [])
        return same[0] if len(same) == 1 and not (email and same[0].user.has_address) else None


class _Units:
    """Units by what rows say, made where they are not there."""

    def __init__(self, landing: Landing) -> None:
        self.landing = landing
        self.there = {(each.parent_id, _key(each.name)): each.pk for each in Unit.objects.all()}
        self.root = next(key for (parent, _name), key in self.there.items() if parent is None)

    def of(self, row: dict[str, Any]) -> uuid.UUID:
        above = self._below(self.root, row["unit"]) if row["unit"] else self.root
        leader = row["name"] if row["leads"] else row["manager"]
        return self._below(above, leader) if leader else above

    def _below(self, parent: uuid.UUID, name: str) -> uuid.UUID:
        key = parent, _key(name)
        if key not in self.there:
            made = create_unit(actor=self.landing.actor, name=name, parent_id=parent, now=self.landing.now)
            self.there[key] = made.pk
        return self.there[key]


def _key(text: str) -> str:
    return " ".join(text.casefold().split())


kinds.register(Members())
