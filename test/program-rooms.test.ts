import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { sayOnAllPaths } from './helpers/all-paths.ts';
import { connect } from './helpers/client.ts';
import { runProgram, startProgram } from './helpers/program.ts';
import { speak } from './helpers/rooms.ts';

/** A folder that outlives a program, and goes with the test. */
function dataDir(t: ExecutionContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'text-event-server-'));
  t.teardown(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

for (const [how, signal] of [
  ['stopped', 'SIGTERM'],
  ['killed', 'SIGKILL'],
] as const) {
  test(`a program that is ${how} and starts again has every acknowledged line, and positions hold`, async (t) => {
    const DATA_DIR = dataDir(t);
    const first = await startProgram(t, { DATA_DIR });
    const a = await speak(t, `${first.ws}rooms/r?name=a`);
    const { position } = await a.nextOf('welcome');
    const empty = await speak(t, `${first.ws}rooms/empty`);
    const { position: beginning } = await empty.nextOf('welcome');
    for (let i = 0; i < 50; i++) a.say({ type: 'publish', key: `${i}`, text: `${i}` });
    for (let acks = 0; acks < 50; ) if (JSON.parse(await a.next()).type === 'ack') acks++;
    await first.stop(signal);

    const second = await startProgram(t, { DATA_DIR });
    const back = await speak(t, `${second.ws}rooms/r?name=a&after=${position}`);
    await back.nextOf('welcome');
    for (let i = 0; i < 50; i++) t.is((await back.nextOf('event')).text, `${i}`);
    back.say({ type: 'publish', key: '7', text: 'again' });
    t.true((await back.nextOf('ack')).duplicate);
    const still = await speak(t, `${second.ws}rooms/empty?after=${beginning}`);
    await still.nextOf('welcome');
    still.say({ type: 'publish', text: 'first' });
    t.is((await still.nextOf('event')).text, 'first');
  });
}

test('a publisher keeps its connection where little may wait for a reader', async (t) => {
  const { ws } = await startProgram(t, { DATA_DIR: dataDir(t), MAX_BUFFERED_BYTES: '1KiB' });
  const a = await speak(t, `${ws}rooms/r`);
  await a.nextOf('welcome');
  for (let i = 0; i < 100; i++) a.say({ type: 'publish', key: `${i}`, text: `${i}` });
  const seen = { ack: 0, event: 0 };
  while (seen.ack < 100 || seen.event < 100) {
    const { type } = JSON.parse(await Promise.race([a.next(), a.closed.then(String)])) as { type: 'ack' | 'event' };
    seen[type]++;
  }
  t.deepEqual(seen, { ack: 100, event: 100 });
});

test('two programs with one folder are one set of rooms', async (t) => {
  const DATA_DIR = dataDir(t);
  const [one, two] = [await startProgram(t, { DATA_DIR }), await startProgram(t, { DATA_DIR })];
  const a = await speak(t, `${one.ws}rooms/r?name=x`);
  t.is((await a.nextOf('welcome')).name, 'x');
  const b = await speak(t, `${two.ws}rooms/r?name=x`);
  t.deepEqual((await b.nextOf('welcome')).members, ['x', 'x2']);
  t.deepEqual(await a.nextOf('join'), { type: 'join', name: 'x2' });
  b.say({ type: 'publish', text: 'over there' });
  t.deepEqual(await a.nextOf('event'), await b.nextOf('event'));

  await sayOnAllPaths(t, one, two);
});

test('many who publish over two programs at once are seen by everybody in one order, each line once', async (t) => {
  const DATA_DIR = dataDir(t);
  const env = { DATA_DIR, MESSAGES_PER_SECOND: 'off' };
  const programs = await Promise.all([startProgram(t, env), startProgram(t, env)]);
  const speakers = await Promise.all(
    Array.from({ length: 8 }, (_, i) => speak(t, `${programs[i % 2]?.ws}rooms/r?name=s${i}`)),
  );
  for (const speaker of speakers) await speaker.nextOf('welcome');
  for (let i = 0; i < 200; i++)
    for (const speaker of speakers) speaker.say({ type: 'publish', key: `${i}`, text: `${i}` });
  const seen = await Promise.all(
    speakers.map(async (speaker) => {
      const lines: string[] = [];
      let answers = 0;
      while (lines.length < 200 || answers < 200) {
        const { type, position, from, text } = JSON.parse(await speaker.next());
        if (type === 'event') lines.push(`${position} ${from} ${text}`);
        else if (type === 'ack') answers++;
      }
      return lines;
    }),
  );
  // A key is the room's: of eight who publish with the same one the first is taken.
  t.deepEqual(seen[0]?.map((line) => line.split(' ')[2]).sort(), Array.from({ length: 200 }, (_, i) => `${i}`).sort());
  for (const lines of seen) t.deepEqual(lines, seen[0]);
});

for (const [name, send, answer] of [
  ['chat', 'hello', '收到,hello'],
  ['ws', 'x', undefined],
] as const) {
  test(`ROOT_HANDLER=${name} puts it at the root, as the same room`, async (t) => {
    const { ws } = await startProgram(t, { ROOT_HANDLER: name });
    const [root, path] = [await connect(t, ws), await connect(t, `${ws}${name}`)];
    if (answer) {
      root.send(send);
      t.is(await root.next(), answer);
    } else {
      t.regex(await root.next(), /^Welcome 127/);
      t.regex(await path.next(), /^Welcome 127/);
    }
    path.send('to the root');
    t.regex(await root.next(), /to the root$/);
  });
}

test('a store that cannot be used or is damaged is one line and exit code 1', async (t) => {
  const occupied = dataDir(t);
  writeFileSync(join(occupied, 'rooms'), 'a file');
  const DATA_DIR = dataDir(t);
  const { stop } = await startProgram(t, { DATA_DIR });
  await stop();
  truncateSync(join(DATA_DIR, 'rooms', 'data.mdb'), 5000);
  for (const dir of [occupied, DATA_DIR]) {
    const { exited, output } = runProgram(t, { DATA_DIR: dir });
    t.is((await exited).code, 1);
    // LMDB itself may say a line of its own before.
    t.regex(output(), /^(internal error[^\n]*\n)?the room log [^\n]*\n$/);
  }
});

test('HISTORY_MAX_EVENTS bounds what a room keeps', async (t) => {
  const { ws } = await startProgram(t, { HISTORY_MAX_EVENTS: '3', DURABILITY: 'flush' });
  const a = await speak(t, `${ws}rooms/r`);
  const { position } = await a.nextOf('welcome');
  for (let i = 1; i <= 10; i++) {
    a.say({ type: 'publish', text: `${i}` });
    await a.nextOf('event');
    await a.nextOf('ack');
  }
  const late = await connect(t, `${ws}rooms/r?name=late&last=20`);
  t.is(await late.next(), '访客1:8');
  a.socket.close();
  const epoch = position.split(':')[0];
  const other = await speak(t, `${ws}rooms/other?after=${epoch}:3`);
  await other.nextOf('welcome');
  await other.nextOf('reset');
});
