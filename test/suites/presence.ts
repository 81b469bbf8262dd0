import type { ExecutionContext, TestFn } from 'ava';
import { CHAT_NAMING, ROOM_NAMING } from '../../src/rooms/names.ts';
import type { Membership, Presence, PresenceListener } from '../../src/rooms/presence.ts';
import { until } from '../helpers/server.ts';

/** Opens a store of its own, which ends with the test. `grace` in milliseconds. */
export type OpenPresence = (t: ExecutionContext, grace?: number) => Presence | Promise<Presence>;

const HOUR = 3_600_000;
const ALL = 1_000_000;
const pool = { naming: CHAT_NAMING };
const guest = { naming: ROOM_NAMING };
const wish = (name: string, client?: string) => ({ wish: name, client, naming: ROOM_NAMING });

/** What every presence of one process does. */
export function presenceSuite(test: TestFn, store: string, open: OpenPresence): void {
  test(`${store}: gives the names of the pool in order, then numbers guests`, async (t) => {
    const presence = await open(t, 0);
    t.deepEqual(await names(presence, 6), ['小王', '小军', '小红', '小明', '访客5', '访客6']);
  });

  test(`${store}: gives a name out again when its owner has left, the lowest first`, async (t) => {
    const presence = await open(t, 0);
    const members = await enterMany(presence, 8);
    for (const gone of [7, 5, 2, 0]) members[gone]?.leave();
    t.deepEqual(await names(presence, 5), ['小王', '小红', '访客6', '访客8', '访客9']);
  });

  test(`${store}: gives the name that is asked for, and a number behind it where it is taken`, async (t) => {
    const presence = await open(t, 0);
    const first = await presence.enter('a', wish('小李'));
    t.deepEqual([first.name, first.returned], ['小李', false]);
    t.is((await presence.enter('a', wish('小李'))).name, '小李2');
    t.is((await presence.enter('a', wish('小李'))).name, '小李3');
    t.is((await presence.enter('b', wish('小李'))).name, '小李', 'another room');
    first.leave();
    t.is((await presence.enter('a', wish('小李'))).name, '小李');
  });

  test(`${store}: numbers guests around a guest's name that somebody asked for`, async (t) => {
    const presence = await open(t, 0);
    const own = await presence.enter('a', wish('访客2'));
    t.deepEqual(await names(presence, 2, guest), ['访客1', '访客3']);
    own.leave();
    t.deepEqual(await names(presence, 2, guest), ['访客2', '访客4']);
    const below = await presence.enter('b', wish('访客3'));
    t.deepEqual(await names(presence, 5, pool, 'b'), ['小王', '小军', '小红', '小明', '访客5']);
    below.leave();
    t.deepEqual(await names(presence, 1, pool, 'b'), ['访客6'], 'below where guests are numbered from');
  });

  test(`${store}: names and rooms may be called like what every object has`, async (t) => {
    const presence = await open(t, 0);
    for (const name of ['__proto__', 'constructor', 'toString']) {
      t.deepEqual(await presence.members(name, ALL), { names: [], count: 0 });
      const member = await presence.enter(name, wish(name, name.padEnd(8, '_')));
      t.is(member.name, name);
      t.deepEqual(await presence.members(name, ALL), { names: [name], count: 1 });
      member.leave();
    }
    t.is((await presence.enter('a', wish('__proto__'))).name, '__proto__');
  });

  test(`${store}: names are unique among many that come at once`, async (t) => {
    const presence = await open(t, 0);
    const arrivals = Array.from({ length: 300 }, (_, i) => [pool, wish('小李'), wish('访客7')][i % 3] ?? pool);
    const members = await Promise.all(arrivals.map((arrival) => presence.enter('a', arrival)));
    t.is(new Set(members.map(({ name }) => name)).size, 300);
    t.is((await presence.members('a', ALL)).count, 300);
  });

  test(`${store}: a thousand joins and leaves leave the pool whole`, async (t) => {
    const presence = await open(t, 0);
    const here = new Map<string, Membership>();
    let seed = 7;
    const below = (limit: number) => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed % limit;
    };
    for (let i = 0; i < 1000; i++) {
      const member = await presence.enter('a', pool);
      t.false(here.has(member.name), member.name);
      here.set(member.name, member);
      while (here.size > 1 + below(8)) {
        const [name, leaving] = [...here][below(here.size)] ?? [];
        leaving?.leave();
        here.delete(name ?? '');
      }
    }
    const highest = Math.max(...[...here.keys()].map((name) => Number(/\d+/.exec(name)?.[0] ?? 0)));
    t.true(highest <= 9, `nine are never here at once: ${highest}`);
    for (const member of here.values()) member.leave();
    t.deepEqual(await names(presence, 5), ['小王', '小军', '小红', '小明', '访客5']);
  });

  test(`${store}: lists members in the order of their coming, and counts them all`, async (t) => {
    const presence = await open(t, 0);
    const [, , third] = await enterMany(presence, 4);
    await presence.enter('a', wish('阿'));
    third?.leave();
    await presence.enter('a', pool);
    t.deepEqual(await presence.members('a', ALL), { names: ['小王', '小军', '小明', '阿', '小红'], count: 5 });
    t.deepEqual(await presence.members('a', 2), { names: ['小王', '小军'], count: 5 });
    t.deepEqual(await presence.members('b', ALL), { names: [], count: 0 });
  });

  test(`${store}: tells of who comes and goes, in order, with how many are there`, async (t) => {
    const presence = await open(t, 0);
    const { told, listener } = listening();
    const end = presence.follow(listener);
    const first = await presence.enter('a', pool);
    t.deepEqual(told, ['a join 小王 1'], 'before it resolves');
    await presence.enter('b', wish('小李'));
    await presence.enter('a', pool);
    first.leave();
    await until(() => told.length === 4);
    t.deepEqual(told, ['a join 小王 1', 'b join 小李 1', 'a join 小军 2', 'a leave 小王 1']);
    end();
    await presence.enter('a', pool);
    t.is(told.length, 4);
  });

  test(`${store}: who comes back with its secret within the grace has its name, and nobody is told`, async (t) => {
    const presence = await open(t, HOUR);
    const { told, listener } = listening();
    presence.follow(listener);
    for (const arrival of [{ ...pool, client: 'secret-1' }, wish('小李', 'secret-2'), wish('小李', 'secret-3')]) {
      const before = await presence.enter('a', arrival);
      before.leave();
      const after = await presence.enter('a', arrival);
      t.deepEqual([after.name, after.returned], [before.name, true]);
    }
    t.deepEqual((await presence.members('a', ALL)).names, ['小王', '小李', '小李2']);
    t.deepEqual(told, ['a join 小王 1', 'a join 小李 2', 'a join 小李2 3']);
  });

  test(`${store}: who comes back before its old connection is known to be dead has its name too`, async (t) => {
    const presence = await open(t, 0);
    const { told, listener } = listening();
    presence.follow(listener);
    const before = await presence.enter('a', wish('小李', 'secret-1'));
    const after = await presence.enter('a', wish('小李', 'secret-1'));
    t.deepEqual([after.name, after.returned], ['小李', true]);
    before.leave();
    before.leave();
    t.is((await presence.enter('a', wish('小李'))).name, '小李2', 'the old one leaving frees nothing');
    after.leave();
    await until(() => told.length === 3);
    t.deepEqual(told, ['a join 小李 1', 'a join 小李2 2', 'a leave 小李 1']);
  });

  test(`${store}: a name is kept from others while its owner may come back`, async (t) => {
    const presence = await open(t, HOUR);
    const first = await presence.enter('a', wish('小李', 'secret-1'));
    first.leave();
    for (const client of ['secret-2', undefined]) {
      const other = await presence.enter('a', wish('小李', client));
      t.false(other.returned);
      t.not(other.name, '小李');
    }
    t.deepEqual((await presence.members('a', ALL)).names, ['小李', '小李2', '小李3']);
  });

  test(`${store}: who has no secret comes back by asking for the same name`, async (t) => {
    const presence = await open(t, HOUR);
    const first = await presence.enter('a', wish('小李'));
    t.is((await presence.enter('a', wish('小李'))).name, '小李2', 'not while it is held');
    first.leave();
    const again = await presence.enter('a', wish('小李'));
    t.deepEqual([again.name, again.returned], ['小李', true]);
  });

  test(`${store}: the same secret with another wish is another name`, async (t) => {
    const presence = await open(t, HOUR);
    (await presence.enter('a', wish('小李', 'secret-1'))).leave();
    const renamed = await presence.enter('a', wish('小张', 'secret-1'));
    t.deepEqual([renamed.name, renamed.returned], ['小张', false]);
    renamed.leave();
    t.true((await presence.enter('a', wish('小张', 'secret-1'))).returned);
  });

  test(`${store}: a leave is told when the grace is over, and the name is free`, async (t) => {
    const presence = await open(t, 100);
    const { told, listener } = listening();
    presence.follow(listener);
    const member = await presence.enter('a', wish('小李', 'secret-1'));
    const start = performance.now();
    member.leave();
    await until(() => told.length === 2);
    t.true(performance.now() - start >= 95, 'no earlier');
    t.deepEqual(told, ['a join 小李 1', 'a leave 小李 0']);
    const other = await presence.enter('a', wish('小李', 'secret-2'));
    t.deepEqual([other.name, other.returned], ['小李', false]);
  });

  test(`${store}: a grace ends for those only who do not come back`, async (t) => {
    const presence = await open(t, HOUR);
    const { told, listener } = listening();
    presence.follow(listener);
    const [stays, leaves] = [wish('小李', 'secret-1'), wish('小张', 'secret-2')].map((who) => ({ ...who, grace: 50 }));
    const first = await presence.enter('a', stays ?? pool);
    const second = await presence.enter('a', leaves ?? pool);
    first.leave();
    await presence.enter('a', stays ?? pool);
    second.leave();
    await until(() => told.length === 3);
    t.deepEqual(told.at(-1), 'a leave 小张 1');
    t.deepEqual((await presence.members('a', ALL)).names, ['小李']);
  });

  test(`${store}: a process is known by what it said last of itself, and nobody in a room by it`, async (t) => {
    const presence = await open(t, 0);
    const { told, listener } = listening();
    presence.follow(listener);
    t.deepEqual(await presence.processes(), [], 'it has said nothing');
    presence.describe('first');
    await until(async () => (await saidBy(presence)).includes('first'));
    presence.describe('第二 "2"');
    await until(async () => (await saidBy(presence)).includes('第二 "2"'));
    const [own, ...others] = await presence.processes();
    t.deepEqual(others, []);
    t.true(own && own.age >= 0 && own.age < 60_000, `${own?.age}`);
    t.deepEqual(told, []);
    t.is((await presence.enter('a', pool)).name, '小王');
  });

  test(`${store}: nobody enters what is closed`, async (t) => {
    const presence = await open(t, HOUR);
    const member = await presence.enter('a', pool);
    await presence.close();
    member.leave();
    await t.throwsAsync(presence.enter('a', pool), { message: /try again later/ });
  });
}

/** A process with a presence of its own, in a store that it shares. */
interface Peer extends Presence {
  /** Ends it without a word. */
  kill(): Promise<void>;
}

/** Starts two processes that share a store of their own. */
export type OpenPeers = (t: ExecutionContext, grace: number) => Promise<[Peer, Peer]>;

/** What every presence over several processes does. */
export function presencePeersSuite(test: TestFn, store: string, open: OpenPeers): void {
  test(`${store}: names are unique over processes that claim them at once`, async (t) => {
    const peers = await open(t, 0);
    const arrivals = Array.from({ length: 100 }, (_, i) => [pool, wish('小李')][i % 2] ?? pool);
    const claims = arrivals.flatMap((arrival) => peers.map((peer) => peer.enter('a', arrival)));
    const given = new Set((await Promise.all(claims)).map(({ name }) => name));
    t.is(given.size, 200);
    t.true(['小王', '小军', '小红', '小明', '访客5', '小李', '小李2'].every((name) => given.has(name)));
    for (const peer of peers) t.deepEqual([...(await peer.members('a', ALL)).names].sort(), [...given].sort());
  });

  test(`${store}: processes are told the same, in the same order`, async (t) => {
    const peers = await open(t, 0);
    const [first, second] = peers.map((peer) => {
      const { told, listener } = listening();
      peer.follow(listener);
      return told;
    });
    // One name that goes from process to process: a wrong order would leave it in the room, or out of it.
    const rounds = 25;
    const relay = async (peer: Peer) => {
      for (let i = 0; i < rounds; i++) (await peer.enter('a', wish('小李'))).leave();
    };
    await Promise.all(peers.map(relay));
    await until(() => first?.length === 4 * rounds && second?.length === 4 * rounds);
    t.deepEqual(first, second);
    t.is(first?.at(-1)?.split(' ').at(-1), '0');
  });

  test(`${store}: who comes back to another process has its name`, async (t) => {
    const [first, second] = await open(t, HOUR);
    (await first.enter('a', wish('小李', 'secret-1'))).leave();
    await until(async () => (await second.members('a', ALL)).count === 1);
    const again = await second.enter('a', wish('小李', 'secret-1'));
    t.deepEqual([again.name, again.returned], ['小李', true]);
  });

  test(`${store}: what a killed process held is let go, and told`, async (t) => {
    const [first, second] = await open(t, 0);
    const { told, listener } = listening();
    second.follow(listener);
    await Promise.all(Array.from({ length: 40 }, () => first.enter('a', pool)));
    await second.enter('a', wish('小李'));
    await first.kill();
    await until(() => told.length === 81);
    t.deepEqual(await second.members('a', ALL), { names: ['小李'], count: 1 });
    t.deepEqual(await names(second, 2), ['小王', '小军']);
  });

  test(`${store}: those of a killed process have their grace`, async (t) => {
    const [first, second] = await open(t, HOUR);
    await first.enter('a', wish('小李', 'secret-1'));
    await first.enter('a', { ...wish('小张', 'secret-2'), grace: 0 });
    await first.kill();
    await until(async () => (await second.members('a', ALL)).count === 1);
    t.true((await second.enter('a', wish('小李', 'secret-1'))).returned);
  });

  test(`${store}: processes know each other, and not those that have closed or were killed`, async (t) => {
    const peers = await open(t, 0);
    for (const [place, peer] of peers.entries()) peer.describe(`process ${place}`);
    for (const peer of peers) {
      await until(async () => (await saidBy(peer)).length === 2);
      t.deepEqual(await saidBy(peer), ['process 0', 'process 1']);
    }
    const [stays, goes] = peers;
    await goes.close();
    t.deepEqual(await saidBy(stays), ['process 0'], 'at once');
    const [left, dies] = await open(t, 0);
    left.describe('left');
    dies.describe('dies');
    await until(async () => (await saidBy(left)).length === 2);
    await dies.kill();
    await until(async () => (await saidBy(left)).length === 1);
    t.deepEqual(await saidBy(left), ['left']);
  });

  test(`${store}: a process that closes lets go of what it holds, and of nothing else`, async (t) => {
    const [first, second] = await open(t, HOUR);
    const now = { ...pool, grace: 0 };
    await first.enter('a', now);
    await second.enter('a', now);
    await first.enter('a', wish('小李', 'secret-1'));
    await second.enter('a', wish('小李', 'secret-1'));
    await first.close();
    t.deepEqual((await second.members('a', ALL)).names, ['小军', '小李']);
  });
}

function listening(): { told: string[]; listener: PresenceListener } {
  const told: string[] = [];
  return { told, listener: (...change) => told.push(change.join(' ')) };
}

async function saidBy(presence: Presence): Promise<string[]> {
  return (await presence.processes()).map(({ description }) => description).sort();
}

async function enterMany(presence: Presence, count: number, arrival = pool, room = 'a'): Promise<Membership[]> {
  const members: Membership[] = [];
  for (let i = 0; i < count; i++) members.push(await presence.enter(room, arrival));
  return members;
}

async function names(presence: Presence, count: number, arrival = pool, room = 'a'): Promise<string[]> {
  return (await enterMany(presence, count, arrival, room)).map(({ name }) => name);
}
