export { clientAddress, type Peer } from './client-address.ts';
export { type CloseCode, closeCodes } from './close-codes.ts';
export { type ConnectOptions, connect } from './connect.ts';
export { type ErrorCode, ProtocolError, TextEventError } from './errors.ts';
export { type GreetOptions, greet } from './handlers/greet.ts';
export type { ConnectionHandler } from './handlers/handler.ts';
export type { Refusal } from './handshake.ts';
export { createServer, type SelectProtocol, Server, type ServerEvents, type ServerOptions } from './server.ts';
export { Connection, type ConnectionEvents } from './wire/connection.ts';
