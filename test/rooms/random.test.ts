import { setImmediate as turn } from 'node:timers/promises';
import test from 'ava';
import { MemoryPresence } from '../../src/rooms/memory/presence.ts';
import { parsePosition } from '../../src/rooms/position.ts';
import { Rooms } from '../../src/rooms/rooms.ts';
import { until } from '../helpers/server.ts';
import { CountingFormat, ModelReader } from './model-reader.ts';
import { ScriptedLog } from './scripted-log.ts';

/** Numbers from 0 to below `n`, the same for the same seed (xorshift). */
function random(seed: number): (n: number) => number {
  let state = seed;
  return (n) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % n;
  };
}

for (let seed = 1; seed <= 300; seed++) {
  test(`whatever happens every reader has every event once, in order, or is told of it (seed ${seed})`, async (t) => {
    const pick = random(seed * 2654435761);
    const log = new ScriptedLog();
    log.late = pick(2) === 0;
    const tailEvents = [0, 3, 20, 1000][pick(4)];
    const rooms = new Rooms(log, new MemoryPresence(), { tailEvents, tailBytes: [200, 100_000][pick(2)] });
    const formats = [new CountingFormat(), new CountingFormat()];
    const readers: ModelReader[] = [];
    const everyone: ModelReader[] = [];
    let open: (() => void) | undefined;

    const join = async () => {
      const before = parsePosition(everyone[pick(everyone.length || 1)]?.at ?? '');
      const start = [undefined, { last: pick(30) }, before && { after: before }][pick(3)];
      const reader = new ModelReader([5_000, 40_000, 70_000][pick(3)]);
      everyone.push(reader);
      await reader.join(rooms, 'r', formats[pick(2)] ?? new CountingFormat(), start);
      readers.push(reader);
    };
    const steps: (() => unknown)[] = [
      () => void join(),
      () => void rooms.publish('r', { from: 'a', text: 'x'.repeat(pick(60)) }),
      () => void rooms.publish('r', { from: 'a', text: '' }),
      () => log.grow('r', 1 + pick(8)),
      () => log.tell('r'),
      () => {
        const reader = readers[pick(readers.length || 1)];
        if (reader) reader.stopped = true;
      },
      () => readers[pick(readers.length || 1)]?.go(),
      () => readers.splice(pick(readers.length || 1), 1)[0]?.subscription?.close(),
      () => {
        open ??= log.hold();
      },
      () => {
        open?.();
        open = undefined;
      },
      () => pick(4) === 0 && log.keep('r', pick(10)),
      () => pick(12) === 0 && log.replace('r'),
      () => turn(),
      () => turn(),
    ];
    // With so many, events are gathered.
    log.answersEach = pick(10) === 0;
    for (let crowd = log.answersEach ? 520 : 0; crowd > 0; crowd--) await join();
    for (let i = 0; i < 250; i++) await steps[pick(steps.length)]?.();

    open?.();
    await turn();
    log.grow('r', 1);
    log.tell('r');
    await rooms.publish('r', { from: 'a', text: 'the last' });
    for (const reader of readers) reader.go();
    const { epoch, offset } = log.end('r');
    await until(() => readers.every(({ at }) => at === `${epoch}:${offset}`));
    for (const reader of everyone) t.deepEqual(reader.complaints, []);
    for (const { subscription } of everyone) subscription?.close();
    t.is(rooms.size, 0);
  });
}
