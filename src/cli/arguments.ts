import { parseArgs } from 'node:util';
import { checks } from './checks.ts';
import type { Site } from './site.ts';

/** What `--help` prints. */
export const USAGE = `Usage: deploy/check [options] https://your.host/

Tests a running site from outside: one line per check, and for what is wrong the line to change.

  --quick            leave out the check that holds a connection idle
  --idle 65s         how long to hold it; longer than Nginx's default of 60 s
  --only a,b         only these: ${Object.keys(checks).join(', ')}
  --skip a,b         all but these
  --insecure         take any certificate
  --origin ORIGIN    the page that a handshake names, by default the site's own; off for none
  --http-port N      where plain http is, by default 80 if the address has no port
  --json             one JSON document in place of lines
  --help

Exit code: 0 all well, 1 something is wrong, 2 not checked (usage, or nothing answers).
`;

/** What the command line asks for. */
export interface Wish {
  readonly site: Site;
  readonly names: readonly string[];
  readonly json: boolean;
}

/**
 * Reads the command line.
 * @throws Error with one line for a person
 */
export function readArguments(args: string[]): Wish | 'help' {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      quick: { type: 'boolean', default: false },
      idle: { type: 'string', default: '65s' },
      only: { type: 'string' },
      skip: { type: 'string' },
      insecure: { type: 'boolean', default: false },
      origin: { type: 'string' },
      'http-port': { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return 'help';
  if (positionals.length !== 1) throw new Error(`got ${positionals.length} addresses, expected one. See --help`);
  const url = readUrl(positionals[0] as string);
  const only = readNames(values.only);
  const skip = readNames(values.skip);
  return {
    json: values.json,
    names: (only ?? Object.keys(checks)).filter((name) => !skip?.includes(name)),
    site: {
      url,
      plainUrl: plainUrl(url, values['http-port']),
      origin: values.origin === 'off' ? undefined : (values.origin ?? url.origin),
      insecure: values.insecure,
      idle: values.quick ? 0 : readDuration(values.idle),
    },
  };
}

function readUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    throw new Error(`got ${JSON.stringify(text)}, expected an address such as https://your.host/`);
  }
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  url.search = '';
  url.hash = '';
  return url;
}

function readNames(text: string | undefined): string[] | undefined {
  const names = text?.split(',').map((name) => name.trim());
  const unknown = names?.find((name) => !Object.hasOwn(checks, name));
  if (unknown !== undefined) {
    throw new Error(`there is no check ${JSON.stringify(unknown)}, only ${Object.keys(checks).join(', ')}`);
  }
  return names;
}

function readDuration(text: string): number {
  const [, amount, unit = ''] = /^(\d+)(ms|s|m)$/.exec(text) ?? [];
  if (!amount) throw new Error(`--idle: got ${JSON.stringify(text)}, expected a time such as 65s`);
  return Number(amount) * ({ ms: 1, s: 1_000, m: 60_000 }[unit] as number);
}

function plainUrl(url: URL, port: string | undefined): URL | undefined {
  if (!port && url.port) return undefined;
  if (port && !/^\d{1,5}$/.test(port)) throw new Error(`--http-port: got ${JSON.stringify(port)}, expected a number`);
  return new URL(`http://${url.hostname}:${port ?? 80}${url.pathname}`);
}
