import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { RateSeries } from './rates.ts';

const HEIGHT = 180;

const clock = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' });

/** A plot of the last minute that is as wide as its element. Colours are custom properties of the page's style sheet. */
export class RatePlot {
  readonly #plot: uPlot;

  constructor(element: HTMLElement) {
    this.#plot = new uPlot({ ...options, width: element.clientWidth, height: HEIGHT }, [[], [], [], []], element);
    new ResizeObserver(() => this.#plot.setSize({ width: element.clientWidth, height: HEIGHT })).observe(element);
  }

  show({ times, sent, received, roundTrip }: RateSeries): void {
    this.#plot.setData([times, sent, received, roundTrip]);
  }
}

const color = (name: string) => () => getComputedStyle(document.documentElement).getPropertyValue(name);

/** From zero to a little above the highest value. */
const fromZero: uPlot.Scale.Range = (_plot, _least, most) => [0, Math.max(1, (most || 0) * 1.1)];

const axis: uPlot.Axis = {
  stroke: color('--bs-secondary-color'),
  grid: { stroke: color('--plot-grid'), width: 1 },
  ticks: { show: false },
  font: '12px system-ui, sans-serif',
};

const options: Omit<uPlot.Options, 'width' | 'height'> = {
  legend: { show: false },
  cursor: { show: false },
  padding: [12, 4, 0, 4],
  scales: { x: { time: true }, rate: { range: fromZero }, milliseconds: { range: fromZero } },
  // What is received is drawn over what is sent: where they are the same, both are to be seen.
  series: [
    {},
    { scale: 'rate', stroke: color('--plot-sent'), width: 5, points: { show: false } },
    { scale: 'rate', stroke: color('--plot-received'), width: 2, points: { show: false } },
    { scale: 'milliseconds', stroke: color('--plot-round-trip'), width: 2, points: { show: true, size: 5 } },
  ],
  axes: [
    { ...axis, size: 28, space: 90, values: (_plot, times) => times.map((time) => clock.format(time * 1000)) },
    { ...axis, scale: 'rate', size: 44 },
    { ...axis, scale: 'milliseconds', side: 1, size: 44, grid: { show: false }, stroke: color('--plot-round-trip') },
  ],
};
