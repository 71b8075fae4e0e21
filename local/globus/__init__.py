"""The Globus stand-in: a small OpenID provider that the real Globus SDK talks to.

It speaks the part of the Globus Auth API that a web application needs, checks what Globus Auth
checks, and lets whoever sits at this machine sign in as anybody. See docs/embedded-default.md.
"""
