"""Views of sales."""
