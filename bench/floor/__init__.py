"""The floor: the least that a recorded decision and a list of pending ones can be, in plain Django."""
