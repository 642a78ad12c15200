import { describe, expect, it } from '@jest/globals';
import type { GuardRecord } from '#services/consent-guard/domain/guard-record.js';
import { stopRecord } from '#services/consent-guard/domain/guard-record.js';
import { unreachedBy } from '#services/consent-guard/domain/unreached.js';
import { GuardDesk, uuidOf } from '#test/support/guard-builders.js';
import { tpr1 } from '#test/support/guard-forms.js';

const [jcp, river] = ['jcp_wandsworth', 'tp_river'];

describe('a case of which a withdrawal stopped all that was to come', () => {
  const desk = new GuardDesk();
  desk.send({ from: jcp, name: 'consent.recorded', to: 'mesh', data: (c) => tpr1(c, [river]) });
  const refer = () => desk.send({ from: jcp, name: 'referral.requested', to: river }).record;
  const [first, second] = [refer(), refer()];
  const stop = (record: GuardRecord) => stopRecord(record, 'withdrawn-elsewhere');
  const answer = (verdict: GuardRecord['verdict']): GuardRecord => ({
    ...first,
    id: uuidOf('answer'),
    name: 'referral.acknowledged',
    sender: river,
    senderAgency: 'river',
    recipient: jcp,
    recipientAgency: 'jcp',
    verdict,
  });
  const refused = { kind: 'refused', reason: 'no-consent-on-record' } as const;
  const unreached = (records: readonly GuardRecord[], ...given: readonly string[]) =>
    unreachedBy([first, second], records, (id) => given.includes(id));
  const theirs = [{ caseId: first.caseId, agency: 'river' }];

  it('is no case of the recipient, and stays the sender’s', () => {
    expect(unreached([first, second])).toEqual(theirs);
    expect(unreached([stop(first), stop(second)])).toEqual(theirs);
  });

  it('stays the recipient’s who was given something, or may have been', () => {
    const earlier = { ...first, id: uuidOf('earlier') };
    expect(unreached([first, second, earlier])).toEqual([]);
    expect(unreached([first, second, stop(earlier)])).toEqual(theirs);
    expect(unreached([first, second, stop(earlier)], earlier.id)).toEqual([]);
    expect(unreached([first, second, { ...earlier, caseId: uuidOf('another') }])).toEqual(theirs);
  });

  it('stays the recipient’s who sent something sound in it', () => {
    expect(unreached([first, second, answer({ kind: 'cleared' })])).toEqual([]);
    expect(unreached([first, second, answer(refused)])).toEqual([]);
    const wrong = { ...refused, reason: 'case-not-yours' } as const;
    expect(unreached([first, second, answer(wrong)])).toEqual(theirs);
  });
});
