"""The sign-in's settings: its forms, and how often one may try (A-095); read before there are any apps.

django-axes counts wrong passwords by name and address together, in the database, and forgets them
after a quarter of an hour; allauth limits tries by address. What is tried for one name from many
addresses is counted for strange browsers alone (`portal/sign_in_limits.py`): else anybody could lock out
anybody. Codes of a second factor, which axes does not see, are counted by account
(allauth's limit by key): only who has the password comes so far. `portal/sign_in.py` says which name and
which address a try was for.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

SIGN_IN: Final[dict[str, Any]] = {
    "ACCOUNT_FORMS": {
        "login": "portal.sign_in.SignInForm",
        "change_password": "portal.sign_in.PasswordForm",
        "reset_password_from_key": "portal.sign_in.NewPasswordForm",
    },
    "ACCOUNT_RATE_LIMITS": {"login": "60/m/ip", "login_failed": "20/m/ip,5/300s/key"},
    "AXES_HANDLER": "portal.sign_in_limits.SignInLimits",
    "AXES_FAILURE_LIMIT": 5,
    "AXES_COOLOFF_TIME": timedelta(minutes=15),
    "AXES_LOCKOUT_PARAMETERS": [["username", "ip_address"]],
    "AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT": False,
    "AXES_RESET_ON_SUCCESS": True,
    "AXES_USERNAME_FORM_FIELD": "login",
    "AXES_USERNAME_CALLABLE": "portal.sign_in.tried_name",
    "AXES_CLIENT_IP_CALLABLE": "portal.sign_in.client_address",
    "AXES_CLIENT_STR_CALLABLE": "portal.sign_in.said_in_logs",
    "AXES_LOCKOUT_CALLABLE": "portal.views.errors.too_many_tries",
    "AXES_SENSITIVE_PARAMETERS": ["login", "next", "csrfmiddlewaretoken"],
    "AXES_DISABLE_ACCESS_LOG": True,
    "AXES_ENABLE_ADMIN": False,
    "AXES_VERBOSE": False,
}
