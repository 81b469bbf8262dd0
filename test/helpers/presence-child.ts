import { openLmdbPresence } from '../../src/rooms/lmdb/presence.ts';
import type { Membership, Presence } from '../../src/rooms/presence.ts';
import { openRedisPresence, type RedisPresenceOptions } from '../../src/rooms/redis/presence.ts';
import { openRedis } from '../../src/rooms/redis/server.ts';
import type { Answer, Order } from './presence-process.ts';
import { until } from './server.ts';

/** A process that has a presence of its own, and does what its parent says. */
const [, , place = '', options = '{}'] = process.argv;
const presence = place.startsWith('redis:')
  ? await openInRedis(place, JSON.parse(options))
  : openLmdbPresence(place, JSON.parse(options));
const memberships = new Map<number, Membership>();
const say = (answer: Answer) => process.send?.(answer);

presence.follow((...change) => say({ change }));

process.on('message', (order: Order) => {
  void obey(order).then(
    (result) => say({ id: order.id, result }),
    (error) => say({ id: order.id, error: String(error) }),
  );
});

async function openInRedis(url: string, options: RedisPresenceOptions): Promise<Presence> {
  const redis = await openRedis(url);
  await until(() => redis.problem === undefined);
  return openRedisPresence(redis, options);
}

async function obey(order: Order): Promise<unknown> {
  switch (order.do) {
    case 'enter': {
      const membership = await presence.enter(order.room, order.arrival);
      memberships.set(order.id, membership);
      return { name: membership.name, returned: membership.returned };
    }
    case 'leave':
      return memberships.get(order.membership)?.leave();
    case 'members':
      return presence.members(order.room, order.limit);
    case 'describe':
      return presence.describe(order.text);
    case 'processes':
      return presence.processes();
    case 'close':
      await presence.close();
      return undefined;
  }
}

say({ id: 0 });
