from zhiyin.sales.models.opportunity import (
    Opportunity,
    OpportunityCompetitor,
    OpportunityLine,
    OpportunityPerson,
    StageStay,
)
from zhiyin.sales.models.pipeline import CloseReason, Competitor, Pipeline, Stage

__all__ = [
    "CloseReason",
    "Competitor",
    "Opportunity",
    "OpportunityCompetitor",
    "OpportunityLine",
    "OpportunityPerson",
    "Pipeline",
    "Stage",
    "StageStay",
]
