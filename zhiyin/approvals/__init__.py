"""Requests for a yes: rules choose who is asked, and what changed after it was approved is asked for anew."""
