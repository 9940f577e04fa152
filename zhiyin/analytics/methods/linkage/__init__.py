"""Records of one person or company: compared, weighed and explained."""

from zhiyin.analytics.methods.linkage.duplicates import Duplicates, find_duplicates

__all__ = ["Duplicates", "find_duplicates"]
