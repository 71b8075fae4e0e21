"""The web app: pages, the JSON surface of jobs, login. See `web.app.create_app`."""
