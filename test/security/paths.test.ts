import test from 'ava';
import { startProgram } from '../helpers/program.ts';
import { speak } from '../helpers/rooms.ts';
import { head, RawClient } from '../helpers/server.ts';

/** The status and body of a path as it stands, which `fetch` would put right. */
async function get(port: number, path: string, t: Parameters<typeof startProgram>[0]): Promise<[number, string]> {
  const client = new RawClient(t, port);
  client.write(Buffer.from(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`, 'latin1'));
  await client.ended;
  const [top = '', body = ''] = client.received.toString('latin1').split('\r\n\r\n');
  return [Number(top.split(' ')[1]), body];
}

test('no path leads out of the folder of the pages', async (t) => {
  const { port } = await startProgram(t);
  const up = ['..', '%2e%2e', '.%2e', '%252e%252e', '..%00', '..;', '....', '..%c0%af'];
  const slashes = ['/', '%2f', '%5c', '\\', '//', '%252f'];
  for (const dots of up) {
    for (const slash of slashes) {
      for (const start of ['/', '/assets/', '/rooms/']) {
        for (const file of ['package.json', 'main.js', 'etc/passwd']) {
          const path = `${start}${`${dots}${slash}`.repeat(file === 'etc/passwd' ? 12 : 2)}${file}`;
          const [status, body] = await get(port, path, t);
          t.true(status === 404 || status === 400 || status === 403 || status === 301, `${path}: ${status}`);
          t.notRegex(body, /root:|"dependencies"|import /, path);
        }
      }
    }
  }
  for (const path of [
    '/.env',
    '/.git/config',
    '/assets',
    '/%00',
    '/index.html%00.js',
    '//etc/passwd',
    '/./../main.js',
  ]) {
    t.not((await get(port, path, t))[0], 200, path);
  }
});

for (const [what, name] of [
  ['a line break', 'a%0Ab'],
  ['a NUL', 'a%00'],
  ['an escape', 'a%1B[2J'],
  ['a control of the second kind', 'a%C2%9B'],
  ['a slash', 'a%2Fb'],
  ['a backslash', 'a%5Cb'],
  ['two dots', '%2e%2e'],
  ['full-width look-alikes', encodeURIComponent('ｌｏｂｂｙ')],
  ['a ligature', encodeURIComponent('oﬃce')],
  ['nothing to see', encodeURIComponent('lob\u200bby')],
  ['a turn of direction', encodeURIComponent('\u202eybbol')],
  ['a soft hyphen', encodeURIComponent('lob\u00adby')],
  ['another way of writing an accent', encodeURIComponent('cafe\u0301')],
  ['bytes that are no UTF-8', '%ff%fe'],
  ['half a surrogate pair', '%ed%a0%80'],
  ['an end in the middle of a code', 'a%'],
  ['65 characters', 'a'.repeat(65)],
  ['10,000 characters', 'a'.repeat(10_000)],
] as const) {
  test(`a room name with ${what} is refused before the upgrade and over HTTP`, async (t) => {
    const { port } = await startProgram(t);
    const client = new RawClient(t, port);
    client.write(head({}, `GET /rooms/${name} HTTP/1.1`));
    await client.ended;
    t.regex(client.received.toString(), /^HTTP\/1.1 400 /);
    const [status] = await get(port, `/rooms/${name}/events`, t);
    t.true(status === 400 || status === 404 || status === 414, String(status));
  });
}

test('a room name of a megabyte is cut off at the size of a head', async (t) => {
  const { port } = await startProgram(t);
  const client = new RawClient(t, port);
  client.write(head({}, `GET /rooms/${'a'.repeat(1024 ** 2)} HTTP/1.1`));
  await client.ended;
  t.regex(client.received.toString(), /^(HTTP\/1.1 431 |$)/);
  t.deepEqual((await get(port, '/healthz', t))[0], 200);
});

test('rooms and people named like what every object has are rooms and people like any other', async (t) => {
  const { ws } = await startProgram(t);
  for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
    const one = await speak(t, `${ws}rooms/${name}?name=${name}&client=12345678`);
    const welcome = await one.nextOf('welcome');
    t.deepEqual([welcome.name, welcome.room, welcome.members], [name, name, [name]]);
    one.say({ type: 'publish', text: name, key: name });
    const { from, text } = await one.nextOf('event');
    t.deepEqual([from, text], [name, name]);
    t.false((await one.nextOf('ack')).duplicate);
  }
});
