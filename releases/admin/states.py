"""States in the admin's lists and pages: the word that people know, with its tone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from releases import wording


def state_tag(state: str, words: Mapping[str, str], tones: Mapping[str, str]) -> SafeString:
    """The label of a state."""
    return format_html(
        '<span class="state state--{}">{}</span>', tones.get(state, "grey"), words.get(state, state)
    )


class WordedStates(admin.SimpleListFilter):
    """A filter by state that offers words instead of what is stored."""

    title = "state"
    parameter_name = "state"
    words: Mapping[str, str]

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(state), word) for state, word in self.words.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(state=self.value()) if self.value() in self.words else queryset


class ReleaseStates(WordedStates):
    """By the state of a release."""

    words = wording.RELEASE_STATES


class PhaseStates(WordedStates):
    """By the state of a phase."""

    words = wording.PHASE_STATES


class ActivityStates(WordedStates):
    """By the state of an activity."""

    words = wording.ACTIVITY_STATES
