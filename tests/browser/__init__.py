"""Journeys of people in a real Chromium, against a running installation with the demo."""
