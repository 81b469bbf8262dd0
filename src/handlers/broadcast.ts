import { Group } from '../wire/group.ts';
import type { ConnectionHandler } from './handler.ts';

/** Sends each text unchanged to everyone on the path, the sender too. */
export function broadcast(): ConnectionHandler {
  const everyone = new Group();
  const toEveryone = (text: string) => {
    everyone.broadcast(text);
  };
  return (connection) => {
    everyone.add(connection);
    connection.on('text', toEveryone);
  };
}
