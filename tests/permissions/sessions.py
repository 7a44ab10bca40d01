"""Browsers in which the people of the scene have signed in, each in the state that its column says."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.conf import settings
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from portal.services.people import set_user_active
from tests import builders as b
from tests.permissions.scene import WHO, Scene


class Browsers:
    """One browser for each column of the matrix; none of them remembers what it was answered.

    `expired`: the manager's session has run out. `reader`: no session, and the manager's token in the
    header, which opens no page. `deactivated`: signed in before the account was closed (A-060).
    """

    def __init__(self, scene: Scene) -> None:
        self._client = Client(raise_request_exception=True)
        self._keys: dict[str, str] = {}
        self._token = scene.tokens["manager"]
        deactivated = scene.people["deactivated"]
        set_user_active(user_id=deactivated.pk, active=True, actor=b.SYSTEM)
        for who in WHO:
            if user := scene.people.get("manager" if who == "expired" else who):
                client = Client()
                client.force_login(user)
                self._keys[who] = str(client.session.session_key)
        set_user_active(user_id=deactivated.pk, active=False, actor=b.SYSTEM)
        ended = Session.objects.filter(session_key=self._keys["expired"])
        assert ended.update(expire_date=timezone.now() - dt.timedelta(seconds=1)) == 1

    def send(
        self, who: str, method: str, path: str, form: dict[str, Any], *, by_htmx: bool = False
    ) -> Any:
        """The answer to a page that is opened, or a form that is sent."""
        self._client.cookies.clear()
        if key := self._keys.get(who):
            self._client.cookies[settings.SESSION_COOKIE_NAME] = key
        headers = {"HX-Request": "true"} if by_htmx else {}
        if who == "reader":
            headers["Authorization"] = f"Bearer {self._token}"
        if method == "GET":
            return self._client.get(path, headers=headers)
        return self._client.post(path, form, headers=headers)
