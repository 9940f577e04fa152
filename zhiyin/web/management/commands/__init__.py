"""Commands of Django that pages change."""
