"""Addresses: the API, the admin, sign-in, health (contract.md, Pages and REST)."""

from __future__ import annotations

from allauth.account import views as account
from django.contrib import admin
from django.urls import include, path, re_path
from django.views.generic import RedirectView

from portal.views import activities, config, inbox, inbox_acts, releases
from portal.views.demo import see_as
from portal.views.health import healthz, readyz
from portal.views.help import help_page
from portal.views.home import home
from portal.views.inbox_comment import comment_in_inbox
from portal.views.inbox_export import decided_as_csv
from portal.views.live import live
from portal.views.notifications import centre, latest, read, read_all
from portal.views.password_reset import MailedLinkView
from portal.views.phase_owner import phase_owner
from portal.views.reauthenticate import ByCode, ByPassword
from portal.views.release_acts import release_act
from portal.views.reminding import remind
from portal.views.session import session
from portal.views.setup import demo, setup, test_mail

# Of the library's pages those that are needed, each by name: its others change an account past the
# services (an e-mail address without a password, history or ledger).
sign_in = [
    path("login/", account.login, name="account_login"),
    path("logout/", account.logout, name="account_logout"),
    path("inactive/", account.account_inactive, name="account_inactive"),
    path("signup/", account.signup, name="account_signup"),  # says that it is closed
    path("reauthenticate/", ByPassword.as_view(), name="account_reauthenticate"),
    path("password/change/", account.password_change, name="account_change_password"),
    # Where there is none yet to be asked for, the way is by mail.
    path(
        "password/set/",
        RedirectView.as_view(pattern_name="account_reset_password"),
        name="account_set_password",
    ),
    path("password/reset/", MailedLinkView.as_view(), name="account_reset_password"),
    path("password/reset/done/", account.password_reset_done, name="account_reset_password_done"),
    path(
        "password/reset/key/done/",
        account.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        account.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path("2fa/reauthenticate/", ByCode.as_view(), name="mfa_reauthenticate"),
    path("2fa/", include("allauth.mfa.urls")),
]

urlpatterns = [
    path("", home, name="home"),
    path("help/", help_page, name="help"),
    path("setup/", setup, name="setup"),
    path("setup/test-mail/", test_mail, name="setup_test_mail"),
    path("setup/demo/<slug:act>/", demo, name="setup_demo"),
    path("demo/see-as/", see_as, name="demo_see_as"),
    path("config/roles/", config.roles, name="config_roles"),
    path("config/roles/<int:role_id>/", config.role, name="config_role"),
    path("config/roles/<int:role_id>/give/", config.give, name="config_role_give"),
    path("config/roles/assignments/<int:assignment_id>/end/", config.end, name="config_role_end"),
    path("activities/<int:activity_id>/", activities.activity, name="activity"),
    path("activities/<int:activity_id>/decide/", activities.decide, name="activity_decide"),
    path("activities/<int:activity_id>/comment/", activities.comment, name="activity_comment"),
    path("activities/<int:activity_id>/opened/", activities.opened, name="activity_opened"),
    path("activities/<int:activity_id>/<slug:name>/", activities.act, name="activity_act"),
    path("notifications/", centre, name="notifications"),
    path("notifications/latest/", latest, name="notifications_latest"),
    path("notifications/read/", read, name="notifications_read"),
    path("notifications/read-all/", read_all, name="notifications_read_all"),
    path("inbox/", inbox.inbox, name="inbox"),
    path("inbox/density/", inbox_acts.density, name="inbox-density"),
    path("inbox/<int:activity_id>/press/", inbox_acts.press, name="inbox-press"),
    path("inbox/<int:activity_id>/snooze/", inbox_acts.snooze, name="snooze"),
    path("inbox/<int:activity_id>/unsnooze/", inbox_acts.unsnooze, name="unsnooze"),
    path("inbox/<int:activity_id>/comment/", comment_in_inbox, name="inbox_comment"),
    path("inbox/decided.csv", decided_as_csv, name="inbox_decided_csv"),
    path("live/", live, name="live"),
    path("session/", session, name="session"),
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("api/v1/", include("portal.api.urls")),
    path("releases/", releases.release_list, name="releases"),
    path("releases/new/", releases.new_release, name="release_new"),
    path("releases/<int:release_id>/", releases.release, name="release"),
    path("releases/<int:release_id>/phases/<slug:key>/", releases.phase, name="phase"),
    path("releases/<int:release_id>/phases/<slug:key>/owner/", phase_owner, name="phase_owner"),
    path("releases/<int:release_id>/remind/", remind, name="release_remind"),
    path("releases/<int:release_id>/<slug:act>/", release_act, name="release_act"),
    path("admin/", admin.site.urls),
    path("accounts/", include(sign_in)),
]

handler400 = "portal.views.errors.bad_request"
handler403 = "portal.views.errors.permission_denied"
handler404 = "portal.views.errors.page_not_found"
handler500 = "portal.views.errors.server_error"
