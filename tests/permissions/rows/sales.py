"""Who may do what with opportunities. That of the rows is 林岚's."""

from collections.abc import Callable, Mapping
from typing import Any

from django.utils import timezone

from tests.cast import Company
from tests.permissions.table import Row
from zhiyin.customers.actions import save_view
from zhiyin.sales import actions
from zhiyin.sales.models import Competitor, Stage, Target

Given = Mapping[str, Any]
# columns: anonymous, lin, chen, ma, wu, an, xu, gao, other gao
ALL = "302 200*8"
SEEN = "302 200 404 200 404 404 200 200 404"
CHANGED = "302 302 404 302 404 403 403 302 404"
API_SEEN = "401 200 404 200 404 404 200 200 404"
API_CHANGED = "401 200 404 200 404 403 403 200 404"


def opportunity(company: Company) -> Given:
    made = actions.create_opportunity(actor=company.lin.actor, name="年度采购", amount=5, now=timezone.now())
    return {"opportunity_id": made.pk}


def lane(company: Company) -> Given:
    opportunity(company)
    return {}


def removed(company: Company) -> Given:
    given = opportunity(company)
    actions.remove_opportunity(actor=company.lin.actor, now=timezone.now(), **given)
    return given


def view(company: Company) -> Given:
    kept = save_view(actor=company.lin.actor, page="opportunities", name="mine", query="", now=timezone.now())
    return {"view_id": kept.pk}


def to_stage(name: str, position: int) -> Callable[[Company, Given], Given]:
    def given(_company: Company, _given: Given) -> Given:
        return {name: str(Stage.objects.get(position=position).pk)}

    return given


def pipeline(company: Company) -> Given:
    return {"pipeline_id": actions.default_pipeline(actor=company.lin.actor, now=timezone.now()).pk}


def same_stages(_company: Company, given: Given) -> Given:
    names = ("id", "name", "kind")
    stages = Stage.objects.filter(pipeline=given["pipeline_id"]).order_by("position")
    return {"stages": [{name: str(getattr(each, name)) for name in names} for each in stages]}


def same_form(company: Company, given: Given) -> Given:
    stages = same_stages(company, given)["stages"]
    lines = {f"s-{place}-{name}": value for place, each in enumerate(stages) for name, value in each.items()}
    return {"s-TOTAL_FORMS": str(len(stages)), "s-INITIAL_FORMS": str(len(stages)), **lines}


def target(company: Company) -> Given:
    """Of 林岚, whom 马超 leads."""
    values = {"kind": "quarter", "starts_on": "2026-10-01", "member": company.lin.member, "value": 5}
    return {"target_id": Target.objects.create(**values).pk}


def with_products(company: Company) -> Given:
    return {**opportunity(company), "part": "products"}


def competitor(company: Company) -> Given:
    del company
    return {"competitor_id": Competitor.objects.create(name="宏远", name_key="宏远").pk}


def own_goal(company: Company, _given: Given) -> Given:
    return {f"v-m-{company.lin.member.pk}": "100", f"s-m-{company.lin.member.pk}": ""}


# who leads sales people: 马超, and the administrators
LEADS = "302 403 403 200 403 403 403 200 200"
LED = "302 403 403 302 403 403 403 302 302"

ROWS = [
    Row("GET", "sales:pipelines", LEADS),
    Row("POST", "sales:pipelines", LED, data={"name": "渠道"}),
    Row("POST", "sales:close_reasons", LED, data={"kind": "won", "names": "价格"}),
    Row("GET", "sales:pipeline", "302 403 403 200 403 403 403 200 404", given=pipeline),
    Row("POST", "sales:pipeline", "302 403 403 302 403 403 403 302 404", given=pipeline, data=same_form),
    Row("GET", "api:list_pipelines", "401 200*8"),
    Row("GET", "sales:funnel", ALL, given=lane),
    Row("GET", "sales:forecast", ALL),
    Row("POST", "sales:take_forecast", "302 403 403 403 403 403 403 302 302"),
    Row("GET", "api:read_forecast", "401 200*8"),
    Row("GET", "api:list_forecast_outcomes", "401 200*8"),
    Row("POST", "api:take_forecast", "401 403 403 403 403 403 403 202 202"),
    Row("GET", "sales:opportunity_contents", "302 200 404 200 404 403 403 200 404", given=with_products),
    Row("POST", "sales:opportunity_contents", CHANGED, given=with_products, data={"form-TOTAL_FORMS": "0", "form-INITIAL_FORMS": "0"}),
    Row("GET", "sales:competitors", LEADS),
    Row("GET", "sales:competitor", "302 403 403 200 403 403 403 200 404", given=competitor),
    Row("POST", "sales:competitor", "302 403 403 302 403 403 403 302 404", given=competitor, data={"strengths": "x"}),
    Row("GET", "api:read_contents", API_SEEN, given=opportunity),
    Row("PUT", "api:set_lines", API_CHANGED, given=opportunity, data={"lines": []}),
    Row("PUT", "api:set_people", API_CHANGED, given=opportunity, data={"people": []}),
    Row("PUT", "api:set_competitors", API_CHANGED, given=opportunity, data={"competitors": []}),
    Row("GET", "api:list_competitors", "401 200*8"),
    Row("PUT", "api:update_competitor", "401 403 403 200 403 403 403 200 404", given=competitor, data={"strengths": "x"}),
    Row("GET", "sales:targets", ALL),
    Row("GET", "sales:edit_targets", LEADS),
    Row("POST", "sales:edit_targets", "302 403 403 302 403 403 403 302 422", data=own_goal),
    Row("POST", "sales:copy_targets", LED, query="period=2026-Q4", data={"since": "2026-Q3"}),
    Row("POST", "sales:remove_target", "302 403 403 302 403 403 403 302 404", given=target),
    Row("GET", "api:list_targets", "401 200*8"),
    Row("PUT", "api:set_targets", "401 403 403 200 403 403 403 200 200", data={"period": "2026-Q4", "goals": []}),
    Row("POST", "api:copy_targets", "401 403 403 200 403 403 403 200 200", data={"since": "2026-Q3", "to": "2026-Q4"}),
    Row("DELETE", "api:remove_target", "401 403 403 204 403 403 403 204 404", given=target),
    Row("GET", "api:read_funnel", "401 200*7 404", given=lane),
    Row("POST", "api:create_pipeline", "401 403 403 201 403 403 403 201 201", data={"name": "渠道"}),
    Row("PUT", "api:set_stages", "401 403 403 200 403 403 403 200 404", given=pipeline, data=same_stages),
    Row("PUT", "api:set_close_reasons", "401 403 403 200 403 403 403 200 200", data={"kind": "won", "names": ["价格"]}),
    Row("GET", "sales:board", ALL),
    Row("GET", "sales:board_lane", "302 200*7 404", given=lane, query="by=horizon&lane=6"),
    Row("POST", "sales:board_move", "302 204 404 204 404 403 403 204 404", given=opportunity, data={"lane": "6", "by": "horizon"}),
    Row("GET", "api:read_board", "401 200*8", query="by=horizon"),
    Row("GET", "sales:opportunities", ALL),
    Row("GET", "sales:opportunity_filters", ALL),
    Row("POST", "sales:opportunity_columns", "302*9", data={"columns": ["amount"]}),
    Row("POST", "sales:save_opportunity_view", "302*9", data={"name": "x", "query": "q=x"}),
    Row("POST", "sales:delete_opportunity_view", "302*2 404*7", given=view),
    Row("POST", "sales:change_opportunity_view", "302*2 404*7", given=view, data={"name": "x"}),
    Row("GET", "sales:opportunity_create", "302 200*4 403*2 200 200"),
    Row("POST", "sales:opportunity_create", "302*5 403*2 302 302", data={
        "name": "x", "category": "pipeline", "channel": "direct",
    }),
    Row("GET", "sales:opportunity_buyers", "302 200*4 403*2 200 200", query="customer=wang"),
    Row("GET", "sales:opportunity", SEEN, given=opportunity),
    Row("GET", "sales:opportunity_edit", "302 200 404 200 404 403 403 200 404", given=opportunity),
    Row("POST", "sales:opportunity_edit", CHANGED, given=opportunity, data={
        "name": "y", "category": "commit", "channel": "web",
    }),
    Row("POST", "sales:opportunity_move", CHANGED, given=opportunity, data=to_stage("stage", 2)),
    Row("POST", "sales:opportunity_remove", CHANGED, given=opportunity),
    Row("POST", "sales:opportunity_restore", CHANGED, given=removed),
    Row("GET", "api:list_stages", "401 200*8"),
    Row("GET", "api:list_close_reasons", "401 200*8"),
    Row("GET", "api:list_opportunities", "401 200*8"),
    Row("GET", "api:sum_opportunities", "401 200*8"),
    Row("POST", "api:create_opportunity", "401 201*4 403*2 201 201", data={"name": "x"}),
    Row("GET", "api:read_opportunity", API_SEEN, given=opportunity),
    Row("PATCH", "api:update_opportunity", API_CHANGED, given=opportunity, data={"version": 1, "name": "y"}),
    Row("POST", "api:move_opportunity", API_CHANGED, given=opportunity, data=to_stage("stage_id", 2)),
    Row("DELETE", "api:remove_opportunity", "401 204 404 204 404 403 403 204 404", given=opportunity),
    Row("POST", "api:restore_opportunity", API_CHANGED, given=removed),
]  # fmt: skip
