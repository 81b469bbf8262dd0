import { isIP } from 'node:net';
import { SUBPROTOCOL } from '../rooms/protocol.ts';
import { type Finding, ok, places, wrong } from './findings.ts';
import type { Place } from './place.ts';
import type { StreamStart } from './site.ts';

/** Clocks that differ by less do no harm: times are for people. */
const MAX_CLOCK_SECONDS = 5;
/** What a process needs beside its connections: its log, its data, its libraries. */
const OTHER_FILES = 100;
/** What a stop needs beyond DRAIN_TIME, in milliseconds, to close its stores. */
const STOP_MARGIN = 1_000;

const setting = (name: string): Place => ({ file: '.env', line: name });
const killTimeout: Place = { file: 'deploy/ecosystem.config.js', line: 'kill_timeout' };

/** @param first the first text that came, undefined where none did */
export function judgeSubprotocol(protocol: string | undefined, first: string | undefined, trouble: string): Finding {
  if (first === undefined) return wrong(`nothing came in ${SUBPROTOCOL}: ${trouble}`, places.upgrade);
  if (protocol !== SUBPROTOCOL) {
    return wrong(`got the subprotocol ${protocol ?? 'none'}, expected ${SUBPROTOCOL}`, places.program);
  }
  if (typeOf(first) === 'welcome') return ok(`${SUBPROTOCOL}, welcomed`);
  return wrong(`got ${JSON.stringify(first.slice(0, 80))}, expected a welcome in ${SUBPROTOCOL}`, places.program);
}

/** @param limit milliseconds that it had */
export function judgeStream({ status, type, begun, milliseconds }: StreamStart, limit: number): Finding {
  if (status !== undefined && status !== 200) return wrong(`got status ${status}, expected 200`, places.program);
  if (!begun) return wrong(`no block within ${limit} ms: a proxy collects the stream`, places.buffering);
  if (!type.startsWith('text/event-stream')) return wrong(`got ${type}, expected text/event-stream`, places.program);
  return ok(`the first block came after ${Math.round(milliseconds)} ms`);
}

/**
 * @param seen the client's address in the server's eyes
 * @param local the same in its own
 * @param remote the site's
 */
export function judgeAddress(seen: string, local: string, remote: string): Finding {
  if (isIP(seen) === 0) return wrong(`seen as ${seen}, expected an address`, places.forwarded);
  const [own, site] = [plain(local), plain(remote)];
  if (seen === own) return ok(`seen as ${seen}, as it is`);
  if (isLoopback(seen) || seen === site) {
    const why = 'that of a proxy: all clients share its limits';
    return wrong(`seen as ${seen}, ${why}; TRUST_PROXY must name it`, setting('TRUST_PROXY'));
  }
  return ok(`seen as ${seen}; here it is ${own}`);
}

/** @param date the header of an answer */
export function judgeClock(date: string | undefined, now: Date): Finding {
  const there = Date.parse(date ?? '');
  if (Number.isNaN(there)) return wrong(`Date is ${date ?? 'missing'}, expected a time`, places.program);
  // It has whole seconds.
  const seconds = Math.round((there - now.getTime()) / 1000);
  if (Math.abs(seconds) <= MAX_CLOCK_SECONDS) return ok('as here, within seconds');
  const how = `${Math.abs(seconds)} s ${seconds > 0 ? 'ahead of' : 'behind'} this machine's`;
  return wrong(`the server's clock is ${how}; see which is right: timedatectl`);
}

/** @param wanted connections of all kinds that the settings let in */
export function judgeFiles(limit: number, wanted: number, whose: string): Finding {
  const need = wanted + OTHER_FILES;
  if (!Number.isFinite(wanted)) {
    return wrong(`${limit} open files of ${whose}, and no limit of connections`, setting('MAX_CONNECTIONS'));
  }
  if (limit >= need) return ok(`${limit} open files of ${whose}, ${need} are needed`);
  const remedy = 'LimitNOFILE of the service that starts PM2, or fewer connections';
  return wrong(`${limit} open files of ${whose}, ${need} are needed: ${remedy}`, setting('MAX_CONNECTIONS'));
}

/** All in milliseconds. @param kill PM2's; undefined where its file does not say */
export function judgeDrain(kill: number | undefined, drain: number): Finding {
  const need = drain + STOP_MARGIN;
  if (kill === undefined) return wrong('kill_timeout is missing: PM2 kills after 1600 ms', killTimeout);
  if (kill >= need) return ok(`PM2 waits ${kill} ms, DRAIN_TIME is ${drain} ms`);
  return wrong(`PM2 kills after ${kill} ms, expected ${need} or more, since DRAIN_TIME is ${drain} ms`, killTimeout);
}

/** Both in milliseconds. @param read Nginx' patience @param ping 0 for none */
export function judgeHeartbeat(read: number | undefined, ping: number): Finding {
  if (read === undefined) return wrong('proxy_read_timeout is missing: Nginx cuts after 60 s', places.readTimeout);
  const [patience, interval] = [`Nginx waits ${read / 1000} s`, `PING_INTERVAL is ${ping / 1000} s`];
  if (ping === 0)
    return wrong(`${patience} for a silent connection, and PING_INTERVAL is off`, setting('PING_INTERVAL'));
  if (read >= 2 * ping) return ok(`${patience}, ${interval}`);
  return wrong(`${patience}, ${interval}, expected half of that or less`, setting('PING_INTERVAL'));
}

/** @param synchronized what timedatectl says; undefined where there is none */
export function judgeTimeSync(synchronized: string | undefined): Finding {
  if (synchronized === 'yes') return ok('set by the network');
  if (synchronized === undefined) return { status: 'skipped', detail: 'there is no timedatectl to ask' };
  return wrong('nothing sets this clock: apt-get install systemd-timesyncd');
}

function typeOf(text: string): unknown {
  try {
    return (JSON.parse(text) as { type?: unknown } | null)?.type;
  } catch {
    return undefined;
  }
}

function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.');
}

/** An IPv4 address that is shown as IPv6 is shown as IPv4. */
function plain(address: string): string {
  return address.startsWith('::ffff:') ? address.slice(7) : address;
}
