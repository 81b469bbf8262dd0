import { toUSVString } from 'node:util';
import { z } from 'zod';
import type { ClientMessage } from './protocol.ts';
import { RoomError } from './room-error.ts';

/** What makes a publication idempotent: 1 to 64 characters of printable ASCII. */
const keySchema = z.string().regex(/^[ -~]{1,64}$/);

/** What a client sends, by type; members that are not named here are ignored. */
export const clientSchemas = {
  publish: z.object({ type: z.literal('publish'), text: z.string(), key: keySchema.optional() }),
  ping: z.object({ type: z.literal('ping') }),
  auth: z.object({ type: z.literal('auth'), token: z.string() }),
} as const;

const expectedKey = 'expected 1 to 64 characters of printable ASCII';

/** A message that was understood, or why it was not, and its key where it has a good one. */
export type ParsedMessage =
  | { readonly message: ClientMessage; readonly error?: never }
  | { readonly message?: never; readonly error: RoomError; readonly key?: string | undefined };

export function parseClientMessage(json: string): ParsedMessage {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return bad('the message: got a text that is no JSON, expected a JSON object');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return bad(`the message: got ${describe(value)}, expected a JSON object`);
  }
  const { type, text, key, token } = value as Record<string, unknown>;
  if (type === 'ping') return { message: { type } };
  if (type === 'auth') {
    // The token itself is not shown again.
    return typeof token === 'string' ? { message: { type, token } } : bad('token: got no string, expected a token');
  }
  if (type !== 'publish') return bad(`type: got ${describe(type)}, expected "publish", "ping" or "auth"`);
  const result = clientSchemas.publish.safeParse(value);
  if (result.success) return { message: publication(result.data) };
  const goodKey = keySchema.safeParse(key).data;
  if (result.error.issues.some(({ path }) => path[0] === 'text')) {
    return { ...bad(`text: got ${describe(text)}, expected a string`), key: goodKey };
  }
  return { error: new RoomError('bad_key', `key: got ${describe(key)}, ${expectedKey}`) };
}

/** A problem with a key that came another way, such as in a header; undefined where it is good. */
export function keyError(key: string): RoomError | undefined {
  if (keySchema.safeParse(key).success) return undefined;
  return new RoomError('bad_key', `key: got ${describe(key)}, ${expectedKey}`);
}

/** Half a surrogate pair, which JSON can escape and UTF-8 cannot write, would look different now and when it is read back. */
function publication({ type, text, key }: z.infer<typeof clientSchemas.publish>): ClientMessage {
  const whole = toUSVString(text);
  return key === undefined ? { type, text: whole } : { type, text: whole, key };
}

function bad(problem: string) {
  return { error: new RoomError('bad_message', problem) };
}

/** A value as it is shown to whoever sent it. */
function describe(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object') return 'an object';
  if (typeof value !== 'string') return `the ${typeof value} ${value}`;
  return value.length <= 64 ? JSON.stringify(value) : `a string of ${value.length} characters`;
}
