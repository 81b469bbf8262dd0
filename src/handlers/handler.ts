import type { IncomingMessage } from 'node:http';
import type { Connection } from '../wire/connection.ts';

/**
 * What a path does with a connection: the shape of a `nodejs-websocket` callback.
 * What it throws, now or in a listener that it adds, closes that connection with 1011.
 */
export type ConnectionHandler = (connection: Connection, request: IncomingMessage) => void;
