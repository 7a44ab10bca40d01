"""Forms of the admin: they parse input; one service judges it, and its refusal is shown at the field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from django import forms
from unfold.widgets import UnfoldAdminTextInputWidget

from audit.errors import Refusal


class ServiceForm(forms.ModelForm):
    """A form whose data goes to a service. It is never saved itself.

    `refusal` is set when the service has refused this very input: the form is then shown again
    with the refusal's sentences.
    """

    refusal: ClassVar[Refusal | None] = None

    def clean(self) -> dict[str, Any] | None:
        """The data as parsed, or the refusal at the fields that it names."""
        cleaned = super().clean()
        if self.refusal is not None:
            for field, sentence in self.sentences(self.refusal):
                self.add_error(field if field in self.fields else None, sentence)
        return cleaned

    def sentences(self, refusal: Refusal) -> Iterator[tuple[str | None, str]]:
        """Where each sentence of a refusal belongs; None for the form as a whole."""
        named: Mapping[str, list[str]] = refusal.errors
        for field, sentences in named.items():
            for sentence in sentences:
                yield field, sentence
        if not named:
            yield None, refusal.sentence

    def _post_clean(self) -> None:
        # The service judges, inside its transaction; `instance` stays the row that was read.
        pass


class ReasonedForm(ServiceForm):
    """The same, with the reason that goes into the history."""

    reason = forms.CharField(
        required=False,
        max_length=1000,
        widget=UnfoldAdminTextInputWidget,
        help_text="Why; it stands in the history.",
    )
