"""What the services tell of themselves: spans to a collector, numbers to Prometheus.

Not in the zips of the functions, which have a lighter way (`lambdas.telemetry`): nothing that they
import may import this.
"""
