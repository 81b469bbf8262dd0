import test from 'ava';
import { connect } from '../helpers/client.ts';
import { startProgram } from '../helpers/program.ts';
import { head, RawClient, until } from '../helpers/server.ts';

for (const NODE_ENV of ['development', 'production']) {
  test(`what a client sends begins no line of its own in the log, and steers no terminal: ${NODE_ENV}`, async (t) => {
    const { port, ws, output } = await startProgram(t, {
      NODE_ENV,
      LOG_LEVEL: 'trace',
      ALLOWED_ORIGINS: 'https://a.example',
    });
    const evil = '\x9b2J\x85%0A%1B[2J\u00a0{"level":50,"msg":"forged"}';
    for (const request of [
      head({}, `GET /nothing${evil.replaceAll(' ', '')} HTTP/1.1`),
      head({ Origin: `https://${evil}` }, 'GET /echo HTTP/1.1'),
      head({ 'Sec-WebSocket-Version': evil }, 'GET /echo HTTP/1.1'),
      head({}, `GET /rooms/${evil.replaceAll(' ', '')} HTTP/1.1`),
      head({}, 'GET /echo HTTP/1.1\r\nX: \x1b[2J\nforged'),
    ]) {
      const client = new RawClient(t, port);
      client.write(Buffer.from(request, 'latin1'));
      await client.ended;
    }
    const greeted = await connect(t, ws);
    greeted.send('\x1b[2J\r\nforged \x9b2J \u2028');
    await greeted.next();
    await until(() => output().includes('收到的消息是'));
    t.notRegex(output(), /(?!\n)\p{Cc}/u);
    t.notRegex(output(), /^\s*(forged|\{"level":50)/m);
  });
}
