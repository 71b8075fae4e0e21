"""Moves the results of Free users to cold storage when their time is over."""
