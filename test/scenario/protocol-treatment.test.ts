import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { MeshForTest } from '#test/support/mesh-for-test.js';
import { allow } from '#test/support/pace.js';
import { ProtocolStory, actorOf, jcp, probation, riverside } from '#test/support/protocol-story.js';

/* Steps 3 to 9 over the HTTP edge: sharing, the review, the exit, the lead with probation. */

let mesh: MeshForTest;
beforeAll(async () => {
  mesh = await MeshForTest.start();
}, allow(120_000));
afterAll(() => mesh?.stop());

const adviser = actorOf[jcp];
const leader = 'p_wandsworth_ptl';
const keyworker = actorOf[riverside];
const contradicts = { type: 'urn:throughcare:problem:contradicts-record' };

/** A client whom the job centre referred and who agrees that the provider shares with it. */
async function sharing(more: object = {}): Promise<ProtocolStory> {
  const story = new ProtocolStory(mesh);
  await story.agreesToReferral([riverside]);
  const referral = await story.send(jcp, 'referral.requested', riverside);
  await story.send(riverside, 'appointment.attended', jcp, { cites: referral });
  await story.agreesToShare([jcp], more);
  return story;
}

describe('a TPR2', () => {
  it('S4a, S5a, S6a, C5, P1: goes to the team leader, who notes it and passes it on; without a DPA1 one is to be completed', async () => {
    const story = await sharing();
    const tpr2 = await story.send(riverside, 'tpr2.shared', jcp);
    await story.settle(jcp, `note-receipt of ${leader}`, `complete-dpa1 of ${adviser}`);
    await story.send(jcp, 'tpr2.receipt-noted', riverside, { cites: tpr2 });
    await story.settle(jcp, `pass-to-adviser of ${leader}`, `complete-dpa1 of ${adviser}`);
    await story.send(jcp, 'tpr2.passed-to-adviser', 'mesh', { cites: tpr2 });
    await story.send(jcp, 'consent.recorded', 'mesh', {
      data: {
        form: 'DPA1',
        formReference: 'DPA1 0003',
        client: story.identity,
        decision: 'given',
        purposes: ['record-on-lms'],
        takenAt: mesh.clock.now().toISOString(),
        takenBy: adviser,
        explained: { statements: [], wordingVersion: '2026-01', language: 'en', copyGiven: true },
      },
    });
    await story.settle(jcp);
    expect(await story.steps('jcp_leeds')).toEqual([]);
  });

  it('P11: names an addressee of the job centre, and nobody else', async () => {
    const story = await sharing();
    const stranger = { data: { addressee: keyworker } };
    expect(await story.refused(riverside, 'tpr2.shared', jcp, stranger)).toMatchObject({
      type: 'urn:throughcare:problem:person-not-entitled',
    });
    const named = { data: { addressee: 'p_wandsworth_adviser_2' } };
    await story.send(riverside, 'tpr2.shared', jcp, named);
    expect((await story.step(jcp, 'note-receipt')).owner).toBe('p_wandsworth_adviser_2');
  });

  it('S6b, S6c: that finds no trace goes back, the job centre is told to erase, and a later exit does not go there', async () => {
    const story = await sharing();
    const tpr2 = await story.send(riverside, 'tpr2.shared', jcp);
    await story.send(jcp, 'tpr2.no-trace', riverside, { cites: tpr2 });
    await story.settle(riverside, `discuss-no-trace of ${keyworker}`);
    await story.settle(jcp, `stop-using of ${leader}`);
    expect(await story.refused(riverside, 'exit.notified', jcp)).toMatchObject(contradicts);
    await story.send(riverside, 'tpr2.shared', jcp);
    await story.send(riverside, 'exit.notified', jcp);
  });
});

describe('a three-way review', () => {
  it('S7a, S7d, S7e: is asked for, offered, declined, offered again, accepted at its own time alone, held, and told', async () => {
    const story = await sharing();
    const request = await story.send(riverside, 'review.requested', jcp);
    await story.settle(jcp, `offer-review of ${leader}`);
    const first = await story.send(jcp, 'review.offered', riverside, { cites: request });
    await story.settle(riverside, `answer-review-offer of ${keyworker}`);
    await story.send(riverside, 'review.declined', jcp, { cites: first });
    await story.settle(jcp, `offer-review of ${adviser}`);
    const startsAt = story.context(jcp, '').later;
    const second = await story.send(jcp, 'review.offered', riverside, {
      cites: request,
      data: { startsAt },
    });
    const ended = { cites: first, data: { startsAt } };
    expect(await story.refused(riverside, 'review.accepted', jcp, ended)).toMatchObject(
      contradicts,
    );
    const otherTime = { cites: second, data: { startsAt: '2027-01-04T10:00:00Z' } };
    expect(await story.refused(riverside, 'review.accepted', jcp, otherTime)).toMatchObject(
      contradicts,
    );
    await story.send(riverside, 'review.accepted', jcp, { cites: second, data: { startsAt } });
    await story.settle(jcp, `hold-review of ${adviser}`);
    await story.send(jcp, 'review.held', riverside, { cites: second });
    await story.settle(jcp, `tell-review-outcome of ${adviser}`);
    await story.send(jcp, 'review.outcome', riverside, { cites: second });
    await story.settle(jcp);
  });

  it('S7c: is moved and called off: its open steps end on both sides', async () => {
    const story = await sharing();
    const request = await story.send(riverside, 'review.requested', jcp);
    const offer = await story.send(jcp, 'review.offered', riverside, { cites: request });
    const moved = await story.send(jcp, 'review.moved', riverside, { cites: offer });
    await story.settle(riverside, `answer-review-offer of ${keyworker}`);
    await story.send(jcp, 'review.cancelled', riverside, { cites: moved });
    await story.settle(riverside);
    await story.settle(jcp);
    expect(await story.waiting(jcp)).toEqual([]);
  });
});

describe('an exit', () => {
  it('S9a, S9c, S9d: likely and then unplanned is one step to re-engage, and the provider learns that nothing more is expected', async () => {
    const story = await sharing();
    await story.send(riverside, 'exit.notified', jcp, { data: { exit: 'unplanned-likely' } });
    await story.settle(jcp, `re-engage of ${adviser}`);
    const exit = await story.send(riverside, 'exit.notified', jcp);
    await story.settle(jcp, `re-engage of ${adviser}`);
    await story.done(jcp, 're-engage', 'declined-by-client');
    await story.settle(jcp, `tell-nothing-more of ${adviser}`);
    await story.send(jcp, 'exit.nothing-more', riverside, { cites: exit });
    await story.settle(jcp);
    expect(await story.steps('jcp_leeds')).toEqual([]);
  });

  it('S9b: that no consent covers is recorded at home, which ends the keyworker’s step', async () => {
    const story = await sharing({
      purposes: ['share-employment-needs', 'treatment-status', 'three-way-review'],
    });
    await story.refused(riverside, 'exit.notified', jcp);
    await story.settle(riverside, `record-exit of ${keyworker}`);
    await story.send(riverside, 'exit.recorded', 'mesh');
    await story.settle(riverside);
    expect(await story.steps(jcp)).toEqual([]);
  });

  it('C12: is covered by a consent to share only where the client was told so, and a likely one is not', async () => {
    const statements = [
      'information-shared-to-coordinate',
      'record-updated-with-needs',
      'used-solely-for-barriers-to-work',
      'sharing-includes-exit',
    ];
    const story = await sharing({
      purposes: ['share-employment-needs', 'treatment-status'],
      explained: { statements, wordingVersion: '2026-02', language: 'en', copyGiven: true },
    });
    const likely = { data: { exit: 'unplanned-likely' } };
    await story.refused(riverside, 'exit.notified', jcp, likely);
    await story.send(riverside, 'exit.notified', jcp, { data: { exit: 'planned' } });
    await story.settle(jcp, `update-record of ${adviser}`);
    expect(await story.steps('jcp_leeds')).toEqual([]);
  });
});

describe('a withdrawal', () => {
  it('C8, C13, C15, C16: ends the sharing and the review, and the job centre is told to stop using, without a reason', async () => {
    const story = await sharing();
    await story.send(riverside, 'tpr2.shared', jcp);
    await mesh.call(jcp, '/v1/inbox?max=50');
    await story.send(riverside, 'review.requested', jcp);
    await story.send(jcp, 'consent.withdrawn', 'mesh', {
      data: {
        form: 'TPR2',
        keep: [],
        withdrawnAt: mesh.clock.now().toISOString(),
        how: 'in-person',
        takenBy: adviser,
      },
    });
    await story.settle(jcp, `stop-using of ${leader}`);
    const early = { data: { step: 'stop-using', outcome: 'not-possible' } };
    expect(await story.refused(jcp, 'step.done', 'mesh', early)).toMatchObject({
      errors: [{ field: 'data.outcome' }],
    });
    await story.refused(riverside, 'review.requested', jcp);
  });
});

describe('the lead for education, training and employment', () => {
  it('P7: is proposed, declined and agreed with probation under its own consent, and the job centre sees nothing of it', async () => {
    const story = new ProtocolStory(mesh);
    await story.agreesToReferral([riverside]);
    await story.send(jcp, 'referral.requested', riverside);
    await story.refused(riverside, 'lead.proposed', probation);
    await story.agreesToShare([probation], { purposes: ['agree-ete-lead'] });
    const first = await story.send(riverside, 'lead.proposed', probation);
    await story.settle(probation, `answer-lead of ${actorOf[probation]}`);
    await story.send(probation, 'lead.declined', riverside, { cites: first });
    const second = await story.send(riverside, 'lead.proposed', probation);
    await story.send(probation, 'lead.agreed', riverside, { cites: second });
    await story.settle(probation);
    const { text } = await mesh.call(jcp, `/v1/cases/${story.caseId}`);
    expect(text).not.toMatch(/probation|lead/);
    const consents = await mesh.call(jcp, `/v1/cases/${story.caseId}/consents`);
    expect(consents.text).not.toMatch(/probation|agree-ete-lead/);
  });
});
