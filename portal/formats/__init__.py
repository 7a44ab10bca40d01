"""How the administration writes dates and times."""
