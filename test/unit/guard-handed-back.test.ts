import { describe, expect, it } from '@jest/globals';
import { against, cleared, openCase } from '#test/support/agreed-case.js';
import { tpr1 } from '#test/support/guard-forms.js';

const [jcp, river] = ['jcp_wandsworth', 'tp_river'];

describe('a referral that is handed back', () => {
  const spoc = 'spoc_south';
  function forwarded() {
    const open = openCase();
    open.desk.nowMs += 60_000;
    open.consent(jcp, (c) => tpr1(c, [spoc, river]));
    const toSpoc = open.send(jcp, 'referral.requested', spoc).id;
    const cites = open.send(spoc, 'referral.forwarded', river, { cites: toSpoc }).id;
    const back = () => open.send(river, 'referral.handed-back', spoc, { cites }).verdict;
    return { ...open, cites, back, toSpoc };
  }

  it('has no appointment that stands: it is called off first, or its outcome told', () => {
    const { send, back, cites, referral } = forwarded();
    // Of another referral of the same client.
    send(river, 'appointment.booked', jcp, { cites: referral });
    const booking = send(river, 'appointment.booked', jcp, { cites }).id;
    const moved = send(river, 'appointment.moved', jcp, { cites: booking }).id;
    expect(back()).toMatchObject(against('data.referral', moved));
    expect(send(river, 'appointment.cancelled', jcp, { cites: moved }).verdict).toEqual(cleared);
    const second = send(river, 'appointment.booked', jcp, { cites }).id;
    expect(back()).toMatchObject(against('data.referral', second));
    send(river, 'appointment.did-not-attend', jcp, { cites, data: { appointment: second } });
    expect(back()).toEqual(cleared);
  });

  it('goes back where the client lets the referrer be told of no cancellation', () => {
    const { desk, send, consent, back, cites } = forwarded();
    const booking = send(river, 'appointment.booked', jcp, { cites }).id;
    desk.nowMs += 60_000;
    consent(jcp, (c) => ({
      ...tpr1(c, [spoc, river]),
      purposes: ['attendance-feedback'],
      decision: 'refused',
    }));
    expect(back()).toMatchObject(against('data.referral', booking));
    expect(send(river, 'appointment.cancelled', jcp, { cites: booking }).verdict).toMatchObject({
      reason: 'no-consent-on-record',
    });
    expect(back()).toEqual(cleared);
  });

  it('is declined by who has it: by the single point of contact only before it is passed on, or once it is back', () => {
    const { send, back, cites, toSpoc } = forwarded();
    const decline = () => send(spoc, 'referral.declined', jcp, { cites: toSpoc }).verdict;
    expect(decline()).toMatchObject(against('data.referral', cites));
    expect(back()).toEqual(cleared);
    expect(decline()).toEqual(cleared);
    const another = send(jcp, 'referral.requested', spoc).id;
    expect(send(spoc, 'referral.declined', jcp, { cites: another }).verdict).toEqual(cleared);
  });
});
