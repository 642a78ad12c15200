import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { refusalStep } from '#libs/contracts/refusal-steps.js';
import { consentForms, purposes } from '#libs/contracts/purposes.js';
import { askConsent } from '#services/consent-guard/domain/ask-consent.js';
import type { Decision } from '#services/consent-guard/domain/decision.js';
import type { Scopes } from '#services/consent-guard/domain/scope.js';
import {
  type GuardDesk,
  type Sent,
  monday,
  parties,
  personOf,
  uuidOf,
} from '#test/support/guard-builders.js';
import { dpa1, maria, tpr1, tpr2Consent, withdrawal } from '#test/support/guard-forms.js';
import { caseIds, consents, numbered, openDesk, play } from '#test/support/guard-histories.js';

/* However damaged a client's no is: it never permits more than before, ends what it would have ended whole, and is somebody's task. */

type Form = Record<string, unknown>;

const agencies = [...new Set(parties.map(({ agency }) => agency))];
const lines = agencies.flatMap((from) =>
  agencies.flatMap((to) => purposes.map((purpose) => ({ from, to, purpose }))),
);
const scopesOf = (desk: GuardDesk): Scopes =>
  desk.world.scopesOf(desk.world.case(caseIds[0] ?? '')?.client ?? '');

const forms = { DPA1: dpa1, TPR1: tpr1, TPR2: tpr2Consent } as const;
const partyIds = parties.map(({ id }) => id);
const garbage = fc.constantFrom<unknown>(null, '', 7, [], {}, 'nobody knows', ['nobody knows']);

/** What can happen to one field of a form. No damage makes another sound form of it: that would be another no. */
const damage: fc.Arbitrary<(form: Form) => Form> = fc.oneof(
  fc
    .tuple(
      fc.constantFrom('formReference', 'client', 'purposes', 'takenBy', 'explained', 'form'),
      garbage,
    )
    .map(([field, value]) => (form: Form) => ({ ...form, [field]: value })),
  fc
    .constantFrom('formReference', 'client', 'purposes', 'to', 'takenAt', 'takenBy', 'explained')
    .map(
      (field) =>
        ({ [field]: _gone, ...form }: Form) =>
          form,
    ),
  fc.constantFrom<(form: Form) => Form>(
    (form) => ({
      ...form,
      purposes: [...list(form['purposes']), 'refer-to-treatment', 'notify-jcp'],
    }),
    (form) => ({ ...form, to: { parties: [...partiesOf(form), 'jcp_nowhere'] } }),
    (form) => ({ ...form, to: { parties: ['jcp_nowhere'] } }),
    (form) => ({
      ...form,
      to: { parties: partiesOf(form), role: { role: 'treatment', district: 'atlantis' } },
    }),
    (form) => ({ ...form, takenBy: 'p_unknown' }),
    (form) => ({ ...form, validUntil: '2020-01-01' }),
    (form) => ({ ...form, validFrom: '2027-01-01', validUntil: '2026-01-01' }),
    (form) => ({ ...form, takenAt: new Date(monday + 86_400_000).toISOString() }),
    (form) => ({ ...form, client: { ...(form['client'] as Form), surname: 'Sampel' } }),
    (form) => ({ ...form, client: { ...(form['client'] as Form), dateOfBirth: '1988-12-04' } }),
    (form) => ({ ...form, remark: 'said on the telephone' }),
    (form) => ({ ...form, excludedCategories: ['no such kind'] }),
  ),
);
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const partiesOf = (form: Form): readonly unknown[] =>
  list((form['to'] as { parties?: unknown } | undefined)?.parties);

const undamaged = fc.record({
  from: fc.constantFrom(...parties.filter(({ kind }) => kind !== 'spoc').map(({ id }) => id)),
  form: fc.constantFrom(...consentForms),
  to: fc.subarray(partyIds, { minLength: 1 }),
});

const sentBy = (from: string, data: Form): Sent => ({
  from,
  name: 'consent.recorded',
  to: 'mesh',
  case: caseIds[0] ?? '',
  client: maria,
  data,
});
const contextOf = (from: string) => ({
  client: maria,
  now: new Date(monday).toISOString(),
  today: '2026-03-02',
  later: '2026-03-09T09:00:00Z',
  cites: '',
  person: personOf(from),
});

const allows = (scopes: Scopes, line: (typeof lines)[number]): boolean =>
  askConsent(scopes, line, monday).allowed;

const hasOwner = ({ record: { name, verdict, senderKind } }: Decision): boolean =>
  verdict.kind === 'cleared' ||
  (verdict.kind === 'refused' && refusalStep(name, verdict.reason, senderKind) !== undefined);

describe('a client’s no', () => {
  it('that is damaged ends what it would have ended whole, permits nothing more, and is somebody’s to mend', () => {
    fc.assert(
      fc.property(
        consents,
        undamaged,
        fc.array(damage, { minLength: 1, maxLength: 3 }),
        (actions, no, damages) => {
          const [desk, whole] = [openDesk(), openDesk()];
          for (const each of [desk, whole]) play(each, numbered(actions));
          const before = scopesOf(desk);
          const form = { ...forms[no.form](contextOf(no.from), no.to), decision: 'refused' };
          const damaged = damages.reduce<Form>((data, change) => change(data), form);
          const takes = whole.send(sentBy(no.from, form)).record.verdict.kind === 'cleared';
          const decision = desk.send(sentBy(no.from, { ...damaged, decision: 'refused' }));
          const after = scopesOf(desk);
          expect(lines.filter((line) => allows(after, line) && !allows(before, line))).toEqual([]);
          const ended = lines.filter(
            (line) => allows(before, line) && !allows(scopesOf(whole), line),
          );
          if (takes) expect(ended.filter((line) => allows(after, line))).toEqual([]);
          expect(hasOwner(decision)).toBe(true);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('that is damaged stops no line that a withdrawal by the same sender would not', () => {
    fc.assert(
      fc.property(consents, undamaged, damage, (actions, no, change) => {
        const [desk, other] = [openDesk(), openDesk()];
        for (const each of [desk, other]) play(each, numbered(actions));
        const form = forms[no.form](contextOf(no.from), no.to);
        desk.send(
          sentBy(no.from, { ...change({ ...form, decision: 'refused' }), decision: 'refused' }),
        );
        for (const each of consentForms)
          other.send({
            ...sentBy(no.from, {}),
            name: 'consent.withdrawn',
            data: (context) => withdrawal(context, each),
          });
        const [after, withdrawn] = [scopesOf(desk), scopesOf(other)];
        expect(lines.filter((line) => allows(withdrawn, line) && !allows(after, line))).toEqual([]);
      }),
    );
  });

  it('of somebody who has no part in the case stops nothing', () => {
    fc.assert(
      fc.property(undamaged, damage, ({ form, from, to }, change) => {
        const desk = openDesk();
        const data = change({ ...forms[form](contextOf(from), to), decision: 'refused' });
        const { effects, record } = desk.send({
          ...sentBy(from, {
            ...data,
            decision: 'refused',
            client: { ...maria, surname: 'Sampel' },
          }),
          case: uuidOf('a case of nobody'),
        });
        const stopped = effects.flatMap((each) => (each.kind === 'put-scopes' ? each.scopes : []));
        const known = desk.world.case(caseIds[0] ?? '')?.client;
        expect(stopped.filter(({ client }) => client === known)).toEqual([]);
        expect(record.client).not.toBe(known);
      }),
    );
  });
});

describe('a yes and a no', () => {
  const minute = 60_000;
  const said = (desk: GuardDesk, decision: string, atMs: number): Decision =>
    desk.send(
      sentBy('tp_river', {
        ...tpr2Consent({ ...contextOf('tp_river'), now: new Date(atMs).toISOString() }, [
          'jcp_wandsworth',
        ]),
        decision,
      }),
    );
  const line = { from: 'river', to: 'jcp', purpose: 'share-employment-needs' } as const;

  it.each([
    { apart: -2, wins: 'refused' },
    { apart: 0, wins: 'refused' },
    { apart: 2, wins: 'given' },
  ])('$apart minutes after the no: it is $wins, in whatever order they come', ({ apart, wins }) => {
    const no = monday - 10 * minute;
    for (const order of [
      ['given', 'refused'],
      ['refused', 'given'],
    ]) {
      const desk = openDesk();
      const decisions = order.map((each) =>
        said(desk, each, each === 'refused' ? no : no + apart * minute),
      );
      expect(allows(scopesOf(desk), line)).toBe(wins === 'given');
      const last = decisions.at(-1)?.record.verdict;
      const isBeaten = order.at(-1) !== wins;
      expect(last).toMatchObject(
        isBeaten ? { kind: 'refused', reason: 'newer-decision-stands' } : { kind: 'cleared' },
      );
      expect(decisions.every(hasOwner)).toBe(true);
    }
  });

  it('a damaged no beats the yes of the same moment that is recorded after it', () => {
    const desk = openDesk();
    desk.send(
      sentBy('tp_river', {
        ...tpr2Consent(contextOf('tp_river'), ['jcp_nowhere']),
        decision: 'refused',
      }),
    );
    expect(said(desk, 'given', monday).record.verdict).toMatchObject({
      reason: 'newer-decision-stands',
    });
    expect(allows(scopesOf(desk), line)).toBe(false);
  });

  it('a form that says neither is not taken for a no', () => {
    const form = { ...tpr2Consent(contextOf('tp_river'), ['jcp_wandsworth']), decision: 'perhaps' };
    expect(() => openDesk().send(sentBy('tp_river', form))).toThrow(/malformed/);
  });
});
