import { once } from 'node:events';
import net, { type AddressInfo, type Socket } from 'node:net';
import type { ExecutionContext } from 'ava';
import { type ConnectionHandler, createServer, type Server, type ServerOptions } from '../../src/index.ts';

export { until } from './until.ts';

export interface TestServer {
  server: Server;
  port: number;
  /** `ws://127.0.0.1:<port>` */
  url: string;
}

/** A server on a free port of 127.0.0.1; it ends with the test. */
export async function startServer(
  t: ExecutionContext,
  options: ServerOptions = {},
  handler?: ConnectionHandler,
): Promise<TestServer> {
  const server = createServer(options, handler).listen(0, '127.0.0.1');
  t.teardown(() => {
    server.close();
    server.terminate();
  });
  await once(server, 'listening');
  const { port } = server.socket.address() as AddressInfo;
  return { server, port, url: `ws://127.0.0.1:${port}` };
}

const HANDSHAKE = {
  Host: 'localhost',
  Connection: 'Upgrade',
  Upgrade: 'websocket',
  'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Version': '13',
};

/** The head of a request; a field that is undefined is left out. */
export function head(fields: Record<string, string | undefined> = {}, requestLine = 'GET / HTTP/1.1'): string {
  const lines = Object.entries({ ...HANDSHAKE, ...fields }).filter(([, value]) => value !== undefined);
  return `${requestLine}\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;
}

/** A bare TCP connection that keeps what comes; for what no WebSocket client would send. */
export class RawClient {
  readonly socket: Socket;
  received = Buffer.alloc(0);
  /** The other side has ended TCP, by FIN or by RST. */
  readonly ended: Promise<void>;
  #waiting: (() => void)[] = [];

  constructor(t: ExecutionContext, port: number, localAddress?: string) {
    this.socket = net.connect({ port, host: '127.0.0.1', localAddress, allowHalfOpen: true });
    t.teardown(() => this.socket.destroy());
    this.socket.on('error', () => {});
    this.socket.on('data', (chunk) => {
      this.received = Buffer.concat([this.received, chunk]);
      for (const look of this.#waiting) look();
    });
    this.ended = new Promise((resolve) => {
      this.socket.once('end', resolve);
      this.socket.once('close', () => resolve());
    });
  }

  write(bytes: Buffer | string): void {
    this.socket.write(bytes);
  }

  /** Resolves with everything received as soon as it holds `part`. */
  until(part: string | Buffer): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const look = () => this.received.includes(part) && resolve(this.received);
      this.#waiting.push(look);
      void this.ended.then(() => reject(new Error(`ended without ${part}: ${this.received.toString('latin1')}`)));
      look();
    });
  }

  /** Does the opening handshake and forgets its answer. */
  async open(target = '/'): Promise<this> {
    this.write(head({}, `GET ${target} HTTP/1.1`));
    await this.until('\r\n\r\n');
    this.received = this.received.subarray(this.received.indexOf('\r\n\r\n') + 4);
    return this;
  }
}
