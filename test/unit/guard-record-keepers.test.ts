import { describe, expect, it } from '@jest/globals';
import type { GuardRecord } from '#services/consent-guard/domain/guard-record.js';
import { keptUnder } from '#services/consent-guard/domain/record-keepers.js';
import { GuardDesk } from '#test/support/guard-builders.js';
import { dpa1, tpr1 } from '#test/support/guard-forms.js';

const jcp = 'jcp_wandsworth';
const ended = [{ from: 'jcp', to: 'jcp', purpose: 'record-on-lms' as const }];

/** On record, in this order. */
const numbered = (...records: readonly GuardRecord[]) =>
  new Map(records.map((record, seq) => [record.id, { ...record, seq }]));

function consents() {
  const desk = new GuardDesk();
  const send = (data: typeof dpa1): GuardRecord =>
    desk.send({ from: jcp, name: 'consent.recorded', to: 'mesh', data: (c) => data(c) }).record;
  return { first: send(dpa1), second: send(dpa1), other: send((c) => tpr1(c, ['tp_river'])) };
}

describe('who keeps a record under a DPA1 that the client took back elsewhere', () => {
  const { first, second, other } = consents();
  const withdrawal: GuardRecord = { ...other, id: 'w', senderAgency: 'river' };

  it('is the party that took the newest one, in its own case', () => {
    const kept = keptUnder(ended, numbered(first, second, other, withdrawal), 'w');
    expect(kept).toMatchObject([{ id: second.id, recipient: jcp, caseId: second.caseId }]);
  });

  it('is nobody by a consent that the guard refused, or that ended no line', () => {
    const refused: GuardRecord = {
      ...second,
      verdict: { kind: 'refused', reason: 'consent-not-yours-to-take' },
    };
    expect(keptUnder(ended, numbered(first, refused, withdrawal), 'w')).toMatchObject([
      { id: first.id },
    ]);
    expect(keptUnder([], numbered(first, withdrawal), 'w')).toEqual([]);
  });

  it('needs not be told what it recorded itself', () => {
    const own = { ...withdrawal, senderAgency: 'jcp' };
    expect(keptUnder(ended, numbered(first, own), 'w')).toEqual([]);
  });
});
