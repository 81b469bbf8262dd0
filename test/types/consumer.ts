/**
 * A program in strict TypeScript that uses every public name; it is only compiled.
 * The comments that expect an error are part of the test.
 */
import http, { type IncomingMessage } from 'node:http';
import {
  type Authorization,
  broadcast,
  type ClientAddress,
  type CloseCode,
  type CompressionOptions,
  Connection,
  type ConnectionEvents,
  type ConnectionFilter,
  type ConnectionHandler,
  type ConnectOptions,
  clientAddress,
  closeCodes,
  connect,
  createServer,
  type ErrorCode,
  echo,
  type GreetOptions,
  Group,
  greet,
  type Peer,
  ProtocolError,
  type Refusal,
  type Route,
  type Routes,
  type SelectProtocol,
  Server,
  type ServerEvents,
  type ServerOptions,
  setBinaryFragmentation,
  setMaxBufferLength,
  TextEventError,
} from '../../src/index.ts';

/** Compiles only where both types are the same. */
function same<A, B>(..._proof: [A, B] extends [B, A] ? [] : [never]): void {}

// Servers

const compression: CompressionOptions = { threshold: 512, level: 1, windowBits: 12, contextTakeover: false };
const selectProtocol: SelectProtocol = (connection, protocols) => (connection.path === '/' ? protocols[0] : undefined);
const refusal: Refusal = { status: 402, reason: 'pay first', headers: { 'X-Price': '5' } };
const authorize = async (request: IncomingMessage): Promise<Authorization> =>
  request.headers.authorization ? true : refusal;
const logged: GreetOptions = { log: (line) => console.log(line) };
const handler: ConnectionHandler = (connection, request) => {
  connection.sendText(`${connection.path} ${request.method}`);
};
const room: Route = { handler, refuse: ({ url }) => (url?.includes('?') ? refusal : undefined), protocols: ['v1'] };
const routes: Routes = { '/rooms/:room': room, '/chat': { handler: (connection) => connection.close() } };
createServer({ routes });
// @ts-expect-error a route has a handler
createServer({ routes: { '/': { protocols: ['v1'] } } });
// @ts-expect-error a route refuses at once
createServer({ routes: { '/': { handler, refuse: async () => refusal } } });

const options: ServerOptions = {
  routes: { '/echo': echo(), '/all': broadcast(), '/greet': greet(logged), '/own': handler, '/later': async () => {} },
  request: (_request, response) => response.end(),
  backlog: 10,
  authorize,
  allowedOrigins: ['https://example.org'],
  clientAddress: clientAddress(['loopback']),
  selectProtocol,
  validProtocols: ['a', 'b'],
  maxConnections: Number.POSITIVE_INFINITY,
  maxConnectionsPerIp: 1,
  maxConnectionsPerUser: 1,
  userOf: ({ headers }) => headers.from,
  maxHttpConnections: Number.POSITIVE_INFINITY,
  maxHttpConnectionsPerIp: 1,
  maxHeaderBytes: 1,
  handshakeTimeout: 1,
  closeTimeout: 1,
  maxMessageBytes: 1,
  maxFragments: 1,
  messagesPerSecond: 1,
  bytesPerSecond: 1,
  rateGrace: 1,
  maxBufferedBytes: 1,
  compression,
  pingInterval: 1,
  pingTimeout: 1,
};
const fromHeader: ClientAddress = ({ headers }) => ({ address: String(headers['x-client']), port: undefined });
createServer({ clientAddress: fromHeader });
createServer({ clientAddress: Object.assign(fromHeader, { trusts: (address: string) => address === '10.0.0.1' }) });
createServer();
createServer(handler);
createServer({ secure: true, key: 'PEM', cert: Buffer.from('PEM') });
createServer({ server: http.createServer(), path: '/live', maxPayload: 1, perMessageDeflate: true });
const apart = createServer({ noServer: true }, (connection) => {
  connection.sendText('hello');
});
http.createServer().on('upgrade', (request, socket, head) => {
  apart.handleUpgrade(request, socket, head);
  apart.handleUpgrade(request, socket, head, (connection) => {
    connection.sendText('hello');
  });
});
// @ts-expect-error a limit is a number
createServer({ maxMessageBytes: '1MiB' });
// @ts-expect-error there is no such option
createServer({ maxMessageByte: 1 });

const server: Server = createServer(options, handler);
server
  .listen()
  .listen(8088)
  .listen('8088')
  .listen(process.env.PORT, '127.0.0.1')
  .listen(0, () => {});
server.listen(0, '127.0.0.1', () => {}).listen({ path: '/run/a.sock' }, () => {});
same<typeof server.port, number | undefined>();
same<typeof server.connections, readonly Connection[]>();
console.log(server instanceof Server, server.socket.address());

const filter: ConnectionFilter = ({ protocol }) => protocol === 'a';
const group: Group = server.group('red');
same<ReturnType<typeof server.broadcast>, number>();
server.broadcast('to all');
server.broadcast('to some', filter);
group.broadcast('to the group', filter);
for (const member of group) group.delete(member);
console.log(group instanceof Group, group.size);

server
  .on('connection', (connection, request) => {
    group.add(connection);
    console.log(connection.remoteAddress, connection.remotePort, request.url);
  })
  .on('listening', () => {})
  .on('close', () => {})
  .on('error', ({ message }) => console.log(message))
  .on('handlerError', (error, { path }) => console.log(error, path))
  .on('violation', (error, { path }) => console.log(error.close.code, path))
  .on('refused', ({ status }, request, peer) => console.log(status, request?.url, peer.address))
  .on('authorizeError', (error, { url }) => console.log(error, url));
// @ts-expect-error there is no such event
server.on('connexion', () => {});
const refusedWith: ServerEvents['refused'] = [refusal, {} as IncomingMessage, { address: undefined, port: undefined }];
const peer: Peer = refusedWith[2];
console.log(peer.port);

server.close();
server.close(() => {});
server.terminate();
same<ReturnType<typeof server.shutdown>, Promise<void>>();

// Connections

const connectOptions: ConnectOptions = {
  extraHeaders: { 'X-Name': 'value' },
  protocols: ['a'],
  handshakeTimeout: 1,
  maxMessageBytes: 1,
  ca: 'PEM',
  localAddress: '127.0.0.1',
};
connect('ws://localhost');
connect('ws://localhost', null);
connect('ws://localhost', function () {
  this.sendText('hello');
});
const connection: Connection = connect('wss://localhost', connectOptions, () => {});
console.log(connection instanceof Connection);

same<ReturnType<typeof connection.sendText>, boolean>();
connection.sendText('text', () => {});
connection.sendBinary(new Uint8Array(1), () => {});
connection.send('text', () => {});
connection.send(Buffer.alloc(1));
connection.sendPing();
connection.sendPing('payload');
// @ts-expect-error a text is a string
connection.sendText(5);
const stream = connection.beginBinary();
stream?.write(Buffer.alloc(1));
stream?.end();
connection.outStream?.destroy();
connection.pause();
connection.resume();
connection.close(closeCodes.NORMAL.code, closeCodes.NORMAL.reason);
connection.close(4000);
connection.close();
connection.terminate();
connection.socket.setNoDelay(true);
console.log(connection.bufferedAmount, connection.headers.host, connection.protocols.length, connection.protocol);
console.log(connection.server === server, connection.readyState === connection.OPEN, connection.path.length);
same<typeof connection.CONNECTING, 0>();
same<typeof connection.OPEN, 1>();
same<typeof connection.CLOSING, 2>();
same<typeof connection.CLOSED, 3>();

connection
  .on('text', function (text) {
    same<typeof text, string>();
    this.sendText(text);
  })
  .on('binary', (pieces) => pieces.on('data', (piece: Buffer) => console.log(piece.length)))
  .on('message', (data, isBinary) => console.log(data.toString(), isBinary))
  .on('pong', (payload) => console.log(payload.length))
  .on('close', (code, reason) => console.log(code.toFixed(), reason.length))
  .once('error', ({ message }) => console.log(message))
  .once('connect', () => {})
  .off('drain', () => {});
// @ts-expect-error there is no such event
connection.on('texts', () => {});
const ended: ConnectionEvents['close'] = [1000, 'done'];
console.log(ended);

// The rest

setBinaryFragmentation(1024);
setMaxBufferLength(1024);
const close: CloseCode = closeCodes.SERVICE_RESTART;
const code: ErrorCode = 'ERR_PROTOCOL';
const error: TextEventError = new ProtocolError(close, 'got 1, expected 2');
console.log(error instanceof TextEventError, error.code === code, close.reconnect);
