"""Reading accounts and groups, for pages that name them."""

from __future__ import annotations

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.contrib.auth.models import Group
from django.db import models
from django.db.models import Q

from portal.models import User


def accounts_by_name() -> models.QuerySet[User]:
    """The active accounts, by username."""
    return User.objects.filter(is_active=True).order_by("username")


def people_by_name() -> models.QuerySet[User]:
    """The same without machine users."""
    return accounts_by_name().filter(kind=User.Kind.PERSON)


def people_without_sign_in() -> models.QuerySet[User]:
    """People who have no password, and no address to which the link for one could be sent."""
    unusable = {"password__startswith": UNUSABLE_PASSWORD_PREFIX}
    no_password = Q(password="") | Q(**unusable)
    return people_by_name().filter(no_password, email="")


def account_called(username: str) -> User | None:
    """The active account of this username, without regard to case."""
    return accounts_by_name().filter(username__iexact=username).first()


def group_called(name: str) -> Group | None:
    """The group of this name."""
    return Group.objects.filter(name=name).first()
