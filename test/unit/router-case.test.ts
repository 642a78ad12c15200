import { describe, expect, it } from '@jest/globals';
import type { MeshEvent } from '#libs/contracts/mesh-event.js';
import { meshEvent } from '#test/support/router-events.js';
import { toldCase } from '#test/support/told-case.js';

const jcp = 'jcp_wandsworth';
const trt = 'trt_acme';
const toProvider = { sender: jcp, to: trt };
const toCentre = { sender: trt, to: jcp };
const area = 'area:lambeth-southwark-and-wandsworth/treatment';

const stepsOf = (...events: MeshEvent[]) =>
  toldCase(events).steps.map(({ step, holder }) => `${step} @ ${holder.party} ${holder.who}`);
const noticesOf = (...events: MeshEvent[]) =>
  toldCase(events).tellings.map(({ kind, holder }) => `${kind} → ${holder.party}`);

describe('the case of a referral', () => {
  const referral = meshEvent('referral.requested', toProvider);
  const acknowledged = meshEvent('referral.acknowledged', {
    ...toCentre,
    facts: { keyworker: 'p_trt_acme_2' },
    cause: referral.id,
  });
  const booked = meshEvent('appointment.booked', {
    ...toCentre,
    facts: { startsAt: '2026-03-13T23:30:00Z' },
  });
  const missed = meshEvent('appointment.did-not-attend', {
    ...toCentre,
    facts: { on: '2026-03-13' },
  });

  it('moves from hand to hand: each message closes what it answers and opens the next step', () => {
    expect(stepsOf(referral)).toEqual(['acknowledge-referral @ trt_acme caseworker']);
    expect(stepsOf(referral, acknowledged)).toEqual([
      'book-first-appointment @ trt_acme caseworker',
    ]);
    expect(stepsOf(referral, acknowledged, booked)).toEqual([
      'tell-client @ jcp_wandsworth caseworker',
      'tell-outcome @ trt_acme caseworker',
    ]);
    expect(stepsOf(referral, acknowledged, booked, missed)).toEqual([
      'discuss-did-not-attend @ jcp_wandsworth caseworker',
    ]);
    expect(noticesOf(referral, acknowledged, booked, missed)).toEqual([
      'referral-received → trt_acme',
      'referral-acknowledged → jcp_wandsworth',
      'appointment-booked → jcp_wandsworth',
      'did-not-attend → jcp_wandsworth',
    ]);
  });

  it('gives each step working days, from the appointment where there is one, over weekends and bank holidays', () => {
    const tell = toldCase([booked]).steps.find(({ step }) => step === 'tell-outcome');
    expect(tell?.dueOn).toBe('2026-03-17'); // Friday 13 March, 2 working days
    const easter = meshEvent('referral.requested', {
      ...toProvider,
      recordedAt: '2026-04-02T16:00:00Z',
    });
    expect(toldCase([easter]).steps[0]?.dueOn).toBe('2026-04-08'); // Good Friday and Easter Monday between
    const night = meshEvent('referral.requested', {
      ...toProvider,
      recordedAt: '2026-06-01T23:30:00Z',
    });
    expect(toldCase([night]).steps[0]?.dueOn).toBe('2026-06-04'); // Tuesday already in London
  });

  it('remembers who holds the case: the referrer first, then whom a message names', () => {
    const named = meshEvent('case.caseworker-named', {
      sender: jcp,
      to: 'mesh',
      facts: { person: 'p_jcp_wandsworth_2', from: '2026-03-09' },
    });
    expect(toldCase([referral, acknowledged, named]).namings).toMatchObject([
      { party: jcp, person: 'p_jcp_wandsworth_1', since: '2026-03-04' },
      { party: trt, person: 'p_trt_acme_2' },
      { party: jcp, person: 'p_jcp_wandsworth_2', since: '2026-03-09' },
    ]);
  });

  it('lets a re-referral to another provider answer a did-not-attend, and leaves the other pair’s step open', () => {
    const bookedFirst = meshEvent('appointment.booked', toCentre);
    const again = meshEvent('referral.requested', { sender: jcp, to: 'trt_beacon' });
    const beaconAcknowledges = meshEvent('referral.acknowledged', {
      sender: 'trt_beacon',
      to: jcp,
    });
    expect(stepsOf(referral, acknowledged, missed, bookedFirst, again, beaconAcknowledges)).toEqual(
      ['tell-outcome @ trt_acme caseworker', 'book-first-appointment @ trt_beacon caseworker'],
    );
  });

  it('passes the single point of contact’s step on to the provider it chose', () => {
    const toSpoc = meshEvent('referral.requested', { sender: jcp, to: 'spoc_lsw' });
    const forwarded = meshEvent('referral.forwarded', { sender: 'spoc_lsw', to: trt });
    expect(stepsOf(toSpoc, forwarded)).toEqual(['acknowledge-referral @ trt_acme caseworker']);
    expect(toldCase([toSpoc, forwarded]).provider).toBe(trt);
  });

  it('has the sender send again what was stopped because the client limited the consent, until one of its type goes', () => {
    const stopped = meshEvent('referral.requested', {
      ...referral,
      seq: referral.seq + 1000,
      verdict: 'stopped',
      reason: 'consent-changed',
    });
    const later = { ...toProvider, seq: referral.seq + 1001 };
    expect(stepsOf(referral, stopped)).toEqual(['send-again @ jcp_wandsworth actor']);
    expect(noticesOf(referral, stopped)).toEqual(['send-again → jcp_wandsworth']);
    expect(stepsOf(referral, stopped, meshEvent('exit.notified', later))).toContain(
      'send-again @ jcp_wandsworth actor',
    );
    expect(
      stepsOf(referral, stopped, meshEvent('referral.requested', { ...later, verdict: 'refused' })),
    ).toHaveLength(1);
    expect(stepsOf(referral, stopped, meshEvent('referral.requested', later))).toEqual([
      'acknowledge-referral @ trt_acme caseworker',
    ]);
  });

  it('opens nothing while a referral waits for a route, and gives the sender the step when none comes', () => {
    const waiting = meshEvent('referral.requested', { sender: jcp, to: area, verdict: 'waiting' });
    const stopped = meshEvent('referral.requested', {
      ...waiting,
      seq: waiting.seq + 1000,
      verdict: 'stopped',
      reason: 'route-timeout',
    });
    expect(stepsOf(waiting)).toEqual([]);
    expect(stepsOf(waiting, stopped)).toEqual(['refer-elsewhere @ jcp_wandsworth actor']);
    expect(noticesOf(waiting, stopped)).toEqual(['choose-provider → jcp_wandsworth']);
  });

  it('gives a refused message to the person who sent it, until it is sent under a consent', () => {
    const refused = meshEvent('tpr2.shared', {
      ...toCentre,
      verdict: 'refused',
      reason: 'no-consent-on-record',
    });
    const sentAgain = meshEvent('tpr2.shared', { ...toCentre, facts: { dpa1Current: true } });
    expect(toldCase([refused]).steps).toMatchObject([
      { step: 'seek-consent', holder: { party: trt, who: 'actor', actor: 'p_trt_acme_1' } },
    ]);
    expect(stepsOf(refused, sentAgain)).toEqual(['note-receipt @ jcp_wandsworth addressee']);
    expect(
      stepsOf(
        meshEvent('tpr2.shared', { ...toCentre, verdict: 'refused', reason: 'case-not-yours' }),
      ),
    ).toEqual([]);
  });

  it('opens and tells nothing of a message that a withdrawal stopped before it was collected', () => {
    const shared = meshEvent('tpr2.shared', { ...toCentre, facts: { dpa1Current: true } });
    const stopped = {
      ...shared,
      seq: shared.seq + 1000,
      verdict: 'stopped' as const,
      reason: 'withdrawn',
    };
    expect(stepsOf(shared)).toEqual(['note-receipt @ jcp_wandsworth addressee']);
    expect([...stepsOf(shared, stopped), ...noticesOf(shared, stopped)]).toEqual([]);
  });

  it('closes what the owner says is done, at that party only', () => {
    const done = (sender: string) =>
      meshEvent('step.done', {
        sender,
        to: 'mesh',
        facts: { step: 'discuss-did-not-attend', outcome: 'done' },
      });
    expect(stepsOf(missed, done(trt))).toEqual([
      'discuss-did-not-attend @ jcp_wandsworth caseworker',
    ]);
    expect(stepsOf(missed, done(jcp))).toEqual(['tell-nothing-more @ jcp_wandsworth caseworker']);
  });
});

describe('the case of a shared need', () => {
  const shared = meshEvent('tpr2.shared', {
    ...toCentre,
    facts: { dpa1Current: false, reviewWanted: 'three-way' },
  });
  const noted = meshEvent('tpr2.receipt-noted', toProvider);
  const passed = meshEvent('tpr2.passed-to-adviser', {
    sender: jcp,
    to: 'jcp_leeds',
    facts: { adviser: 'p_jcp_leeds_1' },
  });

  it('waits for the DPA1 where there is none, and passes from the team leader to the adviser', () => {
    expect(stepsOf(shared)).toEqual([
      'note-receipt @ jcp_wandsworth addressee',
      'complete-dpa1 @ jcp_wandsworth caseworker',
    ]);
    expect(noticesOf(shared)).toEqual([
      'employment-information-received → jcp_wandsworth',
      'dpa1-needed → jcp_wandsworth',
    ]);
    expect(stepsOf(shared, noted)).toContain('pass-to-adviser @ jcp_wandsworth team-leader');
    expect(stepsOf(shared, noted, passed)).toEqual(['complete-dpa1 @ jcp_wandsworth caseworker']);
    expect(toldCase([shared, noted, passed]).namings.slice(1)).toMatchObject([
      { party: jcp },
      { party: 'jcp_leeds' },
    ]);
  });

  it('goes back to the keyworker where there is no trace of the client', () => {
    expect(stepsOf(shared, meshEvent('tpr2.no-trace', toProvider))).toEqual([
      'discuss-no-trace @ trt_acme caseworker',
    ]);
  });

  it('ends on the instruction to stop using, what the provider still owes the job centre included', () => {
    const asked = meshEvent('review.requested', toCentre);
    const offered = meshEvent('review.offered', toProvider);
    const withdrawn = meshEvent('consent.withdrawn', {
      sender: trt,
      to: 'mesh',
      facts: { form: 'TPR2', keep: '' },
    });
    const stop = meshEvent('instruction.stop-using', {
      sender: 'guard',
      to: jcp,
      cause: withdrawn.id,
    });
    expect(stepsOf(shared, asked, offered)).toContain('answer-review-offer @ trt_acme caseworker');
    expect(stepsOf(shared, asked, offered, withdrawn, stop)).toEqual([
      'stop-using @ jcp_wandsworth team-leader',
    ]);
  });
});

describe('a reminder that falls due', () => {
  const plan = meshEvent('careplan.agreed', { sender: trt, to: 'mesh' });
  const due = (kind: string, cause: MeshEvent, dueOn = '2026-05-27') => {
    const {
      case: _case,
      actor: _actor,
      ...event
    } = meshEvent('reminder.due', { sender: 'svc_reminders', to: 'mesh', cause: cause.id });
    return { ...event, recordedAt: '2026-05-20T08:00:00Z', facts: { kind, dueOn, occurrence: 1 } };
  };

  it('is the keyworker’s to review the plan, the adviser’s to hold the interview, the taker’s to renew the consent', () => {
    const claim = meshEvent('claim.started', { sender: jcp, to: 'mesh' });
    const consent = meshEvent('consent.recorded', { sender: trt, to: 'mesh' });
    const reminders = [
      due('care-plan-review', plan),
      due('claim-interview-13', claim),
      due('consent-lapse', consent),
    ];
    const { steps, tellings } = toldCase([plan, claim, consent, ...reminders]);
    expect(steps.map(({ step, holder, dueOn }) => [step, holder.party, dueOn])).toEqual([
      ['review-care-plan', trt, '2026-06-03'],
      ['hold-interview', jcp, '2026-06-03'],
      ['renew-consent', trt, '2026-06-04'], // Spring bank holiday, 25 May, between
    ]);
    expect(tellings.map(({ kind }) => kind)).toEqual([
      'care-plan-review-due',
      'interview-due',
      'consent-lapsing',
    ]);
  });

  it('tells both sides of a review appointment, and opens no step', () => {
    const accepted = meshEvent('review.accepted', toCentre);
    const state = toldCase([accepted, due('review-appointment', accepted)]);
    expect(state.tellings.slice(2).map(({ kind, holder }) => `${kind} → ${holder.party}`)).toEqual([
      'review-appointment-soon → trt_acme',
      'review-appointment-soon → jcp_wandsworth',
    ]);
    expect(state.steps.map(({ step }) => step)).not.toContain('review-care-plan');
    expect(state.steps.filter(({ holder }) => holder.party === jcp)).toHaveLength(1);
  });

  it('says nothing when what it reminds of was done since', () => {
    const reminder = due('care-plan-review', plan);
    const reviewed = meshEvent('careplan.reviewed', { sender: trt, to: 'mesh' });
    expect([...stepsOf(plan, reminder, reviewed), ...noticesOf(plan, reminder, reviewed)]).toEqual(
      [],
    );
  });

  it('ends with the treatment, while the claim’s interviews run on', () => {
    const claim = meshEvent('claim.started', { sender: jcp, to: 'mesh' });
    const reminders = [due('care-plan-review', plan), due('claim-interview-26', claim)];
    const exit = meshEvent('exit.notified', {
      ...toCentre,
      recordedAt: '2026-05-21T09:00:00Z',
      facts: { exit: 'unplanned', on: '2026-05-21' },
    });
    expect(stepsOf(plan, claim, ...reminders, exit)).toEqual([
      'hold-interview @ jcp_wandsworth caseworker',
      're-engage @ jcp_wandsworth caseworker',
    ]);
    expect(toldCase([plan, exit])).toMatchObject({ provider: trt, isInTreatment: false });
  });
});
