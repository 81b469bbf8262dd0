import test from 'ava';
import { Ledger } from './ledger.ts';

const SAID = ['a 1 ', 'a 2 ', 'a 3 '];

/** What the ledger says of one reader who was given these offsets and texts, where all of SAID is acknowledged. */
function verdictOf(...received: [offset: number, text: string][]) {
  const ledger = new Ledger();
  const room = ledger.room('a');
  for (const [i, text] of SAID.entries()) room.acknowledge(text, i + 1);
  room.readers.push(received.map(([offset, text]) => ({ offset, text })));
  const { lost, doubled, disordered } = ledger.verdict();
  return { lost, doubled, disordered };
}

test('the ledger sees what is lost, doubled and out of order', (t) => {
  const [one, two, three] = [
    [1, 'a 1 '],
    [2, 'a 2 '],
    [3, 'a 3 '],
  ] as const;
  t.deepEqual(verdictOf([...one], [...two], [...three]), { lost: 0, doubled: 0, disordered: 0 });
  t.deepEqual(verdictOf([...one], [...three]), { lost: 1, doubled: 0, disordered: 0 });
  t.is(verdictOf([...one], [...two], [...two], [...three]).doubled, 1);
  t.is(verdictOf([...one], [...three], [...two]).disordered, 1);
  t.is(verdictOf([...one], [2, 'a 3 '], [3, 'a 2 ']).disordered, 2);
});
