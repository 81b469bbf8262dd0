import { readdir } from 'node:fs/promises';
import { collectDefaultMetrics, Gauge, type Registry } from 'prom-client';

/** They list every socket each time they are asked for, while everybody waits, and say nothing that the connections do not. */
const EXPENSIVE = [
  'nodejs_active_handles',
  'nodejs_active_handles_total',
  'nodejs_active_requests',
  'nodejs_active_requests_total',
  'nodejs_active_resources',
  'nodejs_active_resources_total',
  'process_open_fds',
];

/** Processor, memory, files, garbage collection and event loop, under the names that every Node program has. */
export function addProcessMetrics(register: Registry): void {
  collectDefaultMetrics({ register });
  for (const name of EXPENSIVE) register.removeSingleMetric(name);
  new Gauge({
    name: 'process_open_fds',
    help: 'Number of open file descriptors',
    registers: [register],
    async collect() {
      // Without /proc there is no number. One of them is the folder that is being read.
      const files = await readdir('/proc/self/fd').catch(() => undefined);
      if (files) this.set(files.length - 1);
    },
  });
}
