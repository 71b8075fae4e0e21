"""The app factory: the one place where the web app is put together.

uWSGI calls `web.app:create_app()`; for development: `flask --app web.app run -p 8000`.
"""

import atexit

from flask import Flask
from flask_bootstrap import Bootstrap5

from gas.billing.keeper import RoundKeeper
from gas.telemetry import requests
from gas.telemetry.metrics import Exposition, queue_gauges
from gas.vitals import Heart
from web import assets, compression, errors, frame, present, request_log, security
from web.account.farewell import blueprint as farewell
from web.account.routes import blueprint as account
from web.annotate.parts import blueprint as parts
from web.annotate.routes import blueprint as annotate
from web.annotations.many import blueprint as many
from web.annotations.routes import blueprint as annotations
from web.api.routes import blueprint as api
from web.auth import bearer, metering
from web.auth.routes import blueprint as auth
from web.auth.session import visitor
from web.billing import offer
from web.billing.routes import blueprint as billing
from web.billing.webhook import blueprint as stripe_webhook
from web.context import EXTENSION
from web.device.programs import blueprint as device_programs
from web.device.routes import blueprint as device
from web.explorer.routes import blueprint as explorer
from web.explorer.sending import blueprint as explorer_export
from web.explorer.variants import blueprint as explorer_variants
from web.health.routes import blueprint as health
from web.help.routes import blueprint as helping
from web.home.routes import blueprint as home
from web.imports.routes import blueprint as imports
from web.preflight.routes import blueprint as preflight
from web.projects.routes import blueprint as projects
from web.reference.routes import blueprint as reference
from web.report.routes import blueprint as report
from web.services import Services, build_services
from web.sharing.guest_routes import blueprint as shared
from web.sharing.guest_routes import entrance as shared_entrance
from web.sharing.routes import blueprint as sharing
from web.sharing.routes import overview as shares
from web.status.routes import blueprint as status
from web.store_events.routes import blueprint as store_events
from web.tokens.routes import blueprint as tokens
from web.variants.routes import blueprint as variants
from web.webhooks.routes import blueprint as webhooks


def create_app(services: Services | None = None) -> Flask:
    """The WSGI app. `services` is given by tests; otherwise it comes from the environment."""
    if services is None:
        services = build_services()
        RoundKeeper(services.billing).start()
        services.tables.start()
        heart = Heart(services.vitals, services.clock, service="web")
        heart.start()
        atexit.register(heart.stop)
    app = Flask("web", static_folder=None, static_url_path="/static")  # web.assets serves them
    app.url_map.strict_slashes = False
    app.extensions[EXTENSION] = services
    app.config.from_mapping(security.flask_config(services.settings))
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True

    assets.install(app, assets.Assets(assets.files_of_the_pages()))
    Bootstrap5(app)
    compression.install(app)
    token = services.settings.metrics_token.get_secret_value()
    requests.install(app, Exposition("web", queue_gauges(services.gauges.read)), token=token)
    request_log.install(app)
    security.install(app, services)
    bearer.install(app)
    metering.install(app)
    errors.install(app)
    present.install(app)
    frame.install(app)
    offer.install(app, services)
    app.context_processor(lambda: {"visitor": visitor})

    pages = (home, helping, auth, account, farewell, annotate, parts, annotations, many, billing)
    explorers = (explorer, explorer_export, explorer_variants)
    engine_pages = (preflight, reference, variants)
    sharers = (sharing, shares, shared_entrance, shared, projects)
    for blueprint in (
        *pages,
        *explorers,
        imports,
        report,
        *engine_pages,
        *sharers,
        tokens,
        device,
        device_programs,
        webhooks,
        api,
        status,
        health,
        stripe_webhook,
        store_events,
    ):
        app.register_blueprint(blueprint)
    return app
