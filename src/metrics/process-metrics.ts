import { collectDefaultMetrics, type Registry } from 'prom-client';

/** They list every socket each time they are asked for, and say nothing that the connections do not. */
const EXPENSIVE = [
  'nodejs_active_handles',
  'nodejs_active_handles_total',
  'nodejs_active_requests',
  'nodejs_active_requests_total',
  'nodejs_active_resources',
  'nodejs_active_resources_total',
];

/** Processor, memory, files, garbage collection and event loop, under the names that every Node program has. */
export function addProcessMetrics(register: Registry): void {
  collectDefaultMetrics({ register });
  for (const name of EXPENSIVE) register.removeSingleMetric(name);
}
