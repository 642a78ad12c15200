import { describe, expect, it } from '@jest/globals';
import type { MessageName } from '#libs/contracts/message-table.js';
import { supportOnlyTerms } from '#libs/contracts/mesh-message.js';
import { GuardDesk, personOf, uuidOf } from '#test/support/guard-builders.js';
import {
  type FormContext,
  ana,
  dpa1,
  forms,
  maria,
  tomas,
  tpr1,
  tpr2Consent,
} from '#test/support/guard-forms.js';
import { sharedCase } from '#test/support/shared-case.js';

const tpr2With = (more: Record<string, unknown>) => (context: FormContext) => ({
  ...forms['tpr2.shared']?.(context),
  ...more,
});

describe('a message from one agency to another', () => {
  it('is refused without a consent on record, and the recipient gets nothing', () => {
    const desk = new GuardDesk();
    const decision = desk.send({
      from: 'jcp_wandsworth',
      name: 'referral.requested',
      to: 'tp_river',
    });
    expect(decision.record).toMatchObject({
      verdict: { kind: 'refused', reason: 'no-consent-on-record' },
      inner: 'none',
      recipient: undefined,
    });
    expect(decision.effects.map(({ kind }) => kind)).toEqual(['bind-client', 'bind-case']);
    expect(desk.world.case(uuidOf('case'))?.agencies.has('river')).toBe(false);
  });

  it('goes whole where the consent covers all of it, without the sender’s own reference', () => {
    const desk = sharedCase();
    const decision = desk.send({
      from: 'tp_river',
      name: 'tpr2.shared',
      to: 'jcp_wandsworth',
      caseref: 'R/9',
    });
    expect(decision.record).toMatchObject({
      verdict: { kind: 'cleared' },
      facts: { dpa1Current: false, reviewWanted: 'three-way' },
    });
    const { message } = desk.delivered.at(-1) ?? {};
    expect(message).toMatchObject({
      to: 'jcp_wandsworth',
      terms: supportOnlyTerms,
      data: { treatmentSummary: 'attends weekly' },
    });
    expect(message).not.toHaveProperty('caseref');
    expect(message).not.toHaveProperty('leftout');
  });

  it('tells the job centre whether its own DPA1 is current', () => {
    const desk = sharedCase();
    desk.send({
      from: 'jcp_wandsworth',
      name: 'consent.recorded',
      to: 'mesh',
      data: (c) => dpa1(c),
    });
    expect(
      desk.send({ from: 'tp_river', name: 'tpr2.shared', to: 'jcp_wandsworth' }).record.facts,
    ).toMatchObject({ dpa1Current: true });
  });

  it('leaves out what the client excluded and says that something was left out, not what', () => {
    const desk = sharedCase();
    desk.wait(1);
    const excluding = (c: FormContext) => ({
      ...tpr2Consent(c, ['jcp_wandsworth']),
      excludedCategories: ['treatment-summary', 'contact'],
    });
    desk.send({ from: 'tp_river', name: 'consent.recorded', to: 'mesh', data: excluding });
    const decision = desk.send({ from: 'tp_river', name: 'tpr2.shared', to: 'jcp_lambeth' });
    expect(decision.record.verdict.kind).toBe('cleared-in-part');
    expect(desk.delivered.at(-1)?.message.data).not.toHaveProperty('treatmentSummary');
    expect(desk.delivered.at(-1)?.message.data).not.toHaveProperty('contact');
    expect(desk.delivered.at(-1)?.message.leftout).toBe(true);
  });

  it('keeps how treatment was accessed where it says criminal justice, unless ticked', () => {
    const desk = sharedCase();
    const data = tpr2With({ accessedBy: 'criminal-justice' });
    desk.send({ from: 'tp_river', name: 'tpr2.shared', to: 'jcp_wandsworth', data });
    expect(desk.delivered.at(-1)?.message.data).not.toHaveProperty('accessedBy');
    desk.wait(1);
    const ticked = (c: FormContext) => ({
      ...tpr2Consent(c, ['jcp_wandsworth']),
      includeCriminalJusticeRoute: true,
    });
    desk.send({ from: 'tp_river', name: 'consent.recorded', to: 'mesh', data: ticked });
    desk.send({ from: 'tp_river', name: 'tpr2.shared', to: 'jcp_wandsworth', data });
    expect(desk.delivered.at(-1)?.message.data).toHaveProperty('accessedBy', 'criminal-justice');
    desk.wait(1);
    const ruledOut = (c: FormContext) => ({ ...ticked(c), excludedCategories: ['access-route'] });
    desk.send({ from: 'tp_river', name: 'consent.recorded', to: 'mesh', data: ruledOut });
    desk.send({ from: 'tp_river', name: 'tpr2.shared', to: 'jcp_wandsworth', data });
    expect(desk.delivered.at(-1)?.message.data).not.toHaveProperty('accessedBy');
  });

  it('is refused whole where the form makes no sense without what was excluded', () => {
    const desk = sharedCase();
    desk.wait(1);
    const excluding = (c: FormContext) => ({
      ...tpr2Consent(c, ['jcp_wandsworth']),
      excludedCategories: ['employment'],
    });
    desk.send({ from: 'tp_river', name: 'consent.recorded', to: 'mesh', data: excluding });
    const decision = desk.send({ from: 'tp_river', name: 'tpr2.shared', to: 'jcp_wandsworth' });
    expect(decision.record).toMatchObject({
      verdict: { reason: 'no-consent-on-record' },
      inner: 'excluded',
    });
  });

  it('is refused once the consent has lapsed', () => {
    const desk = sharedCase();
    desk.wait(366);
    expect(
      desk.send({ from: 'tp_river', name: 'exit.notified', to: 'jcp_wandsworth' }).record.inner,
    ).toBe('lapsed');
  });

  it('within one agency needs no consent and is recorded', () => {
    const desk = sharedCase();
    const tpr2 = desk.send({ from: 'tp_river', name: 'tpr2.shared', to: 'jcp_wandsworth' }).record
      .id;
    const passed = desk.send({
      from: 'jcp_wandsworth',
      name: 'tpr2.passed-to-adviser',
      to: 'jcp_lambeth',
      cites: tpr2,
    });
    expect(passed.record).toMatchObject({
      verdict: { kind: 'cleared' },
      cause: tpr2,
      recipient: 'jcp_lambeth',
      consents: [],
    });
  });

  it.each<[string, { from: string; name: MessageName; to: string }, string]>([
    [
      'itself',
      { from: 'jcp_wandsworth', name: 'referral.requested', to: 'jcp_wandsworth' },
      'recipient-not-allowed',
    ],
    [
      'a party that is not there',
      { from: 'jcp_wandsworth', name: 'referral.requested', to: 'tp_nowhere' },
      'recipient-unknown',
    ],
    [
      'a kind of party that does not get this',
      { from: 'tp_river', name: 'exit.notified', to: 'tp_hill' },
      'recipient-not-allowed',
    ],
    [
      'a service of the mesh',
      { from: 'tp_river', name: 'exit.notified', to: 'svc_router' },
      'recipient-unknown',
    ],
    [
      'another agency with what stays at home',
      { from: 'jcp_wandsworth', name: 'tpr2.passed-to-adviser', to: 'cp_works' },
      'recipient-not-allowed',
    ],
  ])('does not go to %s', (_what, sent, reason) => {
    const desk = sharedCase();
    const tpr2 = desk.send({ from: 'tp_river', name: 'tpr2.shared', to: 'jcp_wandsworth' }).record
      .id;
    const before = desk.delivered.length;
    expect(desk.send({ ...sent, cites: tpr2 }).record.verdict).toMatchObject({
      kind: 'refused',
      reason,
    });
    expect(desk.delivered).toHaveLength(before);
  });
});

describe('who sends', () => {
  const careplan = { from: 'tp_river', name: 'careplan.agreed', to: 'mesh' } as const;

  it.each([
    [
      'from a party that the directory does not know',
      { sender: 'tp_nowhere' },
      'sender-not-allowed',
    ],
    ['that names another as its source', { sender: 'tp_hill' }, 'source-not-sender'],
  ])('is refused %s', (_what, more, reason) => {
    const desk = sharedCase();
    expect(desk.judge({ ...desk.incoming(careplan), ...more }).record.verdict).toMatchObject({
      kind: 'refused',
      reason,
    });
  });

  it('may not act for somebody of another agency, nor for somebody who has left', () => {
    const desk = sharedCase();
    const incoming = desk.incoming(careplan);
    const actor = personOf('tp_hill');
    const read = { ...incoming.read, envelope: { ...incoming.read.envelope, actor } };
    expect(desk.judge({ ...incoming, read }).record.verdict).toMatchObject({
      reason: 'actor-unknown',
      field: 'actor',
    });
    const put = {
      person: personOf('tp_river'),
      party: 'tp_river',
      job: 'keyworker' as const,
      deputy: 'p_x',
    };
    // The last day in office is over at midnight in London.
    desk.world.apply({
      kind: 'put-person',
      person: { ...put, active: true, leavesOn: '2026-03-02' },
    });
    expect(desk.send(careplan).record.verdict).toEqual({ kind: 'cleared' });
    desk.wait(1);
    expect(desk.send(careplan).record.verdict).toMatchObject({ reason: 'actor-unknown' });
    desk.world.apply({ kind: 'put-person', person: { ...put, active: false } });
    expect(desk.send(careplan).record.verdict).toMatchObject({ reason: 'actor-unknown' });
  });

  it('may not send what is not its kind of party’s', () => {
    const desk = sharedCase();
    expect(
      desk.send({ from: 'jcp_wandsworth', name: 'careplan.agreed', to: 'mesh' }).record.verdict,
    ).toMatchObject({
      reason: 'sender-not-allowed',
    });
  });

  it('is refused once the party is closed', () => {
    const desk = sharedCase();
    desk.world.apply({
      kind: 'put-party',
      party: {
        party: 'tp_river',
        kind: 'treatment-provider',
        agency: 'river',
        name: 'x',
        serves: [],
        dutyPerson: 'p_x',
        teamLeader: 'p_x',
        active: false,
      },
    });
    expect(desk.send(careplan).record.verdict).toMatchObject({ reason: 'sender-not-allowed' });
  });
});

describe('a case', () => {
  it('that is unknown and one that is another’s are answered alike', () => {
    const desk = sharedCase();
    const unknown = desk.send({
      from: 'tp_hill',
      name: 'careplan.agreed',
      to: 'mesh',
      case: uuidOf('nobody’s'),
    });
    const others = desk.send({ from: 'tp_hill', name: 'careplan.agreed', to: 'mesh' });
    expect(others.record.verdict).toEqual(unknown.record.verdict);
    expect(unknown.record.verdict).toMatchObject({ reason: 'case-not-yours' });
  });

  it('is bound to the recipient by what was cleared, with a reference of its own', () => {
    const desk = sharedCase();
    const binding = desk.world.case(uuidOf('case'));
    expect([...(binding?.agencies ?? [])]).toEqual(['jcp', 'river']);
    expect([...(binding?.references ?? [])]).toEqual([
      ['jcp_wandsworth', 'W 17'],
      ['tp_river', 'R/9'],
    ]);
  });

  it('goes to a person when NI number, date of birth and surname do not agree', () => {
    const desk = sharedCase();
    for (const client of [
      { ...maria, surname: 'Other' },
      { ...maria, dateOfBirth: '1988-04-13' },
      { ...maria, nino: tomas.nino },
    ]) {
      const same = desk.send({
        from: 'jcp_wandsworth',
        name: 'referral.requested',
        to: 'tp_river',
        client,
      });
      expect(same.record.verdict).toMatchObject({ kind: 'refused', reason: 'identity-mismatch' });
    }
  });

  it('is refused when the identity that a form shows could not be read', () => {
    const desk = sharedCase();
    const incoming = desk.incoming({ from: 'tp_river', name: 'tpr2.shared', to: 'jcp_wandsworth' });
    expect(desk.judge({ ...incoming, prints: undefined }).record.verdict).toMatchObject({
      reason: 'identity-mismatch',
    });
  });

  it('under another id of the same client finds the same consents', () => {
    const desk = sharedCase();
    const again = desk.send({
      from: 'jcp_wandsworth',
      name: 'referral.requested',
      to: 'tp_river',
      case: uuidOf('second'),
    });
    expect(again.record.verdict.kind).toBe('cleared');
  });

  it('serves a client without an NI number, who gets one on record by a consent form', () => {
    const desk = new GuardDesk();
    const consent = {
      from: 'jcp_wandsworth',
      name: 'consent.recorded',
      to: 'mesh',
      data: (c: FormContext) => tpr1(c, ['tp_river']),
    } as const;
    desk.send({ ...consent, client: ana });
    expect(
      desk.send({ from: 'jcp_wandsworth', name: 'referral.requested', to: 'tp_river', client: ana })
        .record.verdict.kind,
    ).toBe('cleared');
    const learnt = desk.send({ ...consent, client: { ...ana, nino: 'QQ112233C' } });
    expect(learnt.effects.map(({ kind }) => kind)).toContain('bind-client');
    const other = { ...ana, nino: tomas.nino };
    expect(
      desk.send({
        from: 'jcp_wandsworth',
        name: 'referral.requested',
        to: 'tp_river',
        client: other,
      }).record.verdict,
    ).toMatchObject({
      reason: 'identity-mismatch',
    });
  });

  it('is not bound, nor its client known, by a message that is wrong', () => {
    const desk = new GuardDesk();
    const wrong = desk.send({
      from: 'tp_river',
      name: 'consent.recorded',
      to: 'mesh',
      data: (c) => tpr1(c, ['tp_hill']),
    });
    expect(wrong.record.verdict).toMatchObject({ reason: 'consent-not-yours-to-take' });
    expect(wrong.effects).toEqual([]);
  });
});

describe('an answer', () => {
  it('must name a message of the same case that was not refused', () => {
    const desk = sharedCase();
    const refused = desk.send({ from: 'tp_river', name: 'exit.notified', to: 'cp_works' }).record
      .id;
    const otherCase = desk.send({
      from: 'jcp_wandsworth',
      name: 'referral.requested',
      to: 'tp_river',
      case: uuidOf('second'),
    }).record.id;
    for (const cites of [uuidOf('nothing'), refused, otherCase])
      expect(
        desk.send({ from: 'tp_river', name: 'appointment.booked', to: 'jcp_wandsworth', cites })
          .record.verdict,
      ).toMatchObject({
        reason: 'cause-unknown',
        field: 'data.referral',
      });
  });
});
