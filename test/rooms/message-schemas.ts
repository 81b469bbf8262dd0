import { z } from 'zod';
import { clientSchemas } from '../../src/rooms/client-message.ts';
import { type ClientMessage, roomErrors, type ServerMessage } from '../../src/rooms/protocol.ts';

const text = z.string();

/** Each message of protocol.ts as a schema; strict, so that what is sent and not described is found. */
const described = {
  ...clientSchemas,
  welcome: z.strictObject({
    type: z.literal('welcome'),
    name: text,
    room: text,
    position: text,
    members: z.array(text).readonly(),
    expires: text.optional(),
  }),
  event: z.strictObject({ type: z.literal('event'), position: text, from: text, text, at: text }),
  ack: z.strictObject({ type: z.literal('ack'), key: text.optional(), position: text, duplicate: z.boolean() }),
  join: z.strictObject({ type: z.literal('join'), name: text }),
  leave: z.strictObject({ type: z.literal('leave'), name: text }),
  gap: z.strictObject({ type: z.literal('gap'), from: text, to: text, lost: z.number() }),
  reset: z.strictObject({ type: z.literal('reset'), position: text }),
  reconnect: z.strictObject({ type: z.literal('reconnect'), afterMs: z.number() }),
  pong: z.strictObject({ type: z.literal('pong') }),
  renewed: z.strictObject({ type: z.literal('renewed'), expires: text }),
  error: z.strictObject({
    type: z.literal('error'),
    code: z.enum(Object.keys(roomErrors) as [keyof typeof roomErrors]),
    message: text,
    retryable: z.boolean(),
    key: text.optional(),
  }),
};

type Message = ClientMessage | ServerMessage;
type Name = Message['type'];

/** An optional member may be undefined in the one and is left out in the other. */
type Exact<T> = { readonly [K in keyof T]: Exclude<T[K], undefined> };
type Same<A, B> = [Exact<A>] extends [Exact<B>] ? ([Exact<B>] extends [Exact<A>] ? true : false) : false;
type Of<N extends Name> = Extract<Message, { type: N }>;
type Described<N extends keyof typeof described> = z.infer<(typeof described)[N]>;

/** Does not compile where a schema and its type are not the same, or one is missing. */
const held: { [N in Exclude<Name, 'join' | 'leave'>]: Same<Described<N>, Of<N>> } = {
  publish: true,
  ping: true,
  auth: true,
  welcome: true,
  event: true,
  ack: true,
  gap: true,
  reset: true,
  reconnect: true,
  pong: true,
  renewed: true,
  error: true,
};

export const messageSchemas: Readonly<Record<Name, z.ZodType>> = described;
export const clientMessageNames = Object.keys(clientSchemas);
export const messageNames = [...Object.keys(held), 'join', 'leave'] as Name[];
