import { describe, expect, it } from '@jest/globals';
import type { MeshEvent } from '#libs/contracts/mesh-event.js';
import { typeOf } from '#libs/contracts/message-table.js';
import { renderMailText } from '#services/notifier/domain/mail-text.js';
import { agreementLines } from '#services/operator/domain/agreement-state.js';
import { warnedOfLapse } from '#services/referral-router/domain/warn-of-lapse.js';
import { caseEventOf } from '#services/reminders/domain/read-case-event.js';
import { GuardDesk, personOf, uuidOf } from '#test/support/guard-builders.js';
import { Story } from '#test/support/reminder-story.js';
import { partyPut, peopleOf, personPut } from '#test/support/router-events.js';

const [jcp, lambeth, river] = ['jcp_wandsworth', 'jcp_lambeth', 'tp_river'];

describe('a local sharing agreement, at the guard', () => {
  const put = (desk: GuardDesk, offices: readonly string[], more: object = {}) =>
    desk.send({
      from: 'svc_ops',
      name: 'directory.agreement-put',
      to: 'mesh',
      data: { offices, signedOn: '2026-01-05', until: '2027-01-04', ...more },
    });
  const refused = { kind: 'refused', reason: 'recipient-unknown', field: 'data.offices' };

  it('is between two offices of two agencies that the directory knows', () => {
    const desk = new GuardDesk();
    const taken = put(desk, [jcp, river]);
    expect(taken.record.verdict).toEqual({ kind: 'cleared' });
    expect(taken.record.facts).toMatchObject({ offices: `${jcp} ${river}`, until: '2027-01-04' });
    expect(taken.effects).toMatchObject([{ kind: 'put-agreement' }]);
    for (const offices of [
      [jcp, lambeth],
      [jcp, 'tp_nowhere'],
      [jcp, 'svc_router'],
    ])
      expect(put(desk, offices).record.verdict).toMatchObject(refused);
  });

  function lapsing(kind = 'agreement-lapse-8') {
    const desk = new GuardDesk();
    const entry = put(desk, [jcp, river]).record.id;
    const due = desk.send({
      from: 'svc_reminders',
      name: 'reminder.due',
      to: 'mesh',
      data: { reminder: uuidOf('r'), kind, anchor: entry, dueOn: '2027-01-04', occurrence: 1 },
    }).record;
    const notice = (person: string, cause = due.id, more: object = {}) =>
      desk.send({
        from: 'svc_router',
        name: 'notice.requested',
        to: 'svc_notifier',
        data: { kind: 'agreement-lapsing', cause, person, ...more },
      }).record;
    return { desk, due, entry, notice };
  }

  it('that lapses is told to either side with the day and the other side, and no case', () => {
    const { desk, due, notice } = lapsing();
    expect(due).toMatchObject({ verdict: { kind: 'cleared' }, client: undefined });
    const record = notice(personOf(jcp));
    expect(record).toMatchObject({ verdict: { kind: 'cleared' }, caseId: undefined });
    expect(desk.delivered.at(-1)?.message.data).toMatchObject({
      kind: 'agreement-lapsing',
      caseReference: '',
      facts: { dueOn: '2027-01-04' },
      counterpart: { name: desk.world.directory.party(river)?.name },
      audience: 'jobcentre',
    });
    expect(notice(personOf(river)).verdict).toEqual({ kind: 'cleared' });
  });

  it('is told to nobody of a third agency, and for no other cause', () => {
    const { notice, entry } = lapsing();
    expect(notice(personOf('tp_hill')).verdict).toMatchObject({ reason: 'person-not-entitled' });
    for (const cause of [entry, uuidOf('nothing')])
      expect(notice(personOf(jcp), cause).verdict).toMatchObject({ reason: 'cause-unknown' });
    expect(lapsing('consent-lapse').due.verdict).toMatchObject({ reason: 'cause-unknown' });
  });
});

describe('a local sharing agreement, in the calendar', () => {
  const until = (day: string, more: object = {}) =>
    ['directory.agreement-put', { until: day, ...more }] as const;

  it('is warned of eight and two weeks before its last day', () => {
    const story = new Story().tell(...until('2027-01-04')).plan('2026-03-02');
    expect(story.open.toSorted()).toEqual([
      'agreement-lapse-2 1 2027-01-04',
      'agreement-lapse-8 1 2027-01-04',
    ]);
    expect(story.rows.map(({ remindAt }) => remindAt.toISOString()).toSorted()).toEqual([
      '2026-11-09T09:00:00.000Z',
      '2026-12-21T09:00:00.000Z',
    ]);
  });

  it('that is renewed or ended is not warned of any more', () => {
    const renewed = new Story().tell(...until('2026-06-30')).plan('2026-03-02');
    renewed.tell(...until('2027-06-30')).plan('2026-03-03');
    expect(renewed.open.every((row) => row.endsWith('2027-06-30'))).toBe(true);
    expect(renewed.open).toHaveLength(2);
    expect(renewed.tell(...until('2027-06-30', { active: false })).plan('2026-03-04').open).toEqual(
      [],
    );
  });

  it('is one, whichever of its offices is named first', () => {
    const event = (offices: string): MeshEvent => ({
      id: uuidOf(offices),
      seq: 1,
      type: typeOf('directory.agreement-put'),
      verdict: 'cleared',
      sender: 'svc_ops',
      senderKind: 'service',
      to: 'mesh',
      time: '2026-01-05T09:00:00Z',
      recordedAt: '2026-01-05T09:00:00Z',
      facts: { offices, until: '2027-01-04', active: true },
    });
    const read = [`${jcp} ${river}`, `${river} ${jcp}`].map((each) => caseEventOf(event(each)));
    expect(new Set(read.map((each) => each?.caseId)).size).toBe(1);
    expect(read[0]?.caseId).toContain(river);
  });
});

describe('who is warned that an agreement lapses', () => {
  const today = '2026-11-09';
  const directoryOf = (people: readonly ReturnType<typeof personPut>[] = []) => {
    const parties = new Map([
      [jcp, partyPut(jcp, { manager: 'p_manager' })],
      [river, partyPut(river)],
    ]);
    const known = new Map(
      [...peopleOf(jcp), ...peopleOf(river), personPut('p_manager', jcp, 'manager'), ...people].map(
        (each) => [each.person, each],
      ),
    );
    return {
      party: (id: string) => parties.get(id),
      person: (id: string) => known.get(id),
    };
  };

  it('is the manager of each office, or else its team leader', () => {
    expect(warnedOfLapse([jcp, river], directoryOf(), today)).toEqual([
      'p_manager',
      partyPut(river).teamLeader,
    ]);
  });

  it('is whoever stands in for one who is away', () => {
    const away = personPut('p_manager', jcp, 'manager', { active: false, deputy: 'p_nobody' });
    expect(warnedOfLapse([jcp], directoryOf([away]), today)).toEqual([partyPut(jcp).teamLeader]);
  });
});

describe('the warning of an agreement', () => {
  it('names the day and the other side, and no case', () => {
    const { subject, text } = renderMailText({
      kind: 'agreement-lapsing',
      cause: uuidOf('due'),
      person: 'p_manager',
      caseReference: '',
      facts: { dueOn: '2027-01-04' },
      counterpart: { name: 'River Lane Services', phone: '020 7946 0123' },
      audience: 'treatment-provider',
    });
    expect(subject).toBe('Local sharing agreement about to lapse');
    expect(text.replaceAll('\n', ' ')).toContain('River Lane Services lapses on Monday 4 January');
    expect(text).not.toMatch(/Case: |reference/);
  });
});

describe('the operator’s list of agreements', () => {
  it('shows what is current, lapses soon, has lapsed, was ended, or is missing', () => {
    const agreement = (other: string, until: string, active = true) => ({
      agencies: ['jcp', other] as [string, string],
      offices: [jcp, other] as [string, string],
      signedOn: '2026-01-05',
      until,
      active,
    });
    const lines = agreementLines(
      {
        agreements: [
          agreement('tp_a', '2026-12-31'),
          agreement('tp_b', '2026-07-27'),
          agreement('tp_c', '2026-05-31'),
          agreement('tp_d', '2026-12-31', false),
        ],
        exchanged: [
          ['tp_a', 'jcp'],
          ['jcp', 'tp_e'],
        ],
      },
      '2026-06-01',
    );
    expect(lines.map(({ agencies, state }) => [agencies[1], state])).toEqual([
      ['tp_a', 'current'],
      ['tp_b', 'lapses soon'],
      ['tp_c', 'lapsed'],
      ['tp_d', 'ended'],
      ['tp_e', 'missing'],
    ]);
  });
});
