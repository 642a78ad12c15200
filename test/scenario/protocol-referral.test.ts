import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { MeshForTest } from '#test/support/mesh-for-test.js';
import { allow } from '#test/support/pace.js';
import {
  ProtocolStory,
  actorOf,
  commonside,
  jcp,
  pathways,
  riverside,
  spoc,
} from '#test/support/protocol-story.js';

/* Steps 1 and 2 over the HTTP edge: nobody is lost between the referral and what follows an absence. */

let mesh: MeshForTest;
beforeAll(async () => {
  mesh = await MeshForTest.start();
}, allow(120_000));
afterAll(() => mesh?.stop());

const adviser = actorOf[jcp];
const keyworker = actorOf[riverside];

async function referred(to: readonly string[] = [riverside, commonside]): Promise<{
  readonly story: ProtocolStory;
  readonly referral: string;
}> {
  const story = new ProtocolStory(mesh);
  await story.agreesToReferral(to);
  const referral = await story.send(jcp, 'referral.requested', riverside);
  return { story, referral };
}

describe('a referral', () => {
  it('S1e, C4, C18: reaches the provider, which answers, without any DPA1', async () => {
    const { story, referral } = await referred();
    await story.settle(riverside, `acknowledge-referral of ${keyworker}`);
    expect(await story.waiting(jcp)).toEqual([`acknowledgement from ${riverside}`]);
    await story.send(riverside, 'referral.acknowledged', jcp, { cites: referral });
    await story.settle(riverside, `book-first-appointment of ${keyworker}`);
    expect(await story.waiting(jcp)).toEqual([`appointment from ${riverside}`]);
  });

  it('C1, C2: is blocked without a consent, the sender has the task, and the provider learns nothing', async () => {
    const story = new ProtocolStory(mesh);
    const problem = await story.refused(jcp, 'referral.requested', riverside);
    expect(problem).toMatchObject({ type: 'urn:throughcare:problem:no-consent-on-record' });
    await story.settle(jcp, `seek-consent of ${adviser}`);
    expect(await story.steps(riverside)).toEqual([]);
  });

  it('P13: that a provider declines is on the referrer’s list, and the next provider that the consent names is offered', async () => {
    const { story, referral } = await referred();
    const data = { reason: 'no-capacity' };
    await story.send(riverside, 'referral.declined', jcp, { cites: referral, data });
    await story.settle(jcp, `refer-elsewhere of ${adviser}`, `tell-client of ${adviser}`);
    await story.settle(riverside);
    const next = await mesh.call(jcp, `/v1/cases/${story.caseId}/next-providers`);
    expect(next.body).toMatchObject({ parties: [{ id: commonside }] });
    await story.send(jcp, 'referral.requested', commonside);
    await story.settle(jcp);
    await story.settle(commonside, `acknowledge-referral of ${actorOf[commonside]}`);
  });

  it('P6, S1f, C7: that the single point of contact passes on comes back to it where the provider hands it back', async () => {
    const story = new ProtocolStory(mesh);
    await story.agreesToReferral([spoc, riverside, commonside]);
    const referral = await story.send(jcp, 'referral.requested', spoc);
    const forwarded = await story.send(spoc, 'referral.forwarded', riverside, { cites: referral });
    await story.settle(spoc);
    await story.send(riverside, 'referral.handed-back', spoc, { cites: forwarded });
    await story.settle(spoc, `choose-provider of ${actorOf[spoc]}`);
    await story.settle(riverside);
    await story.send(spoc, 'referral.forwarded', commonside, { cites: referral });
    await story.settle(spoc);
    await story.settle(commonside, `acknowledge-referral of ${actorOf[commonside]}`);
    expect(await story.steps('jcp_leeds')).toEqual([]);
  });

  it('says which message to send where a provider would close its step as not possible', async () => {
    const { story } = await referred();
    const data = { step: 'acknowledge-referral', outcome: 'not-possible' };
    const problem = await story.refused(riverside, 'step.done', 'mesh', { data });
    expect(problem).toMatchObject({ errors: [{ field: 'data.outcome' }] });
    expect(JSON.stringify(problem)).toContain('referral.declined');
    await story.settle(riverside, `acknowledge-referral of ${keyworker}`);
  });

  it('that is cancelled ends what the provider owes, and is refused once the client has attended', async () => {
    const { story, referral } = await referred();
    await story.settle(riverside, `acknowledge-referral of ${keyworker}`);
    await story.send(jcp, 'referral.cancelled', riverside, { cites: referral });
    await story.settle(riverside);
    const other = await referred();
    await other.story.send(riverside, 'appointment.attended', jcp, { cites: other.referral });
    const late = { cites: other.referral };
    expect(await other.story.refused(jcp, 'referral.cancelled', riverside, late)).toMatchObject({
      type: 'urn:throughcare:problem:contradicts-record',
    });
  });
});

describe('an appointment', () => {
  it('S1g: is told to the adviser, who tells the client; a move is to be told anew', async () => {
    const { story, referral } = await referred();
    const booked = await story.send(riverside, 'appointment.booked', jcp, { cites: referral });
    await story.settle(jcp, `tell-client of ${adviser}`);
    // An answer acknowledges.
    await story.settle(riverside, `tell-outcome of ${keyworker}`);
    await story.done(jcp, 'tell-client');
    await story.settle(jcp);
    const moved = await story.send(riverside, 'appointment.moved', jcp, { cites: booked });
    await story.settle(jcp, `tell-client of ${adviser}`);
    expect(
      await story.refused(riverside, 'appointment.moved', jcp, { cites: booked }),
    ).toMatchObject({ type: 'urn:throughcare:problem:contradicts-record' });
    await story.send(riverside, 'appointment.cancelled', jcp, { cites: moved });
    await story.settle(riverside, `book-first-appointment of ${keyworker}`);
  });

  it('S2b: that was missed is an alert on the adviser’s list until it is discussed', async () => {
    const { story, referral } = await referred();
    const missed = await story.send(riverside, 'appointment.did-not-attend', jcp, {
      cites: referral,
    });
    await story.settle(jcp, `discuss-did-not-attend of ${adviser}`);
    await story.done(jcp, 'discuss-did-not-attend', 'declined-by-client');
    await story.settle(jcp, `tell-nothing-more of ${adviser}`);
    await story.send(jcp, 'absence.nothing-more', riverside, { cites: missed });
    await story.settle(jcp);
    expect(await story.waiting(riverside)).toEqual([]);
  });

  it('S2c: that was missed leads to a re-referral, which ends the alert', async () => {
    const { story, referral } = await referred();
    await story.send(riverside, 'appointment.did-not-attend', jcp, { cites: referral });
    await story.settle(jcp, `discuss-did-not-attend of ${adviser}`);
    await story.send(jcp, 'referral.requested', riverside);
    await story.settle(jcp);
    expect(await story.steps('jcp_leeds')).toEqual([]);
  });

  it('S2a: has one outcome; a mistaken absence is corrected, and the alert ends', async () => {
    const { story, referral } = await referred();
    const missed = await story.send(riverside, 'appointment.did-not-attend', jcp, {
      cites: referral,
    });
    await story.settle(jcp, `discuss-did-not-attend of ${adviser}`);
    const again = { cites: referral };
    expect(await story.refused(riverside, 'appointment.attended', jcp, again)).toMatchObject({
      type: 'urn:throughcare:problem:contradicts-record',
    });
    const data = { corrects: missed };
    await story.send(riverside, 'appointment.attended', jcp, { cites: referral, data });
    await story.settle(jcp);
  });
});

describe('a contracted provider', () => {
  it('P3, P5, S2d, C6: refers, gets the outcome, and owes the job centre the notice of its own contract', async () => {
    const story = new ProtocolStory(mesh);
    const aire = 'trt_aire';
    await story.agreesToReferral([riverside, aire], pathways);
    const referral = await story.send(pathways, 'referral.requested', riverside);
    await story.send(riverside, 'appointment.attended', pathways, { cites: referral });
    await story.settle(pathways, `send-provider-notice of ${actorOf[pathways]}`);
    await story.send(pathways, 'consent.recorded', 'mesh', {
      data: {
        form: 'DPA1',
        formReference: 'DPA1 0002',
        client: story.identity,
        decision: 'given',
        purposes: ['record-on-lms', 'notify-jcp'],
        to: { parties: [jcp] },
        takenAt: mesh.clock.now().toISOString(),
        takenBy: actorOf[pathways],
        explained: { statements: [], wordingVersion: '2026-01', language: 'en', copyGiven: true },
      },
    });
    const wrongForm = { data: { form: 'FND4' } };
    expect(await story.refused(pathways, 'provider.notice', jcp, wrongForm)).toMatchObject({
      type: 'urn:throughcare:problem:contradicts-record',
    });
    const wrongOutcome = { data: { attendance: 'did-not-attend' } };
    expect(await story.refused(pathways, 'provider.notice', jcp, wrongOutcome)).toMatchObject({
      type: 'urn:throughcare:problem:contradicts-record',
    });
    await story.send(pathways, 'provider.notice', jcp);
    await story.settle(pathways, `return-dpa1 of ${actorOf[pathways]}`);
  });
});
