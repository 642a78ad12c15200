import { describe, expect, it } from '@jest/globals';
import type { MessageName } from '#libs/contracts/message-table.js';
import { supportOnlyTerms } from '#libs/contracts/mesh-message.js';
import { GuardDesk, district, personOf, printsOf, uuidOf } from '#test/support/guard-builders.js';
import {
  type FormContext,
  ana,
  dpa1,
  forms,
  maria,
  tomas,
  tpr1,
  tpr2Consent,
  withdrawal,
} from '#test/support/guard-forms.js';

const area = `area:${district}/treatment`;

/** A case whose referral was cleared to tp_river, and whose TPR2 consent names the job centre. */
function sharedCase(): GuardDesk {
  const desk = new GuardDesk();
  desk.send({
    from: 'jcp_wandsworth',
    name: 'consent.recorded',
    to: 'mesh',
    data: (c) => tpr1(c, ['tp_river']),
    caseref: 'W 17',
  });
  desk.send({ from: 'jcp_wandsworth', name: 'referral.requested', to: 'tp_river' });
  desk.send({
    from: 'tp_river',
    name: 'consent.recorded',
    to: 'mesh',
    data: (c) => tpr2Consent(c, ['jcp_wandsworth']),
    caseref: 'R/9',
  });
  return desk;
}

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
    desk.world.directory.putPerson({
      person: personOf('tp_river'),
      party: 'tp_river',
      job: 'keyworker',
      deputy: 'p_x',
      active: false,
    });
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
    desk.world.directory.putParty({
      party: 'tp_river',
      kind: 'treatment-provider',
      agency: 'river',
      name: 'x',
      serves: [],
      dutyPerson: 'p_x',
      teamLeader: 'p_x',
      active: false,
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
  const answer = (
    desk: GuardDesk,
    name: MessageName,
    to: string,
    cites: string,
    from = 'tp_river',
  ) => desk.send({ from, name, to, cites }).record.verdict;
  const unknown = { reason: 'cause-unknown' };

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
      expect(answer(desk, 'appointment.booked', 'jcp_wandsworth', cites)).toMatchObject({
        reason: 'cause-unknown',
        field: 'data.referral',
      });
  });

  it('names a message of a type that it may answer', () => {
    const desk = sharedCase();
    const tpr2 = desk.send({ from: 'tp_river', name: 'tpr2.shared', to: 'jcp_wandsworth' }).record
      .id;
    const referral = desk.send({
      from: 'jcp_wandsworth',
      name: 'referral.requested',
      to: 'tp_river',
    }).record.id;
    expect(answer(desk, 'appointment.booked', 'jcp_wandsworth', tpr2)).toMatchObject(unknown);
    const receipt = (cites: string) =>
      answer(desk, 'tpr2.receipt-noted', 'tp_river', cites, 'jcp_wandsworth');
    expect(receipt(referral)).toMatchObject({ ...unknown, field: 'data.tpr2' });
    expect(receipt(tpr2).kind).toBe('cleared');
    expect(answer(desk, 'appointment.booked', 'jcp_wandsworth', referral).kind).toBe('cleared');
  });

  it('goes only to who had the message, and only from who had it', () => {
    const desk = new GuardDesk();
    const consent = (to: readonly string[], from: string) =>
      desk.send({ from, name: 'consent.recorded', to: 'mesh', data: (c) => tpr1(c, to) });
    consent(['tp_river', 'tp_hill'], 'jcp_wandsworth');
    const mine = desk.send({ from: 'jcp_wandsworth', name: 'referral.requested', to: 'tp_river' })
      .record.id;
    const theirs = desk.send({ from: 'jcp_wandsworth', name: 'referral.requested', to: 'tp_hill' })
      .record.id;
    expect(answer(desk, 'referral.cancelled', 'tp_hill', mine, 'jcp_lambeth')).toMatchObject(
      unknown,
    );
    expect(answer(desk, 'referral.acknowledged', 'jcp_wandsworth', theirs)).toMatchObject(unknown);
    expect(answer(desk, 'referral.cancelled', 'tp_river', mine, 'jcp_lambeth').kind).toBe(
      'cleared',
    );
  });

  it('along a referral goes back to the referrer from the provider that a single point of contact chose', () => {
    const desk = new GuardDesk();
    desk.send({
      from: 'jcp_wandsworth',
      name: 'consent.recorded',
      to: 'mesh',
      data: (c) => tpr1(c, ['spoc_south', 'tp_river']),
    });
    const referral = desk.send({
      from: 'jcp_wandsworth',
      name: 'referral.requested',
      to: 'spoc_south',
    }).record.id;
    const forwarded = desk.send({
      from: 'spoc_south',
      name: 'referral.forwarded',
      to: 'tp_river',
      cites: referral,
    }).record;
    expect(forwarded.verdict.kind).toBe('cleared');
    // It had the referral only as it was passed on.
    expect(answer(desk, 'appointment.booked', 'jcp_wandsworth', referral)).toMatchObject(unknown);
    expect(answer(desk, 'appointment.booked', 'jcp_wandsworth', forwarded.id).kind).toBe('cleared');
  });

  it('is judged again as it was, though what it answers was stopped since', () => {
    const desk = sharedCase();
    const tpr2 = desk.send({ from: 'tp_river', name: 'tpr2.shared', to: 'jcp_wandsworth' }).record;
    const receipt = {
      from: 'jcp_wandsworth',
      name: 'tpr2.receipt-noted',
      to: 'tp_river',
      cites: tpr2.id,
    } as const;
    const incoming = desk.incoming({ ...receipt, seed: 'receipt' });
    expect(desk.judge(incoming).record.verdict.kind).toBe('cleared');
    desk.world.putRecord({
      ...tpr2,
      ordinal: 1,
      verdict: { kind: 'stopped', reason: 'withdrawn' },
    });
    expect(desk.judge(incoming).record.verdict.kind).toBe('cleared');
    expect(desk.send(receipt).record.verdict).toMatchObject(unknown);
  });
});

describe('a consent on the road', () => {
  it('counts for the very next message, and names what it rests on', () => {
    const desk = sharedCase();
    const booked = { from: 'tp_river', name: 'exit.notified', to: 'jcp_wandsworth' } as const;
    const before = desk.send(booked);
    expect(before.record.verdict.kind).toBe('cleared');
    expect(before.record.consents).toHaveLength(1);
    desk.send({
      from: 'jcp_wandsworth',
      name: 'consent.withdrawn',
      to: 'mesh',
      data: (c) => withdrawal(c, 'TPR2'),
    });
    expect(desk.send(booked).record).toMatchObject({
      verdict: { reason: 'no-consent-on-record' },
      inner: 'withdrawn',
    });
  });

  it('keeps the exit notice where the client keeps it', () => {
    const desk = sharedCase();
    desk.send({
      from: 'tp_river',
      name: 'consent.withdrawn',
      to: 'mesh',
      data: (c) => withdrawal(c, 'TPR2', ['exit-notice']),
    });
    expect(
      desk.send({ from: 'tp_river', name: 'tpr2.shared', to: 'jcp_wandsworth' }).record.verdict
        .kind,
    ).toBe('refused');
    expect(
      desk.send({ from: 'tp_river', name: 'exit.notified', to: 'jcp_wandsworth' }).record.verdict
        .kind,
    ).toBe('cleared');
  });

  it('does not count when the client withdrew before it was recorded, though given earlier', () => {
    const desk = new GuardDesk();
    desk.send({
      from: 'jcp_wandsworth',
      name: 'consent.recorded',
      to: 'mesh',
      data: (c) => tpr1(c, ['tp_river']),
    });
    desk.send({ from: 'jcp_wandsworth', name: 'referral.requested', to: 'tp_river' });
    const given = desk.inDays(0);
    desk.wait(1);
    desk.send({
      from: 'jcp_wandsworth',
      name: 'consent.withdrawn',
      to: 'mesh',
      data: (c) => withdrawal(c, 'TPR2', ['exit-notice']),
    });
    const late = (c: FormContext) => ({ ...tpr2Consent(c, ['jcp_wandsworth']), takenAt: given });
    const recorded = desk.send({
      from: 'tp_river',
      name: 'consent.recorded',
      to: 'mesh',
      data: late,
    });
    expect(recorded.record).toMatchObject({
      verdict: { kind: 'cleared' },
      inner: 'superseded-in-part',
    });
    expect(
      desk.send({ from: 'tp_river', name: 'tpr2.shared', to: 'jcp_wandsworth' }).record.inner,
    ).toBe('none');
    expect(
      desk.send({ from: 'tp_river', name: 'exit.notified', to: 'jcp_wandsworth' }).record.verdict
        .kind,
    ).toBe('cleared');
    desk.wait(1);
    desk.send({
      from: 'tp_river',
      name: 'consent.recorded',
      to: 'mesh',
      data: (c) => tpr2Consent(c, ['jcp_wandsworth']),
    });
    expect(
      desk.send({ from: 'tp_river', name: 'tpr2.shared', to: 'jcp_wandsworth' }).record.verdict
        .kind,
    ).toBe('cleared');
  });

  it('taken by a clock that runs ahead does not outdo a later no', () => {
    const desk = sharedCase();
    const ahead = new Date(desk.nowMs + 4 * 60_000).toISOString();
    desk.send({
      from: 'tp_river',
      name: 'consent.recorded',
      to: 'mesh',
      data: (c) => ({ ...tpr2Consent(c, ['jcp_wandsworth']), takenAt: ahead }),
    });
    desk.nowMs += 60_000;
    desk.send({
      from: 'tp_river',
      name: 'consent.recorded',
      to: 'mesh',
      data: (c) => ({ ...tpr2Consent(c, ['jcp_wandsworth']), decision: 'refused' }),
    });
    expect(
      desk.send({ from: 'tp_river', name: 'exit.notified', to: 'jcp_wandsworth' }).record.inner,
    ).toBe('refused');
  });

  it('is taken by a person of the taker’s own agency', () => {
    const desk = new GuardDesk();
    const data = (c: FormContext) => ({ ...tpr1(c, ['tp_river']), takenBy: personOf('tp_river') });
    expect(
      desk.send({ from: 'jcp_wandsworth', name: 'consent.recorded', to: 'mesh', data }).record
        .verdict,
    ).toMatchObject({
      reason: 'actor-unknown',
      field: 'data.takenBy',
    });
  });

  it('goes to the mesh and to nobody else', () => {
    const desk = new GuardDesk();
    const data = (c: FormContext) => tpr1(c, ['tp_river']);
    for (const [to, reason] of [
      ['tp_river', 'recipient-not-allowed'],
      ['tp_nowhere', 'recipient-unknown'],
    ] as const)
      expect(
        desk.send({ from: 'jcp_wandsworth', name: 'consent.recorded', to, data }).record.verdict,
      ).toMatchObject({ reason });
    expect(desk.world.scopesOf(uuidOf(printsOf(maria).identity ?? '')).size).toBe(0);
  });

  it('of one form says nothing about another', () => {
    const desk = new GuardDesk();
    const refused = (c: FormContext) => ({ ...dpa1(c), decision: 'refused' });
    desk.send({ from: 'jcp_wandsworth', name: 'consent.recorded', to: 'mesh', data: refused });
    desk.send({
      from: 'jcp_wandsworth',
      name: 'consent.recorded',
      to: 'mesh',
      data: (c) => tpr1(c, ['tp_river']),
    });
    expect(
      desk.send({ from: 'jcp_wandsworth', name: 'referral.requested', to: 'tp_river' }).record
        .verdict.kind,
    ).toBe('cleared');
  });
});

describe('a message to a role in an area', () => {
  const referral = { from: 'jcp_wandsworth', name: 'referral.requested', to: area } as const;
  const consentTo =
    (...named: string[]) =>
    (c: FormContext) =>
      tpr1(c, named, district);
  function waiting(...named: string[]) {
    const desk = new GuardDesk();
    desk.send({
      from: 'jcp_wandsworth',
      name: 'consent.recorded',
      to: 'mesh',
      data: consentTo(...named),
    });
    return { desk, held: desk.send(referral) };
  }
  const answer = (
    desk: GuardDesk,
    message: string,
    party?: string,
    others: readonly string[] = [],
  ) =>
    desk.send({
      from: 'svc_router',
      name: 'route.answered',
      to: 'mesh',
      data: { message, ...(party === undefined ? {} : { party, others }) },
    });

  it('waits where the role is consented, and is refused at once where it is not', () => {
    expect(waiting('tp_river').held).toMatchObject({
      record: { verdict: { kind: 'waiting' } },
      effects: [{ kind: 'hold' }],
    });
    expect(new GuardDesk().send(referral).record.verdict).toMatchObject({
      reason: 'no-consent-on-record',
    });
  });

  it('goes to the party that the router names, where the directory and the client’s consent agree', () => {
    const { desk, held } = waiting('tp_river');
    const routed = answer(desk, held.record.id, 'tp_river');
    expect(routed.others).toMatchObject([
      { id: held.record.id, ordinal: 1, recipient: 'tp_river', verdict: { kind: 'cleared' } },
    ]);
    expect(desk.delivered).toMatchObject([
      { id: held.record.id, recipient: 'tp_river', message: { source: '/parties/jcp_wandsworth' } },
    ]);
    expect(answer(desk, held.record.id, 'tp_river').record.verdict).toMatchObject({
      reason: 'cause-unknown',
    });
    expect(desk.delivered).toHaveLength(1);
  });

  it('never goes to a party that does not serve there, or that the client was not told of', () => {
    const { desk, held } = waiting('tp_river');
    expect(answer(desk, held.record.id, 'jcp_lambeth').record.verdict).toMatchObject({
      reason: 'recipient-not-allowed',
    });
    expect(answer(desk, held.record.id, 'tp_hill').others).toMatchObject([
      { verdict: { kind: 'stopped', reason: 'no-consent-on-record' } },
    ]);
    expect(desk.delivered).toEqual([]);
  });

  it('goes to the best of the parties named that the consent names, and serves there', () => {
    const { desk, held } = waiting('tp_river');
    expect(
      answer(desk, held.record.id, 'tp_hill', ['jcp_lambeth', 'tp_river']).others,
    ).toMatchObject([{ recipient: 'tp_river', ordinal: 1, verdict: { kind: 'cleared' } }]);
    expect(desk.delivered.map(({ recipient }) => recipient)).toEqual(['tp_river']);
  });

  it('goes to nobody but the party on record when the answer comes again', () => {
    const { desk, held } = waiting('tp_hill');
    const effect = held.effects.find(({ kind }) => kind === 'hold');
    if (effect?.kind !== 'hold') throw new Error('it does not wait');
    const record = {
      ...held.record,
      ordinal: 1,
      recipient: 'tp_river',
      recipientAgency: 'river',
      verdict: { kind: 'cleared' as const },
    };
    desk.world.putRecord(record);
    desk.world.apply({ ...effect, record });
    answer(desk, held.record.id, 'tp_river', ['tp_hill']);
    expect(desk.delivered).toEqual([]);
  });

  it('is judged by the consent of the moment it is routed', () => {
    const { desk, held } = waiting('tp_river');
    desk.send({
      from: 'jcp_wandsworth',
      name: 'consent.withdrawn',
      to: 'mesh',
      data: (c) => withdrawal(c, 'TPR1'),
    });
    expect(answer(desk, held.record.id, 'tp_river').others).toMatchObject([
      { verdict: { kind: 'stopped' }, inner: 'withdrawn' },
    ]);
    expect(desk.delivered).toEqual([]);
  });

  it('ends with a record where nobody serves', () => {
    const { desk, held } = waiting('tp_river');
    expect(answer(desk, held.record.id).others).toMatchObject([
      { ordinal: 1, verdict: { kind: 'stopped', reason: 'unroutable' } },
    ]);
  });

  it('is not ended as unconsented when the directory changed under the route', () => {
    const { desk, held } = waiting('tp_river');
    const put = {
      name: 'x',
      dutyPerson: 'p_x',
      teamLeader: 'p_x',
      active: true,
      serves: [{ role: 'treatment' as const, district }],
    };
    desk.world.directory.putParty({
      ...put,
      party: 'tp_river',
      kind: 'probation',
      agency: 'river',
    });
    expect(answer(desk, held.record.id, 'tp_river').others).toMatchObject([
      { verdict: { kind: 'stopped', reason: 'unroutable' } },
    ]);
  });
});
