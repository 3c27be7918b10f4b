// A partner's own `OAuthIntegration` class, with our base URL, in a page on another origin.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { world } from './world.js';

let place;
before(async () => { place = await world(); });
after(async () => { await place?.end(); });

// Makes the class in the page, as a partner would, with another base URL.
async function withClass(page) {
  await page.evaluate(([baseUrl, key, partner]) => {
    window.oauth = new OAuthIntegration(key, partner);
    window.oauth.baseUrl = `${baseUrl}/v1`;
  }, [place.base_url, place.api_key, place.partner_id]);
}

async function partnersPage() {
  const page = await (await place.browser.newContext()).newPage();
  await page.goto(place.origin);
  await withClass(page);
  return page;
}

// What a customer does at the platform, and where a consent reaches several companies, with us: whether there was a choice.
async function consent(page) {
  for (const box of await page.locator('input[type=checkbox]').all()) {
    await box.check();
  }
  await page.click('#connect');
  await page.waitForURL((url) => url.origin === place.origin || url.pathname.startsWith('/oauth/result/'));
  const chooses = new URL(page.url()).origin !== place.origin;
  if (chooses) {
    // The first one of FreshBooks has no bills, so that it has no checks either.
    await page.locator('input[name=company_id]').last().check();
    await page.click('button[type=submit]');
    // Our page goes on to the partner's by itself.
    await page.waitForURL((url) => url.origin === place.origin);
  }
  return chooses;
}

function given(page) {
  return new URL(page.url()).searchParams;
}

// The platforms that the installation knows, by its OpenAPI document.
async function platforms() {
  const document = await (await fetch(`${place.base_url}/openapi.json`)).json();
  const { parameters } = document.paths['/v1/oauth/authorize'].get;
  return parameters.find((parameter) => parameter.name === 'platform').schema.enum;
}

test('on each platform the customer consents, and the page exchanges the code', async (all) => {
  const chosen = new Set();
  const imported = new Set();
  for (const platform of await platforms()) {
    await all.test(platform, async () => {
      const page = await partnersPage();
      await page.evaluate((name) => { window.location.href = window.oauth.getAuthUrl(name); }, platform);
      await page.waitForURL((url) => url.origin === new URL(place.stand_ins_url).origin);
      chosen.add(await consent(page));
      assert.equal(new URL(page.url()).pathname, '/oauth/callback');
      assert.deepEqual([...given(page).keys()], ['code', 'state']);
      await withClass(page);
      const tokens = await page.evaluate(async (name) => {
        const code = new URLSearchParams(window.location.search).get('code');
        return [await window.oauth.exchangeCode(code, name), await window.oauth.exchangeCode(code, name)];
      }, platform);
      const { success, data } = tokens[0];
      assert.ok(success && data.accessToken && data.refreshToken && data.companyId && data.companyName, JSON.stringify(tokens[0]));
      assert.ok(data.platform === platform && data.expiresIn > 0);
      assert.equal(data.companyKey, `${platform}-${data.companyId}`);
      assert.deepEqual([tokens[1].success, tokens[1].error.code], [false, 'invalid_code']);
      const result = await page.evaluate((name) => window.oauth.syncChecks(name), platform);
      imported.add(result.success);
      if (!result.success) {
        assert.equal(result.error.code, 'import_not_supported');
        return;
      }
      assert.equal(result.data.status, 'completed', JSON.stringify(result));
      assert.match(`Synced ${result.data.checksImported} checks`, /^Synced [1-9]\d* checks$/);
    });
  }
  assert.deepEqual([chosen.size, imported.size], [2, 2], 'with and without a choice, with and without imports');
});

test('in a popup without a redirect URI it ends at the partner\'s first', async () => {
  const page = await partnersPage();
  const opened = page.waitForEvent('popup');
  await page.evaluate(([base, partner]) => {
    window.open(`${base}/v1/oauth/authorize?platform=quickbooks&partnerId=${partner}`, 'QuickBooks Auth', 'width=600,height=700');
  }, [place.base_url, place.partner_id]);
  const popup = await opened;
  await popup.waitForURL((url) => url.origin === new URL(place.stand_ins_url).origin);
  await consent(popup);
  assert.ok(popup.url().startsWith(place.callback) && given(popup).get('code'));
});

test('a customer who says no comes back with an error and no code', async () => {
  const page = await partnersPage();
  await page.goto(await page.evaluate(() => window.oauth.getAuthUrl('xero')));
  await page.click('#cancel');
  await page.waitForURL((url) => url.origin === place.origin);
  assert.deepEqual([...given(page).keys()], ['error', 'state']);
  assert.equal(given(page).get('error'), 'access_denied');
});

test('a redirect URI that is not on the list goes nowhere', async () => {
  const page = await partnersPage();
  const address = await page.evaluate(() => window.oauth.getAuthUrl('quickbooks', `${window.location.origin}/OAuth/callback`));
  await page.goto(address);
  assert.ok(page.url().startsWith(`${place.base_url}/v1/oauth/authorize`));
  assert.match(await page.locator('main').textContent(), /not on the partner's list/);
});

test('a page of another origin may not read an answer', async () => {
  const page = await (await place.browser.newContext()).newPage();
  await page.goto(place.origin.replace('127.0.0.1', 'localhost'));
  await withClass(page);
  const error = await page.evaluate(() => window.oauth.exchangeCode('cf_code_x', 'quickbooks').catch((failed) => failed.name));
  assert.equal(error, 'TypeError');
});
