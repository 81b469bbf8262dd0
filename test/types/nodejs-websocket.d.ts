// The package has no types of its own; as far as it goes it has those of this library, which is the point.
declare module 'nodejs-websocket' {
  const library: Pick<
    typeof import('../../src/index.ts'),
    'createServer' | 'connect' | 'setBinaryFragmentation' | 'setMaxBufferLength'
  >;
  export default library;
}
