"""Writes of accounts: each checks, changes, and leaves an audit entry and an event in one transaction."""
