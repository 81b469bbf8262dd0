import { InvalidArgumentError } from 'commander';
import { roomNameProblem } from '../rooms/room-name.ts';

/*
 * What options take, as commander's argument parsers. Each throws InvalidArgumentError with what it expected; commander
 * puts the option and what it got before it.
 */

const DURATION_UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** A time with a unit, such as `500ms`; in milliseconds, a day at most. */
export function duration(text: string): number {
  const [, amount, unit = ''] = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text) ?? [];
  const milliseconds = Math.round(Number(amount) * (DURATION_UNITS[unit] ?? Number.NaN));
  if (milliseconds <= 24 * 3_600_000) return milliseconds;
  throw new InvalidArgumentError('Expected a time such as 500ms, 10s or 2m, up to 24h.');
}

/** A time above nothing. */
export function period(text: string): number {
  const milliseconds = duration(text);
  if (milliseconds > 0) return milliseconds;
  throw new InvalidArgumentError('Expected a time of 1ms or more.');
}

export function whole(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    throw new InvalidArgumentError(`Expected a whole number from ${min} to ${max}.`);
  };
}

/** The address of a WebSocket; that of a page stands for the WebSocket behind it. */
export function socketAddress(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^(ws|http)s?:$/.test(url.protocol) || url.hostname === '') {
    throw new InvalidArgumentError('Expected an address such as ws://localhost:8088/echo or wss://your.host/.');
  }
  url.protocol = url.protocol.replace('http', 'ws');
  url.hash = '';
  return url;
}

/** The name of a room. */
export function roomName(text: string): string {
  const problem = roomNameProblem(text);
  if (problem === undefined) return text;
  throw new InvalidArgumentError(`${problem.replace(/^room: g/, 'G')}.`);
}

/** Header fields, one per use of the option. */
export function header(text: string, before: Record<string, string> = {}): Record<string, string> {
  const [, name, value] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t\x20-\x7e]*)$/.exec(text) ?? [];
  if (name !== undefined && value !== undefined) return { ...before, [name]: value };
  throw new InvalidArgumentError("Expected a header field such as 'Origin: https://your.host', in ASCII.");
}
