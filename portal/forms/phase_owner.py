"""The form by which a phase is given to another owner."""

from __future__ import annotations

from typing import Any

from django import forms

from portal.forms.release_fields import PageForm


class PhaseOwnerForm(PageForm):
    """Who owns a phase from now on, and why."""

    owner = forms.CharField(
        required=False,
        max_length=150,
        label="New owner",
        help_text="A username. When left empty, whoever manages the release owns it.",
    )
    reason = forms.CharField(
        max_length=10_000, widget=forms.Textarea, help_text="It stands on the record."
    )

    def values(self) -> dict[str, Any]:
        """What the service takes."""
        return dict(self.cleaned_data)
