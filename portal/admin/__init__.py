"""Admin pages of people, groups and tokens."""

from portal.admin import deliveries, groups, people, tokens

__all__ = ["deliveries", "groups", "people", "tokens"]
