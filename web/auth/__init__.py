"""Login with Globus Auth, the session, the profile page."""
