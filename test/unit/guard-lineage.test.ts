import { describe, expect, it } from '@jest/globals';
import type { Problem } from '#libs/contracts/problem.js';
import type { TrialLine } from '#libs/contracts/ask.js';
import type { ConsentTerms } from '#libs/contracts/consent-forms.js';
import { typeOf } from '#libs/contracts/message-table.js';
import type { ConsentLine } from '#services/consent-guard/domain/consent-line.js';
import { dpa1Standing } from '#services/consent-guard/domain/ask-consent.js';
import type { Decision } from '#services/consent-guard/domain/decision.js';
import { scopeKey } from '#services/consent-guard/domain/scope.js';
import { tryConsent } from '#services/consent-guard/domain/try-consent.js';
import {
  GuardDesk,
  district,
  monday,
  newDirectory,
  parties,
  personOf,
  scopeOf,
} from '#test/support/guard-builders.js';
import {
  type FormContext,
  dpa1,
  maria,
  tpr1,
  tpr2Consent,
  withdrawal,
} from '#test/support/guard-forms.js';

const context = (person: string): FormContext => ({
  client: maria,
  now: '2026-03-02T09:00:00Z',
  today: '2026-03-02',
  later: '2026-03-09T09:00:00Z',
  cites: '',
  person: personOf(person),
});
const terms = ({ client: _client, ...data }: Record<string, unknown>): ConsentTerms =>
  ({
    excludedCategories: [],
    includeCriminalJusticeRoute: false,
    ...data,
  }) as unknown as ConsentTerms;
const attempt = (
  takerId: string,
  data: Record<string, unknown>,
  messages?: readonly { type: string; data?: Record<string, unknown> }[],
) => {
  const taker = parties.find(({ id }) => id === takerId);
  if (taker === undefined) throw new Error('no such party');
  return tryConsent({
    taker,
    consent: terms(data),
    messages,
    directory: newDirectory(),
    nowMs: monday,
  });
};
const lines = (tried: readonly TrialLine[] | Problem): readonly TrialLine[] => {
  if ('code' in tried) throw new Error(`${tried.code} ${tried.field}`);
  return tried;
};
const share = typeOf('tpr2.shared');

describe('trying a consent before it is signed', () => {
  const whole = tpr2Consent(context('tp_river'), ['jcp_wandsworth']) as Record<string, unknown>;

  it('names each field that would pass, and the value for which it would not', () => {
    const [line] = lines(attempt('tp_river', whole, [{ type: share }]));
    expect(line).toMatchObject({
      from: 'tp_river',
      to: 'jcp_wandsworth',
      verdict: 'cleared',
      leftOut: [],
      lacks: [],
    });
    expect(line?.passes).toEqual(
      expect.arrayContaining(['client.nino', 'employment.goals', 'treatmentSummary', 'accessedBy']),
    );
    expect(line?.leftOutWhen).toEqual([{ field: 'accessedBy', is: 'criminal-justice' }]);
    const ticked = lines(
      attempt('tp_river', { ...whole, includeCriminalJusticeRoute: true }, [{ type: share }]),
    );
    expect(ticked[0]?.leftOutWhen).toEqual([]);
  });

  it('leaves out what the client excludes and what no purpose covers, and says where the form would make no sense without it', () => {
    const less = {
      ...whole,
      excludedCategories: ['contact'],
      purposes: ['share-employment-needs', 'exit-notice'],
    };
    const [line] = lines(attempt('tp_river', less, [{ type: share }]));
    expect(line?.verdict).toBe('cleared-in-part');
    expect(line?.leftOut).toEqual(
      expect.arrayContaining([
        'contact.address',
        'contact.phone',
        'structuredTreatmentStartedOn',
        'reviewWanted',
      ]),
    );
    const [refused] = lines(
      attempt('tp_river', { ...whole, excludedCategories: ['identity'] }, [{ type: share }]),
    );
    expect(refused).toMatchObject({
      verdict: 'refused',
      passes: [],
      lacks: ['client.surname', 'client.dateOfBirth'],
    });
  });

  it('judges a draft by what stands in it', () => {
    const draft = {
      provider: { name: 'Example' },
      referralKind: 'drug-strategy',
      client: maria,
      accessedBy: 'criminal-justice',
      employment: { goals: ['work'] },
    };
    const [line] = lines(attempt('tp_river', whole, [{ type: share, data: draft }]));
    expect(line).toMatchObject({
      verdict: 'cleared-in-part',
      leftOut: ['accessedBy'],
      leftOutWhen: [],
    });
    expect(JSON.stringify(line)).not.toContain(maria.nino);
    expect(
      attempt('tp_river', whole, [{ type: share, data: { ...draft, client: 'x' } }]),
    ).toMatchObject({ code: 'malformed-message' });
  });

  it('lists, without being told types, all that the purposes cover, both ways, and the role in an area', () => {
    const data = tpr1(context('jcp_wandsworth'), ['spoc_south', 'tp_river'], district) as Record<
      string,
      unknown
    >;
    const tried = lines(attempt('jcp_wandsworth', data)).map(
      ({ type, from, to, verdict }) => `${type} ${from} → ${to} ${verdict}`,
    );
    expect(tried).toEqual(
      expect.arrayContaining([
        `${typeOf('referral.requested')} jcp_wandsworth → area:${district}/treatment waiting`,
        `${typeOf('referral.requested')} jcp_wandsworth → spoc_south cleared`,
        `${typeOf('referral.forwarded')} spoc_south → tp_river cleared`,
        `${typeOf('appointment.booked')} tp_river → jcp_wandsworth cleared`,
      ]),
    );
    expect(tried.join('\n')).not.toMatch(/exit|tpr2/);
  });

  it('refuses as the road would: not yours to take, not told, not your colleague; and shows a no as a no', () => {
    expect(
      attempt('jcp_wandsworth', { ...whole, takenBy: personOf('jcp_wandsworth') }),
    ).toMatchObject({
      code: 'consent-not-yours-to-take',
    });
    expect(
      attempt('tp_river', {
        ...whole,
        explained: { statements: [], wordingVersion: '1', language: 'en', copyGiven: true },
      }),
    ).toMatchObject({ code: 'consent-incomplete' });
    expect(attempt('tp_river', { ...whole, takenBy: personOf('tp_hill') })).toMatchObject({
      code: 'actor-unknown',
    });
    expect(attempt('tp_river', whole, [{ type: 'throughcare.careplan.agreed.v1' }])).toMatchObject({
      code: 'unknown-type',
    });
    const no = lines(attempt('tp_river', { ...whole, decision: 'refused' }));
    expect(new Set(no.map(({ verdict }) => verdict))).toEqual(new Set(['refused']));
    const later = lines(
      attempt('tp_river', { ...whole, validFrom: '2026-09-01' }, [{ type: share }]),
    );
    expect(later[0]?.verdict).toBe('cleared');
  });
});

const linesOf = ({ effects }: Decision): readonly ConsentLine[] =>
  effects.flatMap((effect) => (effect.kind === 'keep-lines' ? effect.lines : []));
const outcomes = (decision: Decision): readonly string[] =>
  linesOf(decision).map(({ from, to, purpose, outcome }) => `${from}→${to} ${purpose} ${outcome}`);

describe('the lineage of consents', () => {
  it('keeps for each line what a decision superseded, and which newer one it could not change', () => {
    const desk = new GuardDesk();
    const first = desk.send({
      from: 'tp_river',
      name: 'consent.recorded',
      to: 'mesh',
      data: (c) => tpr2Consent(c, ['jcp_wandsworth']),
    });
    expect(
      linesOf(first).every(({ outcome, before }) => outcome === 'stands' && before === undefined),
    ).toBe(true);
    desk.wait(1);
    const second = desk.send({
      from: 'tp_river',
      name: 'consent.recorded',
      to: 'mesh',
      data: (c) => ({
        ...tpr2Consent(c, ['jcp_wandsworth']),
        purposes: ['exit-notice'],
        decision: 'refused',
      }),
    });
    expect(outcomes(second)).toEqual([
      'river→jcp exit-notice stands',
      'jcp→river exit-notice stands',
    ]);
    expect(linesOf(second).every(({ before }) => before === first.record.id)).toBe(true);
    const late = desk.send({
      from: 'tp_river',
      name: 'consent.recorded',
      to: 'mesh',
      data: (c) => ({
        ...tpr2Consent(c, ['jcp_wandsworth']),
        purposes: ['exit-notice', 'treatment-status'],
        takenAt: new Date(monday + 60_000).toISOString(),
      }),
    });
    expect(outcomes(late)).toEqual([
      'river→jcp exit-notice not-changed',
      'jcp→river exit-notice not-changed',
      'river→jcp treatment-status stands',
      'jcp→river treatment-status stands',
    ]);
    expect(linesOf(late)[0]?.before).toBe(second.record.id);
  });

  it('keeps who withdrew, how, which lines ended and which are expressly kept', () => {
    const desk = new GuardDesk();
    const consent = desk.send({
      from: 'tp_river',
      name: 'consent.recorded',
      to: 'mesh',
      data: (c) => tpr2Consent(c, ['jcp_wandsworth']),
    });
    const gone = desk.send({
      from: 'tp_river',
      name: 'consent.withdrawn',
      to: 'mesh',
      data: (c) => withdrawal(c, 'TPR2', ['exit-notice']),
    });
    expect(gone.effects).toContainEqual(
      expect.objectContaining({
        kind: 'keep-withdrawal',
        by: 'tp_river',
        data: expect.objectContaining({ how: 'in-person' }),
      }),
    );
    const ended = linesOf(gone).filter(({ outcome }) => outcome === 'stands');
    expect(new Set(ended.map(({ purpose }) => purpose))).toEqual(
      new Set(['share-employment-needs', 'treatment-status', 'three-way-review']),
    );
    expect(
      ended.every(
        ({ before, decision }) => before === consent.record.id && decision === 'withdrawn',
      ),
    ).toBe(true);
    expect(linesOf(gone).filter(({ outcome }) => outcome === 'kept')).toEqual([
      expect.objectContaining({ purpose: 'exit-notice', from: 'river', to: 'jcp' }),
      expect.objectContaining({ purpose: 'exit-notice', from: 'jcp', to: 'river' }),
    ]);
    const again = desk.send({
      from: 'tp_river',
      name: 'consent.recorded',
      to: 'mesh',
      data: (c) => ({
        ...tpr2Consent(c, ['jcp_wandsworth']),
        purposes: ['treatment-status'],
        takenAt: new Date(monday - 60_000).toISOString(),
      }),
    });
    expect(linesOf(again)).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ outcome: 'not-changed', before: gone.record.id }),
      ]),
    );
  });
});

describe('DPA1 currency', () => {
  it('tells until when it is current, and nothing of a day when it is not', () => {
    const line = scopeOf({ from: 'jcp', to: 'jcp', purpose: 'record-on-lms', form: 'DPA1' });
    const book = new Map([[scopeKey('jcp', 'jcp', 'record-on-lms'), line]]);
    expect(dpa1Standing(book.values(), 'jcp', monday)).toEqual({
      current: true,
      untilMs: line.validUntilMs,
    });
    expect(dpa1Standing(book.values(), 'jcp', line.validUntilMs)).toEqual({ current: false });
    expect(dpa1Standing(book.values(), 'river', monday)).toEqual({ current: false });
    expect(dpa1(context('jcp_wandsworth'))).toMatchObject({ form: 'DPA1' });
  });
});
