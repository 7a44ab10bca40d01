"""Admin pages of people, groups and tokens."""

from portal.admin import groups, people, tokens

__all__ = ["groups", "people", "tokens"]
