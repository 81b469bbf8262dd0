// Joins a room, publishes what is typed, and prints what is said: node examples/room.js ws://localhost:8088 lobby 小李
import { createInterface } from 'node:readline';
import { join } from 'text-event-server/client';
import { WebSocket } from 'ws'; // Node 22 and browsers have their own

const [address = 'ws://localhost:8088', name = 'lobby', person] = process.argv.slice(2);
const room = join(address, name, { name: person, WebSocket });

room.on('state', (state) => {
  if (state.name === 'open') console.log(`[in ${room.room} as ${room.name}]`);
  if (state.name === 'waiting') console.log(`[away: ${state.code} ${state.reason}]`);
});
room.on('gap', ({ lost }) => console.log(`[${lost} lines are no longer kept]`));

createInterface({ input: process.stdin }).on('line', async (text) => {
  try {
    await room.publish(text); // resolves when the line is durable, whatever happens in between
  } catch (error) {
    console.log(`[not published: ${error.message}]`);
  }
});

for await (const { from, text } of room) console.log(`${from}: ${text}`);
