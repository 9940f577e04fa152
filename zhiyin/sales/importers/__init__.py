"""Leads and opportunities from files."""

from zhiyin.imports import kinds
from zhiyin.sales.importers.leads import Leads
from zhiyin.sales.importers.opportunities import Opportunities

kinds.register(Opportunities())
kinds.register(Leads())
