"""Where a new lead goes by the rules, and by when somebody is to answer it."""

import datetime

from zhiyin.accounts.models import Member
from zhiyin.sales.choices import LeadOrigin
from zhiyin.sales.models import Lead, LeadRule
from zhiyin.sales.queries.lead_rules import open_lead_rules


def place(lead: Lead, now: datetime.datetime) -> None:
    """Start the clock of a lead that is not kept yet; one of nobody's that was not typed in gets an owner.

    One SQL statement where no rule fits.
    """
    rule = next((each for each in open_lead_rules() if fits(each, lead)), None)
    if rule is None:
        return
    lead.rule = rule
    if rule.answer_minutes:
        lead.answer_by = now + datetime.timedelta(minutes=rule.answer_minutes)
    if lead.owner_id is None and lead.origin != LeadOrigin.HAND:
        _give(lead, rule)


def fits(rule: LeadRule, lead: Lead) -> bool:
    return _among(lead.origin, rule.origins) and all(
        _among(str(said).casefold(), [each.casefold() for each in wanted])
        for said, wanted in ((lead.source, rule.sources), (lead.campaign, rule.campaigns))
    )


def _among(said: str, wanted: list[str]) -> bool:
    return not wanted or said in wanted


def _give(lead: Lead, rule: LeadRule) -> None:
    """To whose turn it is; who left is passed over. Two leads at once wait for each other here."""
    held = LeadRule.objects.select_for_update(no_key=True).get(pk=rule.pk)
    active = {each.pk: each for each in Member.objects.filter(pk__in=held.people, is_active=True)}
    count = len(held.people)
    for place_ in (number % count for number in range(held.turn, held.turn + count)):
        if member := active.get(held.people[place_]):
            lead.owner_id, lead.unit_id = member.pk, member.unit_id
            held.turn = (place_ + 1) % count
            held.save(update_fields=["turn"])
            return
