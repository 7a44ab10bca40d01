"""Addresses of the API, below `/api/v1/` (contract.md, REST)."""

from __future__ import annotations

from django.urls import path

from portal.api.activities import Activities, ActivityDetail, Comments
from portal.api.activity_acts import Decisions, Result, Retry, Skip, Withdrawal
from portal.api.docs import Docs, Schema
from portal.api.notices import ActivityNotices, Notifications
from portal.api.processes import ProcessDetail, Processes, ProcessValidation
from portal.api.products import Products
from portal.api.release_acts import (
    AbortRelease,
    DeferRelease,
    HoldRelease,
    ResumeRelease,
    StartRelease,
)
from portal.api.releases import ReleaseDetail, ReleaseLedger, Releases

app_name = "api"

urlpatterns = [
    path("products/", Products.as_view(), name="products"),
    path("processes/", Processes.as_view(), name="processes"),
    path("processes/validate/", ProcessValidation.as_view(), name="process-validation"),
    path("processes/<slug:slug>/", ProcessDetail.as_view(), name="process"),
    path("releases/", Releases.as_view(), name="releases"),
    path("releases/<int:release_id>/", ReleaseDetail.as_view(), name="release"),
    path("releases/<int:release_id>/start/", StartRelease.as_view(), name="release-start"),
    path("releases/<int:release_id>/hold/", HoldRelease.as_view(), name="release-hold"),
    path("releases/<int:release_id>/resume/", ResumeRelease.as_view(), name="release-resume"),
    path("releases/<int:release_id>/abort/", AbortRelease.as_view(), name="release-abort"),
    path("releases/<int:release_id>/defer/", DeferRelease.as_view(), name="release-defer"),
    path("releases/<int:release_id>/ledger/", ReleaseLedger.as_view(), name="release-ledger"),
    path("activities/", Activities.as_view(), name="activities"),
    path("activities/<int:activity_id>/", ActivityDetail.as_view(), name="activity"),
    path("activities/<int:activity_id>/decisions/", Decisions.as_view(), name="decisions"),
    path("activities/<int:activity_id>/withdraw/", Withdrawal.as_view(), name="withdrawal"),
    path("activities/<int:activity_id>/comments/", Comments.as_view(), name="comments"),
    path("activities/<int:activity_id>/notices/", ActivityNotices.as_view(), name="notices"),
    path("activities/<int:activity_id>/result/", Result.as_view(), name="result"),
    path("activities/<int:activity_id>/retry/", Retry.as_view(), name="retry"),
    path("activities/<int:activity_id>/skip/", Skip.as_view(), name="skip"),
    path("notifications/", Notifications.as_view(), name="notifications"),
    path("schema/", Schema.as_view(), name="schema"),
    path("docs/", Docs.as_view(), name="docs"),
]
