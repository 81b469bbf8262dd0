import { isUtf8 } from 'node:buffer';
import type { OutgoingHttpHeaders } from 'node:http';
import cors from '@fastify/cors';
import rateLimit from '@fastify/rate-limit';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Admission, userAdmission } from '../../admission.ts';
import type { Access } from '../../auth/access.ts';
import type { Visit } from '../../auth/visit.ts';
import type { Peer } from '../../client-address.ts';
import type { Right } from '../../handlers/visitor.ts';
import { originAllowed, SAME_ORIGIN } from '../../handshake.ts';
import { keyError } from '../../rooms/client-message.ts';
import type { Page } from '../../rooms/event-log.ts';
import { eventMessage, gapMessage } from '../../rooms/messages.ts';
import { formatPosition } from '../../rooms/position.ts';
import { RoomError } from '../../rooms/room-error.ts';
import type { Rooms } from '../../rooms/rooms.ts';
import { answerError, sendProblem } from '../problem.ts';
import { EventStream, eventStreamFormat } from './event-stream.ts';
import { isWaitedFor, poll } from './poll.ts';
import { afterOf, limitOf, nameOf, roomOf, waitOf } from './query.ts';
import type { Streams } from './streams.ts';

export interface RoomRoutesOptions {
  rooms: Rooms;
  /** Origins whose pages may read and publish; `*` lets in all, `same-origin` those of the host that a request names. */
  allowedOrigins: readonly string[];
  clientAddress: (request: FastifyRequest['raw']) => Peer;
  /** One event's text, in bytes; over it 413. */
  maxMessageBytes: number;
  /** What one user, or one address without a token, may publish per second; five seconds' worth may come at once, over it 429. */
  messagesPerSecond: number;
  /** Streams and waiting polls, in total and of one address; over it 503 and 429. */
  maxConnections: number;
  maxConnectionsPerIp: number;
  /** Those with tokens of one `sub`; over it 429. */
  maxConnectionsPerUser: number;
  /** Who may do what. @default everybody may do everything */
  access?: Access | undefined;
  /** Where the open streams and the polls that wait are kept. */
  streams: Streams;
  /** Told of errors that are no fault of a request, which are answered 500, and of the request's id. */
  onError: (error: unknown, id: string) => void;
}

/** Seconds of a rate that may come at once, as on a WebSocket. */
const BURST_SECONDS = 5;
/** Members that a room's description lists; there may be thousands. */
const MAX_MEMBERS = 200;
/** Rooms over plain HTTP: publish, history, long poll, server-sent events. */
export async function addRoomRoutes(app: FastifyInstance, options: RoomRoutesOptions): Promise<void> {
  const { rooms, clientAddress, streams, access } = options;
  const allowedOrigins = options.allowedOrigins.map((origin) => origin.toLowerCase());
  const admission = new Admission(options.maxConnections, options.maxConnectionsPerIp, 'streams and polls');
  const users = userAdmission(options.maxConnectionsPerUser, 'streams and polls');
  const addressOf = (request: FastifyRequest) => clientAddress(request.raw).address;

  await app.register(async (scope) => {
    scope.setErrorHandler<FastifyError>((error, { id }, reply) =>
      answerError(error, reply, (cause) => options.onError(cause, id)),
    );
    const anyOrigin = allowedOrigins.includes('*');
    const exposedHeaders = ['Retry-After', 'WWW-Authenticate'];
    // Pages of the same origin need none of it.
    const others = allowedOrigins.filter((origin) => origin !== SAME_ORIGIN);
    await scope.register(cors, { origin: anyOrigin ? '*' : others, exposedHeaders });
    scope.addHook('onRequest', async (request, reply) => {
      if (originAllowed(request.raw, allowedOrigins)) return undefined;
      const detail = `the origin ${request.headers.origin} is not allowed`;
      return sendProblem(reply, { status: 403, detail, code: 'bad_origin', retryable: false });
    });
    // Before a body is read.
    if (access) scope.addHook('onRequest', async ({ raw }) => void (await access.identify(raw)));
    scope.removeAllContentTypeParsers();
    // Whatever a client calls it, the body is the text.
    scope.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: bodyLimit(options) }, (_request, body, done) =>
      done(null, body),
    );
    if (Number.isFinite(options.messagesPerSecond)) {
      await scope.register(rateLimit, {
        global: false,
        max: options.messagesPerSecond * BURST_SECONDS,
        timeWindow: BURST_SECONDS * 1000,
        keyGenerator: (request) => senderOf(request),
      });
    }

    scope.post('/rooms/:room/events', { config: { rateLimit: {} } }, publish);
    scope.get('/rooms/:room/events', (request, reply) =>
      wantsStream(request) ? admitted(request, reply, stream) : admitted(request, reply, page),
    );
    scope.get('/rooms/:room', describe);
  });

  async function publish(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const room = enter(request, 'publish');
    const publication = { from: visitOf(request)?.name ?? nameOf(request), text: textOf(request), key: keyOf(request) };
    const { position, at, duplicate } = await rooms.publish(room, publication);
    const answer = { position: formatPosition(position), at: new Date(at).toISOString(), duplicate };
    return reply.code(201).header('Cache-Control', 'no-store').send(answer);
  }

  async function describe(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const room = enter(request, 'read');
    const answer = { room, position: formatPosition(await rooms.head(room)) };
    reply.header('Cache-Control', 'no-store');
    if (visitOf(request)?.problem('presence', room)) return reply.send(answer);
    const { names: members, count } = await rooms.members(room, MAX_MEMBERS);
    return reply.send({ ...answer, members, count });
  }

  async function page(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const room = enter(request, 'read');
    const wait = Math.min(waitOf(request), (visitOf(request)?.remaining ?? Number.POSITIVE_INFINITY) / 1000);
    const ask = { room, after: afterOf(request), limit: limitOf(request), wait };
    const found = await poll(rooms, streams, ask, reply.raw);
    // Its token may have ended while it waited.
    enter(request, 'read');
    await reply.header('Cache-Control', 'no-store').send(pageMessage(found));
  }

  /** Resolves when the stream is over. */
  async function stream(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const room = enter(request, 'read');
    const after = afterOf(request);
    const { raw: response } = reply;
    if (!isWaitedFor(response)) {
      throw new RoomError(
        'bad_message',
        'a stream: got it behind a request that is not answered yet, expected it first',
      );
    }
    const over = new Promise<void>((resolve) => response.once('close', resolve));
    const reader = new EventStream(response);
    // Before anything is written: what the store fails with can still be answered.
    const subscription = await rooms.subscribe(room, reader, eventStreamFormat, after && { after });
    reply.hijack();
    reader.begin(subscription.position, reply.getHeaders() as OutgoingHttpHeaders);
    streams.add(reader);
    subscription.start();
    const stopWatching = visitOf(request)?.whenExpired((error) => reader.fail(error));
    await over;
    stopWatching?.();
    subscription.close();
    streams.delete(reader);
  }

  /** Who is counted for what is published: names and addresses are kept apart. */
  function senderOf(request: FastifyRequest): string {
    const user = visitOf(request)?.name;
    return user === undefined ? (addressOf(request) ?? 'unknown') : `user ${user}`;
  }

  function visitOf({ raw }: FastifyRequest): Visit | undefined {
    return access?.visitorOf(raw);
  }

  /** The room of a request whose sender has a right there. @throws RoomError bad_room, unauthorized, token_expired, forbidden */
  function enter(request: FastifyRequest, right: Right): string {
    const room = roomOf(request);
    const problem = visitOf(request)?.problem(right, room);
    if (problem) throw problem;
    return room;
  }

  /** Counts those that hold a connection, as WebSockets are counted. */
  async function admitted(
    request: FastifyRequest,
    reply: FastifyReply,
    serve: (request: FastifyRequest, reply: FastifyReply) => Promise<void>,
  ): Promise<FastifyReply> {
    const address = addressOf(request);
    const user = visitOf(request)?.name;
    const refusal = admission.refusal(address) ?? users.refusal(user);
    if (refusal) {
      const { status, reason: detail } = refusal;
      return sendProblem(reply, { status, detail, code: 'too_many_connections', retryable: true });
    }
    admission.enter(address);
    users.enter(user);
    try {
      await serve(request, reply);
    } finally {
      admission.leave(address);
      users.leave(user);
    }
    return reply;
  }
}

function bodyLimit({ maxMessageBytes }: RoomRoutesOptions): number {
  return Math.min(maxMessageBytes, Number.MAX_SAFE_INTEGER);
}

function wantsStream({ method, headers }: FastifyRequest): boolean {
  return method !== 'HEAD' && (headers.accept?.includes('text/event-stream') ?? false);
}

/** @throws RoomError bad_message */
function textOf({ body }: FastifyRequest): string {
  const bytes = Buffer.isBuffer(body) ? body : Buffer.alloc(0);
  if (bytes.length === 0) throw new RoomError('bad_message', 'body: got nothing, expected the text to publish');
  if (!isUtf8(bytes))
    throw new RoomError('bad_message', 'body: got bytes that are no UTF-8, expected the text to publish');
  return bytes.toString();
}

/** @throws RoomError bad_key */
function keyOf({ headers }: FastifyRequest): string | undefined {
  const key = headers['idempotency-key'];
  if (key === undefined) return undefined;
  const error = keyError(String(key));
  if (error) throw error;
  return String(key);
}

function pageMessage({ epoch, after, events, gap, reset }: Page): object {
  const at = (offset: number) => ({ epoch, offset });
  return {
    events: events.map((event) => eventMessage(event, at(event.offset))),
    position: formatPosition(at(events.at(-1)?.offset ?? after)),
    ...(gap ? { gap: gapMessage(at(gap.from), at(gap.to)) } : {}),
    ...(reset ? { reset: true } : {}),
  };
}
