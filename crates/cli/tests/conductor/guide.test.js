// The scripts of Conductor's own guide, as they are, with conductor-node 11.6.15. Only the placeholders are filled.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';

const HERE = import.meta.dirname;
const { BASE_URL, API_KEY, PUBLISHABLE_KEY, CONNECTED_END_USER, DENIED_END_USER, UNTOUCHED_END_USER } = process.env;
const ENDS_WITHIN_MS = 120_000;

// What the guide leaves to its reader: a database, a page, the class that it names.
const READERS_OWN = `
  import { createRequire } from 'node:module';
  globalThis.ConductorIntegrationConnectionError = createRequire(import.meta.url)('conductor-node').ConductorIntegrationConnectionError;
  globalThis.db = { users: { update: async ({ conductorEndUserId }) => console.log('db:', conductorEndUserId) } };
  globalThis.updateUI = (text) => console.log('UI:', text);
`;
// The second script goes on where the first one has made its client.
const CLIENT = `import Conductor from 'conductor-node'; const conductor = new Conductor('{{YOUR_SECRET_KEY}}');\n`;

// The output of a script.
async function run(name, values = {}, before = '') {
  const filled = { YOUR_SECRET_KEY: API_KEY, YOUR_PUBLISHABLE_KEY: PUBLISHABLE_KEY, ...values };
  const script = before + await readFile(path.join(HERE, 'guide', name), 'utf8');
  const code = READERS_OWN + script.replace(/\{\{(\w+)\}\}/g, (_, placeholder) => {
    assert.ok(filled[placeholder], placeholder);
    return filled[placeholder];
  });
  const env = { ...process.env, CONDUCTOR_MOCK_API_SERVER_URL: BASE_URL };
  const options = { cwd: HERE, env, timeout: ENDS_WITHIN_MS };
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', code], options);
  return stdout.trim();
}

function someone() {
  return { UNIQUE_ID_FROM_YOUR_DB: randomUUID(), END_USER_EMAIL: 'guide@books.example', END_USER_COMPANY_NAME: "O'Malley & Søn" };
}

test('an end user is created, and its id saved', async () => {
  assert.match(await run('create-end-user.mjs', someone()), /^db: end_usr_\w+$/);
});

test('a connection that works is found so', async () => {
  const said = await run('check-connection.mjs', { END_USER_ID: CONNECTED_END_USER }, CLIENT);
  assert.equal(said, 'UI: QuickBooks Desktop is successfully connected!');
});

test('without a connection the user gets a link to set one up', async () => {
  const said = await run('check-connection.mjs', { END_USER_ID: UNTOUCHED_END_USER }, CLIENT);
  const link = said.replace('UI: Set up your QuickBooks Desktop connection: ', '');
  assert.match(link, /\/qbd\/auth_sess_client_secret_\w+\?key=/);
  assert.equal((await fetch(link)).status, 200);
});

test('a connection that fails tells the user why', async () => {
  const said = await run('check-connection.mjs', { END_USER_ID: DENIED_END_USER }, CLIENT);
  assert.match(said, /^UI: An error occurred: .{20}/);
  assert.doesNotMatch(said, /internal server error/);
});

test('a link for a quick start is valid for a day', async () => {
  const created = await run('quick-create-end-user.mjs', someone());
  const id = created.replace('Save this EndUser ID to auth future requests: ', '');
  assert.match(id, /^end_usr_\w+$/);
  const said = await run('quick-create-auth-session.mjs', { END_USER_ID: id });
  assert.match(said, /^Send this link to your customer to complete the auth flow: http\S+\/qbd\/auth_sess_client_secret_\w+\?key=\S+$/);
});
