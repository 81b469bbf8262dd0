// The package has no types of its own; base-connection.ts says what of it is used.
declare module 'nodejs-websocket';
declare module 'nodejs-websocket/Connection.js' {
  const Connection: { prototype: object };
  export default Connection;
}
