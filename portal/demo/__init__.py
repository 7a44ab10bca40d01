"""The demo: one believable company with ninety days of history, made by calling the services."""
