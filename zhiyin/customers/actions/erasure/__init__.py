"""Erasing a person, and what stays of it: a certificate, and hashes by which the person is known again."""

from zhiyin.customers.actions.erasure.erase import ask_erasure, erase, erase_again, lift_suppression
from zhiyin.customers.actions.erasure.sweep import before_erasure, sweeps, swept

__all__ = ["ask_erasure", "before_erasure", "erase", "erase_again", "lift_suppression", "sweeps", "swept"]
