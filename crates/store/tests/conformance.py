"""Runs the store's tests against moto's DynamoDB, which shares no code with the embedded one.

Cargo builds the tests of the whole workspace: one package alone would have other features, and the AWS SDKs a second build.
"""

import json
import os
import subprocess
import sys
import threading
from io import BytesIO
from pathlib import Path

from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Response

LONGEST_RUN_SECONDS = 600


class Quiet(WSGIRequestHandler):
    def log_request(self, *_):
        pass


MISMATCH = '{"__type": "com.amazonaws.dynamodb.v20120810#IdempotentParameterMismatchException"}'


def tables(request):
    """The tables of a transaction. Each test has one of its own, and tests share their tokens."""
    return {change["TableName"] for item in request.get("TransactItems", []) for change in item.values()}


def as_dynamodb(moto):
    """Adds two things that DynamoDB has and moto lacks. One request is served at a time, so that a write is applied as a whole.
    A transaction that is sent again with its ClientRequestToken succeeds without being applied again."""
    turn = threading.Lock()
    applied = {}

    def answer_to(body, environ):
        request = json.loads(body)
        transaction = request.get("ClientRequestToken"), frozenset(tables(request))
        if transaction in applied:
            first, answer = applied[transaction]
            return answer if request == first else Response(MISMATCH, 400)
        answer = Response.from_app(moto, {**environ, "wsgi.input": BytesIO(body)}, buffered=True)
        if "ClientRequestToken" in request and answer.status_code == 200:
            applied[transaction] = request, answer
        return answer

    def serve(environ, start_response):
        body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        with turn:
            answer = answer_to(body, environ)
        return answer(environ, start_response)

    return serve


def built_tests():
    build = ["cargo", "test", "--workspace", "--test", "it", "--no-run", "--message-format=json-render-diagnostics"]
    lines = subprocess.run(build, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
    for artifact in map(json.loads, lines):
        if artifact.get("executable") and Path(artifact["manifest_path"]).parent.name == "store":
            return artifact["executable"]
    sys.exit("cargo built no tests of the store")


def main():
    tests = built_tests()
    app = as_dynamodb(DomainDispatcherApplication(create_backend_app))
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    environment = {**os.environ, "COUNTERFOIL_DYNAMODB_ENDPOINT": f"http://127.0.0.1:{server.server_port}"}
    sys.exit(subprocess.run([tests, *sys.argv[1:]], env=environment, timeout=LONGEST_RUN_SECONDS).returncode)


main()
