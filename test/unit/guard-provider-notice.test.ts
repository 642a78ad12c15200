import { describe, expect, it } from '@jest/globals';
import { against, cleared, openCase } from '#test/support/agreed-case.js';
import { uuidOf } from '#test/support/guard-builders.js';
import { dpa1, tpr1 } from '#test/support/guard-forms.js';

const [jcp, river, works] = ['jcp_wandsworth', 'tp_river', 'cp_works'];

describe('a contracted provider’s notice', () => {
  const notice = (open: ReturnType<typeof openCase>, data: object) =>
    open.send(works, 'provider.notice', jcp, { data }).verdict;

  it('says what the newest outcome says that it was told', () => {
    const open = openCase();
    expect(notice(open, { attendance: 'did-not-attend' })).toEqual(cleared);
    const referral = open.send(works, 'referral.requested', river).id;
    const outcome = open.send(river, 'appointment.attended', works, { cites: referral });
    expect(notice(open, { attendance: 'did-not-attend' })).toMatchObject(
      against('data.attendance', outcome.id),
    );
    expect(notice(open, { on: '2026-02-27' })).toMatchObject(against('data.on', outcome.id));
    expect(notice(open, {})).toEqual(cleared);
  });

  it('is told once: the same word is not told again, the other is', () => {
    const open = openCase();
    expect(notice(open, {})).toEqual(cleared);
    expect(notice(open, {})).toMatchObject(against('data.attendance', 'it is told already'));
    expect(notice(open, { attendance: 'did-not-attend' })).toEqual(cleared);
    expect(notice(open, {})).toEqual(cleared);
  });

  it('does not say what was wrong and could not be corrected; it may say the other', () => {
    const open = openCase();
    const referral = open.send(works, 'referral.requested', river).id;
    const wrong = open.send(river, 'appointment.did-not-attend', works, { cites: referral });
    expect(notice(open, { attendance: 'did-not-attend' })).toEqual(cleared);
    open.desk.nowMs += 60_000;
    open.consent(works, (c) => ({
      ...tpr1(c, [river]),
      purposes: ['attendance-feedback'],
      decision: 'refused',
    }));
    expect(notice(open, { attendance: 'attended' })).toMatchObject(
      against('data.attendance', wrong.id),
    );
    const data = { corrects: wrong.id };
    const right = open.send(river, 'appointment.attended', works, { cites: referral, data });
    expect(right.verdict).toMatchObject({ reason: 'no-consent-on-record' });
    expect(notice(open, { attendance: 'did-not-attend' })).toMatchObject(
      against(
        'data.attendance',
        `may not be used any more: throughcare.appointment.did-not-attend`,
      ),
    );
    expect(notice(open, { attendance: 'attended' })).toEqual(cleared);
  });

  it('is not held against an outcome that went to another agency', () => {
    const open = openCase();
    open.send(river, 'appointment.attended', jcp, { cites: open.referral });
    expect(notice(open, { attendance: 'did-not-attend' })).toEqual(cleared);
  });

  it.each([
    ['pathways', 'NFP', 'FND4'],
    ['flexible-new-deal', 'FND4', 'NFP'],
  ] as const)('under %s is %s', (contract, right, wrong) => {
    const open = openCase();
    open.desk.world.apply({
      kind: 'put-party',
      party: {
        party: works,
        kind: 'contracted-provider',
        agency: 'works',
        name: 'Works',
        serves: [],
        dutyPerson: 'p_cp_works',
        teamLeader: 'p_cp_works',
        active: true,
        contract,
      },
    });
    expect(notice(open, { form: wrong })).toMatchObject(against('data.form', right));
    expect(notice(open, { form: right })).toEqual(cleared);
  });

  it('of a DPA1 returns one that it recorded itself, and that was given', () => {
    const { desk, send, consent, dpa1: own } = openCase();
    const returned = (cites: string) => send(works, 'dpa1.returned', jcp, { cites }).verdict;
    expect(returned(own)).toEqual(cleared);
    desk.nowMs += 60_000;
    const tpr = consent(works, (c) => tpr1(c, [river])).record.id;
    expect(returned(tpr)).toMatchObject(against('data.consent', 'DPA1'));
    const theirs = consent(jcp, (c) => dpa1(c)).record.id;
    for (const cites of [theirs, uuidOf('nothing')])
      expect(returned(cites)).toMatchObject({ reason: 'cause-unknown', field: 'data.consent' });
    const no = consent(works, (c) => ({ ...dpa1(c, [jcp]), decision: 'refused' })).record.id;
    expect(returned(no)).toMatchObject(against('data.consent', 'DPA1'));
  });
});
