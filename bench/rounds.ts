import type { Contender } from './contenders.ts';

/** What one contender did at one thing, over the rounds. */
export interface Series<T> {
  samples: T[];
  /** Why there are no samples. */
  failure?: string;
}

/** Something that is measured of every contender. */
export interface Trial<T, C = Contender> {
  label: string;
  sample(contender: C): Promise<T>;
  /** For the progress line. */
  show(sample: T): string;
}

/**
 * Measures every contender at every trial, round by round, so that a change of the machine's mood meets all of them alike.
 * @returns for each trial the series by contender
 */
export async function runRounds<T, C extends Pick<Contender, 'id' | 'label'> = Contender>(
  rounds: number,
  trials: readonly Trial<T, C>[],
  contenders: readonly C[],
) {
  const results = trials.map(() => new Map<string, Series<T>>(contenders.map(({ id }) => [id, { samples: [] }])));
  for (let round = 1; round <= rounds; round++) {
    for (const [index, trial] of trials.entries()) {
      for (const contender of contenders) {
        const series = results[index]?.get(contender.id) as Series<T>;
        // One that cannot do it is not asked again.
        if (series.failure !== undefined) continue;
        progress(`${round}/${rounds}  ${trial.label}  ${contender.label}  ${await sample(series, trial, contender)}`);
      }
    }
  }
  return results;
}

async function sample<T, C>(series: Series<T>, trial: Trial<T, C>, contender: C): Promise<string> {
  try {
    const value = await trial.sample(contender);
    series.samples.push(value);
    return trial.show(value);
  } catch (error) {
    series.failure = (error as Error).message;
    return `– ${series.failure}`;
  }
}

function progress(line: string): void {
  process.stdout.write(`${line}\n`);
}
