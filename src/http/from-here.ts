import type { IncomingMessage } from 'node:http';
import proxyAddr from 'proxy-addr';

/** What a proxy adds to a request that it hands on. */
const FORWARDED = ['forwarded', 'via', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-real-ip'];

const isLoopback = proxyAddr.compile(['loopback']);

/** Sent by a program on this machine, over loopback or the Unix socket, and not by a proxy for somebody else. */
export function isFromHere({ socket, headers }: IncomingMessage): boolean {
  if (FORWARDED.some((name) => headers[name] !== undefined)) return false;
  // A Unix socket has no address.
  return socket.remoteAddress === undefined || isLoopback(socket.remoteAddress, 0);
}
