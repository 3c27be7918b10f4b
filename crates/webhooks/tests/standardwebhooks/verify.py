"""The published library for Python accepts what Counterfoil signs, and nothing else: verify.py REQUESTS"""

import json
import sys
import unittest
from datetime import datetime, timedelta, timezone
from pathlib import Path
from unittest import mock

from standardwebhooks import webhooks
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

REQUESTS = json.loads(Path(sys.argv[1]).read_text())
OTHER_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
# The libraries accept five minutes.
TOO_OLD = timedelta(seconds=301)


def sent_at(headers):
    return datetime.fromtimestamp(int(headers["webhook-timestamp"]), timezone.utc)


class Verify(unittest.TestCase):
    def refuses(self, secret, body, headers):
        with self.assertRaises(WebhookVerificationError):
            Webhook(secret).verify(body, headers)

    def test_each_secret_verifies_it(self):
        self.assertTrue(REQUESTS)
        for request in REQUESTS:
            for secret in request["secrets"]:
                self.assertEqual(Webhook(secret).verify(request["body"], request["headers"]), json.loads(request["body"]))

    def test_another_body_id_time_or_secret_does_not(self):
        for request in REQUESTS:
            body, headers = request["body"], request["headers"]
            event = json.loads(body)["event"]
            later = {"webhook-timestamp": str(int(headers["webhook-timestamp"]) + 1)}
            for secret in request["secrets"]:
                self.refuses(secret, body.replace(event, event + "s"), headers)
                self.refuses(secret, body, headers | {"webhook-id": headers["webhook-id"] + "0"})
                self.refuses(secret, body, headers | later)
            self.refuses(OTHER_SECRET, body, headers)

    def test_a_request_that_is_sent_again_later_does_not(self):
        for request in REQUESTS:
            with mock.patch.object(webhooks, "datetime", wraps=datetime) as clock:
                clock.now.return_value = sent_at(request["headers"]) + TOO_OLD
                self.refuses(request["secrets"][0], request["body"], request["headers"])


result = unittest.TextTestRunner(stream=sys.stdout, verbosity=2).run(unittest.defaultTestLoader.loadTestsFromTestCase(Verify))
failed = len(result.failures) + len(result.errors)
print(f"# pass {result.testsRun - failed}\n# fail {failed}")
sys.exit(not result.testsRun or failed > 0)
