import assert from 'node:assert/strict';
import test from 'ava';
import type { EventLog } from '../../src/rooms/event-log.ts';
import { type Dice, fuzz } from '../fuzz/seeds.ts';
import { ModelLog } from './event-log-model.ts';
import type { LogUnderTest } from './log-under-test.ts';

/** Random sequences, each step of which is compared with a model. */
export function testRandomly({ file, open }: LogUnderTest): void {
  test('does as a simple model does, whatever the sequence', async (t) => {
    const limits = [1, 2, 7, 12].map((maxEvents) => ({ maxEvents, maxBytes: maxEvents * 20 }));
    const logs = await Promise.all(limits.map((each) => open(t, each)));
    let round = 0;
    await fuzz(t, file, async (dice) => {
      const i = dice.whole(0, limits.length - 1);
      const model = new ModelLog(limits[i] as (typeof limits)[number]);
      const rooms = [`a${++round}`, `b${round}`];
      for (let step = dice.whole(1, 20); step > 0; step--) {
        await compareStep(logs[i] as EventLog, model, rooms, dice);
      }
    });
  });
}

/** Does a few things at once in both, and compares every answer. */
async function compareStep(log: EventLog, model: ModelLog, names: readonly string[], dice: Dice): Promise<void> {
  const publications = Array.from({ length: dice.whole(1, 6) }, () => ({
    from: dice.pick(['a', '中']),
    text: 'x中'.repeat(dice.whole(0, 12)),
    ...(dice.oneIn(2) && { key: dice.pick(['1', '2', '3', '4']) }),
  }));
  const rooms = publications.map(() => dice.pick(names));
  const acks = await Promise.all(publications.map((publication, i) => log.append(rooms[i] ?? '', publication)));
  const expected = publications.map((publication, i) => model.append(rooms[i] ?? '', publication));
  assert.deepEqual(
    acks.map(({ position, duplicate }) => [position.offset, duplicate]),
    expected,
  );
  const room = dice.pick(names);
  const { epoch, offset } = await log.head(room);
  assert.equal(offset, model.head(room));
  const [after, limit, bytes] = [dice.whole(0, offset + 2), dice.whole(0, 8), dice.whole(1, 60)];
  const page = await log.read(room, { epoch, offset: after }, limit, bytes);
  const { head, reset, gap, events } = page;
  const seen = {
    after: page.after,
    head,
    reset,
    gap,
    events: events.map(({ offset, from, text }) => ({ offset, from, text })),
  };
  assert.deepEqual(seen, model.read(room, after, limit, bytes));
}
