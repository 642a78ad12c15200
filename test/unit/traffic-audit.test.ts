import { describe, expect, it } from '@jest/globals';
import type { SentAtRandom } from '#test/support/random-traffic.js';
import { auditDecisions, auditDeliveries, type RecordRow } from '#test/support/traffic-audit.js';

const message = (
  id: string,
  kind: SentAtRandom['kind'],
  timeMs: number,
  sender = 'tp_river',
): SentAtRandom => ({
  id,
  sender,
  kind,
  client: 1,
  office: 'jcp_lambeth',
  timeMs,
});
const row = (
  seq: number,
  id: string,
  verdict = 'cleared',
  more: Partial<RecordRow> = {},
): RecordRow => ({
  seq,
  id,
  ordinal: 0,
  verdict,
  consents: [],
  state: null,
  ...more,
});
const sent = [
  message('yes', 'consent', 10),
  message('early', 'shared', 11),
  message('no', 'withdrawal', 12),
  message('late', 'shared', 13),
];
const good = [
  row(1, 'yes'),
  row(2, 'early', 'cleared', { consents: ['yes'], state: 'collected' }),
  row(3, 'no'),
  row(4, 'late', 'refused'),
];
/** The same, with a yes to less in the place of the no. */
const limited = sent.map((each) =>
  each.kind === 'withdrawal' ? { ...each, kind: 'limit' as const } : each,
);
const changed = (id: string, more: Partial<RecordRow>): RecordRow[] =>
  good.map((each) => (each.id === id ? { ...each, ...more } : each));

describe('the audit of random traffic', () => {
  it('finds nothing wrong with what is right', () => {
    expect(auditDecisions(sent, good)).toEqual([]);
    expect(auditDeliveries({ sent, confirmedAt: new Map([['no', 50]]) }, good, new Map())).toEqual(
      [],
    );
  });

  it.each([
    ['two decisions', [...good, row(5, 'early')], 'early has two decisions'],
    ['no decision', good.slice(0, 3), 'late has no decision'],
    [
      'the wrong order',
      changed('yes', { seq: 9 }),
      'early was decided before one that its sender had sent earlier',
    ],
    [
      'a yes after the withdrawal',
      changed('late', { verdict: 'cleared' }),
      'late is cleared where the consent is not given',
    ],
    [
      'a no under a consent',
      changed('early', { verdict: 'refused' }),
      'early is refused where the consent is given',
    ],
    [
      'another consent',
      changed('early', { consents: ['other'] }),
      'early rests on another consent',
    ],
    [
      'a whole under a limit',
      changed('late', { verdict: 'cleared' }),
      'late is cleared where the consent is given in part',
      limited,
    ],
    [
      'a part under no limit',
      changed('early', { verdict: 'cleared-in-part' }),
      'early is cleared-in-part where the consent is given',
    ],
    [
      'a withdrawal that was not taken',
      changed('no', { verdict: 'refused' }),
      'no, a withdrawal, is refused',
    ],
  ])('finds %s', (_, rows, fault, messages = sent) => {
    expect(auditDecisions(messages, rows)).toContain(fault);
  });

  it.each([
    [
      'ends what another provider was allowed',
      [message('no', 'withdrawal', 12, 'tp_hill')],
      'not given',
    ],
    ['outdoes a consent of the same instant', [message('no', 'withdrawal', 10)], 'not given'],
    [
      'does not outdo a later consent',
      [message('no', 'withdrawal', 12), message('again', 'consent', 13)],
      'given',
    ],
    [
      'outdoes a consent that is recorded after it and was given before',
      [message('no', 'withdrawal', 12), message('old', 'consent', 11)],
      'not given',
    ],
  ])('knows that a withdrawal %s', (_, more, stands) => {
    const all = [message('yes', 'consent', 10), ...more, message('late', 'shared', 20)];
    const wrong = stands === 'given' ? 'refused' : 'cleared';
    const rowsWith = (verdicts: Readonly<Record<string, string>>) =>
      all.map(({ id }, index) => row(index + 1, id, verdicts[id] ?? 'cleared'));
    const fault = `late is ${wrong} where the consent is ${stands}`;
    expect(auditDecisions(all, rowsWith({ late: wrong, old: 'refused' }))).toEqual([fault]);
    // The yes that changed nothing is to say so.
    const isOld = all.some(({ id }) => id === 'old');
    expect(auditDecisions(all, rowsWith({ late: wrong }))).toEqual([
      ...(isOld ? ['old, older than a no, is cleared'] : []),
      fault,
    ]);
  });

  it.each([
    [
      'something lost',
      changed('early', { state: 'waiting' }),
      undefined,
      'early is lost: it is waiting',
    ],
    [
      'something refused that came',
      changed('early', { verdict: 'refused' }),
      20,
      'early came and is refused',
    ],
    [
      'something that was pulled too late',
      good,
      60,
      'early was pulled after a withdrawal was confirmed',
    ],
    [
      'something stopped that came',
      [...good, row(5, 'early', 'stopped', { ordinal: 1 })],
      20,
      'early came and is stopped',
    ],
    [
      'nothing in what was taken back and may have been had',
      [...good, row(5, 'early', 'stopped', { ordinal: 1, state: 'pulled' })],
      20,
      undefined,
    ],
    [
      'something whole that was pulled too late',
      good,
      60,
      'early was pulled whole after a limit was confirmed',
      limited,
    ],
    [
      'a whole that is a part on record',
      changed('early', { verdict: 'cleared-in-part' }),
      20,
      'early came otherwise than as cleared-in-part',
    ],
  ])('finds %s', (...[, rows, pulledAt, fault, messages = sent]) => {
    const arrival = {
      pulledAt: 20,
      arrivedAt: 21,
      lastPulledAt: pulledAt ?? 0,
      wasWhole: true,
      wasInPart: false,
    };
    const arrivals = new Map(pulledAt === undefined ? [] : [['early', arrival] as const]);
    expect(
      auditDeliveries({ sent: messages, confirmedAt: new Map([['no', 50]]) }, rows, arrivals),
    ).toEqual(fault === undefined ? [] : [fault]);
  });
});
