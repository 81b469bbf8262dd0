/** What helpers need of a test: `ExecutionContext` of AVA has it, and so has whatever else starts servers and must end them. */
export interface Scope {
  /** Called at the end, the last one first. */
  teardown(end: () => unknown): void;
  log(...values: unknown[]): void;
  pass(): unknown;
  fail(message: string): unknown;
}
