// conductor-node 11.6.15, the client of older guides.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import Conductor from 'conductor-node';

const { BASE_URL, API_KEY, PUBLISHABLE_KEY, CHECKS, CONNECTED_END_USER, AWAY_END_USER, UNTOUCHED_END_USER } = process.env;
process.env.CONDUCTOR_MOCK_API_SERVER_URL = BASE_URL;
const conductor = new Conductor(API_KEY);
const { ConductorAuthenticationError, ConductorIntegrationConnectionError, ConductorIntegrationError } = Conductor;

// The error of a call, which must be of this class.
async function refused(kind, call) {
  const error = await call.then(() => assert.fail('it was not refused'), (raised) => raised);
  assert.ok(error instanceof kind, `${error.type}: ${error.code} ${error.message}`);
  assert.ok(error.requestId && error.userFacingMessage);
  assert.equal(error.headers['conductor-request-id'], error.requestId);
  return error;
}

test('end users are created, listed and retrieved', async () => {
  const fields = { companyName: 'Acme', sourceId: 'node-11', email: 'eleven@books.example' };
  const made = await conductor.endUsers.create(fields);
  for (const [name, value] of Object.entries({ ...fields, objectType: 'end_user' })) {
    assert.equal(made[name], value);
  }
  assert.deepEqual(await conductor.endUsers.retrieve(made.id), made);
  const { objectType, data } = await conductor.endUsers.list();
  assert.ok(objectType === 'list' && data.some(({ id }) => id === made.id));
});

test('an auth session is created and retrieved', async () => {
  const made = await conductor.authSessions.create({ publishableKey: PUBLISHABLE_KEY, endUserId: UNTOUCHED_END_USER });
  assert.ok(made.objectType === 'auth_session' && made.endUserId === UNTOUCHED_END_USER);
  const minutes = (Date.parse(made.expiresAt) - Date.now()) / 60_000;
  assert.ok(minutes > 28 && minutes <= 31, made.expiresAt);
  const { id, endUserId, expiresAt } = await conductor.authSessions.retrieve(made.id);
  assert.deepEqual({ id, endUserId, expiresAt }, { id: made.id, endUserId: made.endUserId, expiresAt: made.expiresAt });
});

test('a ping says how long it took', async () => {
  const { duration } = await conductor.endUsers.ping(CONNECTED_END_USER, 'quickbooks_desktop');
  assert.ok(duration > 0);
});

test('integration connections are listed and retrieved', async () => {
  const { objectType, data } = await conductor.integrationConnections.list();
  const connection = data.find(({ endUserId }) => endUserId === CONNECTED_END_USER);
  assert.ok(objectType === 'list' && connection.objectType === 'integration_connection');
  const one = await conductor.integrationConnections.retrieve(connection.id);
  assert.deepEqual([one.id, one.endUserId, one.integrationSlug], [connection.id, CONNECTED_END_USER, 'quickbooks_desktop']);
});

test('qbXML is sent as JSON and answered as JSON', async () => {
  const checks = await conductor.qbd.check.query(CONNECTED_END_USER, { IncludeLineItems: true });
  assert.equal(checks.length, Number(CHECKS));
  assert.ok(checks[0].TxnID && checks[0].AccountRef.FullName);
  const [one] = await conductor.qbd.check.query(CONNECTED_END_USER, { TxnID: checks[1].TxnID });
  assert.equal(one.TxnID, checks[1].TxnID);
});

test('a wrong key is an authentication error', async () => {
  const error = await refused(ConductorAuthenticationError, new Conductor('sk_conductor_wrong').endUsers.list());
  assert.deepEqual([error.code, error.httpStatusCode], ['API_KEY_INVALID', 401]);
});

test('what is not there is an invalid request', async () => {
  const { endUsers, authSessions } = conductor;
  for (const call of [() => endUsers.retrieve('end_usr_nobody'), () => authSessions.retrieve('auth_sess_nothing')]) {
    const error = await refused(Conductor.ConductorInvalidRequestError, call());
    assert.deepEqual([error.code, error.httpStatusCode], ['RESOURCE_MISSING', 404]);
  }
});

test('no connection and no Web Connector are errors of the connection', async () => {
  for (const [endUser, code] of [[UNTOUCHED_END_USER, 'NOT_SET_UP'], [AWAY_END_USER, 'NOT_ACTIVE']]) {
    const error = await refused(ConductorIntegrationConnectionError, conductor.endUsers.ping(endUser, 'quickbooks_desktop'));
    assert.equal(error.code, `INTEGRATION_CONNECTION_${code}`);
  }
});

test('what QuickBooks refuses is an error of the integration', async () => {
  const error = await refused(ConductorIntegrationError, conductor.qbd.check.query(CONNECTED_END_USER, { TxnID: 'FFFF-1' }));
  assert.deepEqual([error.code, error.integrationCode, error.httpStatusCode], ['QBD_REQUEST_ERROR', '500', 502]);
});
