import { type Finding, ok, skipped, wrong } from './findings.ts';
import type { Place } from './place.ts';

/** What a Redis is set to, as it says itself; undefined where it does not tell this user. */
export interface RedisSettings {
  /** Its file; empty where it has none. */
  readonly file: string;
  readonly version: string;
  readonly appendonly: string | undefined;
  readonly appendfsync: string | undefined;
  readonly maxmemory: string | undefined;
  readonly policy: string | undefined;
  readonly minReplicas: string | undefined;
  /** Connected now. */
  readonly replicas: number;
}

/** Before it WAITAOF is not there. */
const FIRST_WITH_WAITAOF = [7, 2] as const;

const untold = (name: string): Finding => skipped(`this user may not ask Redis for ${name}: it needs +config|get`);

const lineOf = ({ file }: RedisSettings, line: string): Place => ({ file: file || 'redis.conf', line });

/** Whether what was acknowledged outlives Redis' process, and a power cut. */
export function judgePersistence(settings: RedisSettings, durability: 'commit' | 'flush'): Finding {
  const { appendonly, appendfsync } = settings;
  if (appendonly === undefined) return untold('appendonly');
  if (appendonly !== 'yes') {
    const why = 'what was acknowledged since its last snapshot goes with its process; expected yes';
    return wrong(`appendonly is ${appendonly}: ${why}`, lineOf(settings, 'appendonly'));
  }
  if (appendfsync === undefined) return untold('appendfsync');
  const said = `appendonly yes, appendfsync ${appendfsync}`;
  const change = lineOf(settings, 'appendfsync');
  if (appendfsync === 'always') return ok(said);
  if (durability === 'flush') {
    if (hasWaitAof(settings.version)) return ok(`${said}, and WAITAOF for each write`);
    return wrong(`${said}, and DURABILITY=flush: expected always, or version 7.2`, change);
  }
  if (appendfsync === 'no')
    return wrong(`${said}: a power cut loses half a minute; expected everysec or always`, change);
  return ok(`${said}: a power cut may take the last two seconds`);
}

/** Whether Redis deletes rooms to make place. */
export function judgeEviction(settings: RedisSettings): Finding {
  const { policy, maxmemory } = settings;
  if (policy === undefined) return untold('maxmemory-policy');
  if (policy === 'noeviction') return ok(maxmemory === '0' ? 'noeviction, without maxmemory' : 'noeviction');
  const when = maxmemory === '0' ? 'as soon as maxmemory is set, it deletes rooms' : 'it deletes rooms';
  return wrong(`maxmemory-policy is ${policy}: ${when}; expected noeviction`, lineOf(settings, 'maxmemory-policy'));
}

/** Whether a master that is cut off from its replicas goes on to acknowledge what a failover then loses. */
export function judgeReplicas(settings: RedisSettings): Finding {
  const { minReplicas, replicas } = settings;
  if (replicas === 0) return skipped('it has no replicas');
  if (minReplicas === undefined) return untold('min-replicas-to-write');
  if (Number(minReplicas) > 0) return ok(`${replicas} connected, ${minReplicas} needed to write`);
  const why = 'a master that is cut off goes on to acknowledge what a failover loses; expected 1 or more';
  return wrong(`min-replicas-to-write is 0: ${why}`, lineOf(settings, 'min-replicas-to-write'));
}

function hasWaitAof(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [firstMajor, firstMinor] = FIRST_WITH_WAITAOF;
  return major > firstMajor || (major === firstMajor && minor >= firstMinor);
}
