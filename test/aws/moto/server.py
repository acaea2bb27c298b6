"""moto's server, with DynamoDB's promise kept: one write to an item at a time.

moto answers each request on a thread of its own and checks a write's condition before it takes the write, with nothing between the two: of two that
write under the same condition both may win. DynamoDB never does that, and leases hang on it, so DynamoDB requests are answered one after the other here.
"""

import sys
import threading

from moto.server import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import run_simple

app = DomainDispatcherApplication(create_backend_app)
dynamodb = threading.Lock()


def serialised(environ, start_response):
    if not environ.get("HTTP_X_AMZ_TARGET", "").startswith("DynamoDB"):
        return app(environ, start_response)
    with dynamodb:
        return list(app(environ, start_response))


run_simple("127.0.0.1", int(sys.argv[1]), serialised, threaded=True, request_handler=MotoRequestHandler)
