import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Measured } from './load/task.ts';
import { loadWith, type Work } from './load-work.ts';
import type { Trial } from './rounds.ts';

/** Who is shown growing: the others at 20,000 connections would add minutes and no insight. */
export const growing: readonly string[] = ['text-event-server', 'ws', 'nodejs-websocket', 'bun'];

export interface GrowthSample {
  /** Microseconds of CPU per message. */
  message: number;
  /** KiB per connection. */
  memory: number;
  /** Milliseconds that the end of all connections takes, by the clock and of CPU. */
  disconnect: number;
  disconnectCpu: number;
}

/** Files, besides connections, that a process has open. */
const SPARE_FILES = 200;
/** Connections that the load opens for warming up. */
const WARM_UP = 1000;

export function growthSizes(): number[] {
  const most = Math.floor((Math.min(maxConnections(), ephemeralPorts() - SPARE_FILES) - WARM_UP) / 100) * 100;
  return [...new Set([100, 1000, 10_000, most])].filter((size) => size <= most);
}

export function growthTrial(connections: number, seconds: number): Trial<GrowthSample> {
  return {
    label: `growth to ${connections.toLocaleString('en')}`,
    sample: async (contender) => {
      const work: Work = { kind: 'growth', connections, inFlight: 100, payloadBytes: 64, seconds };
      const { messages, idle, disconnects } = await loadWith(contender, work);
      const [m, i, d] = [messages, idle, disconnects] as [Measured, Measured, Measured];
      return {
        message: m.cpu / m.count,
        memory: i.memory / i.count,
        disconnect: d.wall / 1000,
        disconnectCpu: d.cpu / 1000,
      };
    },
    show: ({ message, memory, disconnect }) =>
      `${message.toFixed(1)} µs, ${memory.toFixed(1)} KiB, all gone in ${disconnect.toFixed(0)} ms`,
  };
}

/** As many as a process may have open files for. Node raises its limit to the hard one by itself, and so does Bun; the load is Node too. */
export function maxConnections(): number {
  const hard = execFileSync('sh', ['-c', 'ulimit -H -n'], { encoding: 'utf8' }).trim();
  return hard === 'unlimited' ? Number.POSITIVE_INFINITY : Number(hard) - SPARE_FILES;
}

/** Each connection to the server's one port takes a local port. */
function ephemeralPorts(): number {
  const range = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').trim().split(/\s+/).map(Number);
  return (range[1] as number) - (range[0] as number);
}
