// Run by Bun, whose server is uWebSockets.
const server = Bun.serve({
  port: 0,
  hostname: '127.0.0.1',
  fetch(request, server) {
    const { pathname } = new URL(request.url);
    return server.upgrade(request, { data: pathname }) ? undefined : new Response('', { status: 426 });
  },
  websocket: {
    open(socket) {
      if (socket.data === '/broadcast') socket.subscribe('all');
    },
    message(socket, message) {
      if (socket.data === '/echo') socket.send(message);
      else server.publish('all', message);
    },
  },
});
console.log(server.port);
