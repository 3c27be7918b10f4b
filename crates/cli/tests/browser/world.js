// What a test has: `counterfoil dev` as it is built, a partner's page on another origin, and a browser.

import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { chromium } from 'playwright-core';

const HERE = import.meta.dirname;
const COUNTERFOIL = process.env.COUNTERFOIL ?? path.resolve(HERE, '../../../../target/debug/counterfoil');
const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const STARTS_WITHIN_MS = 30_000;
const OLDEST_SHOWN = 4_000;

// A page with the partner's class and nothing else, at every address.
async function partnersPage() {
  const script = await readFile(path.join(HERE, 'oauth-integration.js'), 'utf8');
  const html = `<!doctype html><title>The partner</title><script>${script}</script><h1>The partner</h1>`;
  const server = createServer((_, answer) => answer.writeHead(200, { 'content-type': 'text/html' }).end(html));
  await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
  return { server, origin: `http://127.0.0.1:${server.address().port}` };
}

// Resolves when the laptop's server says that it runs; what it said is shown if it does not.
function running(child) {
  let said = '';
  return new Promise((ready, failed) => {
    const late = setTimeout(() => failed(new Error(`counterfoil dev did not start:\n${said}`)), STARTS_WITHIN_MS);
    const hear = (text) => {
      said = (said + text).slice(-OLDEST_SHOWN);
      if (said.includes('Counterfoil is running')) {
        clearTimeout(late);
        ready();
      }
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.on('error', failed);
    child.on('exit', (code) => failed(new Error(`counterfoil dev ended with ${code}:\n${said}`)));
  });
}

export async function world() {
  const page = await partnersPage();
  const folder = await mkdtemp(path.join(tmpdir(), 'counterfoil-browser-'));
  const callback = `${page.origin}/oauth/callback`;
  const options = ['dev', '--port', '0', '--ephemeral', '--data-dir', folder, '--redirect-uri', callback];
  const child = spawn(COUNTERFOIL, options, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  let browser;
  const end = async () => {
    await browser?.close();
    const ended = child.exitCode === null ? new Promise((gone) => child.on('exit', gone)) : undefined;
    child.kill('SIGINT');
    await ended;
    page.server.close();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await running(child);
    const file = JSON.parse(await readFile(path.join(folder, 'dev.json'), 'utf8'));
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
    return { ...file, origin: page.origin, callback, browser, end };
  } catch (error) {
    await end();
    throw error;
  }
}
