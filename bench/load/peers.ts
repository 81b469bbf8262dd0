import net, { type Socket } from 'node:net';
import { maskedFrame, upgradeRequest } from './frames.ts';
import type { Target } from './task.ts';

/** One connection of the load. */
export interface Peer {
  socket: Socket;
  /** Bytes received that belong to no whole answer yet. */
  rest: number;
  /** Answers received. */
  seen: number;
}

export type OnBytes = (peer: Peer, bytes: number) => void;

/** Handshakes at a time. */
const AT_ONCE = 32;

/** What comes is counted and not kept: all connections read into the same buffer. */
const buffer = Buffer.alloc(64 * 1024);

const emptyPong = Buffer.from([0x8a, 0x80, 0, 0, 0, 0]);
const socketIoPong = maskedFrame('3');

/** Opens connections to one path and answers pings on them; what else comes is given to `onBytes` as a count. */
export async function openPeers(target: Target, path: string, count: number, onBytes: OnBytes = () => {}) {
  const peers: Peer[] = [];
  const open = async () => {
    while (peers.length < count) {
      const peer: Peer = { socket: undefined as unknown as Socket, rest: 0, seen: 0 };
      peers.push(peer);
      await openPeer(target, path, peer, onBytes);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, open));
  return peers;
}

function openPeer({ port, dialect }: Target, path: string, peer: Peer, onBytes: OnBytes): Promise<void> {
  return new Promise((resolve, reject) => {
    let isOpen = false;
    const isSocketIo = dialect === 'socket.io';
    const onread = (bytes: number) => {
      if (isOpen) {
        if (!answerPing(peer, bytes)) onBytes(peer, bytes);
      } else if (!isSocketIo || socketIoOpened(peer, bytes)) {
        isOpen = true;
        resolve();
      }
      return true;
    };
    peer.socket = net.connect({ port, host: '127.0.0.1', noDelay: true, onread: { buffer, callback: onread } });
    peer.socket.on('error', reject);
    peer.socket.on('close', () => reject(new Error(isOpen ? 'a connection was closed' : 'a handshake was refused')));
    peer.socket.write(upgradeRequest(isSocketIo ? '/socket.io/?EIO=4&transport=websocket' : path, port));
  });
}

/** Socket.IO opens in two steps: it greets with a session, then answers our connect packet. */
function socketIoOpened(peer: Peer, bytes: number): boolean {
  const text = buffer.toString('latin1', 0, bytes);
  if (text.includes('40{')) return true;
  if (text.includes('0{')) peer.socket.write(maskedFrame('40'));
  return false;
}

/** A ping that comes alone: an idle connection that does not answer it is cut off. */
function answerPing({ socket }: Peer, bytes: number): boolean {
  if (bytes === 2 && buffer[0] === 0x89) return socket.write(emptyPong);
  if (bytes === 3 && buffer[2] === 0x32) return socket.write(socketIoPong);
  return false;
}
