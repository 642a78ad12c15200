import { describe, expect, it } from '@jest/globals';
import { longDate } from '#services/notifier/domain/long-date.js';
import type { ProtocolStory } from '#test/support/protocol-story.js';
import {
  adviser,
  jcp,
  keyworker,
  leader,
  pathways,
  riverside,
} from '#test/support/protocol-town.js';
import { town } from './protocol-shared-town.js';

/* Steps 7 and 8, and what returns by the calendar: the three-way review, interviews, care plan, outcome profile. */

const inDays = (day: string, count: number): string =>
  new Date(Date.parse(`${day}T12:00:00Z`) + count * 86_400_000).toISOString().slice(0, 10);

async function inTreatment(host: string = jcp): Promise<ProtocolStory> {
  const story = town.client();
  await story.tpr2(riverside, [host]);
  await story.send(riverside, 'careplan.agreed', 'mesh', { agreedOn: town.today });
  return story;
}

/** The same for a client whom the job centre referred, so that it has a case of its own. */
async function referred(): Promise<ProtocolStory> {
  const story = town.client();
  await story.tpr1(jcp, [riverside]);
  const referral = await story.send(jcp, 'referral.requested', riverside);
  await story.send(riverside, 'appointment.attended', jcp, { referral, on: town.today });
  await story.tpr2(riverside, [jcp]);
  await story.send(riverside, 'careplan.agreed', 'mesh', { agreedOn: town.today });
  await story.dpa1(jcp);
  return story;
}

/** A review asked for, and a time offered: on a working day from today, at half past ten. */
async function offered(workingDays = 5, more: Readonly<Record<string, unknown>> = {}) {
  const story = await inTreatment();
  const request = await story.send(riverside, 'review.requested', jcp);
  const startsAt = town.at(workingDays).toISOString();
  const times = { request, startsAt, agreedLocally: undefined };
  const offer = await story.send(jcp, 'review.offered', riverside, { ...times, ...more });
  return { story, request, offer, startsAt };
}

async function accepted(workingDays = 5, more: Readonly<Record<string, unknown>> = {}) {
  const { story, offer, startsAt } = await offered(workingDays, more);
  await story.send(riverside, 'review.accepted', jcp, { offer, startsAt });
  return { story, offer, startsAt };
}

describe('the three-way review', () => {
  it('S7a, P3: is asked of the team leader, or of the contracted provider', async () => {
    const story = await inTreatment();
    await story.send(riverside, 'review.requested', jcp);
    await story.step(jcp, 'offer-review', { owner: leader });
    await story.mailed(leader, 'review-requested');
    await story.waitsFor(riverside, 'review-offer');
    const other = await inTreatment(pathways);
    await other.send(riverside, 'review.requested', pathways);
    await other.step(pathways, 'offer-review', { owner: 'p_pathways_manager' });
  });

  it('S7b: starts from the client’s next interview, which the team leader is shown', async () => {
    const story = await referred();
    const startedOn = inDays(town.today, -60);
    await story.send(jcp, 'claim.started', 'mesh', { benefit: 'jsa', startedOn });
    await story.send(riverside, 'review.requested', jcp);
    await story.mailed(leader, 'review-requested');
    const interview = longDate(inDays(startedOn, 91));
    await story.letter(leader, `next interview first, which falls on ${interview}`);
  });

  it('S7c: is at the Jobcentre unless agreed otherwise, and outside office hours only as agreed locally', async () => {
    const story = await inTreatment();
    const request = await story.send(riverside, 'review.requested', jcp, { place: 'telephone' });
    const late = town.at(5, '19:00').toISOString();
    const night = { request, startsAt: late, placeKind: 'telephone', agreedLocally: undefined };
    expect(await story.refused(jcp, 'review.offered', riverside, night)).toMatchObject({
      field: 'data.startsAt',
    });
    await story.send(jcp, 'review.offered', riverside, { ...night, agreedLocally: true });
  });

  it('S7d: request, offer, acceptance, held, outcome: each is somebody’s step until it is said', async () => {
    const { story, offer, startsAt } = await offered();
    await story.step(riverside, 'answer-review-offer', { owner: keyworker });
    await story.mailed(keyworker, 'review-offered');
    const other = { offer, startsAt: town.at(6).toISOString() };
    expect(await story.refused(riverside, 'review.accepted', jcp, other)).toMatchObject({
      status: 409,
      field: 'data.startsAt',
    });
    await story.send(riverside, 'review.accepted', jcp, { offer, startsAt });
    await story.step(jcp, 'hold-review', { owner: adviser });
    await story.settled(riverside);
    await story.send(jcp, 'review.held', riverside, { offer, heldOn: town.today });
    await story.step(jcp, 'tell-review-outcome');
    await story.waitsFor(riverside, 'review-outcome');
    const outcome = {
      offer,
      agreementAmended: true,
      actions: ['apply'],
      support: ['bus fares'],
      nextReviewOn: inDays(town.today, 84),
    };
    const told = await story.send(jcp, 'review.outcome', riverside, outcome);
    expect((await story.delivered(riverside, told))['data']).toMatchObject(outcome);
    await story.settled(jcp, riverside);
  });

  it('S7e: declined or not held is offered again', async () => {
    const { story, offer } = await offered();
    const declined = await story.send(riverside, 'review.declined', jcp, { offer });
    await story.step(jcp, 'offer-review');
    const startsAt = town.at(6).toISOString();
    const again = { request: declined, startsAt };
    const second = await story.send(jcp, 'review.offered', riverside, again);
    await story.gone(jcp, 'offer-review');
    await story.send(riverside, 'review.accepted', jcp, { offer: second, startsAt });
    await story.send(jcp, 'review.not-held', riverside, { offer: second, why: 'adviser-absent' });
    await story.step(jcp, 'offer-review');
    await story.mailed(keyworker, 'review-not-held');
  });

  it('S7f: is one calendar entry for both, moved and called off under the same name', async () => {
    const { story, offer } = await accepted();
    await story.mailed(keyworker, 'review-accepted');
    await story.mailed(adviser, 'review-accepted');
    const entry = (await story.letter(keyworker, /accepted/)).calendar ?? '';
    const uid = /^UID:(.*)$/m.exec(entry)?.[1]?.trim();
    expect(uid).toBeDefined();
    const moved = town.at(8).toISOString();
    const second = await story.send(jcp, 'review.moved', riverside, { offer, startsAt: moved });
    await story.step(riverside, 'answer-review-offer');
    await story.gone(jcp, 'hold-review');
    await story.send(riverside, 'review.accepted', jcp, { offer: second, startsAt: moved });
    await story.send(jcp, 'review.cancelled', riverside, { review: second });
    await story.mailed(keyworker, 'review-cancelled');
    const off = (await story.letter(keyworker, /called off/)).calendar ?? '';
    expect(off).toContain(`UID:${uid}`);
    expect(off).toContain('STATUS:CANCELLED');
    expect(Number(/^SEQUENCE:(\d+)/m.exec(off)?.[1])).toBeGreaterThan(0);
    await story.step(riverside, 'tell-client', { owner: keyworker });
    await story.done(riverside, 'tell-client');
    await story.settled(jcp, riverside);
  });

  it('P12: may be for the client alone: the TPR2 says which is wanted', async () => {
    const story = await inTreatment();
    const wanted = { reviewWanted: 'client-alone' };
    const tpr2 = await story.send(riverside, 'tpr2.shared', jcp, wanted);
    expect((await story.delivered(jcp, tpr2))['data']).toMatchObject(wanted);
  });

  it('S8b: asked for at the Jobcentre is noted there, and the customer asks their keyworker', async () => {
    const story = await inTreatment();
    const tpr2 = await story.send(riverside, 'tpr2.shared', jcp);
    await story.delivered(jcp, tpr2);
    const asked = await story.send(jcp, 'review.asked-at-job-centre', 'mesh');
    expect((await story.case(jcp)).messages.map(({ id }) => id)).toContain(asked);
    expect((await story.case(riverside)).messages.map(({ id }) => id)).not.toContain(asked);
    const request = await story.send(riverside, 'review.requested', jcp);
    await story.delivered(jcp, request);
  });

  it('S8c: the keyworker hears of a claim that ended, a benefit that changed, contact that was lost', async () => {
    const story = await referred();
    // Before something came under the TPR2, the job centre is not to learn that the client agreed to it.
    const early = await story.refused(jcp, 'claim.change-told', riverside);
    expect(early.reason).toBe('no-consent-on-record');
    await story.send(riverside, 'tpr2.shared', jcp);
    for (const change of ['claim-ended', 'benefit-changed', 'contact-lost']) {
      const told = await story.send(jcp, 'claim.change-told', riverside, { change });
      expect((await story.delivered(riverside, told))['data']).toMatchObject({ change });
    }
    await story.mailed(keyworker, 'claim-changed', 3);
  });
});

describe('what returns by the calendar', () => {
  it('S8a, T1: a care plan review is counted from the last one held, three-way or not', async () => {
    const story = await inTreatment();
    const first = inDays(town.today, 84);
    await story.reminder(riverside, 'care-plan-review', { dueOn: first, state: 'scheduled' });
    await town.advanceTo(town.at(10));
    await story.send(riverside, 'careplan.reviewed', 'mesh', { heldOn: town.today });
    const next = inDays(town.today, 84);
    await story.reminder(riverside, 'care-plan-review', { dueOn: next, state: 'scheduled' });

    const { story: other, offer } = await accepted(2);
    await town.advanceTo(town.at(2, '12:00'));
    await other.send(jcp, 'review.held', riverside, { offer, heldOn: town.today });
    const anchored = inDays(town.today, 84);
    await other.reminder(riverside, 'care-plan-review', { dueOn: anchored, state: 'scheduled' });
  });

  it('S8a: a next review that was agreed is reminded of, and the keyworker asks for it', async () => {
    const { story, offer } = await accepted(2);
    await town.advanceTo(town.at(2, '12:00'));
    await story.send(jcp, 'review.held', riverside, { offer, heldOn: town.today });
    const nextReviewOn = inDays(town.today, 35);
    await story.send(jcp, 'review.outcome', riverside, { offer, nextReviewOn });
    await story.reminder(riverside, 'next-review', { dueOn: nextReviewOn, state: 'scheduled' });
    await town.advanceTo(town.at(13));
    await story.mailed(keyworker, 'next-review-due');
    await story.step(riverside, 'request-review', { owner: keyworker });
    await story.send(riverside, 'review.requested', jcp);
    await story.gone(riverside, 'request-review');
  });

  it('S5d, T2: JSA alone has interviews at 13 and 26 weeks, until the claim ends', async () => {
    const story = await referred();
    const startedOn = inDays(town.today, -80);
    await story.send(jcp, 'claim.started', 'mesh', { benefit: 'jsa', startedOn });
    const dueOn = inDays(startedOn, 91);
    await story.reminder(jcp, 'claim-interview-13', { dueOn });
    await story.reminder(jcp, 'claim-interview-26', { dueOn: inDays(startedOn, 182) });
    await town.advanceTo(town.at(4));
    await story.step(jcp, 'hold-interview', { owner: adviser });
    await story.mailed(adviser, 'interview-due');
    // Not possible is not held: the interview is to be arranged again.
    await story.done(jcp, 'hold-interview', 'not-possible');
    await story.step(jcp, 'hold-interview');
    await story.send(jcp, 'claim.ended', 'mesh', { endedOn: town.today });
    await story.gone(jcp, 'hold-interview');
    await story.reminder(jcp, 'claim-interview-26', { state: 'cancelled' });

    const esa = await referred();
    await esa.send(jcp, 'claim.started', 'mesh', { benefit: 'esa', startedOn });
    // The reminders take messages in their order: once this one has its reminder, the claim is read.
    await esa.send(riverside, 'careplan.agreed', 'mesh', { agreedOn: town.today, reviewWeeks: 8 });
    await esa.reminder(riverside, 'care-plan-review', { dueOn: inDays(town.today, 56) });
    expect(await esa.reminders(jcp, 'claim-interview-13')).toEqual([]);
  });

  it('S5c: a review offered as the interview and held as such ends the interview', async () => {
    const story = await referred();
    const startedOn = inDays(town.today, -84);
    await story.send(jcp, 'claim.started', 'mesh', { benefit: 'jsa', startedOn });
    await story.step(jcp, 'hold-interview');
    const request = await story.send(riverside, 'review.requested', jcp);
    const startsAt = town.at(2).toISOString();
    const offer = await story.send(jcp, 'review.offered', riverside, {
      request,
      startsAt,
      interview: '13-weeks',
    });
    await story.send(riverside, 'review.accepted', jcp, { offer, startsAt });
    await town.advanceTo(town.at(2, '12:00'));
    const held = { offer, heldOn: town.today, asInterview: true };
    await story.send(jcp, 'review.held', riverside, held);
    await story.gone(jcp, 'hold-interview');
  });

  it('T3: the outcome profile is asked for every quarter, and only that it was done is recorded', async () => {
    const story = await inTreatment();
    await story.reminder(riverside, 'outcome-profile', { state: 'scheduled' });
    await town.advanceTo(town.at(62));
    await story.step(riverside, 'complete-outcome-profile', { owner: keyworker });
    await story.mailed(keyworker, 'outcome-profile-due');
    const content = { on: town.today, completed: true, score: 12 };
    expect(
      await story.refused(riverside, 'outcome-profile.recorded', 'mesh', content),
    ).toMatchObject({ status: 422 });
    await story.send(riverside, 'outcome-profile.recorded', 'mesh', { on: town.today });
    await story.gone(riverside, 'complete-outcome-profile');
  });
});
