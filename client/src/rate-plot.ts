import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';

/** A line of a plot. */
export interface Line {
  /** The custom property of the style sheet that has its colour. */
  readonly color: string;
  /** @default 2 */
  readonly width?: number;
  /** Where values are rare. @default false */
  readonly points?: boolean;
  /** The axis at the right, which has the line's colour. @default false */
  readonly right?: boolean;
}

const HEIGHT = 180;

const clock = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' });
const compact = new Intl.NumberFormat('en', { notation: 'compact' });

/** A plot over time that is as wide as its element. A line is drawn over those before it. */
export class RatePlot {
  readonly #plot: uPlot;

  constructor(element: HTMLElement, lines: readonly Line[], height = HEIGHT) {
    const empty: uPlot.AlignedData = [[], ...lines.map(() => [])];
    this.#plot = new uPlot({ ...optionsOf(lines), width: element.clientWidth, height }, empty, element);
    new ResizeObserver(() => this.#plot.setSize({ width: element.clientWidth, height })).observe(element);
  }

  /**
   * @param times seconds since the epoch
   * @param values of each line, as many as there are times
   */
  show(times: number[], ...values: (number | null)[][]): void {
    this.#plot.setData([times, ...values]);
  }
}

const color = (name: string) => () => getComputedStyle(document.documentElement).getPropertyValue(name);

/** From zero to a little above the highest value. */
const fromZero: uPlot.Scale.Range = (_plot, _least, most) => [0, Math.max(1, (most || 0) * 1.1)];

/** A minute at least, up to now: without a value uPlot would begin in 1970, at 00:00:00. */
const lastMinute: uPlot.Scale.Range = (_plot, first, last) => {
  const end = last ?? Date.now() / 1000;
  return [Math.min(first ?? end, end - 60), end];
};

const axis: uPlot.Axis = {
  stroke: color('--bs-secondary-color'),
  grid: { stroke: color('--plot-grid'), width: 1 },
  ticks: { show: false },
  font: '12px system-ui, sans-serif',
};

function optionsOf(lines: readonly Line[]): Omit<uPlot.Options, 'width' | 'height'> {
  const atRight = lines.find(({ right }) => right);
  const values: uPlot.Axis.DynamicValues = (_plot, numbers) => numbers.map((number) => compact.format(number));
  const rightAxis = atRight && { scale: 'right', side: 1, grid: { show: false }, stroke: color(atRight.color) };
  return {
    legend: { show: false },
    cursor: { show: false },
    // The last time on the axis is half as wide as that.
    padding: [12, atRight ? 4 : 28, 0, 4],
    scales: { x: { time: true, range: lastMinute }, left: { range: fromZero }, right: { range: fromZero } },
    series: [{}, ...lines.map(seriesOf)],
    axes: [
      { ...axis, size: 28, space: 90, values: (_plot, times) => times.map((time) => clock.format(time * 1000)) },
      { ...axis, scale: 'left', size: 44, values },
      ...(rightAxis ? [{ ...axis, size: 44, values, ...rightAxis }] : []),
    ],
  };
}

function seriesOf({ color: name, width = 2, points = false, right = false }: Line): uPlot.Series {
  return { scale: right ? 'right' : 'left', stroke: color(name), width, points: { show: points, size: 5 } };
}
