import type { Site } from './site.ts';
import { duration } from './values.ts';

/** What the options of `check` are, as texts; `--idle` and its like are read here. */
export interface CheckOptions {
  readonly quick?: boolean;
  readonly idle?: string;
  readonly only?: string;
  readonly skip?: string;
  readonly insecure?: boolean;
  readonly origin?: string;
  readonly httpPort?: string;
  readonly token?: string;
  readonly json?: boolean;
}

/** What the command line asks for. */
export interface Wish {
  readonly site: Site;
  readonly names: readonly string[];
  readonly json: boolean;
}

/**
 * What a call of `check` or `doctor` asks for.
 * @param all the names of the checks that there are
 * @throws Error with one line for a person
 */
export function readWish(addresses: readonly string[], options: CheckOptions, all: readonly string[]): Wish {
  const [address = ''] = addresses;
  if (addresses.length !== 1) throw new Error(`got ${addresses.length} addresses, expected one. See --help`);
  const { quick = false, idle = '65s', insecure = false, json = false } = options;
  const url = readUrl(address);
  const only = readNames(options.only, all);
  const skip = readNames(options.skip, all);
  return {
    json,
    names: (only ?? all).filter((name) => !skip?.includes(name)),
    site: {
      url,
      plainUrl: plainUrl(url, options.httpPort),
      origin: options.origin === 'off' ? undefined : (options.origin ?? url.origin),
      insecure,
      token: options.token?.trim() || undefined,
      idle: quick ? 0 : readIdle(idle),
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

function readNames(text: string | undefined, all: readonly string[]): string[] | undefined {
  const names = text?.split(',').map((name) => name.trim());
  const unknown = names?.find((name) => !all.includes(name));
  if (unknown !== undefined) {
    throw new Error(`there is no check ${JSON.stringify(unknown)}, only ${all.join(', ')}`);
  }
  return names;
}

function readIdle(text: string): number {
  try {
    return duration(text);
  } catch {
    throw new Error(`--idle: got ${JSON.stringify(text)}, expected a time such as 65s`);
  }
}

function plainUrl(url: URL, port: string | undefined): URL | undefined {
  if (!port && url.port) return undefined;
  if (port && !/^\d{1,5}$/.test(port)) throw new Error(`--http-port: got ${JSON.stringify(port)}, expected a number`);
  return new URL(`http://${url.hostname}:${port ?? 80}${url.pathname}`);
}
