import test from 'ava';
import { ROOM_NAMING } from '../../src/rooms/names.ts';
import { openRedisPresence } from '../../src/rooms/redis/presence.ts';
import { PresenceProcess } from '../helpers/presence-process.ts';
import { until } from '../helpers/server.ts';
import { missing, redisServer } from '../helpers/tools.ts';
import { presencePeersSuite, presenceSuite } from '../suites/presence.ts';
import { connectTo, newName, sharedRedis } from './redis-stores.ts';

if (redisServer.path() === undefined) {
  // Says so and passes; with CI=true it fails.
  test('needs Redis', (t) => {
    missing(t, redisServer);
  });
} else {
  const redis = sharedRedis(test);
  /** Quick, and patient with a machine that is busy. */
  const quick = { beatInterval: 50, deadAfter: 5000 };

  presenceSuite(test, 'Redis', async (t, grace) => {
    const options = { name: newName(), ...(grace !== undefined && { grace }) };
    const presence = await openRedisPresence(await connectTo(t, redis), options);
    t.teardown(() => presence.close());
    return presence;
  });

  presencePeersSuite(test, 'Redis', async (t, grace) => {
    const options = { name: newName(), grace, ...quick };
    const peers: [PresenceProcess, PresenceProcess] = [
      new PresenceProcess(t, redis.url, options),
      new PresenceProcess(t, redis.url, options),
    ];
    await Promise.all(peers.map(({ ready }) => ready));
    return peers;
  });

  test('Redis: names that it has forgotten are taken back by the process that holds them', async (t) => {
    const name = newName();
    const presence = await openRedisPresence(await connectTo(t, redis), { name, ...quick });
    t.teardown(() => presence.close());
    const held = await presence.enter('a', { wish: '小李', naming: ROOM_NAMING, grace: 0 });
    const told: string[] = [];
    presence.follow((...change) => told.push(change.join(' ')));
    const keys = (await redis.ask('KEYS', `{text-event:${name}:*`)).match(/\{text-event:.*/g) ?? [];
    t.true(keys.length > 4, keys.join());
    await redis.ask('DEL', ...keys.map((key) => key.trim()));
    await until(async () => (await presence.members('a', 10)).count === 1);
    t.deepEqual((await presence.members('a', 10)).names, ['小李']);
    held.leave();
    await until(async () => (await presence.members('a', 10)).count === 0);
    await until(() => told.at(-1) === 'a leave 小李 0');
  });
}
