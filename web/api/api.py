"""The one API object: its modules declare their operations on it when they are imported."""

from flask import Blueprint

from web.api import cors, guard
from web.api.operations import Api

PREFIX = "/api/v1"

api = Api(Blueprint("api", __name__, url_prefix=PREFIX))
guard.install(api.blueprint)
cors.install(api.blueprint)
