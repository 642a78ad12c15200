import { describe, expect, it } from '@jest/globals';
import { against, cleared, openCase } from '#test/support/agreed-case.js';

const [jcp, river] = ['jcp_wandsworth', 'tp_river'];

describe('after no trace', () => {
  const lambeth = 'jcp_lambeth';
  const move = { from: '2026-03-02' };

  it('the office begins nothing more with that provider, until the TPR2 is shared again', () => {
    const { send } = openCase();
    const request = send(river, 'review.requested', jcp).id;
    const offer = send(jcp, 'review.offered', river, { cites: request }).id;
    const tpr2 = send(river, 'tpr2.shared', jcp).id;
    const begin = () => [
      send(jcp, 'review.offered', river, { cites: request }).verdict,
      send(jcp, 'review.moved', river, { cites: offer }).verdict,
      send(jcp, 'claim.change-told', river).verdict,
    ];
    const gone = send(jcp, 'tpr2.no-trace', river, { cites: tpr2 }).id;
    for (const verdict of begin()) expect(verdict).toMatchObject(against('to', gone));
    expect(send(lambeth, 'claim.change-told', river).verdict).toEqual(cleared);
    send(river, 'tpr2.shared', jcp);
    expect(begin()[2]).toEqual(cleared);
    expect(begin()[0]).toEqual(cleared);
  });

  it('nothing goes to the office that had the TPR2, whichever office of its agency found none', () => {
    const { send } = openCase();
    const tpr2 = send(river, 'tpr2.shared', jcp).id;
    expect(send(jcp, 'case.moved-office', lambeth, { data: move }).verdict).toEqual(cleared);
    const gone = send(lambeth, 'tpr2.no-trace', river, { cites: tpr2 }).id;
    for (const office of [jcp, lambeth])
      expect(send(river, 'exit.notified', office).verdict).toMatchObject(against('to', gone));
  });

  it('the office that holds the case now is told to stop using what was shared', () => {
    const { desk, send } = openCase();
    const tpr2 = send(river, 'tpr2.shared', jcp).id;
    const told = () => {
      send(jcp, 'tpr2.no-trace', river, { cites: tpr2 });
      return desk.delivered.at(-1)?.recipient;
    };
    send(lambeth, 'tpr2.no-trace', river, { cites: tpr2 });
    expect(desk.delivered.at(-1)?.recipient).toBe(jcp);
    send(jcp, 'case.moved-office', lambeth, { data: move });
    expect(told()).toBe(lambeth);
    send(lambeth, 'case.moved-office', jcp, { data: move });
    expect(told()).toBe(jcp);
  });
});
