import { mkdirSync, writeFileSync } from 'node:fs';
import { barChart, growthChart } from './charts.ts';
import { type Contender, here } from './contenders.ts';
import type { GrowthSample } from './growth.ts';
import type { RedisResult } from './redis/run.ts';
import { redisSection, redisTables } from './redis/table.ts';
import { roomsSection } from './rooms/section.ts';
import { type RoomResult, roomsTable } from './rooms/table.ts';
import type { Series } from './rounds.ts';
import type { Shape } from './shapes.ts';
import { failures, figuresTable, growthTable, ratiosTable } from './table.ts';

export interface Report {
  command: string;
  rounds: number;
  seconds: number;
  machine: Record<string, string>;
  contenders: readonly Contender[];
  shapes: { shape: Shape; series: Map<string, Series<ReturnType<Shape['figure']>>> }[];
  growth: { size: number; series: Map<string, Series<GrowthSample>> }[];
  rooms: RoomResult[];
  redis: RedisResult[];
}

/** Writes docs/bench.md and its charts; returns a line that says so. */
export function writeDocs(report: Report): string {
  mkdirSync(here('../docs/images'), { recursive: true });
  writeFileSync(here('../docs/bench.md'), markdown(report));
  if (report.shapes.length > 0) writeFileSync(here('../docs/images/bench.svg'), barChart(report));
  if (report.growth.length > 0) writeFileSync(here('../docs/images/bench-growth.svg'), growthChart(report));
  return 'Written: docs/bench.md and its charts in docs/images\n';
}

/** The tables alone, for the terminal. */
export function summary(report: Report): string {
  const { shapes, growth, rooms, redis, contenders } = report;
  const parts = [
    ...(shapes.length > 0 ? [figuresTable(report), ratiosTable(report)] : []),
    ...(growth.length > 0 ? [growthTable(report)] : []),
    ...(rooms.length > 0 ? [roomsTable(rooms, contenders)] : []),
    ...(redis.length > 0 ? [redisTables(redis)] : []),
    failures(report),
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}

function markdown(report: Report): string {
  const failed = failures(report);
  return `# How fast it is

This page is written by \`${report.command}\`. Do not edit it: change \`bench/\` and run that again.

All servers ran on the same machine in one run, one after the other in each round, ${report.rounds} rounds of ${report.seconds} s.
A figure is the median of the rounds.

![What a message costs each server](images/bench.svg)

## What a message costs

Microseconds of the server's CPU for each message that arrived (at a broadcast: for each receiver), for each handshake;
KiB of memory for each connection. Less is better.

${figuresTable(report)}

\\* The server's core was less than 90 % busy: the load, or another program on the machine, held it up. Such a server finds fewer messages at
a time and sleeps in between, which may move its figure either way.
${failed && `\n\`–\`: not measured.\n\n${failed}\n`}
## Against ws and Bun

Our figure divided by theirs; below 1 ours is cheaper. The targets are the project's own.

${ratiosTable(report)}
${report.growth.length > 0 ? growthSection(report) : ''}${report.rooms.length > 0 ? roomsSection(report.rooms, report.contenders) : ''}${report.redis.length > 0 ? redisSection(report.redis) : ''}
## The machine

${Object.entries(report.machine)
  .map(([name, value]) => `- ${name}: ${value}`)
  .join('\n')}

## How it is measured

- **Each measurement is a new server process**, bound to core 0. The load is another process on core 1. Both are on the loopback interface.
- **CPU time is the operating system's**, from \`/proc/<pid>/task/*/schedstat\`: all threads, so the garbage collector and Bun's helper threads count.
- **A message counts when the load has received it** within the measured time. The load counts whole answers by their bytes and parses nothing.
- **Warm-up**: the same load runs for as long as the measurement, one second at most, before it counts. Handshakes: 1,000 before 4,000
  that count, 32 at a time; they stay open.
- **Memory** is resident memory (RSS), after 1,000 connections and a garbage collection, compared with 10,000 connections more and another collection.
- **Growth**: 100 messages of 64 B are on their way at a time, and the connections take turns. Then all connections are reset at once, and it is measured
  until the server has nothing to do any more, to within 10 ms; the load takes a part of that time. Growth takes three rounds at most.
- **Ours runs as shipped**: \`/echo\` and \`/broadcast\`, heartbeat and limits on, the limits set above the load.
- **The others run as their documentation shows**, compression off. ws sends back the bytes that it got, without making a text of them, and has its optional
  C part \`bufferutil\` if the list above says so. Bun broadcasts by its own publish and subscribe.
- **Socket.IO speaks its own packets** over WebSocket, so its messages are some bytes longer.

## What it does not say

- A message's texts here are ASCII. Others need validation and cost more, on every server.
- CPU time in the kernel is part of the figures, and on loopback the sender does a part of the receiver's work. Over a real network
  the shares differ.
- Memory is that of the process. The kernel's buffers of a socket come on top, for all servers alike.
- Latency is not measured, but for acknowledgements. Nor is TLS, which Nginx does.
- Other programs on the same machine move single figures by 15 % and more. Ratios of one run move less.
`;
}

function growthSection(report: Report): string {
  return `
## How it grows

![What a message, a connection and the end of all connections cost, by their number](images/bench-growth.svg)

${growthTable(report)}

The largest number is what this machine holds: it is bounded by open files and by local ports.
`;
}
