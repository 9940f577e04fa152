"""Merging: what moves with a customer, each app's rows by the app itself."""
