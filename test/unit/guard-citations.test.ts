import { describe, expect, it } from '@jest/globals';
import type { MessageName } from '#libs/contracts/message-table.js';
import { GuardDesk } from '#test/support/guard-builders.js';
import { tpr1, tpr2Consent } from '#test/support/guard-forms.js';

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

describe('an answer', () => {
  /** By the provider to the job centre's office, or by an office to somebody. */
  const answer = (
    desk: GuardDesk,
    name: MessageName,
    cites: string,
    { from, to } = { from: 'tp_river', to: 'jcp_wandsworth' },
  ) => desk.send({ from, name, to, cites }).record.verdict;
  const unknown = { reason: 'cause-unknown' };

  it('names a message of a type that it may answer', () => {
    const desk = sharedCase();
    const tpr2 = desk.send({ from: 'tp_river', name: 'tpr2.shared', to: 'jcp_wandsworth' }).record
      .id;
    const referral = desk.send({
      from: 'jcp_wandsworth',
      name: 'referral.requested',
      to: 'tp_river',
    }).record.id;
    expect(answer(desk, 'appointment.booked', tpr2)).toMatchObject(unknown);
    const receipt = (cites: string) =>
      answer(desk, 'tpr2.receipt-noted', cites, { from: 'jcp_wandsworth', to: 'tp_river' });
    expect(receipt(referral)).toMatchObject({ ...unknown, field: 'data.tpr2' });
    expect(receipt(tpr2).kind).toBe('cleared');
    expect(answer(desk, 'appointment.booked', referral).kind).toBe('cleared');
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
    expect(
      answer(desk, 'referral.cancelled', mine, { from: 'jcp_lambeth', to: 'tp_hill' }),
    ).toMatchObject(unknown);
    expect(answer(desk, 'referral.acknowledged', theirs)).toMatchObject(unknown);
    expect(
      answer(desk, 'referral.cancelled', mine, { from: 'jcp_lambeth', to: 'tp_river' }).kind,
    ).toBe('cleared');
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
    expect(answer(desk, 'appointment.booked', referral)).toMatchObject(unknown);
    expect(answer(desk, 'appointment.booked', forwarded.id).kind).toBe('cleared');
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
