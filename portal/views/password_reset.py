"""Forgotten your password? A link by mail, or a sentence when no mail can be sent."""

from __future__ import annotations

from typing import Any

import structlog
from allauth.account.views import PasswordResetView
from django.conf import settings
from django.http.response import HttpResponseBase

from portal.accounts import MailedLinkForm
from portal.mail import NO_MAIL_BACKEND

log = structlog.get_logger(__name__)

NOT_SET_UP = "This installation sends no mail. Ask an administrator for a new password."
NOT_SENT = "The mail could not be sent just now. Try again later, or ask an administrator."


class MailedLinkView(PasswordResetView):
    """Answers alike whether or not somebody has the address (A-059)."""

    form_class = MailedLinkForm

    def form_valid(self, form: Any) -> HttpResponseBase:
        """Send the link; a mail server that is down or missing is said, not raised."""
        if settings.EMAIL_BACKEND == NO_MAIL_BACKEND:
            return self._say(form, NOT_SET_UP)
        try:
            answer: HttpResponseBase = super().form_valid(form)
        except OSError as error:  # no answer, no such host, refused by the server (SMTPException)
            log.warning("mail_not_sent", what="password_reset", error=type(error).__name__)
            return self._say(form, NOT_SENT)
        return answer

    def _say(self, form: Any, sentence: str) -> HttpResponseBase:
        form.add_error(None, sentence)
        answer: HttpResponseBase = self.form_invalid(form)
        return answer
