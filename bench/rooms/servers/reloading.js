// The program as PM2 runs it in cluster mode: at SIGHUP the next process is started, and when it is ready the one before gets SIGTERM.
import cluster from 'node:cluster';
import { fileURLToPath } from 'node:url';

cluster.setupPrimary({
  exec: fileURLToPath(new URL('../../../dist/main.js', import.meta.url)),
  execArgv: [],
  silent: true,
});
let current;

function start() {
  const worker = cluster.fork();
  worker.on('message', (message) => {
    if (message !== 'ready') return;
    current?.process.kill('SIGTERM');
    current = worker;
  });
  worker.process.stderr.pipe(process.stderr);
  worker.process.stdout.resume();
  return worker;
}

start().on('listening', ({ port }) => console.log(port));
process.on('SIGHUP', start);
