"""qbwc-kit 0.1.3: an imitation of the Web Connector and of QuickBooks that others wrote."""

import re
import threading
import unittest

import httpx
from conductor import Conductor
from qbwc_kit.testing import FakeQuickBooks, FakeWebConnector

# Set by run.py.
PLACE = None
# How often it asks for work, and how many times at most.
PAUSE_S, TIMES = 0.1, 300


def ref(list_id, full_name):
    return {"ListID": list_id, "FullName": full_name}


def check(index):
    return {
        "TxnID": f"{index:X}-1735689600",
        "TimeCreated": "2025-01-01T00:00:00-05:00",
        "TimeModified": "2025-01-01T00:00:00-05:00",
        "EditSequence": "1735689600",
        "AccountRef": ref("80000001-1", "Checking"),
        "PayeeEntityRef": ref("80000002-1", "Müller & Søn <Import>"),
        "RefNumber": str(1_000 + index),
        "TxnDate": "2025-01-01",
        "Amount": "12.30",
    }


def host():
    return {
        "ProductName": "FakeQuickBooks",
        "MajorVersion": "34",
        "MinorVersion": "0",
        "SupportedQBXMLVersion": ["13.0", "16.0"],
        "IsAutomaticLogin": "false",
        "QBFileMode": "SingleUser",
    }


class FakeConnector(unittest.TestCase):
    """The imitation asks for work until a test ends."""

    def setUp(self):
        self.end_user = PLACE.end_user(self.id())
        password, qwc = PLACE.set_up(self.end_user)
        user = re.search("<UserName>(.*)</UserName>", qwc).group(1)
        self.url = re.search("<AppURL>(.*)</AppURL>", qwc).group(1)
        self.connector = FakeWebConnector(transport=self.send, username=user, password=password)
        self.quickbooks = FakeQuickBooks(entities={"Host": [host()], "Check": [check(index) for index in range(1, 8)]})
        self.http = httpx.Client(timeout=60)
        self.updates, self.failure, self.ended = [], None, threading.Event()
        self.thread = threading.Thread(target=self.run_updates)

    def send(self, body):
        answer = self.http.post(self.url, content=body.encode(), headers={"content-type": "text/xml; charset=utf-8"})
        self.assertEqual((answer.status_code, answer.headers["content-type"]), (200, "text/xml; charset=utf-8"))
        return answer.text

    def run_updates(self):
        try:
            for _ in range(TIMES):
                self.updates.append(self.connector.run_update(self.quickbooks))
                if self.ended.wait(PAUSE_S):
                    return
        except Exception as failure:
            self.failure = failure

    def start(self):
        self.assertTrue(self.connector.server_version())
        self.updates.append(self.connector.run_update(self.quickbooks))
        self.thread.start()
        return Conductor(api_key=PLACE.api_key, base_url=f"{PLACE.base_url}/v1", max_retries=0, _strict_response_validation=True)

    def tearDown(self):
        self.ended.set()
        if self.thread.ident:
            self.thread.join()
        self.http.close()
        if self.failure:
            raise self.failure

    def test_all_checks_come_over_it(self):
        conductor = self.start()
        self.assertEqual(conductor.qbd.health_check(conductor_end_user_id=self.end_user).status, "ok")
        checks = list(conductor.qbd.checks.list(conductor_end_user_id=self.end_user, limit=3))
        self.assertEqual([one.id for one in checks], [f"{index:X}-1735689600" for index in range(1, 8)])
        self.assertEqual((checks[0].payee.full_name, checks[0].amount), ("Müller & Søn <Import>", "12.30"))
        self.ended.set()
        self.thread.join()
        self.assertTrue(any(update.authenticated and update.round_trips for update in self.updates))

    def test_a_wrong_password_is_not_a_valid_user(self):
        self.connector.password = "wrong"
        update = self.connector.run_update(self.quickbooks)
        self.assertEqual((update.authenticated, update.last_error), (False, "nvu"))

    def test_without_work_there_is_no_session(self):
        self.connector.run_update(self.quickbooks)
        update = self.connector.run_update(self.quickbooks)
        self.assertEqual((update.authenticated, update.last_error), (False, "none"))
