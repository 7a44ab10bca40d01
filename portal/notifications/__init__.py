"""What people are told: its words, its rendering for each channel, and the sending of it."""
