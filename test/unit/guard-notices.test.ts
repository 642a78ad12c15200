import { describe, expect, it } from '@jest/globals';
import type { MessageName } from '#libs/contracts/message-table.js';
import type { Notice } from '#libs/contracts/service-forms.js';
import { stopRecord } from '#services/consent-guard/domain/guard-record.js';
import { stopReasonFor } from '#services/consent-guard/domain/stop-reason.js';
import { GuardDesk, personOf, uuidOf } from '#test/support/guard-builders.js';
import { forms, tpr1, tpr2Consent } from '#test/support/guard-forms.js';

const [jcp, lambeth, river] = ['jcp_wandsworth', 'jcp_lambeth', 'tp_river'];

/** A case of the job centre and tp_river, with each one's reference and a short one, and every consent between them. */
function openCase() {
  const desk = new GuardDesk();
  desk.send({
    from: jcp,
    name: 'consent.recorded',
    to: 'mesh',
    data: (c) => tpr1(c, [river]),
    caseref: 'W 17',
  });
  const binding = desk.world.case(uuidOf('case'));
  if (binding === undefined) throw new Error('the case is not bound');
  const find = desk.world.case;
  desk.world.case = (id) => {
    const found = find(id);
    return found === undefined ? undefined : { ...found, shortReference: '0123456V' };
  };
  const send = (from: string, name: MessageName, to: string, cites = '') =>
    desk.send({ from, name, to, cites }).record;
  const exit = (kind: string) =>
    desk.send({
      from: river,
      name: 'exit.notified',
      to: jcp,
      data: (c) => ({ ...forms['exit.notified']?.(c), exit: kind }),
    }).record.id;
  const referral = send(jcp, 'referral.requested', river).id;
  desk.send({
    from: river,
    name: 'consent.recorded',
    to: 'mesh',
    data: (c) => tpr2Consent(c, [jcp]),
  });
  const notice = (kind: string, cause: string, at: string, more: object = {}) =>
    desk.send({
      from: 'svc_router',
      name: 'notice.requested',
      to: 'svc_notifier',
      data: { kind, cause, person: personOf(at), ...more },
    }).record;
  const told = (...asked: Parameters<typeof notice>): Notice => {
    expect(notice(...asked).verdict).toEqual({ kind: 'cleared' });
    return desk.delivered.at(-1)?.message.data as Notice;
  };
  const due = (kind: string, anchor: string) =>
    desk.send({
      from: 'svc_reminders',
      name: 'reminder.due',
      to: 'mesh',
      data: { reminder: uuidOf(kind), kind, anchor, dueOn: '2026-05-25', occurrence: 1 },
    }).record;
  return { desk, send, exit, referral, notice, told, due };
}

const putOffice = (desk: GuardDesk, party: string, phone: string) =>
  desk.world.apply({
    kind: 'put-party',
    party: {
      party,
      kind: 'jobcentre',
      agency: 'jcp',
      name: `The ${party}`,
      serves: [],
      dutyPerson: personOf(party),
      teamLeader: personOf(party),
      active: true,
      phone,
    },
  });

describe('a notice to the sender of a message that was stopped before it was collected', () => {
  const [late, again] = ['no-answer-yet', 'send-again'].map((kind) => ({
    kind,
    step: kind === 'send-again' ? kind : 'ask-client',
  }));

  it.each([
    ['withdrawn', 'refused', 'refused'],
    ['consent-changed', 'refused', 'cleared'],
    ['withdrawn-elsewhere', 'cleared', 'refused'],
    ['limited-elsewhere', 'cleared', 'refused'],
  ] as const)('tells %s: late answer %s, send again %s', (reason, ofLate, ofAgain) => {
    const { desk, referral, notice } = openCase();
    const record = desk.world.record(referral)!;
    desk.world.putRecord(stopRecord(record, reason));
    for (const [asked, verdict] of [
      [late!, ofLate],
      [again!, ofAgain],
    ] as const)
      expect(notice(asked.kind, referral, jcp, { step: asked.step }).verdict.kind).toBe(verdict);
    // Who never got it is told nothing.
    expect(notice('referral-received', referral, river).verdict.kind).toBe('refused');
  });

  it('names as the reason what its sender may know', () => {
    const { desk, referral } = openCase();
    const record = desk.world.record(referral)!;
    const waiting = { ...record, verdict: { kind: 'waiting' as const } };
    const notice = { ...record, senderKind: 'service' as const };
    const reasons = (by: string, isLimited = false) =>
      [record, waiting, notice].map((each) => stopReasonFor(each, { by, isLimited }));
    expect(reasons('jcp')).toEqual(['withdrawn', 'withdrawn', 'withdrawn']);
    expect(reasons('river')).toEqual(['withdrawn-elsewhere', 'no-consent-on-record', 'withdrawn']);
    expect(stopReasonFor(record, { by: 'jcp', isLimited: true })).toBe('consent-changed');
    expect(stopReasonFor(record, { by: 'river', isLimited: true })).toBe('limited-elsewhere');
  });
});

describe('a notice says whom to ring, and what it is about', () => {
  it('names the other organisation, its telephone and the type of message, to either side', () => {
    const { desk, referral, told } = openCase();
    putOffice(desk, jcp, '020 7946 0100');
    expect(told('referral-received', referral, river)).toMatchObject({
      about: 'referral.requested',
      shortReference: '0123456V',
      caseReference: '0123456V',
      counterpart: { name: 'The jcp_wandsworth', phone: '020 7946 0100' },
    });
    expect(told('no-answer-yet', referral, jcp, { step: 'ask-client' })).toMatchObject({
      about: 'referral.requested',
      caseReference: 'W 17',
      counterpart: { name: 'tp_river' },
    });
  });

  it('keeps the reference of one office from another of its agency', () => {
    const { desk, referral, told } = openCase();
    const at = (office: string) => told('no-answer-yet', referral, office).caseReference;
    expect(at(lambeth)).toBe('0123456V');
    desk.send({
      from: lambeth,
      name: 'case.next-attendance',
      to: 'mesh',
      caseref: 'L 4',
    });
    expect([at(jcp), at(lambeth)]).toEqual(['W 17', 'L 4']);
  });

  it('that an answer is awaited goes to the side that waits', () => {
    const { referral, notice } = openCase();
    expect(notice('no-answer-yet', referral, river).verdict).toMatchObject({
      reason: 'cause-unknown',
    });
  });

  it('names nobody for what the guard itself instructs', () => {
    const { desk, send, told } = openCase();
    const tpr2 = send(river, 'tpr2.shared', jcp).id;
    send(jcp, 'tpr2.no-trace', river, tpr2);
    const instruction = desk.delivered.at(-1);
    const notice = told('stop-using', instruction?.id ?? '', jcp);
    expect(notice).not.toHaveProperty('counterpart');
    expect(notice).not.toHaveProperty('about');
    expect(notice).not.toHaveProperty('appointment');
  });

  it('leaves to the job centre what only the job centre knows', () => {
    const { send, referral, told } = openCase();
    const own = { clientWasTold: true, nextInterviewOn: '2026-03-09', cases: [uuidOf('other')] };
    const absence = send(river, 'appointment.did-not-attend', jcp, referral).id;
    expect(told('did-not-attend', absence, jcp, own)).toMatchObject({ clientWasTold: true });
    expect(told('no-answer-yet', absence, river, own)).not.toHaveProperty('clientWasTold');
    expect(told('no-answer-yet', absence, river, own)).not.toHaveProperty('nextInterviewOn');
    expect(told('did-not-attend', absence, jcp, own)).not.toHaveProperty('cases');
  });
});

describe('the entry of a calendar', () => {
  it('is one over all moves of an appointment, each newer than the last, and off at the end', () => {
    const { send, referral, told } = openCase();
    const booked = send(river, 'appointment.booked', jcp, referral).id;
    const moved = send(river, 'appointment.moved', jcp, booked).id;
    const again = send(river, 'appointment.moved', jcp, moved).id;
    const off = send(river, 'appointment.cancelled', jcp, again).id;
    const entry = (kind: string, cause: string) => told(kind, cause, jcp).appointment;
    expect(entry('appointment-booked', booked)).toEqual({
      root: booked,
      sequence: 0,
      cancelled: false,
    });
    expect(entry('appointment-moved', again)).toEqual({
      root: booked,
      sequence: 2,
      cancelled: false,
    });
    expect(entry('appointment-cancelled', off)).toEqual({
      root: booked,
      sequence: 3,
      cancelled: true,
    });
  });

  it('is one for a review, the same to both sides, whichever message the answer cites', () => {
    const { send, told, due } = openCase();
    const request = send(river, 'review.requested', jcp).id;
    const offer = send(jcp, 'review.offered', river, request).id;
    send(river, 'review.declined', jcp, offer);
    const second = send(jcp, 'review.offered', river, request).id;
    const moved = send(jcp, 'review.moved', river, second).id;
    const accepted = send(river, 'review.accepted', jcp, moved).id;
    const agreed = { root: request, sequence: 5, cancelled: false };
    for (const at of [jcp, river])
      expect(told('review-accepted', accepted, at).appointment).toEqual(agreed);
    const soon = due('review-appointment', accepted).id;
    expect(told('review-appointment-soon', soon, river).appointment).toEqual(agreed);
    const off = send(jcp, 'review.cancelled', river, request).id;
    expect(told('review-cancelled', off, river).appointment).toEqual({
      root: request,
      sequence: 6,
      cancelled: true,
    });
  });

  it('is off when an exit that is over is told while a review is agreed, and not by a likely one', () => {
    const { send, told, ...open } = openCase();
    const exit = (kind: string) => told('exit-notice', open.exit(kind), jcp).appointment;
    expect(exit('planned')).toBeUndefined();
    const request = send(river, 'review.requested', jcp).id;
    const offer = send(jcp, 'review.offered', river, request).id;
    send(river, 'review.accepted', jcp, offer);
    expect(exit('unplanned-likely')).toBeUndefined();
    expect(exit('planned')).toEqual({ root: request, sequence: 3, cancelled: true });
    send(jcp, 'review.held', river, offer);
    expect(exit('planned')).toBeUndefined();
  });
});

describe('a reminder', () => {
  it('of the next review goes to who is to ask for it', () => {
    const { send, notice, due } = openCase();
    const request = send(river, 'review.requested', jcp).id;
    const offer = send(jcp, 'review.offered', river, request).id;
    send(jcp, 'review.held', river, offer);
    const outcome = send(jcp, 'review.outcome', river, offer).id;
    const fallen = due('next-review', outcome).id;
    const step = { step: 'request-review' };
    expect(notice('next-review-due', fallen, river, step).verdict).toEqual({ kind: 'cleared' });
    expect(notice('next-review-due', fallen, jcp, step).verdict).toMatchObject({
      reason: 'cause-unknown',
    });
  });
});

describe('steps that came to a colleague', () => {
  function away() {
    const open = openCase();
    const entry = open.desk.send({
      from: 'svc_ops',
      name: 'directory.person-put',
      to: 'mesh',
      data: {
        person: personOf(jcp),
        party: jcp,
        job: 'adviser',
        deputy: personOf(lambeth),
        active: false,
      },
    }).record.id;
    open.desk.world.apply({
      kind: 'put-person',
      person: {
        person: personOf(jcp),
        party: jcp,
        job: 'adviser',
        deputy: personOf(lambeth),
        active: false,
      },
    });
    const cases = [uuidOf('case'), uuidOf('not ours')];
    const inherited = (at: string, cause = entry, more: object = {}) =>
      open.desk.send({
        from: 'svc_router',
        name: 'notice.requested',
        to: 'svc_notifier',
        data: { kind: 'steps-inherited', cause, person: personOf(at), cases, ...more },
      }).record;
    return { ...open, inherited };
  }

  it('are told by the reader’s own references, of cases of the reader’s agency alone', () => {
    const { desk, inherited } = away();
    const record = inherited(lambeth);
    expect(record.verdict).toEqual({ kind: 'cleared' });
    expect(record).toMatchObject({ client: undefined, caseId: undefined });
    expect(desk.delivered.at(-1)?.message.data).toEqual({
      kind: 'steps-inherited',
      cause: record.cause,
      person: personOf(lambeth),
      caseReference: '',
      facts: {},
      references: ['0123456V'],
      audience: 'jobcentre',
    });
  });

  it('are told to nobody of another agency, and for no other cause', () => {
    const { inherited, referral } = away();
    for (const at of [river, 'cp_works', 'nobody'])
      expect(inherited(at).verdict).toMatchObject({ reason: 'person-not-entitled' });
    for (const cause of [referral, uuidOf('nothing')])
      expect(inherited(lambeth, cause).verdict).toMatchObject({ reason: 'cause-unknown' });
    expect(inherited(lambeth, undefined, { step: 'note-receipt' }).verdict).toMatchObject({
      reason: 'cause-unknown',
    });
  });
});

describe('no trace of the client', () => {
  it('has the office told at once to keep nothing, without a word of the client', () => {
    const { desk, send } = openCase();
    const tpr2 = send(river, 'tpr2.shared', jcp).id;
    const before = desk.delivered.length;
    const gone = desk.send({ from: jcp, name: 'tpr2.no-trace', to: river, cites: tpr2 });
    expect(gone.others).toMatchObject([
      {
        name: 'instruction.stop-using',
        sender: 'guard',
        recipient: jcp,
        cause: gone.record.id,
        caseId: uuidOf('case'),
        verdict: { kind: 'cleared' },
      },
    ]);
    const [answer, instruction] = desk.delivered.slice(before);
    expect(answer).toMatchObject({ recipient: river, id: gone.record.id });
    expect(instruction).toMatchObject({
      recipient: jcp,
      message: { source: '/parties/guard', data: { what: 'stop-using-and-take-off-the-record' } },
    });
    expect(JSON.stringify(instruction)).not.toMatch(/QQ|Sample|river/);
  });

  it('that may not be told instructs nobody', () => {
    const { desk, send } = openCase();
    const tpr2 = send(river, 'tpr2.shared', jcp).id;
    desk.wait(366);
    const gone = desk.send({ from: jcp, name: 'tpr2.no-trace', to: river, cites: tpr2 });
    expect(gone.record.verdict).toMatchObject({ reason: 'no-consent-on-record' });
    expect(gone.others).toEqual([]);
  });
});
