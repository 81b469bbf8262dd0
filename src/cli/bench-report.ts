import type { BenchOptions, Load } from './bench-load.ts';

/** What `bench --json` prints. */
export interface Report {
  readonly url: string;
  readonly connections: number;
  /** Messages per second of each connection, as asked for. */
  readonly rate: number;
  readonly size: number;
  /** How long messages were sent. */
  readonly seconds: number;
  readonly sent: number;
  /** Messages that came, to whomever: where a path sends to all, more than were sent. */
  readonly received: number;
  /** Messages that did not come back to who sent them. */
  readonly lost: number;
  /** Connections that ended early. */
  readonly dropped: number;
  /** Messages that were sent per second, over all connections. */
  readonly sentPerSecond: number;
  /** Milliseconds; null where nothing came. */
  readonly latency: { readonly p50: number; readonly p90: number; readonly p99: number; readonly max: number } | null;
}

export function reportOf(url: URL, options: BenchOptions, load: Load, dropped: number): Report {
  const { latency, sent, received, answered } = load;
  const seconds = load.sending / 1000;
  const at = (percent: number) => latency.percentile(percent) / 1000;
  return {
    url: url.href,
    connections: options.connections,
    rate: options.rate,
    size: options.size,
    seconds: round(seconds),
    sent,
    received,
    lost: sent - answered,
    dropped,
    sentPerSecond: seconds > 0 ? round(sent / seconds) : 0,
    latency: received > 0 ? { p50: at(50), p90: at(90), p99: at(99), max: latency.max / 1000 } : null,
  };
}

/** A report for people. */
export function describeReport(report: Report): string {
  const { url, connections, rate, size, seconds, sent, received, lost, sentPerSecond, latency } = report;
  const times = latency
    ? `p50 ${ms(latency.p50)}, p90 ${ms(latency.p90)}, p99 ${ms(latency.p99)}, max ${ms(latency.max)}`
    : 'nothing came';
  return `${url}
connections  ${connections}, each ${rate} messages/s of ${size} bytes, for ${seconds} s
sent         ${sent}, ${sentPerSecond} messages/s
received     ${received}
lost         ${lost}
latency      ${times}
`;
}

const ms = (value: number): string => `${value.toFixed(value < 10 ? 2 : 0)} ms`;

const round = (value: number): number => Math.round(value * 100) / 100;
