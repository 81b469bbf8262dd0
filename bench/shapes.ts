import type { Answer, Measured } from './load/task.ts';
import type { Work } from './load-work.ts';

export interface Shape {
  /** Its name in options. */
  id: string;
  label: string;
  unit: 'µs' | 'KiB';
  work: Omit<Work, 'seconds'>;
  /** The figure to reach: the highest ratio of ours to each. */
  target: Readonly<Record<string, number>>;
  /** One figure from what was measured. */
  figure(answer: Answer): { value: number; busy?: number };
}

const message = { kind: 'echo', connections: 100, inFlight: 1, payloadBytes: 64 } as const;

export const shapes: readonly Shape[] = [
  {
    id: 'echo',
    label: 'echo of 64 B, 100 connections, 1 in flight each',
    unit: 'µs',
    work: message,
    target: { ws: 0.8, bun: 1.6 },
    figure: ({ messages }) => cpuPerUnit(messages),
  },
  {
    id: 'echo-32',
    label: 'echo of 64 B, 50 connections, 32 in flight each',
    unit: 'µs',
    work: { ...message, connections: 50, inFlight: 32 },
    target: { ws: 0.08, bun: 1.6 },
    figure: ({ messages }) => cpuPerUnit(messages),
  },
  {
    id: 'broadcast',
    label: '1 sender to 1,000 receivers, 1 in flight',
    unit: 'µs',
    work: { ...message, kind: 'broadcast', connections: 1000 },
    target: { ws: 0.85, bun: 1.4 },
    figure: ({ messages }) => cpuPerUnit(messages),
  },
  {
    id: 'broadcast-4',
    label: '1 sender to 1,000 receivers, 4 in flight',
    unit: 'µs',
    work: { ...message, kind: 'broadcast', connections: 1000, inFlight: 4 },
    target: { ws: 0.22, bun: 1.5 },
    figure: ({ messages }) => cpuPerUnit(messages),
  },
  {
    id: 'echo-16k',
    label: 'echo of 16 KiB, 100 connections, 1 in flight each',
    unit: 'µs',
    work: { ...message, payloadBytes: 16 * 1024 },
    target: { ws: 1, bun: 1.6 },
    figure: ({ messages }) => cpuPerUnit(messages),
  },
  {
    id: 'handshake',
    label: 'handshake',
    unit: 'µs',
    work: { ...message, kind: 'handshake', connections: 4000 },
    target: { ws: 1.1 },
    figure: ({ handshakes }) => cpuPerUnit(handshakes),
  },
  {
    id: 'idle',
    label: 'memory per idle connection, of 10,000',
    unit: 'KiB',
    work: { ...message, kind: 'idle', connections: 10_000 },
    target: { ws: 1.1 },
    figure: ({ idle }) => ({ value: (idle as Measured).memory / (idle as Measured).count }),
  },
];

/** Microseconds of the server's CPU per message, and how busy the server's core was. */
function cpuPerUnit(measured: Measured | undefined) {
  const { cpu, wall, count } = measured as Measured;
  return { value: cpu / count, busy: cpu / wall };
}
