// The published library for Node.js accepts what Counterfoil signs, and nothing else.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Webhook } from 'standardwebhooks';

const REQUESTS = JSON.parse(readFileSync(process.env.SIGNED_REQUESTS, 'utf8'));
const OTHER_SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
// The libraries accept five minutes.
const TOO_OLD_S = 301;

test('there are requests', () => assert.ok(REQUESTS.length > 0));

for (const { secrets, headers, body } of REQUESTS) {
  const { event } = JSON.parse(body);
  const name = `${event}, ${secrets.length} secrets`;
  const refuses = (secret, changed, text) => assert.throws(() => new Webhook(secret).verify(text, { ...headers, ...changed }));

  test(`${name}: each secret verifies it`, () => {
    for (const secret of secrets) {
      assert.deepEqual(new Webhook(secret).verify(body, headers), JSON.parse(body));
    }
  });
  test(`${name}: another body, id, time or secret does not`, () => {
    const later = String(Number(headers['webhook-timestamp']) + 1);
    for (const secret of secrets) {
      refuses(secret, {}, body.replace(event, `${event}s`));
      refuses(secret, { 'webhook-id': `${headers['webhook-id']}0` }, body);
      refuses(secret, { 'webhook-timestamp': later }, body);
    }
    refuses(OTHER_SECRET, {}, body);
  });
  test(`${name}: a request that is sent again later does not`, (t) => {
    t.mock.timers.enable({ apis: ['Date'], now: (Number(headers['webhook-timestamp']) + TOO_OLD_S) * 1000 });
    refuses(secrets[0], {}, body);
  });
}
