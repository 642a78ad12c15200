import { describe, expect, it } from '@jest/globals';
import { GuardDesk, personOf, printsOf, uuidOf } from '#test/support/guard-builders.js';
import {
  type FormContext,
  dpa1,
  maria,
  tpr1,
  tpr2Consent,
  withdrawal,
} from '#test/support/guard-forms.js';
import { sharedCase } from '#test/support/shared-case.js';

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
