// conductor-node 12.43.0. By itself it repeats a request that was refused, unless the answer says that this is of no use.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import Conductor from 'conductor-node-12';

const { BASE_URL, API_KEY, PUBLISHABLE_KEY, CHECKS, CONNECTED_END_USER, DENIED_END_USER, AWAY_END_USER, UNTOUCHED_END_USER } = process.env;
process.env.CONDUCTOR_BASE_URL = `${BASE_URL}/v1`;
const conductor = new Conductor({ apiKey: API_KEY });
const connected = { conductorEndUserId: CONNECTED_END_USER };

// The error of a call, which must be of this class, and which must be one request.
async function refused(kind, call, apiKey = API_KEY) {
  const requests = [];
  const counting = (url, options) => {
    requests.push(url);
    return fetch(url, { method: options.method, headers: options.headers, body: options.body });
  };
  const error = await call(new Conductor({ apiKey, fetch: counting })).then(() => assert.fail('it was not refused'), (raised) => raised);
  assert.ok(error instanceof kind, `${error}`);
  assert.equal(requests.length, 1, 'the request was repeated');
  const envelope = error.error.error;
  assert.equal(envelope.httpStatusCode, error.status);
  assert.equal(envelope.requestId, error.headers['conductor-request-id']);
  assert.ok(envelope.message && envelope.userFacingMessage);
  return envelope;
}

async function all(pages) {
  const found = [];
  for await (const one of pages) {
    found.push(one);
  }
  return found;
}

test('an end user is created, listed, retrieved and deleted', async () => {
  const fields = { companyName: 'Acme', sourceId: 'node-12', email: 'twelve@books.example' };
  const made = await conductor.endUsers.create(fields);
  const { id, companyName, sourceId, email, integrationConnections } = made;
  assert.deepEqual([{ companyName, sourceId, email }, integrationConnections], [fields, []]);
  assert.deepEqual(await conductor.endUsers.retrieve(id), made);
  assert.ok((await conductor.endUsers.list()).data.some((one) => one.id === id));
  assert.deepEqual(await conductor.endUsers.delete(id), { id, objectType: 'end_user', deleted: true });
  await refused(Conductor.NotFoundError, (client) => client.endUsers.retrieve(id));
});

test('an auth session has every field', async () => {
  const made = await conductor.authSessions.create({ publishableKey: PUBLISHABLE_KEY, endUserId: UNTOUCHED_END_USER });
  const names = ['id', 'objectType', 'createdAt', 'endUserId', 'clientSecret', 'authFlowUrl', 'expiresAt', 'redirectUrl'];
  assert.deepEqual(Object.keys(made).sort(), names.sort());
  assert.equal(made.redirectUrl, null);
});

test('a connection is healthy', async () => {
  const { status, duration } = await conductor.qbd.healthCheck(connected);
  assert.ok(status === 'ok' && duration > 0);
});

test('qbXML is passed through', async () => {
  const query = { CheckQueryRq: { MaxReturned: 3 } };
  const answer = await conductor.endUsers.passthrough(CONNECTED_END_USER, 'quickbooks_desktop', query);
  assert.equal(answer.CheckQueryRs.CheckRet.length, 3);
});

test('the company is retrieved', async () => {
  const company = await conductor.qbd.company.retrieve(connected);
  assert.deepEqual([company.companyName, company.isSampleCompanyFile], ['Larkspur Roofing LLC', false]);
});

test('checks come in pages, and each once', async () => {
  const page = await conductor.qbd.checks.list({ ...connected, limit: 40 });
  assert.deepEqual([page.data.length, Boolean(page.nextCursor)], [40, true]);
  const checks = await all(conductor.qbd.checks.list({ ...connected, limit: 40 }));
  assert.deepEqual([checks.length, new Set(checks.map(({ id }) => id)).size], [Number(CHECKS), Number(CHECKS)]);
});

test('checks are filtered by dates and by several accounts', async () => {
  const checks = await all(conductor.qbd.checks.list(connected));
  const accountIds = [...new Set(checks.map(({ bankAccount }) => bankAccount.id))];
  assert.equal(accountIds.length, 2);
  assert.equal((await all(conductor.qbd.checks.list({ ...connected, accountIds }))).length, checks.length);
  const { transactionDate } = checks[100];
  const later = await all(conductor.qbd.checks.list({ ...connected, transactionDateFrom: transactionDate }));
  assert.equal(later.length, checks.filter((check) => check.transactionDate >= transactionDate).length);
});

test('every resource is listed and one is retrieved', async () => {
  for (const resource of ['checks', 'billCheckPayments', 'invoices', 'bills', 'vendors', 'customers', 'accounts']) {
    const [first] = (await conductor.qbd[resource].list(connected)).data;
    const one = await conductor.qbd[resource].retrieve(first.id, connected);
    assert.deepEqual([one.id, one.objectType], [first.id, first.objectType], resource);
  }
});

test('a wrong key', async () => {
  const { type, code } = await refused(Conductor.AuthenticationError, (client) => client.endUsers.list(), 'sk_conductor_wrong');
  assert.deepEqual([type, code], ['AUTHENTICATION_ERROR', 'API_KEY_INVALID']);
});

test('an end user that is not there', async () => {
  const call = (client) => client.qbd.healthCheck({ conductorEndUserId: 'end_usr_nobody' });
  const { type, code } = await refused(Conductor.NotFoundError, call);
  assert.deepEqual([type, code], ['INVALID_REQUEST_ERROR', 'RESOURCE_MISSING']);
});

test('a connection that is not set up', async () => {
  const call = (client) => client.qbd.checks.list({ conductorEndUserId: UNTOUCHED_END_USER });
  const { type, code } = await refused(Conductor.ConflictError, call);
  assert.deepEqual([type, code], ['INTEGRATION_CONNECTION_ERROR', 'INTEGRATION_CONNECTION_NOT_SET_UP']);
});

test('a Web Connector that is gone', async () => {
  const call = (client) => client.qbd.healthCheck({ conductorEndUserId: AWAY_END_USER });
  assert.equal((await refused(Conductor.APIError, call)).code, 'INTEGRATION_CONNECTION_NOT_ACTIVE');
});

test('QuickBooks that cannot be opened', async () => {
  const call = (client) => client.qbd.company.retrieve({ conductorEndUserId: DENIED_END_USER });
  const { type, code, integrationCode } = await refused(Conductor.InternalServerError, call);
  assert.deepEqual([type, code, integrationCode], ['INTEGRATION_CONNECTION_ERROR', 'QBD_CONNECTION_ERROR', '0x80040420']);
});

test('a check that is not there', async () => {
  const call = (client) => client.qbd.checks.retrieve('FFFF-1', connected);
  const { type, code, integrationCode } = await refused(Conductor.InternalServerError, call);
  assert.deepEqual([type, code, integrationCode], ['INTEGRATION_ERROR', 'QBD_REQUEST_ERROR', '500']);
});
