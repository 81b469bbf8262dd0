import test, { type ExecutionContext } from 'ava';
import { Changes } from '../../src/rooms/lmdb/changes.ts';
import { openStore, type Store } from '../../src/rooms/lmdb/store.ts';
import { until } from '../helpers/server.ts';
import { emptyFolder } from './folders.ts';

/** Two makers of changes in one store, with what the second is told. */
function twoMakers(t: ExecutionContext): { store: Store; maker: Changes<number>; told: (number | 'everything')[] } {
  const store = openStore(emptyFolder(t));
  const [maker, listener] = [new Changes<number>(store.root, 'ring', 5), new Changes<number>(store.root, 'ring', 5)];
  const told: (number | 'everything')[] = [];
  listener.follow((change) => told.push(change));
  t.teardown(async () => {
    listener.close();
    await store.close();
  });
  return { store, maker, told };
}

function record(maker: Changes<number>, changes: readonly number[]): () => void {
  return () => {
    for (const change of changes) maker.record(change);
  };
}

test("another maker's changes are told once each, in order", async (t) => {
  const { store, maker, told } = twoMakers(t);
  for (let i = 0; i < 30; i += 3) {
    await store.write(record(maker, [i, i + 1, i + 2]));
    await until(() => told.length === i + 3);
  }
  t.deepEqual(
    told,
    Array.from({ length: 30 }, (_, i) => i),
  );
});

test('who fell behind what is kept is told that anything may have changed', async (t) => {
  const { store, maker, told } = twoMakers(t);
  await store.write(record(maker, [1, 2, 3, 4, 5, 6]));
  await until(() => told.length > 0);
  await store.write(record(maker, [7, 8, 9, 10, 11]));
  await until(() => told.length > 5);
  t.deepEqual(told, ['everything', 7, 8, 9, 10, 11]);
});

test('what a transaction records that fails is told to nobody', async (t) => {
  const { store, maker, told } = twoMakers(t);
  await t.throwsAsync(
    store.write(() => {
      maker.record(1);
      throw new Error('on purpose');
    }),
  );
  await store.write(record(maker, [2]));
  await until(() => told.length > 0);
  t.deepEqual(told, [2]);
});

test('who makes a change knows it, and hears nothing after the end of following', async (t) => {
  const { store, maker, told } = twoMakers(t);
  const own: unknown[] = [];
  const unfollow = maker.follow((change) => own.push(change));
  const heard: unknown[] = [];
  maker.follow((change) => heard.push(change))();
  const mark = await store.write(() => maker.record(1));
  t.true(maker.isCommitted(mark));
  t.false(maker.isCommitted({ ...mark, serial: mark.serial + 1 }));
  await until(() => told.length === 1);
  unfollow();
  t.deepEqual([own, heard], [[], []]);
});
