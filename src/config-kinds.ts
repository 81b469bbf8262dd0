import { isIP } from 'node:net';
import { z } from 'zod';

/** A value's kind: what it must look like, in words and as a schema from its text. */
export interface Kind<T> {
  expected: string;
  schema: z.ZodType<T, string>;
}

export const text = (expected: string): Kind<string> => ({ expected, schema: z.string() });

export function whole(min: number, max: number): Kind<number> {
  const expected = `a whole number from ${min} to ${max}`;
  return { expected, schema: z.string().regex(/^\d+$/).transform(Number).pipe(z.number().min(min).max(max)) };
}

export function oneOf<const T extends readonly [string, ...string[]]>(values: T): Kind<T[number]> {
  return { expected: `one of ${values.join(', ')}`, schema: z.enum(values) };
}

/** A number with one of some units; the value is in the smallest of them. */
function measure(units: Record<string, number>, min: string, max: string): Kind<number> {
  const parse = (value: string): number => {
    const [, amount, unit = ''] = /^(\d+(?:\.\d+)?)([A-Za-z]+)$/.exec(value) ?? [];
    return Math.round(Number(amount) * (units[unit] ?? Number.NaN));
  };
  const bounds = z.number().min(parse(min)).max(parse(max));
  const expected = `a number with a unit (${Object.keys(units).join(', ')}) from ${min} to ${max}`;
  return { expected, schema: z.string().transform(parse).pipe(bounds) };
}

export const duration = (min: string, max: string): Kind<number> =>
  measure({ ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }, min, max);

export const size = (min: string, max: string): Kind<number> =>
  measure({ B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 }, min, max);

/** `off` in place of a value. */
export function orOff<T>(kind: Kind<T>, off: T): Kind<T> {
  const schema = z.union([z.literal('off').transform(() => off), kind.schema]);
  return { expected: `${kind.expected}, or off`, schema };
}

/** `auto` in place of a value: the library's own default. */
export function orAuto<T>(kind: Kind<T>): Kind<T | undefined> {
  const schema = z.union([z.literal('auto').transform(() => undefined), kind.schema]);
  return { expected: `${kind.expected}, or auto`, schema };
}

function listOf(expected: string, valid: (item: string) => boolean): Kind<string[]> {
  const items = z.array(z.string().refine(valid)).min(1);
  return {
    expected,
    schema: z
      .string()
      .transform((value) => value.split(',').map((item) => item.trim()))
      .pipe(items),
  };
}

function isOrigin(value: string): boolean {
  return (
    value === '*' || value === 'same-origin' || (URL.canParse(value) && new URL(value).origin === value.toLowerCase())
  );
}

function isKeysUrl(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const { protocol, hostname } = new URL(value);
  // Who can change what comes over plain http can make tokens.
  return protocol === 'https:' || (protocol === 'http:' && /^(localhost|127\.[\d.]+|\[::1\])$/.test(hostname));
}

function isProxy(value: string): boolean {
  if (['loopback', 'linklocal', 'uniquelocal'].includes(value)) return true;
  const [address = '', prefix, ...rest] = value.split('/');
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return false;
  return prefix === undefined || (/^[1-9]\d*$/.test(prefix) && Number(prefix) <= (version === 4 ? 32 : 128));
}

export const onOff: Kind<boolean> = {
  expected: 'on or off',
  schema: z.enum(['on', 'off']).transform((value) => value === 'on'),
};

export const octalMode: Kind<number> = {
  expected: 'permissions in octal, such as 0660',
  schema: z
    .string()
    .regex(/^0?[0-7]{3}$/)
    .transform((value) => Number.parseInt(value, 8)),
};

export const redisUrl: Kind<string> = {
  expected:
    'redis://host:6379, rediss:// for TLS, unix:///path, redis+sentinel://host:26379,host2:26379/mymaster or ' +
    'redis+cluster://host:6379,host2:6379, with user:password@ before the host where they are needed',
  schema: z.string().regex(/^(|(rediss?(\+sentinel|\+cluster)?|unix):\/\/\S+)$/),
};

export const keysUrl: Kind<string> = {
  expected: 'an https address, or an http one of this machine',
  schema: z.union([z.literal(''), z.string().refine(isKeysUrl)]),
};

export const origins = listOf(
  '*, same-origin or origins such as https://example.com, without a path or a slash, separated by commas',
  isOrigin,
);
export const proxies = listOf(
  'addresses, CIDR blocks, loopback, linklocal or uniquelocal, separated by commas',
  isProxy,
);
