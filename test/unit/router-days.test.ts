import { describe, expect, it } from '@jest/globals';
import type { MeshEvent } from '#libs/contracts/mesh-event.js';
import { meshEvent } from '#test/support/router-events.js';
import { atHome, done, toldCase } from '#test/support/told-case.js';

const jcp = 'jcp_wandsworth';
const trt = 'trt_acme';
const toProvider = { sender: jcp, to: trt };
const toCentre = { sender: trt, to: jcp };
const on = (day: string) => ({ recordedAt: `${day}T09:00:00Z` });
const dueOf = (step: string, events: readonly MeshEvent[]) =>
  toldCase(events).steps.find((each) => each.step === step)?.dueOn;

describe('what is spoken of with the client', () => {
  const attends = (sender: string, day: string) =>
    atHome('case.next-attendance', sender, { on: day });

  it('is due on the next attendance that the agency named, where that is still to come', () => {
    const named = attends('jcp_leeds', '2026-03-11');
    const absence = meshEvent('appointment.did-not-attend', toCentre);
    const shared = meshEvent('tpr2.shared', { ...toCentre, facts: { dpa1Current: false } });
    expect(dueOf('discuss-did-not-attend', [absence])).toBe('2026-03-18');
    expect(dueOf('discuss-did-not-attend', [named, absence])).toBe('2026-03-11');
    expect(dueOf('complete-dpa1', [named, shared])).toBe('2026-03-11');
    expect(dueOf('note-receipt', [named, shared])).toBe('2026-03-06');
    const later = { ...absence, ...on('2026-03-11') };
    expect(dueOf('discuss-did-not-attend', [named, later])).toBe('2026-03-25');
    expect(dueOf('discuss-did-not-attend', [attends(trt, '2026-03-11'), absence])).toBe(
      '2026-03-18',
    );
  });

  it('is put off to the next attendance where it was not possible', () => {
    const shared = meshEvent('tpr2.shared', { ...toCentre, facts: { dpa1Current: false } });
    const named = attends(jcp, '2026-04-22');
    const put = done(jcp, 'complete-dpa1', 'not-possible');
    expect(dueOf('complete-dpa1', [shared, named, put])).toBe('2026-04-22');
  });
});

describe('the alert of an absence', () => {
  const booked = meshEvent('appointment.booked', {
    ...toCentre,
    facts: { startsAt: '2026-03-09T10:00:00Z' },
  });
  const moved = meshEvent('appointment.moved', {
    ...toCentre,
    cause: booked.id,
    facts: { startsAt: '2026-03-10T10:00:00Z' },
  });
  const told = done(jcp, 'tell-client', 'done', booked.id);
  const toldOfMove = done(jcp, 'tell-client', 'done', moved.id);
  const notReached = done(jcp, 'tell-client', 'not-possible', booked.id);
  const absence = (appointment?: string) =>
    meshEvent('appointment.did-not-attend', {
      ...toCentre,
      facts: appointment === undefined ? {} : { appointment },
    });
  const wasTold = (...events: MeshEvent[]) =>
    toldCase(events).tellings.find(({ kind }) => kind === 'did-not-attend')?.clientWasTold;

  it('says whether the client had been told of that appointment', () => {
    expect(wasTold(booked, told, absence(booked.id))).toBe(true);
    expect(wasTold(booked, absence(booked.id))).toBe(false);
    expect(wasTold(booked, notReached, absence(booked.id))).toBe(false);
    expect(wasTold(booked, told, absence())).toBe(true);
    expect(wasTold(booked, absence())).toBe(false);
  });

  it('counts a new time as told only where that was told', () => {
    const first = { ...told, seq: booked.seq + 0.5 };
    expect(wasTold(booked, first, moved, absence(moved.id))).toBe(false);
    expect(wasTold(booked, first, moved, toldOfMove, absence(moved.id))).toBe(true);
  });

  it('says nothing of it where no appointment was booked', () => {
    expect(wasTold(absence())).toBeUndefined();
  });
});

describe('the notice that a review is asked for', () => {
  const jsa = atHome('claim.started', 'jcp_leeds', { benefit: 'jsa', startedOn: '2026-01-05' });
  const asked = (day: string) => meshEvent('review.requested', { ...toCentre, ...on(day) });
  const interview = (...events: MeshEvent[]) =>
    toldCase(events).tellings.find(({ kind }) => kind === 'review-requested')?.nextInterviewOn;

  it('shows the next mandatory interview of a JSA claim', () => {
    expect(interview(jsa, asked('2026-03-04'))).toBe('2026-04-06');
    expect(interview(jsa, asked('2026-04-06'))).toBe('2026-04-06');
    expect(interview(jsa, asked('2026-04-07'))).toBe('2026-07-06');
  });

  it('shows none after the second, of another benefit, or once the claim has ended', () => {
    expect(interview(jsa, asked('2026-07-07'))).toBeUndefined();
    const esa = atHome('claim.started', jcp, { benefit: 'esa', startedOn: '2026-01-05' });
    expect(interview(esa, asked('2026-03-04'))).toBeUndefined();
    const ended = atHome('claim.ended', jcp);
    expect(interview(jsa, ended, asked('2026-03-04'))).toBeUndefined();
  });
});

describe('a notice and its step', () => {
  it('bear the same day, that of a reminder too', () => {
    const plan = atHome('careplan.agreed', trt);
    const claim = atHome('claim.started', jcp, { benefit: 'jsa', startedOn: '2026-03-01' });
    const accepted = meshEvent('review.accepted', {
      ...toCentre,
      facts: { startsAt: '2026-06-01T10:00:00Z' },
    });
    const due = (kind: string, cause: string) => {
      const {
        case: _case,
        actor: _actor,
        ...event
      } = meshEvent('reminder.due', {
        sender: 'svc_reminders',
        to: 'mesh',
        cause,
        ...on('2026-05-20'),
        facts: { kind, dueOn: '2026-05-30', occurrence: 1 },
      });
      return event;
    };
    const shared = meshEvent('tpr2.shared', { ...toCentre, facts: { dpa1Current: false } });
    const referral = meshEvent('referral.requested', toProvider);
    const { steps, tellings } = toldCase([
      plan,
      claim,
      accepted,
      shared,
      referral,
      due('care-plan-review', plan.id),
      due('claim-interview-13', claim.id),
      due('review-appointment', accepted.id),
      due('next-review', accepted.id),
    ]);
    const stepDays = new Map(steps.map((each) => [`${each.cause} ${each.step}`, each.dueOn]));
    const withStep = tellings.filter(({ step }) => step !== undefined);
    expect(withStep.length).toBeGreaterThan(6);
    for (const { cause, step, dueOn } of withStep)
      expect(dueOn).toBe(stepDays.get(`${cause} ${step}`));
    // No step, no "by": the day of the appointment stands in the reminder's own facts.
    expect(tellings.filter(({ step, dueOn }) => step === undefined && dueOn !== undefined)).toEqual(
      [],
    );
  });
});
