import { describe, expect, it } from '@jest/globals';
import { protocolLines } from '#test/scenario/protocol-lines.js';
import {
  proofsIn,
  proveLines,
  readProofs,
  strayIds,
  unproved,
} from '#test/support/proved-lines.js';

describe('the lines of the joint-working protocol', () => {
  it('have an id each', () => {
    const ids = protocolLines.map(({ id }) => id);
    expect(ids.filter((id, at) => ids.indexOf(id) !== at)).toEqual([]);
  });

  it('have each a test that proves it, or a reason why it is not here', async () => {
    const lacking = unproved(proveLines(await readProofs()));
    expect(lacking.map(({ id }) => id)).toEqual([]);
  });

  it('are all that tests say they prove', async () => {
    expect(strayIds(await readProofs())).toEqual([]);
  });
});

describe('reading the tests', () => {
  const source = [
    "  it('S1a, S9b: a client is told', async () => {",
    "  it(\n    'C1: a message is blocked',",
    "  // it('C2: the receiver learns nothing', async () => {",
    "  it.skip('C3: recorded', async () => {",
    "  it('says nothing of a line', () => {",
  ].join('\n');

  it('takes the ids at the beginning of a name', () => {
    expect(proofsIn('a.test.ts', source)).toEqual([
      { file: 'a.test.ts', name: 'a client is told', ids: ['S1a', 'S9b'] },
      { file: 'a.test.ts', name: 'a message is blocked', ids: ['C1'] },
    ]);
  });

  it('finds the line that no test proves', () => {
    const lines = [
      { id: 'C1', words: 'blocked' },
      { id: 'C2', words: 'learns nothing' },
      { id: 'C3', words: 'figures', notHere: 'no figures' },
    ];
    const missing = unproved(proveLines(proofsIn('a.test.ts', source), lines));
    expect(missing.map(({ id }) => id)).toEqual(['C2']);
  });
});
