"""The supervisor behind `manage.py serve`: web and worker, each in a process group of its own.

A worker that is killed can leave a django-q2 cluster that looks alive and does nothing, and that
ignores TERM (django-q2 #23, #339, #346). So the cluster is judged by what it does: it writes a heartbeat row of its
own with each tick, and when that goes stale its whole group is ended and started again.
"""

from __future__ import annotations

import http.client
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import FrameType
from urllib.parse import urlsplit

import structlog
from django.conf import settings
from django.db import Error, close_old_connections, connections

from portal.health import last_beat_of
from portal.processes import Child
from portal.required import url_host
from portal.schedule import nudge_worker

LOOK_EVERY = 0.5
END_WITHIN = 15.0
CLUSTER_ENDS_WITHIN = 10.0
STARTS_WITHOUT_ANSWER = 3

log = structlog.get_logger(__name__)


class PortTaken(Exception):
    """Another program listens where the product was told to."""


@dataclass(frozen=True)
class Plan:
    """What the supervisor was asked for; times in seconds."""

    host: str
    port: int
    web_processes: int = 2
    threads: int = 8
    beat_every: float = 15.0
    stale_after: float = 60.0

    @property
    def address(self) -> str:
        """Where people on this machine find it."""
        return f"http://{url_host(self.host)}:{self.port}/"


def listen(plan: Plan) -> socket.socket:
    """The socket that the web processes inherit, so that no restart of theirs frees the port.

    Raises PortTaken with a sentence when it cannot be had.
    """
    family = socket.AF_INET6 if ":" in plan.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((plan.host, plan.port))
    except OSError as error:
        listener.close()
        raise PortTaken(
            f"Port {plan.port} on {plan.host} can't be used ({(error.strerror or str(error)).lower()}): "
            "end what uses it, or choose another, for example PORT=8001."
        ) from error
    listener.listen(2048)
    return listener


def web_child(plan: Plan, listener: socket.socket) -> Child:
    """gunicorn with threads: a request that waits holds a thread, not a process."""
    number = listener.fileno()
    command = [sys.executable, "-m", "gunicorn", "portal.wsgi:application"]
    command += ["--bind", f"fd://{number}", "--worker-class", "gthread"]
    command += ["--workers", str(plan.web_processes), "--threads", str(plan.threads)]
    command += ["--timeout", "60", "--graceful-timeout", "10", "--no-control-socket"]
    command += ["--log-level", "warning", "--name", "countersign-web"]
    command += ["--env", f"COUNTERSIGN_WEB_THREADS={plan.threads}"]
    # Whom to believe about the scheme of a request; TrustedProxies decides about the rest.
    command += ["--forwarded-allow-ips", ",".join(settings.COUNTERSIGN_TRUSTED_PROXIES)]
    return Child("web", command, settings.BASE_DIR, keep_open=(number,))


def worker_child() -> Child:
    """The django-q2 cluster: the scheduler and two workers."""
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "qcluster"]
    return Child("worker", command, settings.BASE_DIR)


def web_answers(plan: Plan) -> bool:
    """Whether /healthz answers, asked as a load balancer would ask it."""
    target = urlsplit(plan.address)
    connection = http.client.HTTPConnection(target.hostname or "", plan.port, timeout=2)
    try:
        connection.request(
            "GET", "/healthz", headers={"Host": urlsplit(settings.COUNTERSIGN_BASE_URL).netloc}
        )
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


@dataclass
class Supervisor:
    """Keeps both children running until it is told to stop."""

    plan: Plan
    web: Child
    worker: Child
    announce: Callable[[], None]
    _stop: threading.Event = field(init=False, default_factory=threading.Event)
    _announced: bool = field(init=False, default=False)
    _seen_beat: object = field(init=False, default=None)
    _beat_changed_at: float = field(init=False, default=0.0)
    _nudged_at: float = field(init=False, default=0.0)

    def run(self) -> int:
        """Run until SIGINT or SIGTERM; returns the exit status. Nothing is left running."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._asked_to_stop)
        try:
            for child in (self.web, self.worker):
                child.start()
            self._beat_changed_at = time.monotonic()
            while not self._stop.wait(LOOK_EVERY):
                self._look()
                if not self._announced and self.web.starts > STARTS_WITHOUT_ANSWER:
                    log.error("web_never_answered", starts=self.web.starts)
                    return 1
            return 0
        finally:
            self._end()

    def _asked_to_stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stop.set()

    def _end(self) -> None:
        until = time.monotonic() + END_WITHIN
        for child in (self.web, self.worker):
            child.ask_to_end()
        for child in (self.web, self.worker):
            child.end_by(until)
        connections.close_all()

    def _look(self) -> None:
        for child in (self.web, self.worker):
            self._keep_running(child)
        if not self._announced and web_answers(self.plan):
            self._announced = True
            self.announce()
        self._watch_heartbeat()
        self._nudge()

    def _keep_running(self, child: Child) -> None:
        if child.alive:
            return
        if child.process is not None:
            code = child.process.returncode
            log.error("child_ended", child=child.name, code=code, again_in=child.note_death())
        if child.may_start:
            child.start()
            if child is self.worker:
                self._beat_changed_at = time.monotonic()

    def _watch_heartbeat(self) -> None:
        if self.worker.process is None:
            return
        try:
            close_old_connections()
            beat = last_beat_of(self.worker.process.pid)
        except Error:
            # The database is away: nobody's fault here, and no reason to restart anything.
            log.warning("database_away", exc_info=True)
            connections.close_all()
            self._beat_changed_at = time.monotonic()
            return
        # Its change is watched, not its value: so no two clocks are compared.
        now = time.monotonic()
        if beat != self._seen_beat:
            self._seen_beat, self._beat_changed_at = beat, now
        elif now - self._beat_changed_at > self.plan.stale_after and self.worker.alive:
            log.error("worker_silent", seconds=round(now - self._beat_changed_at))
            self.worker.ask_to_end()
            self.worker.end_by(now + CLUSTER_ENDS_WITHIN)
            self.worker.start()
            self._beat_changed_at = time.monotonic()

    def _nudge(self) -> None:
        now = time.monotonic()
        if self.worker.process and now - self._nudged_at >= self.plan.beat_every:
            self._nudged_at = now
            try:
                nudge_worker(self.worker.process.pid)
            except Error:
                # No excuse for silence: on SQLite a worker that hangs may itself hold the lock.
                log.warning("nudge_failed", exc_info=True)
                connections.close_all()
