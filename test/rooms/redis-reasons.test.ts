import test from 'ava';
import { parseRedisUrl } from '../../src/rooms/redis/place.ts';
import { reasonOf } from '../../src/rooms/redis/reasons.ts';

/** What servers and the package say that the Redis of the other tests does not. */
const [plain, secure, unix] = ['redis://h', 'rediss://h', 'unix:///run/redis.sock'].map(parseRedisUrl);

function failure(message: string, code?: string): Error {
  return Object.assign(new Error(message), code && { code });
}

test('rights that are missing are named, and the user is not, as Redis 7.2 and later do', (t) => {
  const reason = (text: string) => reasonOf(failure(text));
  t.is(
    reason("NOPERM User tell-nobody has no permissions to run the 'config|get' command"),
    "its ACL does not let this user run the 'config|get' command",
  );
  t.is(
    reason('NOPERM User tell-nobody has no permissions to access one of the channels used as arguments'),
    'its ACL does not let this user access one of the channels',
  );
  t.is(reason('NOPERM No permissions to access a key'), 'its ACL does not let this user access a key');
  t.is(
    reason("ERR ACL failure in script: User tell-nobody has no permissions to run the 'hset' command"),
    "its ACL does not let this user run the 'hset' command",
  );
  t.is(reason('NOPERM tell-nobody, in other words'), 'its ACL does not let this user do what is needed');
});

test('TLS is suspected where it can be told from what came, and not where the server was reached before', (t) => {
  const alert = failure('Unknown RESP type 21 "\u0015"');
  t.regex(reasonOf(alert, plain), /begins with rediss$/);
  t.regex(reasonOf(failure('wrong version number', 'ERR_SSL_WRONG_VERSION_NUMBER'), secure), /begins with redis, not/);
  const reset = failure('read ECONNRESET', 'ECONNRESET');
  t.regex(reasonOf(reset, plain), /begins with rediss$/);
  for (const place of [secure, unix, undefined]) t.is(reasonOf(reset, place), 'it cannot be reached (ECONNRESET)');
  t.is(reasonOf(failure('connect ECONNREFUSED', 'ECONNREFUSED'), plain), 'it cannot be reached (ECONNREFUSED)');
});

test('an address of another kind of server is told', (t) => {
  const reason = (text: string) => reasonOf(failure(text));
  t.regex(reason('ERR This instance has cluster support disabled'), /^it is no cluster/);
  t.regex(reason('MOVED 1234 10.0.0.1:6379'), /^it is part of a cluster/);
  t.regex(reason("ERR unknown command 'SENTINEL', with args beginning with: 'SENTINELS' "), /^it is no Sentinel/);
  t.is(reason('ERR No such master with that name'), 'its sentinels know no master of that name');
});
