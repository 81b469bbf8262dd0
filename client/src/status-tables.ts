import { inBytes, inUnits, shortly } from './amounts.ts';
import { create } from './elements.ts';
import { KeyedList } from './keyed-list.ts';
import { addTexts } from './language.ts';
import type { Processes, Reading, Summary } from './readings.ts';
import { statusTexts } from './status-texts.ts';

/** A connection, as `GET /status/connections` shows it. */
export interface ConnectionRow {
  readonly id: string;
  readonly path: string;
  readonly address?: string;
  /** Milliseconds since 1970. */
  readonly since: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly buffered: number;
}

const { texts } = addTexts(statusTexts);

/** How long a second click on the same button may take, in milliseconds. */
const SURE_TIME = 4000;

/** A sign of life comes each second; after so many without one a process stands still, or its machine does. */
const SILENT = 5;

const count = new Intl.NumberFormat('en');

/** The connections of one process, each with a button that is pressed twice to close it. */
export function connectionTable(body: HTMLElement, close: (id: string) => Promise<boolean>) {
  const list = new KeyedList<ConnectionRow>(
    body,
    (id) => rowOf(['id', 'path', 'address', 'since', 'received', 'sent', 'waiting'], closeButton(id, close)),
    (row, { id, path, address = '–', since, bytesIn, bytesOut, buffered }) => {
      const time = inUnits(Math.max(0, Date.now() - since) / 1000);
      fill(row, [id, path, address, time, inBytes(bytesIn), inBytes(bytesOut), inBytes(buffered)]);
      row.querySelector('button')?.setAttribute('aria-label', texts().closeOne(id));
    },
  );
  return (rows: readonly ConnectionRow[]) => list.show(rows.map((row) => [row.id, row]));
}

/** Its number, and PM2's where it has one: `4711 #0`. */
export function nameOf({ pid, instance }: Pick<Reading, 'pid' | 'instance'>): string {
  return instance === undefined ? String(pid) : `${pid} #${instance}`;
}

/** All processes, and for those that have answered a button that shows them. */
export function processTable(body: HTMLElement, choose: (id: string) => void) {
  let known: Processes;
  const list = new KeyedList<Summary>(
    body,
    (id) => {
      const button = create('button', 'btn btn-sm border');
      button.type = 'button';
      button.onclick = () => choose(id);
      return rowOf(PROCESS_CELLS, button);
    },
    (row, process) => {
      fill(row, processValues(process, process.id === known.newest?.id));
      row.classList.toggle('troubled', !process.ready || process.age > SILENT);
      const button = row.querySelector('button');
      if (!button) return;
      const isShown = process.id === known.shown?.latest.id;
      button.hidden = !known.has(process.id);
      button.disabled = isShown;
      button.textContent = isShown ? texts().shown : texts().show;
      button.setAttribute('aria-label', texts().showOne(process.host, nameOf(process)));
    },
  );
  return (processes: Processes) => {
    known = processes;
    list.show(processes.newest?.processes.map((process) => [process.id, process]) ?? []);
  };
}

const PROCESS_CELLS = [
  'host',
  'process',
  'version',
  'connections',
  'inRate',
  'outRate',
  'uptime',
  'memory',
  'load',
  'delay',
  'state',
] as const;

function processValues(process: Summary, answers: boolean): string[] {
  const { host, version, open, messagesInPerSecond, messagesOutPerSecond, started, memory, load, delay } = process;
  return [
    host,
    nameOf(process),
    version,
    count.format(open),
    shortly(messagesInPerSecond),
    shortly(messagesOutPerSecond),
    inUnits(Math.max(0, Date.now() - started) / 1000),
    inBytes(memory),
    `${Math.round(load * 100)} %`,
    `${Math.round(delay * 1000)} ms`,
    stateOf(process, answers),
  ];
}

function stateOf({ ready, age }: Summary, answers: boolean): string {
  const { answering, notReady, silent } = texts();
  const words = [answers && answering, !ready && notReady, age > SILENT && silent(inUnits(age))];
  return words.filter((word) => word !== false).join(' · ') || '–';
}

/** Rooms, with a bar as long as they are large. */
export function roomList(element: HTMLElement) {
  let most = 1;
  const list = new KeyedList<Reading['rooms'][number]>(
    element,
    () => {
      const item = create('li', 'room');
      item.append(create('bdi', 'room-name code'), create('span', 'room-readers'), create('span', 'bar'));
      return item;
    },
    (item, { room, readers }) => {
      const [name, words, bar] = item.children;
      setText(name, room);
      setText(words, texts().readers(count.format(readers)));
      if (bar instanceof HTMLElement) bar.style.width = `${(readers / most) * 100}%`;
    },
  );
  return (rooms: Reading['rooms']) => {
    most = Math.max(1, ...rooms.map(({ readers }) => readers));
    list.show(rooms.map((room) => [`${room.store} ${room.room}`, room]));
  };
}

function closeButton(id: string, close: (id: string) => Promise<boolean>): HTMLButtonElement {
  const button = create('button', 'btn btn-sm border danger');
  button.type = 'button';
  let sure: ReturnType<typeof setTimeout> | undefined;
  const reset = () => {
    clearTimeout(sure);
    sure = undefined;
    button.disabled = false;
    say('close');
  };
  const say = (name: 'close' | 'confirm' | 'closing') => {
    button.setAttribute('data-text', name);
    button.textContent = texts()[name];
  };
  button.onclick = async () => {
    if (sure === undefined) {
      sure = setTimeout(reset, SURE_TIME);
      say('confirm');
      return;
    }
    clearTimeout(sure);
    button.disabled = true;
    say('closing');
    if (!(await close(id))) reset();
  };
  say('close');
  return button;
}

/** A row whose cells have names, which a phone shows beside them. */
function rowOf(names: readonly (keyof typeof statusTexts.en)[], button: HTMLButtonElement): HTMLElement {
  const row = create('tr', '');
  for (const name of names) {
    const cell = create('td', `cell-${name}`);
    const label = create('span', 'cell-label');
    label.setAttribute('data-text', name);
    label.textContent = String(texts()[name]);
    cell.append(label, create('bdi', 'value'));
    row.append(cell);
  }
  const cell = create('td', 'cell-action');
  cell.append(button);
  row.append(cell);
  return row;
}

function fill(row: HTMLElement, values: readonly string[]): void {
  for (const [place, cell] of [...row.querySelectorAll('.value')].entries()) setText(cell, values[place] ?? '');
}

/** Text that has not changed stays, and with it what a person has selected of it. */
function setText(element: Element | undefined, text: string): void {
  if (element && element.textContent !== text) element.textContent = text;
}
