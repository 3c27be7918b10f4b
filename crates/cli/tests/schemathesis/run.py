"""Runs schemathesis against `counterfoil dev` and its stand-ins: python run.py COUNTERFOIL SCHEMATHESIS

It connects a company and imports its books first, so that there is something to find. The last lines count the operations
as .ci/run reads them."""

import http.cookiejar
import json
import os
import signal
import subprocess
import sys
import tempfile
import urllib.parse
import urllib.request
from pathlib import Path

HERE = Path(__file__).parent
STARTS_WITHIN_S = 30
# The whole run; it takes about two minutes.
ENDS_WITHIN_S = 600
REALM = "9130357849012345"


def main(counterfoil, schemathesis):
    with tempfile.TemporaryDirectory(prefix="counterfoil-schemathesis-") as folder:
        options = ["dev", "--port", "0", "--ephemeral", "--data-dir", folder, "--allow-loopback-webhooks"]
        with open(f"{folder}/log", "w+") as log:
            server = subprocess.Popen([counterfoil, *options], cwd=folder, stdout=subprocess.PIPE, stderr=log, text=True)
            try:
                wait_until_it_runs(server, log)
                return check(folder, schemathesis)
            finally:
                server.send_signal(signal.SIGINT)
                server.communicate(timeout=STARTS_WITHIN_S)


def wait_until_it_runs(server, log):
    for line in server.stdout:
        if "Counterfoil is running" in line:
            return
    log.seek(0)
    sys.exit(f"counterfoil dev did not start:\n{log.read()}")


def check(folder, schemathesis):
    place = json.loads(Path(folder, "dev.json").read_text())
    prepare(place)
    report = Path(folder, "report.xml")
    command = [schemathesis, "--config-file", HERE / "schemathesis.toml", "run", "/openapi.json"]
    command[-1] = place["base_url"] + "/openapi.json"
    command += ["--report", "junit", "--report-junit-path", report, "--no-color"]
    environment = {**os.environ, "API_KEY": place["api_key"]}
    ended = subprocess.run(command, cwd=folder, env=environment, timeout=ENDS_WITHIN_S, check=False)
    return ended.returncode or count(report)


def prepare(place):
    """Connects the stand-in's company as `acme`, and imports its books."""
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
    with browser.open(place["base_url"] + "/oauth/start/acme") as page:
        address = page.url
    path, _, query = address.partition("?")
    form = query + "&" + urllib.parse.urlencode({"decision": "connect", "realm": REALM})
    with browser.open(path, form.encode()) as result:
        connected = json.loads(result.read())
    assert connected["connected"], connected
    for kind in ["sync", "import-invoices"]:
        address = f"{place['base_url']}/v1/oauth/quickbooks/{kind}"
        request = urllib.request.Request(address, b"", {"X-API-Key": place["api_key"]}, method="POST")
        with urllib.request.urlopen(request) as answer:
            assert json.loads(answer.read())["success"]


def count(report):
    import xml.etree.ElementTree

    suites = xml.etree.ElementTree.parse(report).getroot()
    cases = list(suites.iter("testcase"))
    failed = sum(case.find("failure") is not None or case.find("error") is not None for case in cases)
    skipped = sum(case.find("skipped") is not None for case in cases)
    print(f"# pass {len(cases) - failed - skipped}\n# fail {failed}\n# skipped {skipped}")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
