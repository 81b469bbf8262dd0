// Asks a server and prints what it answers: node examples/ask.js ws://localhost:8088 Ann
import { connect } from 'text-event-server';

const [url = 'ws://localhost:8088', question = 'world'] = process.argv.slice(2);

const connection = connect(url, () => connection.sendText(question));
connection.on('text', (answer) => {
  console.log(answer);
  connection.close();
});
connection.on('error', (error) => {
  console.error(error.message);
  process.exitCode = 1;
});
