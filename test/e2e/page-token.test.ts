import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Page } from 'playwright-core';
import { openTab } from '../helpers/browser.ts';
import { startProgram } from '../helpers/program.ts';
import { secret, tokenWith } from '../helpers/tokens.ts';

const rooms = { lobby: ['read', 'publish', 'presence'] };

/** A program that asks for tokens, a tab, and every address that the tab asked for. */
async function start(t: ExecutionContext) {
  const tab = await openTab(t, { locale: 'en-GB' });
  if (!tab) return undefined;
  const { page } = tab;
  const dir = mkdtempSync(join(tmpdir(), 'text-event-server-'));
  t.teardown(() => rmSync(dir, { recursive: true }));
  writeFileSync(join(dir, 'secret'), secret);
  const program = await startProgram(t, { AUTH_SECRET_FILE: join(dir, 'secret'), LOG_LEVEL: 'trace' });
  const asked: string[] = [];
  page.on('request', (request) => asked.push(request.url()));
  page.on('websocket', (socket) => asked.push(socket.url()));
  return { page, program, asked };
}

async function giveToken(page: Page, token: string): Promise<void> {
  await page.fill('#token', token);
  await page.press('#token', 'Enter');
}

test('the chat takes a token from the address, which forgets it, and keeps it over a reload', async (t) => {
  const site = await start(t);
  if (!site) return;
  const { page, program, asked } = site;
  const token = await tokenWith({ sub: '小李', rooms });
  await page.goto(`${program.url}chat.html#token=${token}`);
  t.is(page.url(), `${program.url}chat.html`);
  await page.fill('#name', 'Somebody');
  await page.press('#name', 'Enter');
  await page.locator('#status[data-state=open]').waitFor();
  await page.locator('.member-name').getByText('小李').waitFor();
  await page.reload();
  await page.locator('#status[data-state=open]').waitFor();
  t.true(await page.locator('#token-form').isHidden());
  t.deepEqual(
    asked.filter((address) => address.includes(token)),
    [],
  );
  await program.stop();
  t.false(program.output().includes(token.slice(-20)));
});

test('the chat asks for a token where one is needed, says where it has not the right, and asks again when it ends', async (t) => {
  const site = await start(t);
  if (!site) return;
  const { page, program } = site;
  // The shortest wait before each attempt to come back.
  await page.addInitScript('Math.random = () => 0');
  await page.goto(`${program.url}chat.html`);
  await page.fill('#name', 'Somebody');
  await page.press('#name', 'Enter');
  await page.locator('#token-words').getByText('This needs a token').waitFor();
  await giveToken(page, await tokenWith({ rooms: { other: ['read'] } }));
  await page.locator('#token-words').getByText('does not give the right').waitFor();
  await giveToken(page, await tokenWith({ rooms, exp: Math.floor(Date.now() / 1000) + 4 }));
  await page.locator('#status[data-state=open]').waitFor();
  await page.locator('#token-form').waitFor({ state: 'hidden' });
  await page.locator('#token-words').getByText('This needs a token').waitFor();
  await giveToken(page, await tokenWith({ rooms }));
  await page.locator('#status[data-state=open]').waitFor();
  await page.fill('#m', 'still here');
  await page.press('#m', 'Enter');
  await page.locator('#lines .bubble').getByText('still here').waitFor();
  t.true(await page.locator('#token-form').isHidden());
});

test('the lab sends its token to this server, and to no other', async (t) => {
  const site = await start(t);
  if (!site) return;
  const { page, program, asked } = site;
  const token = await tokenWith({ rooms });
  await page.goto(`${program.url}lab.html#token=${token}`);
  t.is(page.url(), `${program.url}lab.html`);
  await page.selectOption('#path', '/rooms/lobby');
  await page.fill('#subprotocol', 'text-event.v1.json');
  await page.click('#connect');
  await page.locator('.frame').filter({ hasText: '"type":"welcome"' }).waitFor();
  t.deepEqual(
    asked.filter((address) => address.includes(token)),
    [],
  );
  await page.fill('#address', 'ws://other.example/');
  t.is(await page.inputValue('#token'), '');
});

test('the status asks who comes from elsewhere for a token, and shows all to an operator', async (t) => {
  const site = await start(t);
  if (!site) return;
  const { page, program, asked } = site;
  await page.setExtraHTTPHeaders({ 'X-Forwarded-For': '192.0.2.1' });
  await page.goto(`${program.url}status.html`);
  await page.locator('#token-words').getByText('This needs a token').waitFor();
  await giveToken(page, await tokenWith({ rooms }));
  await page.locator('#token-words').getByText('does not give the right').waitFor();
  const token = await tokenWith({ operator: ['see'] });
  await page.goto(`${program.url}status.html#token=${token}`);
  await page.locator('#overview').waitFor();
  t.is(page.url(), `${program.url}status.html`);
  t.true(await page.locator('#token-form').isHidden());
  await page.locator('#shown').getByText(`process ${program.child.pid}`).waitFor();
  t.deepEqual(
    asked.filter((address) => address.includes(token)),
    [],
  );
});
