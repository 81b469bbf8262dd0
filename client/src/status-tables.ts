import { inBytes, inUnits } from './amounts.ts';
import { create } from './elements.ts';
import { KeyedList } from './keyed-list.ts';
import { addTexts } from './language.ts';
import { keyOf, type Process, type Reading } from './readings.ts';
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
export function nameOf({ pid, instance }: Reading): string {
  return instance === undefined ? String(pid) : `${pid} #${instance}`;
}

/** The processes that have answered, each with a button that shows it. */
export function processTable(body: HTMLElement, choose: (key: string) => void) {
  let shown = '';
  const list = new KeyedList<Process>(
    body,
    (key) => {
      const button = create('button', 'btn btn-sm border');
      button.type = 'button';
      button.onclick = () => choose(key);
      return rowOf(['host', 'process', 'connections', 'uptime', 'memory', 'load'], button);
    },
    (row, { latest, points }) => {
      const { host, open, uptime, memory } = latest;
      const load = `${Math.round((points.at(-1)?.load ?? 0) * 100)} %`;
      fill(row, [host, nameOf(latest), count.format(open), inUnits(uptime), inBytes(memory), load]);
      const button = row.querySelector('button');
      if (!button) return;
      const isShown = keyOf(latest) === shown;
      button.disabled = isShown;
      button.textContent = isShown ? texts().shown : texts().show;
    },
  );
  return (processes: readonly Process[], key: string) => {
    shown = key;
    list.show(processes.map((process) => [keyOf(process.latest), process]));
  };
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
