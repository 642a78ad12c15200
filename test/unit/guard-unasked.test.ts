import { describe, expect, it } from '@jest/globals';
import { GuardDesk } from '#test/support/guard-builders.js';
import { forms, tpr1, tpr2Consent } from '#test/support/guard-forms.js';

const [jcp, river] = ['jcp_wandsworth', 'tp_river'];

/** The verdict of a job centre's word about a claim, after what the provider did. */
function toldOfClaim(after: (desk: GuardDesk) => void): unknown {
  const desk = new GuardDesk();
  desk.send({ from: jcp, name: 'consent.recorded', to: 'mesh', data: (c) => tpr1(c, [river]) });
  desk.send({
    from: jcp,
    name: 'referral.requested',
    to: river,
    data: (c) => ({ ...forms['referral.requested']?.(c) }),
  });
  after(desk);
  const { record } = desk.send({
    from: jcp,
    name: 'claim.change-told',
    to: river,
    data: (c) => ({ ...forms['claim.change-told']?.(c) }),
  });
  return record.verdict;
}
const sharingAgreed = (desk: GuardDesk): void => {
  const { record } = desk.send({
    from: river,
    name: 'consent.recorded',
    to: 'mesh',
    data: (c) => tpr2Consent(c, [jcp]),
  });
  expect(record.verdict).toEqual({ kind: 'cleared' });
};

describe('a message that answers nothing, under a consent that the other side takes', () => {
  it('is refused alike whether that consent was taken or not, before something under it came', () => {
    const none = toldOfClaim(() => undefined);
    expect(none).toMatchObject({ kind: 'refused', reason: 'no-consent-on-record' });
    expect(toldOfClaim(sharingAgreed)).toEqual(none);
  });

  it('passes once the client’s information was shared with its sender', () => {
    const verdict = toldOfClaim((desk) => {
      sharingAgreed(desk);
      desk.send({
        from: river,
        name: 'tpr2.shared',
        to: jcp,
        data: (c) => ({ ...forms['tpr2.shared']?.(c) }),
      });
    });
    expect(verdict).toEqual({ kind: 'cleared' });
  });
});
