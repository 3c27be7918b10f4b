"""conductor-py 1.92.3. With strict validation it refuses an answer that lacks a field, or has one of another type."""

import os
import unittest

import conductor
import httpx
from conductor import Conductor

V1 = os.environ["BASE_URL"] + "/v1"
CHECKS = int(os.environ["CHECKS"])
STATES = ["CONNECTED", "DENIED", "ELSEWHERE", "AWAY", "UNTOUCHED"]
CONNECTED, DENIED, ELSEWHERE, AWAY, UNTOUCHED = (os.environ[f"{state}_END_USER"] for state in STATES)


class Requests(list):
    """The requests of a client."""

    def client(self, api_key=os.environ["API_KEY"]):
        http = httpx.Client(event_hooks={"request": [self.append]}, timeout=120)
        return Conductor(api_key=api_key, base_url=V1, http_client=http, _strict_response_validation=True)


def client():
    return Requests().client()


class EndUsers(unittest.TestCase):
    def test_an_end_user_is_created_listed_retrieved_and_deleted(self):
        fields = {"company_name": "Löwe & Söhne", "source_id": "py-1", "email": "py@books.example"}
        made = client().end_users.create(**fields)
        self.assertRegex(made.id, "^end_usr_")
        self.assertEqual({name: getattr(made, name) for name in fields}, fields)
        self.assertEqual(made.integration_connections, [])
        self.assertIn(made.id, [user.id for user in client().end_users.list().data])
        self.assertEqual(client().end_users.retrieve(made.id), made)
        gone = client().end_users.delete(made.id)
        self.assertEqual((gone.id, gone.deleted), (made.id, True))
        with self.assertRaises(conductor.NotFoundError):
            client().end_users.retrieve(made.id)

    def test_a_connection_that_answered_is_in_its_end_user(self):
        client().qbd.health_check(conductor_end_user_id=CONNECTED)
        [connection] = client().end_users.retrieve(CONNECTED).integration_connections
        self.assertEqual(connection.integration_slug, "quickbooks_desktop")
        self.assertTrue(connection.last_request_at and connection.last_successful_request_at)

    def test_an_auth_session_has_a_link(self):
        key, back = os.environ["PUBLISHABLE_KEY"], "https://example.com/done"
        made = client().auth_sessions.create(publishable_key=key, end_user_id=UNTOUCHED, link_expiry_mins=60, redirect_url=back)
        self.assertEqual((made.end_user_id, made.redirect_url), (UNTOUCHED, back))
        self.assertTrue(made.auth_flow_url.endswith(f"/qbd/{made.client_secret}?key={key}"), made.auth_flow_url)
        self.assertEqual(httpx.get(made.auth_flow_url).status_code, 200)

    def test_qbxml_is_passed_through_as_json(self):
        query = {"CheckQueryRq": {"MaxReturned": 2, "IncludeLineItems": True}}
        answer = client().end_users.passthrough("quickbooks_desktop", id=CONNECTED, qbd_payload=query)
        self.assertEqual(len(answer["CheckQueryRs"]["CheckRet"]), 2)


class Resources(unittest.TestCase):
    def page(self, resource, **query):
        return getattr(client().qbd, resource).list(conductor_end_user_id=CONNECTED, **query)

    def test_the_health_check_is_fast(self):
        health = client().qbd.health_check(conductor_end_user_id=CONNECTED)
        self.assertEqual(health.status, "ok")
        self.assertGreater(health.duration, 0)

    def test_the_company_is_retrieved(self):
        company = client().qbd.company.retrieve(conductor_end_user_id=CONNECTED)
        self.assertEqual(company.company_name, "Larkspur Roofing LLC")

    def test_all_checks_come_page_by_page_and_each_once(self):
        requests = Requests()
        checks = list(requests.client().qbd.checks.list(conductor_end_user_id=CONNECTED, limit=50, include_linked_transactions=True))
        self.assertEqual((len(checks), len({check.id for check in checks})), (CHECKS, CHECKS))
        self.assertEqual(len(requests), 3)
        self.assertTrue(all(request.url.params["limit"] == "50" for request in requests))

    def test_a_page_counts_what_remains(self):
        page = self.page("checks", limit=50)
        self.assertEqual((page.remainingCount, page.hasMore, bool(page.next_cursor)), (CHECKS - 50, True, True))

    def test_checks_are_filtered(self):
        checks = list(self.page("checks"))
        first, last = checks[0], checks[-1]
        one = client().qbd.checks.retrieve(first.id, conductor_end_user_id=CONNECTED)
        self.assertEqual((one.id, one.amount, one.expense_lines), (first.id, first.amount, first.expense_lines))
        self.assertTrue(first.expense_lines)
        self.assertFalse(self.page("checks", limit=1, include_line_items=False).data[0].expense_lines)
        self.assertEqual([check.id for check in self.page("checks", ids=[first.id, last.id])], [first.id, last.id])
        for query, fits in [
            ({"updated_after": last.updated_at}, lambda check: check.updated_at >= last.updated_at),
            ({"transaction_date_from": str(last.transaction_date)}, lambda check: check.transaction_date >= last.transaction_date),
            ({"payee_ids": [first.payee.id]}, lambda check: check.payee.id == first.payee.id),
            ({"account_ids": [first.bank_account.id]}, lambda check: check.bank_account.id == first.bank_account.id),
            ({"ref_number_ends_with": "7"}, lambda check: (check.ref_number or "").endswith("7")),
        ]:
            with self.subTest(query):
                found = {check.id for check in self.page("checks", **query)}
                self.assertEqual(found, {check.id for check in checks if fits(check)})
                self.assertTrue(0 < len(found) < len(checks))

    def test_nothing_found_is_an_empty_list(self):
        page = self.page("checks", transaction_date_to="1999-01-01")
        self.assertEqual((page.data, page.next_cursor), ([], None))

    def test_every_resource_is_listed_and_one_is_retrieved(self):
        for resource in ["bill_check_payments", "invoices", "bills", "vendors", "customers", "accounts"]:
            with self.subTest(resource):
                listed = self.page(resource).data if resource == "accounts" else list(self.page(resource, limit=20))
                self.assertGreater(len(listed), 10)
                one = getattr(client().qbd, resource).retrieve(listed[-1].id, conductor_end_user_id=CONNECTED)
                self.assertEqual((one.id, one.revision_number), (listed[-1].id, listed[-1].revision_number))


class Errors(unittest.TestCase):
    def raised(self, kind, call, api_key=os.environ["API_KEY"]):
        """The error of a call that makes one request."""
        requests = Requests()
        with self.assertRaises(kind) as raised:
            call(requests.client(api_key))
        self.assertEqual(len(requests), 1, "the request was repeated")
        error = raised.exception.body["error"]
        wanted = {"message", "userFacingMessage", "type", "code", "httpStatusCode", "requestId"}
        self.assertTrue(wanted <= set(error) <= wanted | {"integrationCode"}, error)
        self.assertEqual(error["httpStatusCode"], raised.exception.status_code)
        self.assertEqual(error["requestId"], raised.exception.response.headers["conductor-request-id"])
        return error

    def test_a_wrong_key(self):
        error = self.raised(conductor.AuthenticationError, lambda client: client.end_users.list(), "sk_conductor_wrong")
        self.assertEqual((error["type"], error["code"]), ("AUTHENTICATION_ERROR", "API_KEY_INVALID"))

    def test_an_end_user_that_is_not_there(self):
        for call in [
            lambda client: client.end_users.retrieve("end_usr_nobody"),
            lambda client: client.qbd.company.retrieve(conductor_end_user_id="end_usr_nobody"),
        ]:
            error = self.raised(conductor.NotFoundError, call)
            self.assertEqual((error["type"], error["code"]), ("INVALID_REQUEST_ERROR", "RESOURCE_MISSING"))

    def test_a_wrong_body(self):
        error = self.raised(conductor.BadRequestError, lambda client: client.end_users.create(company_name="", source_id="x", email="x"))
        self.assertEqual(error["type"], "INVALID_REQUEST_ERROR")

    def test_a_connection_that_is_not_set_up(self):
        error = self.raised(conductor.ConflictError, lambda client: client.qbd.health_check(conductor_end_user_id=UNTOUCHED))
        self.assertEqual((error["type"], error["code"]), ("INTEGRATION_CONNECTION_ERROR", "INTEGRATION_CONNECTION_NOT_SET_UP"))

    def test_quickbooks_that_cannot_be_opened(self):
        error = self.raised(conductor.InternalServerError, lambda client: client.qbd.company.retrieve(conductor_end_user_id=DENIED))
        self.assertEqual((error["type"], error["code"]), ("INTEGRATION_CONNECTION_ERROR", "QBD_CONNECTION_ERROR"))
        self.assertEqual((error["httpStatusCode"], error["integrationCode"]), (502, "0x80040420"))
        self.assertNotIn("internal server error", error["userFacingMessage"].lower())

    def test_another_company_file_is_neither_read_nor_written(self):
        add = {"CheckAddRq": {"CheckAdd": {"AccountRef": {"FullName": "Operating Checking"}}}}
        for call in [
            lambda client: client.qbd.company.retrieve(conductor_end_user_id=ELSEWHERE),
            lambda client: client.end_users.passthrough("quickbooks_desktop", id=ELSEWHERE, qbd_payload=add),
        ]:
            error = self.raised(conductor.InternalServerError, call)
            self.assertEqual((error["type"], error["code"]), ("INTEGRATION_CONNECTION_ERROR", "QBD_CONNECTION_ERROR"))
            self.assertIn("Fernwood Bakery", error["userFacingMessage"])

    def test_a_check_that_is_not_there(self):
        call = lambda client: client.qbd.checks.retrieve("FFFF-1", conductor_end_user_id=CONNECTED)
        error = self.raised(conductor.InternalServerError, call)
        self.assertEqual((error["type"], error["code"], error["integrationCode"]), ("INTEGRATION_ERROR", "QBD_REQUEST_ERROR", "500"))

    def test_a_web_connector_that_is_gone(self):
        error = self.raised(conductor.APIStatusError, lambda client: client.qbd.health_check(conductor_end_user_id=AWAY))
        self.assertEqual((error["type"], error["code"]), ("INTEGRATION_CONNECTION_ERROR", "INTEGRATION_CONNECTION_NOT_ACTIVE"))
