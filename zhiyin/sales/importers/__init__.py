"""Opportunities from files."""

from zhiyin.imports import kinds
from zhiyin.sales.importers.opportunities import Opportunities

kinds.register(Opportunities())
