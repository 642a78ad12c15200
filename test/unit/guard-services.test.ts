import { describe, expect, it } from '@jest/globals';
import { GuardDesk, personOf, uuidOf } from '#test/support/guard-builders.js';
import { forms, tpr1, tpr2Consent, withdrawal } from '#test/support/guard-forms.js';

/** A case shared between the job centre and tp_river, with the TPR2 delivered. */
function sharedCase() {
  const desk = new GuardDesk();
  desk.send({
    from: 'jcp_wandsworth',
    name: 'consent.recorded',
    to: 'mesh',
    data: (c) => tpr1(c, ['tp_river']),
    caseref: 'W 17',
  });
  const referral = desk.send({ from: 'jcp_wandsworth', name: 'referral.requested', to: 'tp_river' })
    .record.id;
  desk.send({
    from: 'tp_river',
    name: 'consent.recorded',
    to: 'mesh',
    data: (c) => tpr2Consent(c, ['jcp_wandsworth']),
    caseref: 'R/9',
  });
  const tpr2 = desk.send({ from: 'tp_river', name: 'tpr2.shared', to: 'jcp_wandsworth' }).record.id;
  const notice = (kind: string, cause: string, at: string, more: object = {}) =>
    desk.send({
      from: 'svc_router',
      name: 'notice.requested',
      to: 'svc_notifier',
      data: { kind, cause, person: personOf(at), ...more },
    });
  const due = (kind: string, anchor: string) =>
    desk.send({
      from: 'svc_reminders',
      name: 'reminder.due',
      to: 'mesh',
      data: { reminder: uuidOf(kind), kind, anchor, dueOn: '2026-05-25', occurrence: 1 },
    });
  const report = (sent: string, outcome: string, at: string) =>
    desk.send({
      from: 'svc_notifier',
      name: 'mail.reported',
      to: 'mesh',
      data: { notice: sent, person: personOf(at), outcome, at: '2026-03-02T09:00:00Z' },
    });
  return { desk, referral, tpr2, notice, due, report };
}
const withdraw = (desk: GuardDesk, keep: string[] = []) =>
  desk.send({
    from: 'tp_river',
    name: 'consent.withdrawn',
    to: 'mesh',
    data: (c) => withdrawal(c, 'TPR2', keep),
  });

describe('a notice', () => {
  it('is made by the guard from the record it cites: case reference, facts and audience of the reader’s own agency', () => {
    const { desk, tpr2, notice } = sharedCase();
    const decision = notice('employment-information-received', tpr2, 'jcp_wandsworth');
    expect(decision.record).toMatchObject({
      verdict: { kind: 'cleared' },
      recipient: 'svc_notifier',
      cause: tpr2,
    });
    expect(desk.delivered.at(-1)).toMatchObject({
      recipient: 'svc_notifier',
      message: {
        data: {
          caseReference: 'W 17',
          audience: 'jobcentre',
          facts: { reviewWanted: 'three-way', dpa1Current: false },
        },
      },
    });
    expect(JSON.stringify(desk.delivered.at(-1))).not.toMatch(/QQ|Sample|R\/9/);
  });

  it('reaches nobody outside the two agencies of the message', () => {
    const { tpr2, notice } = sharedCase();
    for (const at of ['tp_hill', 'cp_works', 'spoc_south', 'nobody'])
      expect(notice('employment-information-received', tpr2, at).record.verdict).toMatchObject({
        reason: 'person-not-entitled',
      });
  });

  it('is refused when the consent that the message travelled under was withdrawn since', () => {
    const { desk, tpr2, notice } = sharedCase();
    withdraw(desk);
    expect(
      notice('employment-information-received', tpr2, 'jcp_wandsworth').record.verdict,
    ).toMatchObject({
      reason: 'no-consent-on-record',
    });
  });

  it('leaves out the facts whose own consent was withdrawn since', () => {
    const { desk, tpr2, notice } = sharedCase();
    withdraw(desk, ['share-employment-needs']);
    notice('employment-information-received', tpr2, 'jcp_wandsworth');
    expect(desk.delivered.at(-1)?.message.data).toMatchObject({ facts: { dpa1Current: false } });
    expect(JSON.stringify(desk.delivered.at(-1))).not.toMatch(
      /structuredTreatmentStartedOn|reviewWanted/,
    );
  });

  it('is of a kind that its record gives cause for: the kind tells by itself', () => {
    const { desk, referral, tpr2, notice } = sharedCase();
    const exit = desk.send({ from: 'tp_river', name: 'exit.recorded', to: 'mesh' }).record.id;
    expect(notice('exit-notice', exit, 'jcp_wandsworth').record.verdict).toMatchObject({
      reason: 'person-not-entitled',
    });
    for (const [cause, at] of [
      [referral, 'jcp_wandsworth'],
      [tpr2, 'jcp_wandsworth'],
      [referral, 'tp_river'],
    ] as const)
      expect(notice('exit-notice', cause, at).record.verdict).toMatchObject({
        reason: 'cause-unknown',
        field: 'data.kind',
      });
    const step = { step: 're-engage' };
    expect(notice('step-overdue', referral, 'jcp_wandsworth', step).record.verdict).toMatchObject({
      reason: 'cause-unknown',
    });
    expect(notice('step-overdue', tpr2, 'jcp_wandsworth').record.verdict).toMatchObject({
      reason: 'cause-unknown',
    });
  });

  it('that a step is overdue goes to the side that the step was opened for', () => {
    const { tpr2, notice } = sharedCase();
    const overdue = { step: 'note-receipt', dueOn: '2026-03-04', escalation: 'deputy' };
    expect(notice('step-overdue', tpr2, 'jcp_wandsworth', overdue).record.verdict.kind).toBe(
      'cleared',
    );
    expect(notice('step-overdue', tpr2, 'tp_river', overdue).record.verdict).toMatchObject({
      reason: 'cause-unknown',
    });
  });

  it('of a refusal goes to the sender alone, also where nobody knows yet whose case it is', () => {
    const { desk, notice } = sharedCase();
    withdraw(desk);
    const refused = desk.send({ from: 'tp_river', name: 'tpr2.shared', to: 'jcp_wandsworth' })
      .record.id;
    expect(
      notice('seek-consent', refused, 'tp_river', { step: 'seek-consent' }).record.verdict.kind,
    ).toBe('cleared');
    expect(notice('seek-consent', refused, 'jcp_wandsworth').record.verdict).toMatchObject({
      reason: 'person-not-entitled',
    });
    const stranger = { surname: 'Other', dateOfBirth: '1988-04-12' };
    const mismatch = desk.send({
      from: 'tp_river',
      name: 'tpr2.shared',
      to: 'jcp_wandsworth',
      client: stranger,
    }).record.id;
    expect(
      notice('check-identity', mismatch, 'tp_river', { step: 'check-identity' }).record.verdict
        .kind,
    ).toBe('cleared');
    expect(notice('check-identity', mismatch, 'jcp_wandsworth').record.verdict).toMatchObject({
      reason: 'person-not-entitled',
    });
  });

  it('must lead back to a message of an agency about a case', () => {
    const { notice } = sharedCase();
    expect(notice('seek-consent', uuidOf('nothing'), 'tp_river').record.verdict).toMatchObject({
      reason: 'cause-unknown',
    });
  });

  it('of mail that was held tells a colleague, twice over, and never somebody of another agency', () => {
    const { tpr2, notice, report } = sharedCase();
    let cause = notice('employment-information-received', tpr2, 'jcp_wandsworth').record.id;
    for (let level = 0; level < 2; level += 1) {
      const held = report(cause, 'held', 'jcp_wandsworth').record.id;
      expect(notice('mail-failed', held, 'jcp_wandsworth').record.verdict).toMatchObject({
        reason: 'cause-unknown',
      });
      expect(notice('colleague-mail-held', held, 'tp_hill').record.verdict).toMatchObject({
        reason: 'person-not-entitled',
      });
      const told = notice('colleague-mail-held', held, 'jcp_wandsworth');
      expect(told.record.verdict.kind).toBe('cleared');
      cause = told.record.id;
    }
  });

  it('goes to the notifier and to nobody else', () => {
    const { desk, tpr2 } = sharedCase();
    const data = {
      kind: 'employment-information-received',
      cause: tpr2,
      person: personOf('jcp_wandsworth'),
    };
    for (const to of ['jcp_wandsworth', 'svc_ops', 'mesh'])
      expect(
        desk.send({ from: 'svc_router', name: 'notice.requested', to, data }).record.verdict,
      ).toMatchObject({
        reason: 'recipient-not-allowed',
      });
  });
});

describe('a reminder that falls due', () => {
  it('rests on a record that its kind may be counted from', () => {
    const { desk, referral, due } = sharedCase();
    const plan = desk.send({ from: 'tp_river', name: 'careplan.agreed', to: 'mesh' }).record.id;
    expect(due('care-plan-review', plan).record).toMatchObject({
      verdict: { kind: 'cleared' },
      cause: plan,
      caseId: uuidOf('case'),
    });
    expect(due('care-plan-review', referral).record.verdict).toMatchObject({
      reason: 'cause-unknown',
      field: 'data.anchor',
    });
    expect(due('claim-interview-13', plan).record.verdict).toMatchObject({
      reason: 'cause-unknown',
    });
  });

  it('of a care plan goes on to the provider after consent to share was withdrawn, and to nobody else', () => {
    const { desk, notice, due } = sharedCase();
    const requested = desk.send({
      from: 'tp_river',
      name: 'review.requested',
      to: 'jcp_wandsworth',
    }).record.id;
    const offered = desk.send({
      from: 'jcp_wandsworth',
      name: 'review.offered',
      to: 'tp_river',
      cites: requested,
    }).record.id;
    const held = desk.send({
      from: 'jcp_wandsworth',
      name: 'review.held',
      to: 'tp_river',
      cites: offered,
    }).record;
    expect(held.verdict.kind).toBe('cleared');
    withdraw(desk);
    const again = due('care-plan-review', held.id).record.id;
    const told = notice('care-plan-review-due', again, 'tp_river', { step: 'review-care-plan' });
    expect(told.record.verdict.kind).toBe('cleared');
    expect(desk.delivered.at(-1)?.message.data).toMatchObject({
      caseReference: 'R/9',
      facts: { occurrence: 1 },
    });
    expect(desk.delivered.at(-1)?.message.data).not.toHaveProperty('facts.heldOn');
    expect(notice('care-plan-review-due', again, 'jcp_wandsworth').record.verdict).toMatchObject({
      reason: 'person-not-entitled',
    });
  });

  it('of a claim is the job centre’s alone', () => {
    const { desk, notice, due } = sharedCase();
    const claim = desk.send({ from: 'jcp_wandsworth', name: 'claim.started', to: 'mesh' }).record
      .id;
    const fallen = due('claim-interview-13', claim).record.id;
    expect(notice('interview-due', fallen, 'jcp_lambeth').record.verdict.kind).toBe('cleared');
    expect(notice('interview-due', fallen, 'tp_river').record.verdict).toMatchObject({
      reason: 'person-not-entitled',
    });
  });
});

describe('what services report', () => {
  it('is checked against the notice they cite', () => {
    const { tpr2, notice, report } = sharedCase();
    const sent = notice('employment-information-received', tpr2, 'jcp_wandsworth').record.id;
    expect(report(sent, 'accepted', 'jcp_wandsworth').record).toMatchObject({
      verdict: { kind: 'cleared' },
      cause: sent,
    });
    for (const [cited, at] of [
      [sent, 'tp_river'],
      [tpr2, 'jcp_wandsworth'],
      [uuidOf('nothing'), 'jcp_wandsworth'],
    ] as const)
      expect(report(cited, 'held', at).record.verdict).toMatchObject({ reason: 'cause-unknown' });
  });
});

describe('the operator', () => {
  const put = (party: string, kind: string) => ({
    party,
    kind,
    agency: 'river',
    name: 'x',
    serves: [],
    dutyPerson: 'p_x',
    teamLeader: 'p_x',
    active: true,
  });

  it.each([
    ['tp_valley', 'treatment-provider', 'cleared'],
    ['svc_router', 'service', 'cleared'],
    ['svc_router', 'jobcentre', 'refused'],
    ['svc_spare', 'jobcentre', 'refused'],
    ['svc_spare', 'service', 'refused'],
    ['tp_valley', 'service', 'refused'],
    ['hub', 'jobcentre', 'refused'],
    ['events', 'jobcentre', 'refused'],
  ])('enters %s as %s: %s', (party, kind, verdict) => {
    const { desk } = sharedCase();
    const decision = desk.send({
      from: 'svc_ops',
      name: 'directory.party-put',
      to: 'mesh',
      data: put(party, kind),
    });
    expect(decision.record.verdict.kind).toBe(verdict);
    expect(decision.effects).toHaveLength(verdict === 'cleared' ? 1 : 0);
  });

  it('moves a person, who from then on acts for the new agency only', () => {
    const { desk } = sharedCase();
    const data = {
      person: personOf('tp_river'),
      party: 'tp_hill',
      job: 'keyworker',
      deputy: 'p_x',
      active: true,
    };
    desk.send({ from: 'svc_ops', name: 'directory.person-put', to: 'mesh', data });
    expect(
      desk.send({ from: 'tp_river', name: 'careplan.agreed', to: 'mesh' }).record.verdict,
    ).toMatchObject({ reason: 'actor-unknown' });
  });

  it('hands a mailbox to the notifier alone, and asks for a dead letter to be sent again', () => {
    const { desk } = sharedCase();
    const data = { person: personOf('tp_river'), name: 'R', address: 'r@example.org' };
    desk.send({ from: 'svc_ops', name: 'people.mailbox-put', to: 'svc_notifier', data });
    expect(desk.delivered.at(-1)).toMatchObject({ recipient: 'svc_notifier', message: { data } });
    expect(
      desk.send({ from: 'svc_ops', name: 'people.mailbox-put', to: 'tp_hill', data }).effects,
    ).toEqual([]);
    const again = desk.send({
      from: 'svc_ops',
      name: 'deadletter.redrive',
      to: 'mesh',
      data: { deadLetter: uuidOf('dead') },
    });
    expect(again.effects).toEqual([{ kind: 'redrive', deadLetter: uuidOf('dead') }]);
  });
});

describe('a service', () => {
  it('reports what it could not work', () => {
    const report = { stream: 'delivery', code: 'internal', deliveries: 3 };
    const { desk } = sharedCase();
    expect(
      desk.send({ from: 'svc_reminders', name: 'deadletter.reported', to: 'mesh', data: report })
        .effects,
    ).toEqual([{ kind: 'report-dead', report }]);
  });

  it('cannot send what agencies send', () => {
    const { desk } = sharedCase();
    const incoming = desk.incoming({
      from: 'tp_river',
      name: 'exit.notified',
      to: 'jcp_wandsworth',
    });
    const read = { ...incoming.read, sender: 'svc_router' };
    expect(desk.judge({ ...incoming, sender: 'svc_router', read }).record.verdict).toMatchObject({
      reason: 'sender-not-allowed',
    });
    expect(forms['instruction.stop-using']).toBeUndefined();
  });
});
