import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import type { ProtocolStory } from '#test/support/protocol-story.js';
import {
  adviser,
  colleague,
  jcp,
  keyworker,
  lambeth,
  leader,
  officer,
  pathways,
  probation,
  riverside,
  secondKeyworker,
} from '#test/support/protocol-town.js';
import { town } from './protocol-shared-town.js';

/* Step 9, the offender manager, and people who move. */

async function inTreatment(more: Readonly<Record<string, unknown>> = {}): Promise<ProtocolStory> {
  const story = town.client();
  await story.tpr2(riverside, [jcp], more);
  await story.send(riverside, 'careplan.agreed', 'mesh', { agreedOn: town.today });
  return story;
}

const exit = (story: ProtocolStory, kind: string): Promise<string> =>
  story.send(riverside, 'exit.notified', jcp, { exit: kind, on: town.today });

describe('an exit', () => {
  it('S9a, S9e: is told to the team leader at once; planned, the record is updated', async () => {
    const story = await inTreatment();
    const told = await exit(story, 'planned');
    expect((await story.delivered(jcp, told))['data']).toMatchObject({ exit: 'planned' });
    await story.mailed(leader, 'exit-notice');
    await story.step(jcp, 'update-record', { owner: adviser });
    expect((await story.steps(jcp)).map(({ step }) => step)).not.toContain('re-engage');
    await story.done(jcp, 'update-record');
    await story.settled(jcp);
  });

  it('S9b: that no consent covers is not told; the keyworker learns to record it at home', async () => {
    const story = await inTreatment({ purposes: ['share-employment-needs'] });
    await story.refused(riverside, 'exit.notified', jcp);
    await story.step(riverside, 'record-exit', { owner: keyworker });
    await story.mailed(keyworker, 'exit-not-told');
    await story.send(riverside, 'exit.recorded', 'mesh', { exit: 'unplanned', on: town.today });
    await story.settled(riverside);
    await story.reminder(riverside, 'care-plan-review', { state: 'cancelled' });
    expect(await story.inbox(jcp)).toEqual([]);
  });

  it('S9c: that is likely is told where the client said so, and staying in treatment ends it', async () => {
    const story = await inTreatment();
    const likely = await exit(story, 'unplanned-likely');
    await story.step(jcp, 're-engage', { owner: adviser });
    await story.reminder(riverside, 'care-plan-review', { state: 'scheduled' });
    await story.send(riverside, 'exit.stays-in-treatment', jcp, { about: likely });
    await story.gone(jcp, 're-engage');
    await story.mailed(adviser, 'stays-in-treatment');
    // A consent to share that covers an exit does not cover one that is only likely.
    const sharing = await inTreatment({
      purposes: ['share-employment-needs'],
      explained: {
        statements: [
          'information-shared-to-coordinate',
          'record-updated-with-needs',
          'used-solely-for-barriers-to-work',
          'sharing-includes-exit',
        ],
        wordingVersion: '2026-01',
        language: 'en',
        copyGiven: true,
      },
    });
    const refused = { exit: 'unplanned-likely', on: town.today };
    await sharing.refused(riverside, 'exit.notified', jcp, refused);
    await exit(sharing, 'unplanned');
  });

  it('S9d: unplanned, the adviser helps to re-engage, once; the provider learns that nothing more is expected', async () => {
    const story = await inTreatment();
    const likely = await exit(story, 'unplanned-likely');
    await story.step(jcp, 're-engage', { cause: likely });
    const about = await exit(story, 'unplanned');
    await story.step(jcp, 're-engage', { owner: adviser, cause: about });
    expect((await story.steps(jcp)).filter(({ step }) => step === 're-engage')).toHaveLength(1);
    await story.mailed(adviser, 'exit-notice', 2);
    await story.waitsFor(riverside, 'what-follows');
    await story.done(jcp, 're-engage', 'not-possible');
    await story.step(jcp, 'tell-nothing-more');
    await story.send(jcp, 'exit.nothing-more', riverside, { about });
    await story.mailed(keyworker, 'nothing-more-expected');
    await story.settled(jcp, riverside);
    expect(await story.waiting(riverside)).toEqual([]);
  });

  it('S9f: ends the treatment’s reminders and reviews under way; the claim’s interviews go on', async () => {
    const story = await inTreatment();
    await story.delivered(jcp, await story.send(riverside, 'tpr2.shared', jcp));
    await story.dpa1(jcp);
    const claim = { benefit: 'jsa', startedOn: town.today };
    await story.send(jcp, 'claim.started', 'mesh', claim);
    const startsAt = town.at(5).toISOString();
    const request = await story.send(riverside, 'review.requested', jcp);
    await story.send(jcp, 'review.offered', riverside, { request, startsAt });
    await story.step(riverside, 'answer-review-offer');
    await exit(story, 'planned');
    await story.gone(riverside, 'answer-review-offer');
    await story.reminder(riverside, 'care-plan-review', { state: 'cancelled' });
    await story.reminder(jcp, 'claim-interview-13', { state: 'scheduled' });
    await story.reminder(jcp, 'claim-interview-26', { state: 'scheduled' });
  });
});

describe('the offender manager', () => {
  it('P7: agrees with the keyworker who leads, under a consent of its own, and it is recorded with the care plan', async () => {
    const story = town.client();
    const from = town.today;
    await story.tpr2(riverside, [jcp]);
    const unasked = { lead: 'offender-manager', from };
    expect(await story.refused(riverside, 'lead.proposed', probation, unasked)).toMatchObject({
      reason: 'no-consent-on-record',
    });
    await story.tpr2(riverside, [probation], { purposes: ['agree-ete-lead'] });
    const proposal = await story.send(riverside, 'lead.proposed', probation, unasked);
    expect((await story.delivered(probation, proposal))['terms']).toContain('breach');
    await story.step(probation, 'answer-lead', { owner: officer });
    await story.mailed(officer, 'lead-proposed');
    await story.send(probation, 'lead.declined', riverside, { proposal });
    await story.step(riverside, 'propose-lead');
    const second = { lead: 'keyworker', from };
    const lead = await story.send(riverside, 'lead.proposed', probation, second);
    await story.gone(riverside, 'propose-lead');
    const agreed = await story.send(probation, 'lead.agreed', riverside, { proposal: lead });
    await story.mailed(keyworker, 'lead-agreed');
    await story.send(riverside, 'careplan.agreed', 'mesh', { agreedOn: from, lead: agreed });
    await story.settled(probation, riverside);
    // Neither attendance nor exit goes to probation, and the job centre sees nothing of it.
    await story.refused(riverside, 'exit.notified', probation);
    expect(await story.inbox(jcp)).toEqual([]);
  });
});

describe('people who move', () => {
  it('P8: a client’s move to another office blocks nothing: its steps are there, and one names an adviser', async () => {
    const story = await inTreatment();
    const tpr2 = await story.send(riverside, 'tpr2.shared', jcp);
    await story.delivered(jcp, tpr2);
    await story.step(jcp, 'note-receipt');
    await story.send(jcp, 'case.moved-office', lambeth, { from: town.today });
    await story.step(lambeth, 'name-adviser', { owner: 'p_lambeth_ptl' });
    await story.mailed('p_lambeth_ptl', 'case-moved-here');
    await story.send(lambeth, 'case.caseworker-named', 'mesh', {
      person: 'p_lambeth_adviser_1',
      from: town.today,
    });
    await story.gone(lambeth, 'name-adviser');
    await story.send(riverside, 'review.requested', jcp);
    await exit(story, 'unplanned');
    await story.step(lambeth, 're-engage', { owner: 'p_lambeth_adviser_1' });
  });

  it('P3: nothing of a job centre’s client shows at a contracted provider', async () => {
    const story = await inTreatment();
    await exit(story, 'planned');
    expect(await story.steps(pathways)).toEqual([]);
    const asked = await town.mesh.call(pathways, `/v1/cases/${story.caseId}`);
    const unknown = await town.mesh.call(pathways, `/v1/cases/${randomUUID()}`);
    expect([asked.status, asked.body]).toEqual([unknown.status, unknown.body]);
    expect(asked.status).toBeGreaterThanOrEqual(400);
  });

  it('P13: who is away is stood in for by the deputy; who leaves has heirs, told in one mail', async () => {
    const story = await inTreatment();
    const stories = [story, await inTreatment()];
    for (const each of stories) {
      await exit(each, 'unplanned');
      await each.send(adviser, 'case.caseworker-named', 'mesh', { person: adviser });
      await each.step(jcp, 're-engage', { owner: adviser });
    }
    const until = town.workingDay(3);
    await operate(['person', 'away', adviser, '--from', town.today, '--until', until]);
    for (const each of stories) await each.step(jcp, 're-engage', { owner: colleague });
    const inherited = await story.letter(colleague, 'Steps that came to you');
    for (const each of stories) expect(inherited.text).toContain(await each.shortReference(jcp));
    expect(inherited.text).not.toContain('Sample');
    await operate(['person', 'back', adviser]);
    for (const each of stories) await each.step(jcp, 're-engage', { owner: adviser });

    const other = await inTreatment();
    const request = await other.send(riverside, 'review.requested', jcp);
    const startsAt = town.at(3).toISOString();
    await other.send(jcp, 'review.offered', riverside, { request, startsAt });
    await other.step(riverside, 'answer-review-offer', { owner: keyworker });
    await operate(['person', 'leaves', keyworker, '--on', town.today]);
    await town.advanceTo(town.at(1));
    await other.step(riverside, 'answer-review-offer', { owner: secondKeyworker });
    const left = await other.letter(secondKeyworker, 'Steps that came to you');
    expect(left.text).toContain(await other.shortReference(riverside));
    expect(left.outerSubject).not.toMatch(/steps|treatment/i);
  });
});

async function operate(args: readonly string[]): Promise<void> {
  const { code, err } = await town.mesh.operator(args);
  expect([code, err]).toEqual([0, '']);
}
