"""Sharing: links that show a job to whoever has them, and projects whose members see each other's
jobs. Who may do what with a job is decided by `gas.access`; here is what that is decided by.

Times are whole seconds since 1970.
"""
