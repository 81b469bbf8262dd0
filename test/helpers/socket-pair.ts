import { once } from 'node:events';
import net, { type AddressInfo, type Socket } from 'node:net';
import tls, { type TlsOptions } from 'node:tls';
import type { ExecutionContext } from 'ava';

/** The server's socket and the client's of one connection. */
export async function socketPair(t: ExecutionContext, secure?: TlsOptions): Promise<{ ours: Socket; theirs: Socket }> {
  const server = secure ? tls.createServer(secure) : net.createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const accepted = once(server, secure ? 'secureConnection' : 'connection');
  const theirs = secure ? tls.connect({ port, rejectUnauthorized: false }) : net.connect(port);
  const [ours] = (await accepted) as [Socket];
  for (const socket of [ours, theirs]) socket.on('error', () => {});
  t.teardown(() => {
    ours.destroy();
    theirs.destroy();
    server.close();
  });
  return { ours, theirs };
}

/** Keeps what is read; a chunk may be lent. */
export function collector() {
  const chunks: Buffer[] = [];
  return { take: (chunk: Buffer) => void chunks.push(Buffer.from(chunk)), all: () => Buffer.concat(chunks) };
}
