"""Every page that there is, by its route: who looks at it where, and by what one knows that it is the one.

`test_every_page.py` compares the routes with the URL table: a new page without an address here fails.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from playwright.sync_api import Page, expect

from tests.browser.installation import Installation
from tests.browser.releases import make_release, vote


@dataclass(frozen=True)
class Place:
    """A page: its address with the numbers of the scene in braces, who looks, what its h1 says.

    `tab`: the words of the tab that must be the current one. `before` is done there first: a menu
    opened, a form sent. `refusals` are the answers of 400 and above that come on the way.
    """

    path: str
    person: str
    heading: str
    tab: str = ""
    before: Callable[[Page], None] | None = None
    refusals: tuple[int, ...] = ()
    without_script: bool = True

    def __str__(self) -> str:
        does = f" {self.before.__name__}" if self.before else ""
        return f"{self.person or 'nobody'} {self.path}{does}"


# --- What is done on a page before it is looked at ---------------------------------------------------


def open_menu(page: Page) -> None:
    """The menu of the account."""
    page.locator("summary", has_text="Account of").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()


def open_bell(page: Page) -> None:
    """What one was told last."""
    page.locator(".bell summary").click()
    expect(page.locator(".bell-panel .notices").first).to_be_visible()


def open_more(page: Page) -> None:
    """The further acts of a release."""
    page.locator("summary", has_text="More").click()
    expect(page.locator("details[open] .menu-panel")).to_be_visible()


def open_navigation(page: Page) -> None:
    """The navigation of a narrow window."""
    page.set_viewport_size({"width": 390, "height": 844})
    page.get_by_role("button", name="Navigation").click()
    expect(page.locator("#nav")).to_be_visible()


def open_keys(page: Page) -> None:
    """The keys of the inbox."""
    page.get_by_role("button", name="Shortcuts").click()
    expect(page.get_by_role("dialog", name="Keyboard")).to_be_visible()


def open_snooze(page: Page) -> None:
    """How long to put something aside."""
    page.locator("[data-snooze]").first.click()
    expect(page.locator("#snooze-dialog button[name='until']").first).to_be_visible()


def open_filters(page: Page) -> None:
    """The filters of the inbox."""
    page.locator("summary", has_text="Filters").click()
    expect(page.locator(".inbox-selects")).to_be_visible()


def reject_nothing(page: Page) -> None:
    """A form with errors: a rejection without anything that it needs."""
    page.locator("#decide [data-verdict='reject']").click()
    expect(page.locator("#decide .error-summary")).to_be_visible()


def open_question(page: Page) -> None:
    """Asking back instead of deciding."""
    page.locator("#decide summary", has_text="Ask for information").click()
    expect(page.get_by_label("Your question")).to_be_visible()


def comment(page: Page) -> None:
    """A result panel."""
    page.locator("#comment-text").fill("Where is the report?")
    page.locator("#comment-form").get_by_role("button", name="Comment").click()
    expect(page.locator("#result")).to_be_visible()


def send_empty(page: Page) -> None:
    """A form with errors at its fields."""
    _send(page)


def send_wrong(page: Page) -> None:
    """A form with errors, where the browser lets nothing empty go."""
    for field in page.locator("main form:not(.see-as) input[required]").all():
        field.fill("x")
    _send(page)


def _send(page: Page) -> None:
    page.locator("main form[method='post']:not(.see-as) button[type='submit']").last.click()
    expect(page.locator(".error-summary, .field-error, .errorlist").first).to_be_visible()


# --- The pages ---------------------------------------------------------------------------------------

PLACES: Final[dict[str, tuple[Place, ...]]] = {
    "help/": (Place("/help/", "maya", "Help"), Place("/help/", "", "Help")),
    "setup/demo/<slug:act>/": (
        # Beside releases of one's own it says why not.
        Place("/setup/demo/remove/", "ada", "Remove", refusals=(409,)),
    ),
    "config/roles/": (Place("/config/roles/", "ada", "Roles"),),
    "config/roles/<int:role_id>/": (
        Place("/config/roles/{role}/", "ada", ""),
        Place("/config/roles/{role}/", "ada", "", before=send_empty, refusals=(422,)),
    ),
    "config/roles/assignments/<int:assignment_id>/end/": (
        Place("/config/roles/assignments/{assignment}/end/", "ada", "Take "),
    ),
    "activities/<int:activity_id>/": (
        Place("/activities/{gate}/", "maya", "Gate", tab="Discussion"),
        Place("/activities/{gate}/?tab=history", "maya", "Gate", tab="History"),
        Place("/activities/{gate}/?tab=policy", "maya", "Gate", tab="Policy"),
        Place("/activities/{gate}/?tab=notifications", "tom", "Gate", tab="Notifications"),
        Place("/activities/{gate}/", "maya", "Gate", before=reject_nothing, refusals=(422,)),
        Place("/activities/{gate}/", "maya", "Gate", before=open_question),
        Place("/activities/{gate}/", "maya", "Gate", before=comment),
        Place("/activities/{gate}/", "aud", "Gate"),
        Place("/activities/{decided}/", "maya", "Gate"),
        Place("/activities/{rejected}/", "tom", "Gate"),
        Place("/activities/{blocked}/", "maya", "Go live"),
        Place("/activities/{build}/", "maya", "Build"),
        # States that only time, or somebody else, brings about.
        Place("/activities/{stuck}/", "tom", ""),
        Place("/activities/{overdue}/", "tom", ""),
        Place("/activities/{again}/", "maya", "Gate"),
        Place("/activities/{half}/", "maya", "Gate"),
        Place("/activities/{request}/", "tom", ""),
    ),
    "notifications/": (
        Place("/notifications/", "maya", "Notifications", tab="All"),
        Place("/notifications/?show=unread", "maya", "Notifications", tab="Unread"),
        Place("/notifications/", "aud", "Notifications"),
    ),
    "notifications/latest/": (
        Place("/help/", "maya", "Help", before=open_bell, without_script=False),
    ),
    "inbox/": (
        Place("/inbox/", "maya", "My approvals", tab="Needs me"),
        Place("/inbox/?tab=others", "tom", "My approvals", tab="Waiting on others"),
        Place("/inbox/?tab=all", "maya", "My approvals", tab="All pending"),
        Place("/inbox/?tab=snoozed", "maya", "My approvals", tab="Snoozed"),
        Place("/inbox/?tab=decided", "maya", "My approvals", tab="Decided"),
        Place("/inbox/?open=ACT-{gate}", "maya", "My approvals"),
        Place("/inbox/?open=ACT-{gate}", "maya", "My approvals", before=reject_nothing,
              refusals=(422,)),
        Place("/inbox/?open=ACT-999999", "maya", "My approvals"),
        Place("/inbox/?q=nothing+is+called+so", "maya", "My approvals"),
        Place("/inbox/", "aud", "My approvals"),
        Place("/inbox/", "maya", "My approvals", before=open_menu),
        Place("/inbox/", "maya", "My approvals", before=open_filters),
        Place("/inbox/", "maya", "My approvals", before=open_keys, without_script=False),
        Place("/inbox/", "maya", "My approvals", before=open_snooze, without_script=False),
        Place("/inbox/", "maya", "My approvals", before=open_navigation, without_script=False),
    ),
    "inbox/<int:activity_id>/snooze/": (Place("/inbox/{gate}/snooze/", "maya", "Snooze"),),
    "releases/": (
        Place("/releases/", "tom", "Releases"),
        Place("/releases/?state=completed", "maya", "Releases"),
        Place("/releases/?q=nothing+is+called+so", "tom", "Releases"),
    ),
    "releases/new/": (
        Place("/releases/new/", "tom", "New release"),
        Place("/releases/new/", "tom", "New release", before=send_empty, refusals=(422,)),
    ),
    "releases/<int:release_id>/": (
        Place("/releases/{active}/", "tom", "Sampler"),
        Place("/releases/{active}/", "maya", "Sampler"),
        Place("/releases/{active}/?graph=all&feed=decisions", "tom", "Sampler"),
        Place("/releases/{active}/", "tom", "Sampler", before=open_more),
        Place("/releases/{failed}/", "tom", "Failed"),
        Place("/releases/{draft}/", "tom", "Draft"),
        Place("/releases/{held}/", "tom", "Held"),
        Place("/releases/{completed}/", "tom", "Completed"),
        Place("/releases/{deferred}/", "tom", ""),
        Place("/releases/{aborted}/", "tom", ""),
        Place("/releases/{scheduled}/", "tom", ""),
    ),
    "releases/<int:release_id>/phases/<slug:key>/": (
        Place("/releases/{active}/phases/check/", "maya", "Check"),
        Place("/releases/{active}/phases/launch/", "tom", "Launch"),
        Place("/releases/{failed}/phases/check/", "tom", "Check"),
    ),
    "releases/<int:release_id>/phases/<slug:key>/owner/": (
        Place("/releases/{active}/phases/check/owner/", "tom", "Change the owner"),
        Place(
            "/releases/{active}/phases/check/owner/", "tom", "Change the owner",
            before=send_empty, refusals=(422,),
        ),
    ),
    "releases/<int:release_id>/<slug:act>/": (
        Place("/releases/{draft}/start/", "tom", "Start"),
        Place("/releases/{active}/hold/", "tom", "Hold"),
        Place("/releases/{held}/resume/", "tom", "Resume"),
        Place("/releases/{failed}/retry/", "tom", "Retry"),
        Place("/releases/{active}/skip/", "tom", "Ask to skip"),
        Place("/releases/{failed}/change/", "tom", "Change content"),
        Place("/releases/{failed}/fix/", "tom", "Fix and resubmit"),
        Place("/releases/{active}/manager/", "tom", "Change the release manager"),
        Place("/releases/{active}/defer/", "tom", "Defer"),
        Place("/releases/{active}/abort/", "tom", "Abort"),
        Place("/releases/{draft}/abort/", "tom", "Cancel the release"),
        Place("/releases/{failed}/retry/", "tom", "Retry", before=send_empty, refusals=(422,)),
        Place("/releases/{active}/abort/", "tom", "Abort", before=send_empty, refusals=(422,)),
        Place("/releases/{active}/start/", "tom", "Start", refusals=(409,)),
    ),
    "accounts/login/": (
        Place("/accounts/login/", "", "Sign in"),
        Place("/accounts/login/", "", "Sign in", before=send_wrong),
    ),
    "accounts/logout/": (Place("/accounts/logout/", "maya", "Sign out"),),
    "accounts/inactive/": (Place("/accounts/inactive/", "", "This account is closed"),),
    "accounts/signup/": (Place("/accounts/signup/", "", "Nobody signs up here"),),
    "accounts/reauthenticate/": (Place("/accounts/reauthenticate/", "maya", "Is it you"),),
    "accounts/password/change/": (
        Place("/accounts/password/change/", "maya", "Change your password"),
        Place("/accounts/password/change/", "maya", "Change your password", before=send_wrong),
    ),
    "accounts/password/reset/": (Place("/accounts/password/reset/", "", "Forgotten"),),
    "accounts/password/reset/done/": (Place("/accounts/password/reset/done/", "", "Look into"),),
    "accounts/password/reset/key/done/": (
        Place("/accounts/password/reset/key/done/", "", "Your password is changed"),
    ),
    "accounts/^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$": (
        Place("/accounts/password/reset/key/1-no-such-key/", "", "This link no longer works"),
    ),
    "accounts/2fa/": (Place("/accounts/2fa/", "maya", "Two-Factor"),),
    # Of no route: what is said where there is no page, or none for this person.
    "404": (
        Place("/no/such/page/", "maya", "", refusals=(404,)),
        Place("/no/such/page/", "", "", refusals=(404,)),
    ),
    "403": (Place("/config/roles/", "maya", "", refusals=(403,)),),
}  # fmt: skip

# Routes that show no page of their own, and what they do.
NO_PAGES: Final[dict[str, str]] = {
    "": "leads to where the person begins",
    "setup/test-mail/": "takes a press; its result stands on the set-up page",
    "demo/see-as/": "takes a press",
    "config/roles/<int:role_id>/give/": "takes the form of the role's page",
    "activities/<int:activity_id>/opened/": "takes what a script says",
    "activities/<int:activity_id>/decide/": "takes the form of the activity's page",
    "activities/<int:activity_id>/comment/": "takes the form of the activity's page",
    "activities/<int:activity_id>/<slug:name>/": "takes the forms of the activity's page",
    "notifications/read/": "takes a press",
    "notifications/read-all/": "takes a press",
    "inbox/density/": "takes a press",
    "inbox/<int:activity_id>/press/": "takes a press",
    "inbox/<int:activity_id>/unsnooze/": "takes a press",
    "inbox/<int:activity_id>/comment/": "takes the form of the pane",
    "inbox/decided.csv": "a file",
    "live/": "parts of pages, looked at where they are put",
    "session/": "answers scripts",
    "healthz": "answers machines",
    "readyz": "answers machines",
    "releases/<int:release_id>/remind/": "takes a press",
    "accounts/password/set/": "leads to the mailed link",
}
# Looked at by tests of their own, since they need a state that no other page must have.
ELSEWHERE: Final[dict[str, str]] = {
    "setup/": "an installation without releases",
    "accounts/2fa/totp/activate/": "a sign-in that has just been confirmed",
    "accounts/2fa/authenticate/": "an account with a second factor",
    "accounts/2fa/reauthenticate/": "an account with a second factor",
    "accounts/2fa/totp/deactivate/": "an account with a second factor",
    "accounts/2fa/recovery-codes/": "an account with a second factor",
    "accounts/2fa/recovery-codes/generate/": "an account with a second factor",
    "accounts/2fa/recovery-codes/download/": "a file of an account with a second factor",
}


def make_scene(installation: Installation) -> dict[str, int]:
    """Releases in every state that pages show, and the numbers in the addresses."""
    active = make_release(installation, "Sampler", "sampler")
    failed = make_release(installation, "Failed", "either")
    reject = failed.activities["gate"]
    vote(installation, "maya", reject, "reject", comment="The window clashes.")
    held = make_release(installation, "Held", "either")
    installation.call("tom", f"releases/{held.pk}/hold/", {"reason": "Wait for the audit."})
    done = make_release(installation, "Completed", "either")
    vote(installation, "maya", done.activities["gate"], "approve")
    vote(installation, "ruth", done.activities["after"], "approve")
    again = make_release(installation, "Again", "either").activities["gate"]
    vote(installation, "maya", again, "reject", comment="Not yet.")
    installation.call("tom", f"activities/{again}/retry/", {"reason": "The report is there."})
    half = make_release(installation, "Half", "sampler")
    words = {"ticket": "PAY-7", "risk": "low", "passed": True}
    vote(
        installation, "maya", half.activities["gate"], "approve",
        comment="All of it is done as agreed.", inputs=words,
    )  # fmt: skip
    role = installation.rows("select id from approvals_role where slug = 'qa-lead'")[0][0]
    holds = "select max(id) from approvals_roleassignment where role_id = ? and valid_until is null"
    return {
        "active": active.pk, "failed": failed.pk, "held": held.pk, "completed": done.pk,
        "draft": make_release(installation, "Draft", "either", start=False).pk,
        "gate": active.activities["gate"], "blocked": active.activities["go"],
        "build": active.activities["build"], "rejected": reject,
        "decided": done.activities["gate"], "role": role,
        "assignment": installation.rows(holds, role)[0][0],
        "half": half.activities["gate"],
        "again": again,
        **_states_of_the_demo(installation),
    }  # fmt: skip


def _states_of_the_demo(installation: Installation) -> dict[str, int]:
    """What the demo has in states that nobody can bring about by a press."""

    def one(statement: str) -> int:
        return int(str(installation.rows(statement)[0][0]).rpartition(":")[2])

    rounds = "select host from approvals_approval where state = 'open' and"
    releases = "select id from releases_release where state ="
    return {
        "stuck": one(f"{rounds} stuck = 1 order by id"),
        "overdue": one(f"{rounds} overdue = 1 order by id"),
        "request": one("select id from releases_activity where overrides_id is not null"),
        **{
            state: one(f"{releases} '{state}' order by id")
            for state in ("deferred", "aborted", "scheduled")
        },
    }
