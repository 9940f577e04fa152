"""Calls, visits, mails and tasks from files, as other systems export them."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from zhiyin.customers import columns
from zhiyin.customers import importers as customers
from zhiyin.customers.importers.naming import NAMED_BY, find_named
from zhiyin.imports import kinds
from zhiyin.imports.kinds import Check, Field, FieldType, Kind, Outcome
from zhiyin.imports.landing import Landing, key_sql
from zhiyin.imports.messages import Message, gettext_noop, ngettext_lazy
from zhiyin.imports.people import make_people, person
from zhiyin.imports.reading import ROW
from zhiyin.imports.systems import Export, register

if TYPE_CHECKING:
    from zhiyin.imports.workspace import Workspace

_WAYS = (
    ("call", r"call|phone|dial|tele|电话|通话|呼叫|致电"),
    ("mail", r"mail|邮件|邮箱"),
    ("meeting", r"meeting|event|appointment|demo|会议|会面|日程|洽谈"),
    ("visit", r"visit|拜访|上门|到访"),
    ("message", r"sms|message|chat|wechat|whatsapp|linkedin|短信|微信|消息|聊天|企微|qq"),
)
_OPEN = (
    r"not started|in progress|planned|open|to.?do|pending|waiting|deferred|scheduled|未|待|进行|计划|处理中"
)
_CANCELLED = r"cancel|not held|取消|作废"

_UNKNOWN = gettext_noop("There is no such customer within your reach.")
_NOBODY_DOES_IT = gettext_noop("Nobody is known who does this task.")
_STRANGERS = ngettext_lazy(
    "{count} row names somebody who is no member of the company: a task goes to the customer's owner or to you, a follow-up"
    " has no author.",
    "{count} rows name somebody who is no member of the company: tasks go to the customer's owner or to you, follow-ups"
    " have no author.",
)


class Activities(Kind):
    """One call, visit, mail, meeting or task a row; what is open becomes a task, what is done a follow-up."""

    name: ClassVar = "activities"
    label: ClassVar = gettext_noop("Activities")
    permission: ClassVar = "activities.edit"
    refers: ClassVar = True
    fields: ClassVar = (
        Field("customer_code", gettext_noop("Customer code"), FieldType.CODE, (*columns.CODES, "related to id",
            "whatid", "whoid"), length=64),
        Field("customer_name", gettext_noop("Customer name"), synonyms=(*columns.NAMES, "related to",
            "regarding", "parent name", "contact", "contact name", "关联客户", "关联对象"), length=200),
        Field("customer_phone", gettext_noop("Telephone"), FieldType.PHONE, columns.PHONES, length=400),
        Field("customer_email", gettext_noop("E-mail"), FieldType.EMAIL, columns.EMAILS, length=400),
        Field("way", gettext_noop("How"), synonyms=("type", "activity type", "task subtype", "event type",
            "engagement type", "channel", "类型", "跟进方式", "跟进类型", "活动类型"), length=100),
        Field("happened_at", gettext_noop("Date"), FieldType.DATE, ("date", "activity date", "start date",
            "date start", "created", "created at", "created date", "completed at", "done on", "time", "日期",
            "时间", "跟进时间", "跟进日期", "创建时间", "完成时间", "开始时间")),
        Field("subject", gettext_noop("Subject"), synonyms=("subject", "title", "summary", "topic", "task name",
            "主题", "标题", "任务名称"), length=300),
        Field("body", gettext_noop("What was said"), synonyms=("description", "comments", "comment", "note",
            "notes", "body", "content", "text", "full comments", "内容", "跟进内容", "跟进记录", "描述", "备注"),
            length=10_000),
        Field("outcome", gettext_noop("Outcome"), synonyms=("outcome", "result", "call result",
            "call disposition", "结果", "跟进结果"), length=300),
        Field("state", gettext_noop("State"), synonyms=("status", "state", "task status", "状态", "任务状态"),
            length=50),
        Field("due_on", gettext_noop("Due"), FieldType.DATE, ("due date", "due", "due on", "deadline",
            "date due", "date end", "截止日期", "到期日", "下次跟进时间", "计划时间")),
        Field("member", gettext_noop("Colleague"), synonyms=("assigned to", "assignee", "owner", "owner name",
            "assigned user", "user", "created by", "负责人", "跟进人", "创建人", "执行人"), length=200),
    )  # fmt: skip
    one_of: ClassVar = (NAMED_BY, ("subject", "body"))

    def checks(self, work: Workspace) -> list[Check]:
        now = work.frame.now.isoformat(" ", "seconds")
        return [
            Check("subject IS NULL AND body IS NULL", Message(gettext_noop("The row says nothing."))),
            Check(
                " AND ".join(f"{name} IS NULL" for name in NAMED_BY),
                Message(gettext_noop("The row names no customer: no code, telephone, e-mail or name.")),
            ),
            Check(
                f"happened_at > TIMESTAMP '{now[:19]}' + INTERVAL 1 DAY AND NOT {_is_open()}",
                Message(gettext_noop("It is done, and its date lies in the future.")),
            ),
            Check("year(happened_at) < 1900", Message(gettext_noop("The date lies before 1900."))),
        ]

    def refuse_beyond(self, work: Workspace, landing: Landing) -> None:
        make_people(work, landing.actor)
        find_named(work, landing)
        work.refuse(Message(_UNKNOWN), f"SELECT {ROW} FROM naming JOIN found USING (nno) WHERE number = 0")
        if landing.actor.member_id is None:
            nobody = f"{_is_open()} AND p.id IS NULL AND f.owner IS NULL"
            work.refuse(Message(_NOBODY_DOES_IT), f"SELECT {ROW} FROM {_joined()} WHERE {nobody}")

    def prepare(self, work: Workspace) -> Outcome:
        work.con.execute(
            f"CREATE TABLE activities AS SELECT (row_number() OVER (ORDER BY t.{ROW}))::INTEGER AS ano, f.customer,"
            f" CASE WHEN NOT {_is_open()} THEN 'follow_up' ELSE 'task' END AS made, {_way()} AS way,"
            " happened_at, coalesce(subject, '') AS subject, coalesce(body, '') AS body,"
            " coalesce(outcome, '') AS outcome, due_on::DATE AS due_on, p.id AS member, f.owner"
            f" FROM {_joined()}"
        )
        counts = dict(work.con.execute("SELECT made, count(*) FROM activities GROUP BY 1").fetchall())
        outcome = Outcome({"follow_ups": counts.get("follow_up", 0), "tasks": counts.get("task", 0)})
        strangers = work.one(f"SELECT count(*) FROM {_joined()} WHERE t.member IS NOT NULL AND p.id IS NULL")
        if strangers:
            outcome.messages.append(_STRANGERS(strangers))
        return outcome

    def compare(self, work: Workspace, landing: Landing) -> dict[str, int]:
        _land(work, landing)
        return {
            "follow_ups_new": landing.one(f"SELECT count(*) {_NEW_FOLLOW_UPS}"),
            "tasks_new": landing.one(f"SELECT count(*) {_NEW_TASKS}"),
        }

    def apply(self, work: Workspace, landing: Landing) -> dict[str, int]:
        _land(work, landing)
        landing.run(
            "SELECT FROM customers_customer WHERE id IN (SELECT customer FROM landed_activities) ORDER BY id"
            " FOR KEY SHARE"
        )
        return {"follow_ups_created": _write_follow_ups(landing), "tasks_created": _write_tasks(landing)}

    def undo(self, landing: Landing) -> dict[str, int]:
        """Take back the follow-ups, and the tasks that nobody finished since."""
        mine = "tenant_id = %(tenant)s AND import_id = %(import)s"
        customers.forget_timeline(landing, f"SELECT id FROM activities_followup WHERE {mine}")
        follow_ups = landing.run(f"DELETE FROM activities_followup WHERE {mine}")
        gone = landing.run(f"DELETE FROM activities_task WHERE {mine} AND closed_at IS NULL")
        kept = landing.one(f"SELECT count(*) FROM activities_task WHERE {mine}")
        return {"follow_ups_deleted": follow_ups, "tasks_deleted": gone, "tasks_kept": kept}


# --- in the workspace ----------------------------------------------------------------------------


def _is_open() -> str:
    """Whether a row is still to be done."""
    state = "lower(coalesce(state, ''))"
    return (
        f"(regexp_matches({state}, '{_OPEN}') OR (state IS NULL AND due_on IS NOT NULL AND happened_at IS NULL))"
        f" AND NOT regexp_matches({state}, '{_CANCELLED}')"
    )


def _way() -> str:
    tests = " ".join(f"WHEN regexp_matches(lower(way), '{words}') THEN '{way}'" for way, words in _WAYS)
    return f"CASE {tests} ELSE 'other' END"


def _joined() -> str:
    return (
        f"typed t JOIN naming USING ({ROW}) JOIN found f USING (nno)"
        f" LEFT JOIN people p ON p.key = {person('t.member')}"
    )


# --- into the database ---------------------------------------------------------------------------

_COLUMNS = (
    "ano int, customer uuid, made text, way text, happened_at timestamp, subject text, body text, outcome text,"
    " due_on date, member uuid, owner uuid"
)
_AT = "coalesce(l.happened_at AT TIME ZONE %(zone)s, %(now)s)"
_SAID = "left(concat_ws(E'\\n', nullif(l.subject, ''), nullif(l.body, '')), 10000)"
_TITLE = "left(coalesce(nullif(l.subject, ''), l.body), 200)"
_NEW_FOLLOW_UPS = (
    "FROM landed_activities l JOIN customers_customer c ON c.id = l.customer WHERE l.made = 'follow_up'"
    " AND NOT EXISTS (SELECT FROM activities_followup f WHERE f.customer_id = l.customer"
    f" AND (l.happened_at IS NULL OR f.created_at = {_AT}) AND f.body = {_SAID})"
)
_NEW_TASKS = (
    "FROM landed_activities l JOIN customers_customer c ON c.id = l.customer WHERE l.made = 'task'"
    " AND NOT EXISTS (SELECT FROM activities_task k WHERE k.customer_id = l.customer"
    f" AND k.title = {_TITLE} AND k.due_on IS NOT DISTINCT FROM l.due_on)"
)


def _land(work: Workspace, landing: Landing) -> None:
    landing.copy(
        work.con,
        "SELECT ano, customer, made, way, happened_at, subject, body, outcome, due_on, member, owner"
        " FROM activities ORDER BY ano",
        "landed_activities",
        _COLUMNS,
    )


def _write_follow_ups(landing: Landing) -> int:
    written = landing.run(
        "INSERT INTO activities_followup (id, tenant_id, customer_id, author_id, kind, body, outcome, created_at,"
        f" import_id) SELECT {key_sql(landing.keys(), 'l.ano')}, %(tenant)s, l.customer, l.member, l.way,"
        f" {_SAID}, l.outcome, {_AT}, %(import)s {_NEW_FOLLOW_UPS} ORDER BY l.ano"
    )
    customers.write_timeline(
        landing,
        "SELECT f.created_at, f.customer_id, 'follow_up', f.id, jsonb_strip_nulls(jsonb_build_object('kind',"
        " f.kind, 'body', left(f.body, 500), 'outcome', f.outcome, 'author', m.name))"
        " FROM activities_followup f LEFT JOIN accounts_member m ON m.id = f.author_id"
        " WHERE f.tenant_id = %(tenant)s AND f.import_id = %(import)s ORDER BY f.id",
    )
    return written


def _write_tasks(landing: Landing) -> int:
    """The subject is the title; what does not fit into it stands in the details."""
    return landing.run(
        "INSERT INTO activities_task (id, tenant_id, title, details, customer_id, author_id, assignee_id, due_on,"
        f" priority, state, created_at, import_id) SELECT {key_sql(landing.keys(), 'l.ano')}, %(tenant)s, {_TITLE},"
        f" CASE WHEN l.subject = '' AND length(l.body) <= 200 THEN ''"
        " WHEN length(l.subject) > 200 THEN left(concat_ws(E'\\n', l.subject, nullif(l.body, '')), 10000)"
        " ELSE l.body END,"
        " l.customer, %(member)s, coalesce(l.member, l.owner, %(member)s), l.due_on, 2, 'open', %(now)s,"
        f" %(import)s {_NEW_TASKS} ORDER BY l.ano"
    )


def _activities(system: str, part: str, marks: tuple[str, ...], columns: dict[str, str]) -> Export:
    return Export(system, part, "activities", columns, marks)


# how other systems name it, by their own documentation (see ``customers.importers.systems``)
SYSTEMS = (
    _activities("Salesforce", "tasks", ("WhoId", "WhatId", "Subject", "ActivityDate"), {
        "customer_code": "WhoId", "subject": "Subject", "body": "Description", "state": "Status",
        "due_on": "ActivityDate", "happened_at": "CompletedDateTime", "way": "TaskSubtype", "member": "Owner.Name",
    }),
    _activities("Salesforce", "events", ("WhoId", "WhatId", "Subject", "StartDateTime"), {
        "customer_code": "WhoId", "subject": "Subject", "body": "Description", "happened_at": "StartDateTime",
        "way": "EventSubtype", "member": "Owner.Name",
    }),
    _activities("HubSpot", "activities", ("Activity type", "Activity date", "Activity assigned to"), {
        "customer_email": "Email", "customer_name": "Associated Contact", "way": "Activity type",
        "happened_at": "Activity date", "subject": "Title", "body": "Notes", "outcome": "Outcome",
        "state": "Status", "due_on": "Due date", "member": "Activity assigned to",
    }),
    _activities("Odoo", "activities", ("res_name", "activity_type_id", "date_deadline"), {
        "customer_name": "res_name", "way": "activity_type_id", "subject": "summary", "body": "note",
        "due_on": "date_deadline", "happened_at": "date_done", "member": "user_id", "state": "state",
    }),
    _activities("EspoCRM", "tasks and calls", ("name", "status", "parentName", "parentType"), {
        "customer_name": "parentName", "subject": "name", "body": "description", "state": "status",
        "happened_at": "dateStart", "due_on": "dateEnd", "way": "scope", "member": "assignedUserName",
    }),
    _activities("SuiteCRM", "tasks and calls", ("name", "status", "parent_type", "parent_name"), {
        "customer_name": "parent_name", "subject": "name", "body": "description", "state": "status",
        "happened_at": "date_start", "due_on": "date_due", "member": "assigned_user_name",
    }),
    _activities("Twenty", "tasks", ("Title", "Status", "Due At", "Assignee"), {
        "customer_name": "Relations", "subject": "Title", "body": "Body / Markdown", "state": "Status",
        "due_on": "Due At", "member": "Assignee",
    }),
    _activities("悟空 CRM", "跟进记录", ("跟进内容", "跟进方式", "所属客户"), {
        "customer_name": "所属客户", "body": "跟进内容", "way": "跟进方式", "happened_at": "跟进时间",
        "member": "跟进人",
    }),
    _activities("纷享销客", "销售记录", ("销售记录内容", "销售记录类型", "关联业务对象"), {
        "customer_name": "关联业务对象", "body": "销售记录内容", "way": "销售记录类型", "happened_at": "创建时间",
        "member": "创建人",
    }),
)  # fmt: skip
kinds.register(Activities())
register(*SYSTEMS)
