import { once } from 'node:events';
import { chmodSync, lstatSync, rmSync } from 'node:fs';
import net, { type ListenOptions } from 'node:net';
import { TextEventError } from './errors.ts';
import type { Server } from './server.ts';

/**
 * Listens on a TCP port.
 * @throws TextEventError ERR_LISTEN with a line for a person
 */
export async function listenOnPort(server: Server, port: number, host: string): Promise<void> {
  const where = `port ${port} on ${host || 'all interfaces'}`;
  try {
    await listening(server, host ? { port, host } : { port });
  } catch (error) {
    throw listenError(where, error, {
      EADDRINUSE: `taken by another program; see which: ss -ltnp 'sport = :${port}'; or choose another: PORT=${port + 1}`,
      EACCES: 'no permission; ports below 1024 are for root: choose another, and put Nginx in front',
      EADDRNOTAVAIL: 'no such address on this machine; see which there are: ip address',
      ENOTFOUND: 'the host name is not known; give an address of this machine',
    });
  }
}

/**
 * Listens on a Unix socket beside the port and hands its connections to the same server.
 * A socket that a killed process left behind is removed; one that somebody answers on, or another file, is not.
 * @param mode permissions of the file
 * @throws TextEventError ERR_LISTEN with a line for a person
 */
export async function listenOnPath(server: Server, path: string, mode: number): Promise<net.Server> {
  const beside = net.createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    server.socket.emit('connection', socket);
  });
  try {
    await listening(beside, { path }).catch(async (error) => {
      if (error.code !== 'EADDRINUSE') throw error;
      if (!lstatSync(path).isSocket()) throw new Error('it is a file or a folder and no socket, and is left alone');
      if (await answers(path)) throw error;
      rmSync(path, { force: true });
      await listening(beside, { path });
    });
    // Not by listen()'s own option: in a cluster worker the file is not its own to change at that moment.
    chmodSync(path, mode);
  } catch (error) {
    throw listenError(`the Unix socket ${path}`, error, {
      EADDRINUSE: 'taken by another program that answers there',
      // libuv says EACCES where the folder does not exist, too.
      EACCES: 'its folder does not exist, or the user that runs this may not write to it',
      EINVAL: 'the path is too long for a socket; the limit is 107 bytes',
    });
  }
  return beside;
}

async function listening(server: Server | net.Server, options: ListenOptions): Promise<void> {
  server.listen(options);
  await once(server, 'listening');
}

async function answers(path: string): Promise<boolean> {
  const probe = net.connect(path);
  try {
    await once(probe, 'connect');
    return true;
  } catch (error) {
    // Anything else, such as a server that is too busy, or somebody else's, is somebody.
    return (error as NodeJS.ErrnoException).code !== 'ECONNREFUSED';
  } finally {
    probe.destroy();
  }
}

function listenError(where: string, cause: unknown, known: Record<string, string>): TextEventError {
  const { code = '', message } = cause as NodeJS.ErrnoException;
  return new TextEventError('ERR_LISTEN', `Cannot listen on ${where}: ${known[code] ?? message}`, { cause });
}
