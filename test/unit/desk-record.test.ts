import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { bankHolidays } from '#libs/calendar/bank-holidays.js';
import { type MessageName, messageNames, ruleOf, typeOf } from '#libs/contracts/message-table.js';
import type { KeptMessage } from '#services/desk/domain/kept-message.js';
import { type EntryGround, decideEntry, isForRecord } from '#services/desk/domain/record-entry.js';
import { isToErase, keptUntil } from '#services/desk/domain/record-watch.js';
import { signatureOf } from '#services/desk/record/webhook.record-system.js';

const kept = (
  name: MessageName,
  at: string,
  data: Record<string, unknown> = {},
  direction: KeptMessage['direction'] = 'received',
): KeptMessage => ({
  id: randomUUID(),
  office: 'jcp_leeds',
  caseId: randomUUID(),
  direction,
  type: typeOf(name),
  other: 'trt_acme',
  actor: undefined,
  at,
  message: {
    specversion: '1.0',
    id: randomUUID(),
    source: '/parties/trt_acme',
    type: typeOf(name),
    time: at,
    case: randomUUID(),
    to: 'jcp_leeds',
    data,
  },
  erased: undefined,
  erasedAt: undefined,
  answer: direction === 'sent' ? 'decided' : undefined,
  problem: undefined,
  keptAt: at,
});

describe('the record', () => {
  it('tells of what crosses between agencies, and of no consent and nothing that stays at home', () => {
    const told = messageNames.filter((name) => isForRecord(typeOf(name)));
    expect(told).toEqual(
      expect.arrayContaining(['referral.requested', 'tpr2.shared', 'exit.notified']),
    );
    for (const name of told)
      expect([name, ruleOf(name).to.includes('mesh')]).toEqual([name, false]);
    for (const name of ['consent.recorded', 'consent.withdrawn', 'instruction.stop-using'] as const)
      expect(isForRecord(typeOf(name))).toBe(false);
  });
});

describe('an entry', () => {
  const absence = kept('appointment.did-not-attend', '2026-03-02T09:00:00Z', {
    referral: randomUUID(),
    on: '2026-03-02',
  });
  const { message } = absence;
  if (message === undefined) throw new Error('no message');
  const line = {
    from: 'jcp',
    to: 'jcp',
    purpose: 'record-on-lms' as const,
    consent: randomUUID(),
    decision: 'given' as const,
    excludedCategories: [],
    validFrom: '2026-01-01T00:00:00Z',
    validUntil: '2027-01-01T00:00:00Z',
    form: 'DPA1',
    recordedAt: '2026-01-01T00:00:00Z',
  };
  const told = { type: absence.type, sender: 'trt_acme', to: 'jcp_leeds', time: absence.at };
  const view = (state: 'cleared' | 'stopped' | 'refused' | 'undecided') => ({
    case: absence.caseId,
    messages: [{ id: absence.id, ...told, state, records: [] }],
    steps: [],
    waiting: [],
    reminders: [],
    mails: [],
    notHad: [],
  });
  const ground: EntryGround = {
    agency: 'jcp',
    kept: { ...absence, message },
    client: { surname: 'Quill', dateOfBirth: '1984-05-17' },
    dpa1: { current: true, until: '2026-12-31' },
    view: view('cleared'),
    consents: { consents: [line], history: [] },
  };
  const noDpa1 = { kind: 'waits', why: 'no-dpa1' };
  const undecided = { kind: 'waits', why: 'undecided' };

  it('goes where all that it needs is known', () => {
    expect(decideEntry(ground).kind).toBe('goes');
  });

  it.each<{ name: string; change: Partial<EntryGround>; verdict: object }>([
    {
      name: 'a newer no of the client, whatever the line says',
      change: { dpa1: { current: false, until: '2026-12-31' } },
      verdict: noDpa1,
    },
    { name: 'no answer about the DPA1', change: { dpa1: undefined }, verdict: noDpa1 },
    { name: 'a DPA1 without an end', change: { dpa1: { current: true } }, verdict: noDpa1 },
    { name: 'no answer about the consents', change: { consents: undefined }, verdict: noDpa1 },
    {
      name: 'a line that another agency took',
      change: { consents: { consents: [{ ...line, from: 'cp_one' }], history: [] } },
      verdict: noDpa1,
    },
    {
      name: 'a line that is withdrawn',
      change: { consents: { consents: [{ ...line, decision: 'withdrawn' }], history: [] } },
      verdict: noDpa1,
    },
    {
      name: 'a message that was stopped',
      change: { view: view('stopped') },
      verdict: { kind: 'never' },
    },
    {
      name: 'a message that was refused',
      change: { view: view('refused') },
      verdict: { kind: 'never' },
    },
    {
      name: 'a message that is not decided',
      change: { view: view('undecided') },
      verdict: undecided,
    },
    { name: 'no answer about the case', change: { view: undefined }, verdict: undecided },
    { name: 'a client nobody knows', change: { client: undefined }, verdict: { kind: 'never' } },
    {
      name: 'an identity that the client ruled out',
      change: {
        consents: { consents: [{ ...line, excludedCategories: ['identity'] }], history: [] },
      },
      verdict: { kind: 'never' },
    },
    {
      name: 'a needed field that the client ruled out',
      change: {
        consents: { consents: [{ ...line, excludedCategories: ['attendance'] }], history: [] },
      },
      verdict: { kind: 'never' },
    },
  ])('does not go with $name', ({ change, verdict }) => {
    expect(decideEntry({ ...ground, ...change })).toEqual(verdict);
  });
});

describe('without a DPA1 a form is kept', () => {
  const holidays = bankHolidays('england-and-wales');
  const came = '2026-03-02T09:00:00Z';
  const attends = (on: string) => kept('case.next-attendance', came, { on }, 'sent');

  it('until ten working days after the next attendance, without bank holidays', () => {
    // Good Friday and Easter Monday 2026 are 3 and 6 April.
    const form = kept('tpr2.shared', came);
    expect(keptUntil([form, attends('2026-03-30')], holidays)).toBe('2026-04-15');
    expect(keptUntil([form, attends('2026-03-09')], holidays)).toBe('2026-03-23');
  });

  it('from the first attendance after it came: one that is put off puts off nothing', () => {
    const form = kept('tpr2.shared', came);
    const days = ['2026-02-20', '2026-03-23', '2026-03-09'].map(attends);
    expect(keptUntil([...days, form], holidays)).toBe('2026-03-23');
  });

  it('as if the client attended in a fortnight, where no attendance is on record', () => {
    expect(keptUntil([kept('tpr2.shared', came)], holidays)).toBe('2026-03-30');
  });

  it('for no time where only consents are there', () => {
    expect(keptUntil([kept('consent.recorded', came, {}, 'sent')], holidays)).toBeUndefined();
  });
});

describe('the content of a case', () => {
  it.each([
    {
      name: 'stays while the DPA1 stands',
      was: true,
      is: true,
      until: '2026-03-01',
      erased: false,
    },
    { name: 'goes at once when it ended', was: true, is: false, until: undefined, erased: true },
    {
      name: 'stays while the mesh does not say',
      was: true,
      is: undefined,
      until: undefined,
      erased: false,
    },
    {
      name: 'stays on the last day for asking',
      was: false,
      is: false,
      until: '2026-03-02',
      erased: false,
    },
    { name: 'goes on the day after it', was: false, is: false, until: '2026-03-01', erased: true },
    { name: 'has nothing to go', was: false, is: false, until: undefined, erased: false },
  ])('$name', ({ was, is, until, erased }) => {
    const now = { isCurrent: is, keptUntil: until, today: '2026-03-02' };
    expect(isToErase({ isCurrent: was }, now)).toBe(erased);
  });
});

describe('a delivery to a webhook', () => {
  it('is signed as Standard Webhooks says, by the example of its reference libraries', () => {
    const delivery = {
      id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      timestamp: '1614265330',
      body: '{"test": 2432232314}',
    };
    expect(signatureOf('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', delivery)).toBe(
      'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    );
    for (const wrong of ['whsec_c2hvcnQ=', 'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'])
      expect(() => signatureOf(wrong, delivery)).toThrow('record-secret');
  });
});
