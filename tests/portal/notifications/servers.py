"""A mail server of one's own, on a port of its own: it takes mail, refuses it, drops it or is slow."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP


@dataclass
class MailBox:
    """What the server has taken, and what it does with what comes next.

    `does`: "take", "refuse" (no such mail box), "later" (ask again later), "content" (never this
    content), "drop" (hang up before it answers), "slow" (answers after `delay` seconds). What begins
    with a number is answered to each recipient, after "data " to each content; with `only` to these
    recipients alone.
    """

    does: str = "take"
    delay: float = 0.0
    only: frozenset[str] = frozenset()
    taken: list[EmailMessage] = field(default_factory=list)
    offered: int = 0
    port: int = 0

    @property
    def ids(self) -> list[str]:
        """The Message-ID of each mail that was taken, doubles included."""
        return [str(one["Message-ID"]) for one in self.taken]

    async def handle_RCPT(  # noqa: N802  (the library's name)
        self, server: SMTP, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        """Take or refuse an address."""
        self.offered += 1
        if self.does == "refuse":
            return "550 5.1.1 No such mail box"
        if self.does == "later":
            return "451 4.3.0 Try again later"
        if self.does[:1].isdigit() and (not self.only or address in self.only):
            return self.does
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:  # noqa: N802
        """Take a mail, or do what one is told."""
        if self.does == "drop":
            server.transport.abort()
            return "421 gone"
        if self.does == "content":
            return "554 5.6.0 Not this"
        if self.does.startswith("data "):
            return self.does.removeprefix("data ")
        if self.does == "slow":
            await asyncio.sleep(self.delay)
        self.taken.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 OK"


class _AnyPort(Controller):
    """Listens on a port that is free; the library itself would knock at port 0."""

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]  # type: ignore[union-attr]
        super()._trigger_server()


@contextlib.contextmanager
def mail_server(**more: Any) -> Iterator[MailBox]:
    """A server while the test runs; `port` is where it listens."""
    box = MailBox(**more)
    controller = _AnyPort(box, hostname="127.0.0.1", port=0)
    controller.start()
    try:
        box.port = controller.port
        yield box
    finally:
        controller.stop()
