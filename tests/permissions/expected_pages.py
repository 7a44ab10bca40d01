"""What each page and each form answers to whom: one line for our product, one for theirs (contract.md, Rights).

The columns are those of `scene.WHO`:
anonymous outsider approver manager owner admin auditor pipeline superuser deactivated expired reader both

`in` says that nobody has signed in: a page leads to the sign-in page, a form gets 401 with all that was
typed, and htmx 401 alone. `back` is a refusal that is said in the list one came from: 303, and 403 for
htmx. The numbers are statuses; `htmx` is the status of what is done, where a fragment answers instead of a
redirect.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True)
class Case:
    """One call: method, route as in the URL table, its object and words, form, and the two lines."""

    method: str
    route: str
    target: str
    ours: str
    theirs: str
    form: dict[str, Any] | None = None
    query: str = ""
    word: str = ""  # what a slug of the route says
    htmx: int | None = None


ANYBODY: Final = "200 " * 13
NO_METHOD: Final = "405 " * 13
NOT_THERE: Final = "404 " * 13
EVERYBODY: Final = "in 200 200 200 200 200 200 200 200 in in in 200"
SENT_ON: Final = "in 302 302 302 302 302 302 302 302 in in in 302"
DONE_BY_ALL: Final = "in 303 303 303 303 303 303 303 303 in in in 303"
NOBODY: Final = "in " * 13
HIDDEN: Final = "in 404 404 404 404 404 404 404 404 in in in 404"
SEEN: Final = "in 404 200 200 200 200 200 200 200 in in in 200"
SEEN_THERE: Final = "in 404 404 404 404 200 404 404 200 in in in 200"
# Before the start nobody holds a seat, so neither approver nor owner sees it.
CONFIGURED: Final = "in 403 403 403 403 200 403 403 200 in in in 403"
CONFIGURES: Final = CONFIGURED.replace("200", "302")
READ_BY_ALL_WHO_SEE_ALL: Final = "in 403 403 403 403 200 403 403 200 in in in 200"

# What comes of it is about the installation, which is in use.
ONE_WHO_MAY_ALL: Final = "in 404 404 404 404 404 404 404 409 in in in 404"
RELEASE_ACT: Final = "/releases/<int:release_id>/<slug:act>/"
END: Final = "/config/roles/assignments/<int:assignment_id>/end/"

MAILED_LINK: Final = "/accounts/^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$"

REASON: Final = {"reason": "Because."}
NEW: Final = {
    "product": "{product}", "process": "{product}", "name": "N", "version": "1",
    "manager": "manager", "authors": "owner", "idempotency_key": "a-key-of-its-own",
}  # fmt: skip
CHANGE: Final = {**REASON, "version": "1.1", "description": "", "artifacts": "", "links": ""}
MENDED: Final = {
    "version": "1.0",
    "description": "Mended.",
}  # something has passed with the version


def _page(
    route: str, ours: str, theirs: str = "", target: str = "", post: str = NO_METHOD, **more: Any
) -> Iterator[Case]:
    """A page that is read and takes no form."""
    yield Case("GET", route, target, ours, theirs or ours, **more)
    yield Case("POST", route, target, post, post, **more)


def _both(route: str, answers: str) -> Iterator[Case]:
    """A page with a form, which comes back as it is when it is sent empty."""
    yield Case("GET", route, "", answers, answers)
    yield Case("POST", route, "", answers, answers)


def _form(
    route: str, ours: str, theirs: str = "", target: str = "", get: str = NO_METHOD, **more: Any
) -> Iterator[Case]:
    """A form without a page of its own; `get` is what the bare address answers, wherever it is."""
    yield Case("GET", route, target, get, get, word=more.get("word", ""))
    yield Case("POST", route, target, ours, theirs or ours, **more)


def _of_activity(name: str, target: str, ours: str, theirs: str, **more: Any) -> Iterator[Case]:
    """An act on the page of an activity: its bare address leads back to that page, whoever asks."""
    literal = name in ("decide", "comment", "opened")
    route = f"/activities/<int:activity_id>/{name if literal else '<slug:name>'}/"
    word = "" if literal else name
    yield from _form(route, ours, theirs, target, get=SENT_ON, word=word, **more)


def _of_release(
    act: str, target: str, ours: str, theirs: str, form: dict[str, Any] | None = None
) -> Iterator[Case]:
    """An act on a release: a page that says the consequence to those who may, and its form."""
    done = ours.replace("200", "303"), theirs.replace("200", "303")
    yield Case("GET", RELEASE_ACT, target, ours, theirs, word=act)
    yield Case("POST", RELEASE_ACT, target, *done, form=form, word=act)


def _of_phase(
    name: str, target: str, ours: str, theirs: str, form: dict[str, Any]
) -> Iterator[Case]:
    """An act on the phase `p` of a release: likewise a page and its form."""
    route = f"/releases/<int:release_id>/phases/<slug:key>/{name}/"
    done = ours.replace("200", "303"), theirs.replace("200", "303")
    yield Case("GET", route, target, ours, theirs, word="p")
    yield Case("POST", route, target, *done, form=form, word="p")


MANAGED: Final = "in 404 403 200 403 403 403 403 200 in in in 403"
MANAGED_THERE: Final = "in 404 404 404 404 403 404 404 200 in in in 403"
# The owner of a failed phase retries, fixes, skips in it and may abort (EXE-6).
OWNED: Final = "in 404 403 200 200 403 403 403 200 in in in 403"
DRAFTED: Final = "in 404 404 200 404 403 403 403 200 in in in 403"
DRAFTED_PIPELINE: Final = "in 404 404 200 404 403 403 200 200 in in in 403"
VOTED: Final = "in 404 303 403 403 403 403 403 403 in in in 403"
VOTED_THERE: Final = "in 404 404 404 404 403 404 404 403 in in in 403"
OWNERS_DO: Final = OWNED.replace("200", "303"), MANAGED_THERE.replace("200", "303")
SAID: Final = (
    "in 404 303 303 303 303 403 303 303 in in in 403",
    "in 404 404 404 404 303 404 404 303 in in in 403",
)

# The library's pages, as far as they are ours: everybody's own account, in one's own session.
NO_CODES: Final = "in 404 404 404 404 404 404 404 404 in in in 404"
ACCOUNTS: Final[list[Case]] = [
    # Who has signed in is sent on, or back; signing out leads to where one signs in again.
    *_both("/accounts/login/", "200 302 302 302 302 302 302 302 302 200 200 200 302"),
    Case("GET", "/accounts/logout/", "", EVERYBODY, EVERYBODY),
    Case("POST", "/accounts/logout/", "", NOBODY, NOBODY),
    *_page("/accounts/inactive/", ANYBODY),
    *_both("/accounts/signup/", "200 302 302 302 302 302 302 302 302 200 200 200 302"),  # closed
    *_both("/accounts/password/change/", EVERYBODY),
    *_both("/accounts/password/set/", "302 " * 13),  # by mail
    *_both("/accounts/password/reset/", ANYBODY),
    *_page("/accounts/password/reset/done/", ANYBODY),
    *_page("/accounts/password/reset/key/done/", ANYBODY),
    *_both(MAILED_LINK, ANYBODY),  # says that the link is none
    # Whoever has a password shows it once more before a second factor is set.
    *_both("/accounts/reauthenticate/", EVERYBODY),
    *_both("/accounts/2fa/reauthenticate/", SENT_ON),
    *_page("/accounts/2fa/", EVERYBODY, post=EVERYBODY.replace("200", "405")),
    *_both("/accounts/2fa/authenticate/", SENT_ON),
    *_both("/accounts/2fa/totp/activate/", SENT_ON),
    *_both("/accounts/2fa/totp/deactivate/", NO_CODES),
    *_page("/accounts/2fa/recovery-codes/", NO_CODES, post=EVERYBODY.replace("200", "405")),
    *_both("/accounts/2fa/recovery-codes/generate/", SENT_ON),
    *_both("/accounts/2fa/recovery-codes/download/", NO_CODES),
]  # fmt: skip

CASES: Final[list[Case]] = [
    # What is there for everybody.
    *_page("/healthz", ANYBODY),
    *_page("/readyz", ANYBODY),
    *_page("/help/", ANYBODY),
    *_page("/", SENT_ON),
    Case("GET", "/session/", "", EVERYBODY, EVERYBODY),
    Case("POST", "/session/", "", EVERYBODY, EVERYBODY),
    # One's own.
    *_page("/inbox/", EVERYBODY),
    *_page("/inbox/decided.csv", EVERYBODY),
    *_form("/inbox/density/", DONE_BY_ALL, form={"density": "compact"}, htmx=204),
    *_page("/notifications/", EVERYBODY),
    *_page("/notifications/latest/", EVERYBODY),
    *_form("/notifications/read/", SENT_ON, form={"notice": "1"}, htmx=200),
    *_form("/notifications/read-all/", SENT_ON, form={"before": "1"}, htmx=200),
    *_page("/live/", EVERYBODY, query="scope=none"),
    *_page("/live/", EVERYBODY, query="scope=inbox"),
    *_page("/live/", EVERYBODY, query="scope=notices&told=0&bell=0"),
    *_page("/live/", SEEN, SEEN_THERE, query="scope=release:{running}"),
    *_page("/live/", SEEN, SEEN_THERE, query="scope=activity:{open}"),
    # Releases.
    *_page("/releases/", EVERYBODY),
    *_page("/releases/<int:release_id>/", SEEN, SEEN_THERE, "running"),
    *_page("/releases/<int:release_id>/", DRAFTED.replace("403", "200"), SEEN_THERE, "draft"),
    *_page("/releases/<int:release_id>/phases/<slug:key>/", SEEN, SEEN_THERE, "running", word="p"),
    *_page("/releases/<int:release_id>/phases/<slug:key>/", HIDDEN, HIDDEN, "running", word="none"),
    *_of_phase("owner", "running", MANAGED, MANAGED_THERE, {**REASON, "owner": "approver"}),
    Case("GET", "/releases/new/", "", "in 403 403 200 403 403 403 200 200 in in in 403",
         "in 403 403 200 403 403 403 200 200 in in in 403"),
    # A product that one may not see is none of the choices, as one that is not there.
    Case("POST", "/releases/new/", "", "in 403 403 303 403 403 403 303 303 in in in 403",
         "in 403 403 422 403 403 403 422 303 in in in 403", form=NEW),
    *_of_release("start", "draft", DRAFTED_PIPELINE, MANAGED_THERE, {"at": ""}),
    *_of_release("hold", "running", MANAGED, MANAGED_THERE, REASON),
    *_of_release("resume", "held", MANAGED, MANAGED_THERE, REASON),
    *_of_release("retry", "failed", OWNED, MANAGED_THERE, {**REASON, "activities": "{rejected}"}),
    *_of_release("skip", "failed", OWNED, MANAGED_THERE, {**REASON, "activity": "{rejected}"}),
    *_of_release("change", "draft", DRAFTED, MANAGED_THERE, CHANGE),
    *_of_release("change", "failed", OWNED, MANAGED_THERE, {**CHANGE, **MENDED}),
    *_of_release("fix", "failed", OWNED, MANAGED_THERE,
                 {**CHANGE, **MENDED, "activities": "{rejected}"}),
    *_of_release("manager", "running", MANAGED, MANAGED_THERE, {**REASON, "manager": "outsider"}),
    *_of_release("manager", "running", MANAGED, MANAGED_THERE, {**REASON, "manager": "opener"}),
    *_of_release("defer", "running", MANAGED, MANAGED_THERE, {**REASON, "until": "2031-01-01T00:00"}),
    *_of_release("abort", "running", MANAGED, MANAGED_THERE, {**REASON, "name": "Payments"}),
    *_of_release("abort", "failed", OWNED, MANAGED_THERE, {**REASON, "name": "Payments"}),
    *_form(RELEASE_ACT, HIDDEN, target="running", get=HIDDEN, word="nonsense"),
    *_form("/releases/<int:release_id>/remind/", *OWNERS_DO, target="running"),
    # Activities.
    *_page("/activities/<int:activity_id>/", SEEN, SEEN_THERE, "open"),
    *_of_activity("decide", "open", VOTED, VOTED_THERE,
                  form={"verdict": "approve", "attempt": "1", "comment": ""}, htmx=200),
    *_of_activity("comment", "open", *SAID, form={"text": "Hello."}),
    *_of_activity("opened", "open", SEEN.replace("200", "204"), SEEN_THERE.replace("200", "204")),
    *_of_activity("question", "open", VOTED, VOTED_THERE, form={"question": "Where is the report?"}),
    *_of_activity("withdraw", "voted", VOTED, VOTED_THERE, form=REASON),
    *_of_activity("retry", "rejected", *OWNERS_DO, form=REASON),
    *_of_activity("skip", "rejected", *OWNERS_DO, form=REASON),
    *_of_activity("nonsense", "open", HIDDEN, HIDDEN, form=REASON),
    # The inbox's own acts.
    *_form("/inbox/<int:activity_id>/comment/", *SAID, "open", form={"text": "Hello."}, htmx=200),
    *_form("/inbox/<int:activity_id>/press/", VOTED.replace("403", "back"),
           VOTED_THERE.replace("403", "back"), "open", form={"attempt": "1"}, htmx=200),
    Case("GET", "/inbox/<int:activity_id>/snooze/", "open", SEEN, SEEN_THERE),
    # Whoever is not asked has nothing to put aside: that may change any moment, but for a machine.
    Case("POST", "/inbox/<int:activity_id>/snooze/", "open",
         "in 404 303 409 409 409 409 403 409 in in in 409",
         "in 404 404 404 404 409 404 404 409 in in in 409", form={"until": "change"}, htmx=204),
    *_form("/inbox/<int:activity_id>/unsnooze/", SEEN.replace("200", "303"),
           SEEN_THERE.replace("200", "303"), "open", htmx=204),
    # Configuration is for everything, so it makes no difference whose product it is.
    *_page("/config/roles/", READ_BY_ALL_WHO_SEE_ALL),
    *_page("/config/roles/<int:role_id>/", READ_BY_ALL_WHO_SEE_ALL, target="role"),
    *_form("/config/roles/<int:role_id>/give/", CONFIGURES, target="role", get=SENT_ON,
           form={"person": "outsider", "place": "everything"}),
    Case("GET", END, "assignment", CONFIGURED, CONFIGURED),
    Case("POST", END, "assignment", CONFIGURES, CONFIGURES, form=REASON),
    # Set-up is over with the first release; a demo's door is in no installation that is in use.
    *_page("/setup/", HIDDEN),
    *_form("/setup/test-mail/", HIDDEN, get=HIDDEN),
    *_form("/setup/demo/<slug:act>/", ONE_WHO_MAY_ALL, get=ONE_WHO_MAY_ALL, word="load"),
    *_form("/setup/demo/<slug:act>/", ONE_WHO_MAY_ALL, get=ONE_WHO_MAY_ALL, word="remove"),
    *_form("/setup/demo/<slug:act>/", HIDDEN, get=HIDDEN, word="nonsense"),
    *_form("/demo/see-as/", NOT_THERE, form={"username": "superuser"}),
    *ACCOUNTS,
]  # fmt: skip
