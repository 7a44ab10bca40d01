"""What admin pages of this app and those above it share: rights that are held for everything."""
