import type { IncomingMessage } from 'node:http';
import proxyAddr from 'proxy-addr';

/** Where a request comes from. */
export interface Peer {
  address: string | undefined;
  port: number | undefined;
}

/** A peer on a Unix socket has no address; it is on this machine. */
const LOCAL = '127.0.0.1';

/**
 * Makes the function that says who sent a request.
 * @param trusted proxies whose `X-Forwarded-For` and `X-Real-Port` are believed: addresses, CIDR blocks, or the names
 *   `loopback`, `linklocal` and `uniquelocal`; a peer on a Unix socket counts as loopback
 */
export function clientAddress(trusted: readonly string[]): (request: IncomingMessage) => Peer {
  if (trusted.length === 0) return directPeer;
  const isTrusted = proxyAddr.compile([...trusted]);
  const believed = (address: string | undefined): boolean => isTrusted(address ?? LOCAL, 0);
  return (request) => {
    const direct = directPeer(request);
    if (!believed(direct.address)) return direct;
    const address = plain(proxyAddr(request, (hop) => hop === undefined || believed(hop)));
    const port = Number(request.headers['x-real-port']);
    return { address: address ?? LOCAL, port: Number.isInteger(port) && port > 0 && port < 65536 ? port : undefined };
  };
}

export function directPeer({ socket }: IncomingMessage): Peer {
  return { address: plain(socket.remoteAddress), port: socket.remotePort };
}

/** An IPv4 address that a dual-stack listener shows as IPv6 is shown as IPv4. */
function plain(address: string | undefined): string | undefined {
  return address?.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
}
