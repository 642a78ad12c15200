import { describe, expect, it } from '@jest/globals';
import { isDpa1Current } from '#services/consent-guard/domain/ask-consent.js';
import { cleared, openCase } from '#test/support/agreed-case.js';
import { personOf, uuidOf } from '#test/support/guard-builders.js';
import { type FormContext, dpa1, withdrawal } from '#test/support/guard-forms.js';

const [jcp, river, works] = ['jcp_wandsworth', 'tp_river', 'cp_works'];
const takenBack = (context: FormContext) => withdrawal(context, 'DPA1');

describe('a DPA1 that was returned', () => {
  const currentFor = ({ desk }: Pick<ReturnType<typeof openCase>, 'desk'>, agency: string) => {
    const client = desk.world.case(uuidOf('case'))?.client ?? '';
    return isDpa1Current(desk.world.recordLinesOf(client), agency, desk.nowMs);
  };
  const tpr2Says = (open: ReturnType<typeof openCase>, to: string) =>
    open.send(river, 'tpr2.shared', to).facts['dpa1Current'];

  it('counts for the job centre from then on, and for who took it from the first', () => {
    const open = openCase();
    expect(['jcp', 'works'].map((agency) => currentFor(open, agency))).toEqual([false, true]);
    expect([tpr2Says(open, jcp), tpr2Says(open, works)]).toEqual([false, true]);
    const { effects } = open.desk.send({
      from: works,
      name: 'dpa1.returned',
      to: jcp,
      cites: open.dpa1,
    });
    expect(currentFor(open, 'jcp')).toBe(true);
    expect(tpr2Says(open, jcp)).toBe(true);
    const line = { from: 'works', to: 'jcp', purpose: 'record-on-lms', decision: 'given' };
    expect(effects).toMatchObject([
      { kind: 'deliver' },
      { kind: 'put-scopes', scopes: [{ ...line, consentId: open.dpa1 }] },
      { kind: 'keep-lines', lines: [{ ...line, decisionId: open.dpa1, outcome: 'stands' }] },
    ]);
    open.desk.nowMs += 60_000;
    open.desk.send({ from: jcp, name: 'consent.withdrawn', to: 'mesh', data: takenBack });
    expect(['jcp', 'works'].map((agency) => currentFor(open, agency))).toEqual([false, false]);
  });

  it.each([
    ['refused it since', (c: FormContext) => ({ ...dpa1(c, [jcp]), decision: 'refused' })],
    ['agreed to another since, which is not returned', (c: FormContext) => dpa1(c, [jcp])],
  ])('does not count for the job centre where the client %s', (_, since) => {
    const open = openCase();
    open.desk.nowMs += 60_000;
    open.consent(works, since);
    open.send(works, 'dpa1.returned', jcp, { cites: open.dpa1 });
    expect(currentFor(open, 'jcp')).toBe(false);
  });

  it('does not count where the client took the record back and lets the job centre be told the rest', () => {
    const open = openCase();
    open.desk.nowMs += 60_000;
    const kept = (c: FormContext) => ({ ...takenBack(c), keep: ['notify-jcp'] });
    open.desk.send({ from: works, name: 'consent.withdrawn', to: 'mesh', data: kept });
    const returned = { from: works, name: 'dpa1.returned' as const, to: jcp, cites: open.dpa1 };
    expect(open.desk.send(returned).effects).toMatchObject([{ kind: 'deliver' }]);
    expect(currentFor(open, 'jcp')).toBe(false);
  });

  it('ends no newer no of the client at the job centre', () => {
    const open = openCase();
    open.desk.nowMs += 60_000;
    open.consent(jcp, (c) => ({ ...dpa1(c), decision: 'refused' }));
    open.send(works, 'dpa1.returned', jcp, { cites: open.dpa1 });
    expect(['jcp', 'works'].map((agency) => currentFor(open, agency))).toEqual([false, true]);
  });

  it('is warned of to the job centre that got it, and not once more to who returned it', () => {
    const { desk, send, dpa1: own } = openCase();
    const returned = send(works, 'dpa1.returned', jcp, { cites: own }).id;
    const due = desk.send({
      from: 'svc_reminders',
      name: 'reminder.due',
      to: 'mesh',
      data: {
        reminder: uuidOf('lapse'),
        kind: 'consent-lapse',
        anchor: returned,
        dueOn: '2026-05-25',
        occurrence: 1,
      },
    }).record;
    expect(due.verdict).toEqual(cleared);
    const warned = (at: string) =>
      desk.send({
        from: 'svc_router',
        name: 'notice.requested',
        to: 'svc_notifier',
        data: {
          kind: 'consent-lapsing',
          cause: due.id,
          person: personOf(at),
          step: 'renew-consent',
        },
      }).record.verdict;
    expect(warned(jcp)).toEqual(cleared);
    expect(desk.delivered.at(-1)?.message.data).toMatchObject({ about: 'dpa1.returned' });
    expect(warned(works)).toMatchObject({ reason: 'cause-unknown' });
  });
});
