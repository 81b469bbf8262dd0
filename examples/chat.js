// A chat: the first line that somebody sends is their name, every other line goes to everybody.
import { createServer } from 'text-event-server';

const page = `<!doctype html>
<meta charset="utf-8">
<title>Chat</title>
<form><input autofocus placeholder="first your name, then what you say"></form>
<pre></pre>
<script>
  const socket = new WebSocket(location.href.replace('http', 'ws'));
  const [input, lines] = [document.querySelector('input'), document.querySelector('pre')];
  socket.onmessage = ({ data }) => lines.append(data + '\\n');
  document.querySelector('form').onsubmit = () => {
    socket.send(input.value);
    input.value = '';
    return false;
  };
</script>`;

const request = (_request, response) => response.setHeader('Content-Type', 'text/html').end(page);

const server = createServer({ request }, (connection) => {
  let name;
  connection.on('text', (line) => {
    if (name) server.broadcast(`${name}: ${line}`);
    else {
      name = line || 'somebody';
      server.broadcast(`${name} came in`);
    }
  });
  connection.on('close', () => {
    if (name) server.broadcast(`${name} has left`);
  });
});

server.listen(Number(process.env.PORT ?? 8088), () => console.log('port', server.port));
