"""Writes of sales."""

from zhiyin.sales.actions.contents import (
    DealLine,
    DealPerson,
    DealRival,
    set_lines,
    set_people,
    set_rivals,
    update_competitor,
)
from zhiyin.sales.actions.conversion import Deal, convert_lead
from zhiyin.sales.actions.forecast import take_forecast, take_forecast_soon
from zhiyin.sales.actions.lead_forms import (
    FORM_START,
    FormRules,
    LeadFormTaken,
    change_lead_form,
    create_lead_form,
    receive_lead,
    set_lead_form_archived,
)
from zhiyin.sales.actions.lead_rules import (
    LeadRules,
    LeadRuleTaken,
    change_lead_rule,
    create_lead_rule,
    escalate_leads,
    set_lead_rule_archived,
)
from zhiyin.sales.actions.leads import (
    LEAD_FIELDS,
    AlreadyConverted,
    create_lead,
    remove_lead,
    restore_lead,
    set_lead_state,
    update_lead,
)
from zhiyin.sales.actions.moves import AlreadyThere, Closing, MovedMeanwhile, move_opportunity
from zhiyin.sales.actions.opportunities import (
    EDITABLE,
    OpportunityCodeTaken,
    create_opportunity,
    remove_opportunity,
    restore_opportunity,
    update_opportunity,
)
from zhiyin.sales.actions.pipelines import default_pipeline
from zhiyin.sales.actions.stages import StageRules, create_pipeline, set_close_reasons, set_stages
from zhiyin.sales.actions.targets import Goal, TargetChanged, copy_targets, remove_target, set_targets
from zhiyin.sales.actions.territories import (
    TerritoryRules,
    TerritoryTaken,
    change_territory,
    create_territory,
    set_territory_archived,
)

__all__ = [
    "EDITABLE",
    "FORM_START",
    "LEAD_FIELDS",
    "AlreadyConverted",
    "AlreadyThere",
    "Closing",
    "Deal",
    "DealLine",
    "DealPerson",
    "DealRival",
    "FormRules",
    "Goal",
    "LeadFormTaken",
    "LeadRuleTaken",
    "LeadRules",
    "MovedMeanwhile",
    "OpportunityCodeTaken",
    "StageRules",
    "TargetChanged",
    "TerritoryRules",
    "TerritoryTaken",
    "change_lead_form",
    "change_lead_rule",
    "change_territory",
    "convert_lead",
    "copy_targets",
    "create_lead",
    "create_lead_form",
    "create_lead_rule",
    "create_opportunity",
    "create_pipeline",
    "create_territory",
    "default_pipeline",
    "escalate_leads",
    "move_opportunity",
    "receive_lead",
    "remove_lead",
    "remove_opportunity",
    "remove_target",
    "restore_lead",
    "restore_opportunity",
    "set_close_reasons",
    "set_lead_form_archived",
    "set_lead_rule_archived",
    "set_lead_state",
    "set_lines",
    "set_people",
    "set_rivals",
    "set_stages",
    "set_targets",
    "set_territory_archived",
    "take_forecast",
    "take_forecast_soon",
    "update_competitor",
    "update_lead",
    "update_opportunity",
]
