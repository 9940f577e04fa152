from zhiyin.sales.models.forecast import ForecastCell
from zhiyin.sales.models.funnel import FunnelCell
from zhiyin.sales.models.lead import Lead
from zhiyin.sales.models.lead_form import LeadForm
from zhiyin.sales.models.lead_rule import LeadRule
from zhiyin.sales.models.opportunity import (
    Opportunity,
    OpportunityCompetitor,
    OpportunityLine,
    OpportunityPerson,
    StageStay,
)
from zhiyin.sales.models.pipeline import CloseReason, Competitor, Pipeline, Stage
from zhiyin.sales.models.target import Target
from zhiyin.sales.models.territory import Territory

__all__ = [
    "CloseReason",
    "Competitor",
    "ForecastCell",
    "FunnelCell",
    "Lead",
    "LeadForm",
    "LeadRule",
    "Opportunity",
    "OpportunityCompetitor",
    "OpportunityLine",
    "OpportunityPerson",
    "Pipeline",
    "Stage",
    "StageStay",
    "Target",
    "Territory",
]
