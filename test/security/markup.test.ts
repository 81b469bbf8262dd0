import test from 'ava';
import { openTab } from '../helpers/browser.ts';
import { startProgram } from '../helpers/program.ts';

const MARKUP =
  '<img src=x onerror="document.title=\'owned\'"><script>document.title="owned"</script><b id=owned>bold</b>';

test('markup in a room is data: JSON and event streams that no browser takes for a page', async (t) => {
  const { url } = await startProgram(t);
  const events = `${url}rooms/lobby/events`;
  t.is((await fetch(events, { method: 'POST', body: MARKUP })).status, 201);
  for (const [address, accept, type] of [
    [events, 'text/html', /^application\/json/],
    [`${events}?after=%3Cb%3E`, 'text/html', /^application\/problem\+json/],
    [`${url}rooms/%3Cb%3E`, 'text/html', /^application\/problem\+json/],
    [events, 'text/event-stream', /^text\/event-stream/],
    [`${url}%3Cb%3E`, 'text/html', /^text\/plain/],
  ] as const) {
    const response = await fetch(address, { headers: { Accept: accept } });
    t.regex(response.headers.get('content-type') ?? '', type, address);
    t.is(response.headers.get('x-content-type-options'), 'nosniff', address);
    t.regex(response.headers.get('content-security-policy') ?? '', /default-src 'none'/, address);
    await response.body?.cancel();
  }
});

test('markup in names and lines is shown in the chat page as text', async (t) => {
  const { url } = await startProgram(t);
  const tab = await openTab(t);
  if (!tab) return;
  const { page } = tab;
  await page.goto(`${url}chat.html?room=lobby`);
  await page.fill('#name', '<b id=owned>x</b>');
  await page.press('#name', 'Enter');
  await page.locator('#status[data-state=open]').waitFor();
  const name = encodeURIComponent('<i id=owned>y</i>');
  t.is((await fetch(`${url}rooms/lobby/events?name=${name}`, { method: 'POST', body: MARKUP })).status, 201);
  await page.getByText('onerror').first().waitFor();
  const names = await page.locator('.line-name').allTextContents();
  t.true(names.includes('<i id=owned>y</i>'), String(names));
  t.deepEqual(await page.locator('.member-name').allTextContents(), ['<b id=owned>x</b>（我）']);
  t.is(await page.locator('#owned').count(), 0);
  t.is(await page.locator('#lines img, #members img').count(), 0);
  t.notRegex(await page.title(), /owned/);
});
