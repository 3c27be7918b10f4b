"""Runs the store's tests against DynamoDB Local, Amazon's own implementation, which shares no code with the embedded one.

Takes the path of Java and the folder of DynamoDBLocal.jar, then arguments for the tests.
Cargo builds the tests of the whole workspace: one package alone would have other features, and the AWS SDKs a second build.
"""

import json
import os
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

LONGEST_START_SECONDS = 60
LONGEST_RUN_SECONDS = 600
STARTS = 3


def built_tests():
    build = ["cargo", "test", "--workspace", "--test", "it", "--no-run", "--message-format=json-render-diagnostics"]
    lines = subprocess.run(build, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
    for artifact in map(json.loads, lines):
        if artifact.get("executable") and Path(artifact["manifest_path"]).parent.name == "store":
            return artifact["executable"]
    sys.exit("cargo built no tests of the store")


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def is_dynamodb(endpoint):
    """An unsigned request is refused, by DynamoDB with an error type of its own."""
    try:
        urlopen(endpoint, timeout=5)
    except HTTPError as refusal:
        return b"com.amazonaws.dynamodb" in refusal.read(10_000)
    except (URLError, OSError):
        return False
    return False


def is_ready(server, endpoint):
    """False when the server has ended: somebody else took the port, which DynamoDB Local cannot choose for itself."""
    deadline = time.monotonic() + LONGEST_START_SECONDS
    while server.poll() is None:
        if is_dynamodb(endpoint):
            return server.poll() is None
        if time.monotonic() > deadline:
            sys.exit(f"DynamoDB Local did not answer within {LONGEST_START_SECONDS} s")
        time.sleep(0.1)
    return False


@contextmanager
def dynamodb_local(java, folder):
    """Its endpoint. It keeps everything in memory, and sends nothing to Amazon. It listens on every network interface: no option names one."""
    command = [java, "-Djava.library.path=DynamoDBLocal_lib", "-jar", "DynamoDBLocal.jar", "-inMemory", "-disableTelemetry"]
    for _ in range(STARTS):
        port = free_port()
        server = subprocess.Popen([*command, "-port", str(port)], cwd=folder, stdout=subprocess.DEVNULL)
        try:
            if is_ready(server, endpoint := f"http://127.0.0.1:{port}"):
                yield endpoint
                return
        finally:
            server.kill()
            server.wait()
    sys.exit(f"DynamoDB Local ended {STARTS} times before it answered")


def main():
    java, folder, *arguments = sys.argv[1:]
    tests = built_tests()
    with dynamodb_local(java, folder) as endpoint:
        environment = {**os.environ, "COUNTERFOIL_DYNAMODB_ENDPOINT": endpoint}
        run = subprocess.run([tests, *arguments], env=environment, timeout=LONGEST_RUN_SECONDS)
    sys.exit(run.returncode)


main()
