import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import proxyAddr from 'proxy-addr';

/** Where a request comes from. */
export interface Peer {
  address: string | undefined;
  port: number | undefined;
}

/** A peer on a Unix socket has no address; it is on this machine. */
const LOCAL = '127.0.0.1';

/** Says who sent a request. */
export interface ClientAddress {
  (request: IncomingMessage): Peer;
  /** Whether an address is that of a proxy whose word is believed. A function without it believes everybody. */
  trusts?: (address: string) => boolean;
}

/**
 * Makes the function that says who sent a request.
 * @param trusted proxies whose `X-Forwarded-For` and `X-Real-Port` are believed: addresses, CIDR blocks, or the names
 *   `loopback`, `linklocal` and `uniquelocal`; a peer on a Unix socket counts as loopback
 */
export function clientAddress(trusted: readonly string[]): ClientAddress {
  const isTrusted = proxyAddr.compile([...trusted]);
  const trusts = (address: string) => isTrusted(address, 0);
  const believed = (address: string | undefined) => trusts(address ?? LOCAL);
  const client = (request: IncomingMessage): Peer => {
    const direct = peerOf(request.socket);
    if (!believed(direct.address)) return direct;
    // Whoever is believed and says nothing is a client itself.
    if (direct.address !== undefined && request.headers['x-forwarded-for'] === undefined) return direct;
    const address = plain(proxyAddr(request, (hop) => hop === undefined || believed(hop)));
    const port = Number(request.headers['x-real-port']);
    return { address: address ?? LOCAL, port: Number.isInteger(port) && port > 0 && port < 65536 ? port : undefined };
  };
  return Object.assign(client, { trusts });
}

/** Who is at the other end of a socket. */
export function peerOf(socket: Socket): Peer {
  return { address: plain(socket.remoteAddress), port: socket.remotePort };
}

/** Believes nobody. */
export const directPeer: ClientAddress = Object.assign(({ socket }: IncomingMessage) => peerOf(socket), {
  trusts: () => false,
});

/** An IPv4 address that a dual-stack listener shows as IPv6 is shown as IPv4. */
function plain(address: string | undefined): string | undefined {
  return address?.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
}
