import test from 'ava';
import { TextEventError } from '../../src/errors.ts';
import { parseRedisUrl } from '../../src/rooms/redis/place.ts';

const plain = { kind: 'single', tls: false, database: 0 } as const;

for (const [url, place] of [
  ['redis://localhost', { ...plain, nodes: [{ host: 'localhost', port: 6379 }], shown: 'redis://localhost' }],
  [
    'rediss://me:p%40ss%3A@h.example:7000/3',
    {
      ...plain,
      tls: true,
      database: 3,
      nodes: [{ host: 'h.example', port: 7000 }],
      username: 'me',
      password: 'p@ss:',
      shown: 'rediss://h.example:7000/3',
    },
  ],
  [
    'redis://:secret@[::1]:1',
    { ...plain, nodes: [{ host: '::1', port: 1 }], password: 'secret', shown: 'redis://[::1]:1' },
  ],
  ['unix:///run/redis.sock', { ...plain, nodes: [], path: '/run/redis.sock', shown: 'unix:///run/redis.sock' }],
  [
    'redis+sentinel://:s@a,b:2/main/1',
    {
      ...plain,
      kind: 'sentinel',
      database: 1,
      master: 'main',
      password: 's',
      nodes: [
        { host: 'a', port: 26379 },
        { host: 'b', port: 2 },
      ],
      shown: 'redis+sentinel://a,b:2/main/1',
    },
  ],
  [
    'rediss+cluster://a:1,b',
    {
      ...plain,
      kind: 'cluster',
      tls: true,
      nodes: [
        { host: 'a', port: 1 },
        { host: 'b', port: 6379 },
      ],
      shown: 'rediss+cluster://a:1,b',
    },
  ],
] as const) {
  test(`reads ${url}`, (t) => t.deepEqual<unknown, unknown>(parseRedisUrl(url), place));
}

for (const url of [
  '',
  'redis://',
  'redis://secret@',
  'redis://:secret@a,b',
  'redis://:secret@a/x',
  'redis://:%zz@a',
  'redis://:secret@a:0',
  'redis://:secret@a:70000',
  'redis+sentinel://:secret@a',
  'redis+cluster://:secret@a/1',
  'redis+other://:secret@a',
  'http://:secret@a',
  'unix://:secret@',
]) {
  test(`refuses ${url}, and does not show it`, (t) => {
    const error = t.throws(() => parseRedisUrl(url), { instanceOf: TextEventError });
    t.is(error?.code, 'ERR_CONFIG');
    t.notRegex(error?.message ?? '', /secret/);
  });
}
