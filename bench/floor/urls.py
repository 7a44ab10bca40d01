"""Addresses of the floor."""

from __future__ import annotations

from django.urls import path

from bench.floor import views

urlpatterns = [
    path("activities/<int:activity_id>/decisions/", views.decide),
    path("activities/<int:activity_id>/", views.page),
    path("pending/", views.pending),
]
