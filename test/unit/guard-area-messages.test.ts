import { describe, expect, it } from '@jest/globals';
import { GuardDesk, district } from '#test/support/guard-builders.js';
import { type FormContext, tpr1, withdrawal } from '#test/support/guard-forms.js';

const area = `area:${district}/treatment`;

describe('a message to a role in an area', () => {
  const referral = { from: 'jcp_wandsworth', name: 'referral.requested', to: area } as const;
  const consentTo =
    (...named: string[]) =>
    (c: FormContext) =>
      tpr1(c, named, district);
  function waiting(...named: string[]) {
    const desk = new GuardDesk();
    desk.send({
      from: 'jcp_wandsworth',
      name: 'consent.recorded',
      to: 'mesh',
      data: consentTo(...named),
    });
    return { desk, held: desk.send(referral) };
  }
  const answer = (
    desk: GuardDesk,
    message: string,
    party?: string,
    others: readonly string[] = [],
  ) =>
    desk.send({
      from: 'svc_router',
      name: 'route.answered',
      to: 'mesh',
      data: { message, ...(party === undefined ? {} : { party, others }) },
    });

  it('waits where the role is consented, and is refused at once where it is not', () => {
    expect(waiting('tp_river').held).toMatchObject({
      record: { verdict: { kind: 'waiting' } },
      effects: [{ kind: 'hold' }],
    });
    expect(new GuardDesk().send(referral).record.verdict).toMatchObject({
      reason: 'no-consent-on-record',
    });
  });

  it('goes to the party that the router names, where the directory and the client’s consent agree', () => {
    const { desk, held } = waiting('tp_river');
    const routed = answer(desk, held.record.id, 'tp_river');
    expect(routed.others).toMatchObject([
      { id: held.record.id, ordinal: 1, recipient: 'tp_river', verdict: { kind: 'cleared' } },
    ]);
    expect(desk.delivered).toMatchObject([
      { id: held.record.id, recipient: 'tp_river', message: { source: '/parties/jcp_wandsworth' } },
    ]);
    expect(answer(desk, held.record.id, 'tp_river').record.verdict).toMatchObject({
      reason: 'cause-unknown',
    });
    expect(desk.delivered).toHaveLength(1);
  });

  it('never goes to a party that does not serve there, or that the client was not told of', () => {
    const { desk, held } = waiting('tp_river');
    expect(answer(desk, held.record.id, 'jcp_lambeth').record.verdict).toMatchObject({
      reason: 'recipient-not-allowed',
    });
    expect(answer(desk, held.record.id, 'tp_hill').others).toMatchObject([
      { verdict: { kind: 'stopped', reason: 'no-consent-on-record' } },
    ]);
    expect(desk.delivered).toEqual([]);
  });

  it('goes to the best of the parties named that the consent names, and serves there', () => {
    const { desk, held } = waiting('tp_river');
    expect(
      answer(desk, held.record.id, 'tp_hill', ['jcp_lambeth', 'tp_river']).others,
    ).toMatchObject([{ recipient: 'tp_river', ordinal: 1, verdict: { kind: 'cleared' } }]);
    expect(desk.delivered.map(({ recipient }) => recipient)).toEqual(['tp_river']);
  });

  it('goes to nobody once it waits no more', () => {
    const { desk, held } = waiting('tp_hill');
    const effect = held.effects.find(({ kind }) => kind === 'hold');
    if (effect?.kind !== 'hold') throw new Error('it does not wait');
    const record = {
      ...held.record,
      ordinal: 1,
      recipient: 'tp_river',
      recipientAgency: 'river',
      verdict: { kind: 'cleared' as const },
    };
    desk.world.putRecord(record);
    desk.world.apply({ ...effect, record });
    answer(desk, held.record.id, 'tp_river', ['tp_hill']);
    expect(desk.delivered).toEqual([]);
  });

  it('is judged by the consent of the moment it is routed', () => {
    const { desk, held } = waiting('tp_river');
    desk.send({
      from: 'jcp_wandsworth',
      name: 'consent.withdrawn',
      to: 'mesh',
      data: (c) => withdrawal(c, 'TPR1'),
    });
    expect(answer(desk, held.record.id, 'tp_river').others).toMatchObject([
      { verdict: { kind: 'stopped' }, inner: 'withdrawn' },
    ]);
    expect(desk.delivered).toEqual([]);
  });

  it('ends with a record where nobody serves', () => {
    const { desk, held } = waiting('tp_river');
    expect(answer(desk, held.record.id).others).toMatchObject([
      { ordinal: 1, verdict: { kind: 'stopped', reason: 'unroutable' } },
    ]);
  });

  it('is not ended as unconsented when the directory changed under the route', () => {
    const { desk, held } = waiting('tp_river');
    const put = {
      name: 'x',
      dutyPerson: 'p_x',
      teamLeader: 'p_x',
      active: true,
      serves: [{ role: 'treatment' as const, district }],
    };
    desk.world.apply({
      kind: 'put-party',
      party: {
        ...put,
        party: 'tp_river',
        kind: 'probation',
        agency: 'river',
      },
    });
    expect(answer(desk, held.record.id, 'tp_river').others).toMatchObject([
      { verdict: { kind: 'stopped', reason: 'unroutable' } },
    ]);
  });
});
