import type { Histogram, Registry } from 'prom-client';

/** What there is of one store: how many took up to each bound and no less, in the end how many took longer, and all of their seconds. */
interface Counts {
  readonly buckets: number[];
  sum: number;
}

export interface DurationsOptions {
  readonly name: string;
  readonly help: string;
  /** In seconds, ascending. */
  readonly bounds: readonly number[];
  readonly register: Registry;
}

/** A histogram of seconds by store that costs next to nothing: that of prom-client hashes the labels with each observation. */
export class Durations {
  readonly name: string;
  readonly help: string;
  readonly type = 'histogram';
  readonly aggregator = 'sum';
  readonly labelNames = ['store'];
  readonly #bounds: readonly number[];
  readonly #counts = new Map<string, Counts>();

  constructor({ name, help, bounds, register }: DurationsOptions) {
    this.name = name;
    this.help = help;
    this.#bounds = bounds;
    // What a registry uses of a metric is here.
    register.registerMetric(this as unknown as Histogram);
  }

  /** What counts the durations of a store, each in seconds; from now on it is among the metrics. */
  of(store: string): (seconds: number) => void {
    const counts = { buckets: [0, ...this.#bounds.map(() => 0)], sum: 0 };
    this.#counts.set(store, counts);
    return (seconds) => {
      let bucket = 0;
      while (seconds > (this.#bounds[bucket] ?? Infinity)) bucket++;
      counts.buckets[bucket] = (counts.buckets[bucket] as number) + 1;
      counts.sum += seconds;
    };
  }

  /** Of all stores together: how many took up to each bound, and how many there are. */
  total(): { atMost: number[]; count: number } {
    const sums = [0, ...this.#bounds.map(() => 0)];
    for (const { buckets } of this.#counts.values()) {
      for (const [i, count] of upToEach(buckets).entries()) sums[i] = (sums[i] as number) + count;
    }
    return { atMost: sums.slice(0, -1), count: sums.at(-1) as number };
  }

  /** As a registry asks for it. */
  get() {
    const { name, help, type, aggregator } = this;
    return Promise.resolve({
      name,
      help,
      type,
      aggregator,
      values: [...this.#counts].flatMap((of) => this.#values(of)),
    });
  }

  #values([store, { buckets, sum }]: [string, Counts]) {
    const labels = { store };
    const atMost = upToEach(buckets);
    return [
      ...atMost.map((value, i) => {
        return { metricName: `${this.name}_bucket`, labels: { le: this.#bounds[i] ?? '+Inf', store }, value };
      }),
      { metricName: `${this.name}_sum`, labels, value: sum },
      { metricName: `${this.name}_count`, labels, value: atMost.at(-1) as number },
    ];
  }
}

function upToEach(buckets: readonly number[]): number[] {
  let sum = 0;
  return buckets.map((count) => {
    sum += count;
    return sum;
  });
}
