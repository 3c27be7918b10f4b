"""What the tests have: `counterfoil dev` as it is built, end users, and Web Connectors. The addresses of the pages and the
source of the publishable key are here alone."""

import html
import json
import os
import re
import signal
import subprocess
import threading
import time
import urllib.parse
from pathlib import Path

import httpx
from conductor import APIStatusError, Conductor

STARTS_WITHIN_S = 30
# A Web Connector that has not asked for work for this time must be known to be gone.
GONE_WITHIN_S, PAUSE_S = 240, 0.5
# The number of checks in the company file: several pages.
CHECKS = 130
OLDEST_SHOWN = 200


class Process:
    """A program whose output is read until it ends."""

    def __init__(self, command, folder, environment=None):
        self.lines, self.has_ended = [], False
        self.heard = threading.Condition()
        streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        self.child = subprocess.Popen(command, cwd=folder, text=True, env={**os.environ, **(environment or {})}, **streams)
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.child.stdout:
            with self.heard:
                self.lines = [*self.lines, line][-OLDEST_SHOWN:]
                self.heard.notify_all()
        with self.heard:
            self.has_ended = True
            self.heard.notify_all()

    def wait_for(self, text, seconds=STARTS_WITHIN_S):
        """Waits until a line has this text. If none comes, what the program said is the error."""
        said = lambda: any(text in line for line in self.lines)
        with self.heard:
            self.heard.wait_for(lambda: said() or self.has_ended, seconds)
        if not said():
            raise RuntimeError(f"{text!r} was not said:\n{''.join(self.lines)}")

    def end(self):
        if self.child.poll() is None:
            self.child.send_signal(signal.SIGINT)
        try:
            self.child.wait(STARTS_WITHIN_S)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()


def linked(page, found):
    """The address in an attribute of a page."""
    return urllib.parse.urljoin(str(page.url), html.unescape(found.group(1)))


class Place:
    """A running installation."""

    def __init__(self, counterfoil, folder):
        self.counterfoil, self.folder = counterfoil, folder
        self.connectors = []
        options = ["dev", "--port", "0", "--ephemeral", "--data-dir", f"{folder}/data"]
        self.dev = Process([counterfoil, *options], folder)
        try:
            self.dev.wait_for("Counterfoil is running")
            file = json.loads(Path(folder, "data/dev.json").read_text())
            self.base_url, self.api_key = file["base_url"], file["api_key"]
            self.publishable_key = file["publishable_key"]
        except BaseException:
            self.end()
            raise
        self.conductor = Conductor(api_key=self.api_key, base_url=f"{self.base_url}/v1", max_retries=0)

    def end(self):
        for process in [*self.connectors, self.dev]:
            process.end()

    def end_user(self, name):
        """A new end user, without a connection."""
        email = f"{name}@books.example"
        return self.conductor.end_users.create(company_name=f"The {name} company", source_id=name, email=email).id

    def set_up(self, end_user):
        """Does what a customer does in the page of an auth session. Returns the password, and the text of the `.qwc` file."""
        session = self.conductor.auth_sessions.create(publishable_key=self.publishable_key, end_user_id=end_user)
        with httpx.Client(follow_redirects=True, timeout=STARTS_WITHIN_S) as browser:
            page = browser.get(session.auth_flow_url).raise_for_status()
            form = re.search(r'<form[^>]*action="([^"]*)"', page.text)
            assert form, page.text
            begun = browser.post(linked(page, form), headers={"sec-fetch-site": "same-origin"}).raise_for_status()
            password = re.search(r'id="password"[^>]*>([^<]+)<', begun.text)
            link = re.search(r'href="([^"]*connector\.qwc[^"]*)"', begun.text)
            assert password and link, begun.text
            file = browser.get(linked(begun, link)).raise_for_status()
        return password.group(1).strip(), file.text

    def web_connector(self, end_user, password, *options):
        """Starts a Web Connector with the file of an end user, which asks for work all the time."""
        command = [self.counterfoil, "web-connector", "simulate", "--qwc", f"{self.folder}/{end_user}.qwc", "--checks", str(CHECKS)]
        environment = {"WEB_CONNECTOR_PASSWORD": password}
        process = Process([*command, "--every", "0.1", "--pause", "0.05", *options], self.folder, environment)
        self.connectors.append(process)
        process.wait_for("was added, for")
        return process

    def connected(self, end_user):
        """A connection that has answered once: the password, and its Web Connector."""
        password, qwc = self.set_up(end_user)
        Path(self.folder, f"{end_user}.qwc").write_text(qwc)
        connector = self.web_connector(end_user, password)
        self.wait_until(lambda: self.has_answered(end_user), STARTS_WITHIN_S, "QuickBooks never answered")
        return password, connector

    def has_answered(self, end_user):
        connections = self.conductor.end_users.retrieve(end_user).integration_connections
        return any(connection.last_successful_request_at for connection in connections)

    def is_away(self, end_user):
        """Whether the installation knows that this Web Connector is gone."""
        try:
            self.conductor.qbd.health_check(conductor_end_user_id=end_user)
        except APIStatusError as error:
            return error.body["error"]["code"] == "INTEGRATION_CONNECTION_NOT_ACTIVE"
        return False

    def wait_until(self, condition, seconds, otherwise):
        ends = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > ends:
                raise RuntimeError(otherwise)
            time.sleep(PAUSE_S)

    def end_users(self):
        """An end user in each state of a connection, by the state's name."""
        users = {name: self.end_user(name) for name in ["connected", "denied", "elsewhere", "away", "untouched"]}
        self.connected(users["away"])[1].end()
        self.connected(users["connected"])
        for name, fault in [("denied", "no-access"), ("elsewhere", "other-company")]:
            password, connector = self.connected(users[name])
            connector.end()
            # As often as QuickBooks can be asked in a test.
            self.web_connector(users[name], password, *["--fault", fault] * 90)
        self.wait_until(lambda: self.is_away(users["away"]), GONE_WITHIN_S, "a Web Connector that is gone counts as active")
        return users

    def variables(self):
        """The variables of the tests, which are programs of their own."""
        return {
            "BASE_URL": self.base_url,
            "API_KEY": self.api_key,
            "PUBLISHABLE_KEY": self.publishable_key,
            "CHECKS": str(CHECKS),
            "CONDUCTOR_HIDE_UPDATE_MESSAGE": "true",
            **{f"{name.upper()}_END_USER": id for name, id in self.end_users().items()},
        }
