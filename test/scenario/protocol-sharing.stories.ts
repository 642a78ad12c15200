import { describe, expect, it } from '@jest/globals';
import { jobs } from '#libs/contracts/steps.js';
import type { ProtocolStory } from '#test/support/protocol-story.js';
import {
  adviser,
  aire,
  colleague,
  jcp,
  keyworker,
  leader,
  leeds,
  pathways,
  riverside,
} from '#test/support/protocol-town.js';
import { town } from './protocol-shared-town.js';

/* Steps 3 to 6: the care plan, the TPR2, and what the job centre and its contracted providers do. */

const needs = {
  goals: ['warehouse work'],
  training: ['forklift licence'],
  support: ['travel to interviews'],
};

/** A client in treatment who agreed that the job centre is told. */
async function shared(to: string = jcp, more: Readonly<Record<string, unknown>> = {}) {
  const story = town.client();
  await story.tpr2(riverside, [to], more);
  return { story, tpr2: await story.send(riverside, 'tpr2.shared', to, { addressee: undefined }) };
}

/** A contracted provider’s client who agreed to be referred, and to what it tells the job centre. */
async function contracted() {
  const story = town.client();
  const dpa1 = await story.dpa1(pathways, {}, [leeds]);
  await story.tpr1(pathways, [aire]);
  const referral = await story.send(pathways, 'referral.requested', aire);
  return { story, dpa1, referral };
}

describe('care plan and TPR2', () => {
  it('S3a: an agreement’s kind and whether its goals match go with the employment needs, where covered', async () => {
    const story = town.client();
    await story.tpr2(riverside, [jcp]);
    const employment = { ...needs, agreement: 'jsag', goalsMatchAgreement: false };
    const tpr2 = await story.send(riverside, 'tpr2.shared', jcp, { employment });
    expect((await story.delivered(jcp, tpr2))['data']).toMatchObject({ employment });
  });

  it('S3b, P4: an agreed care plan starts the keyworker’s reviews every 12 weeks', async () => {
    const story = town.client();
    await story.tpr2(riverside, [jcp]);
    const agreedOn = town.today;
    await story.send(riverside, 'careplan.agreed', 'mesh', { agreedOn, reviewWeeks: undefined });
    const dueOn = inDays(agreedOn, 84);
    await story.reminder(riverside, 'care-plan-review', { dueOn, state: 'scheduled' });
  });

  it('S4a, P1, P11: the team leader gets it or the person addressed, notes receipt, passes it on', async () => {
    const { story, tpr2 } = await shared();
    expect((await story.delivered(jcp, tpr2))['data']).toMatchObject({
      employment: needs,
      structuredTreatmentStartedOn: expect.any(String),
      reviewWanted: 'three-way',
    });
    await story.step(jcp, 'note-receipt', { owner: leader });
    await story.mailed(leader, 'employment-information-received');

    const named = town.client();
    await named.tpr2(riverside, [jcp]);
    const stranger = { addressee: keyworker };
    expect(await named.refused(riverside, 'tpr2.shared', jcp, stranger)).toMatchObject({
      field: 'data.addressee',
    });
    await named.send(riverside, 'tpr2.shared', jcp, { addressee: colleague });
    await named.step(jcp, 'note-receipt', { owner: colleague });
    await named.mailed(colleague, 'employment-information-received');
  });

  it('S4b, P3: a contracted provider gets TPR2 and exit as a job centre does', async () => {
    const { story, tpr2 } = await shared(pathways);
    await story.delivered(pathways, tpr2);
    await story.step(pathways, 'note-receipt', { owner: 'p_pathways_manager' });
    await story.send(pathways, 'tpr2.receipt-noted', riverside, { cites: tpr2 });
    await story.send(riverside, 'exit.notified', pathways);
    await story.step(pathways, 're-engage', { owner: 'p_pathways_adviser_1' });
  });

  it('P9: one organisation that holds both contracts is two agencies: nothing passes between them unasked', async () => {
    const story = town.client();
    await story.dpa1(pathways, {}, [leeds]);
    const refusal = await story.refused(pathways, 'referral.requested', aire);
    expect(refusal).toMatchObject({ reason: 'no-consent-on-record' });
    expect(await story.inbox(aire)).toEqual([]);
  });
});

/** So that the case is the provider's too. */
async function isReferred(story: ProtocolStory): Promise<void> {
  await story.tpr1(jcp, [riverside]);
  await story.delivered(riverside, await story.send(jcp, 'referral.requested', riverside));
}

describe('what the job centre does with it', () => {
  it('S5a, C5: receipt and hand-over rest on the keyworker’s consent; the keyworker has the receipt', async () => {
    const { story, tpr2 } = await shared();
    await story.waitsFor(riverside, 'receipt');
    const receipt = await story.send(leader, 'tpr2.receipt-noted', riverside, { cites: tpr2 });
    await story.delivered(riverside, receipt);
    await story.mailed(keyworker, 'receipt-noted');
    await story.step(jcp, 'pass-to-adviser', { owner: leader });
    await story.send(leader, 'tpr2.passed-to-adviser', 'mesh', { tpr2, adviser: colleague });
    await story.mailed(colleague, 'passed-to-you');
    expect(await story.waiting(riverside)).toEqual([]);
  });

  it('S5a, S6a, P1: the adviser updates the record, at once under a DPA1, else once the client gives one', async () => {
    const { story, tpr2 } = await shared();
    const passed = { tpr2, adviser: colleague };
    await story.send(leader, 'tpr2.receipt-noted', riverside, { cites: tpr2 });
    await story.send(leader, 'tpr2.passed-to-adviser', 'mesh', passed);
    await story.step(jcp, 'complete-dpa1', { owner: colleague });
    await story.dpa1(jcp);
    await story.step(jcp, 'update-record', { owner: colleague });
    await story.done(jcp, 'update-record');
    await story.settled(jcp);

    const allowed = town.client();
    await allowed.dpa1(jcp);
    await isReferred(allowed);
    await allowed.tpr2(riverside, [jcp]);
    const later = await allowed.send(riverside, 'tpr2.shared', jcp, { addressee: undefined });
    await allowed.send(leader, 'tpr2.receipt-noted', riverside, { cites: later });
    await allowed.send(leader, 'tpr2.passed-to-adviser', 'mesh', { ...passed, tpr2: later });
    await allowed.step(jcp, 'update-record', { owner: colleague });
  });

  it('S6a, C17: a client who said no to the DPA1 is not asked again when a TPR2 comes', async () => {
    const story = town.client();
    await story.dpa1(jcp, { decision: 'refused' });
    await isReferred(story);
    await story.tpr2(riverside, [jcp]);
    await story.send(riverside, 'tpr2.shared', jcp, { addressee: undefined });
    await story.step(jcp, 'note-receipt', { owner: leader });
    await story.gone(jcp, 'complete-dpa1');
  });

  it('S5b: an ad hoc interview and fast track are noted, and told to nobody', async () => {
    const { story } = await shared();
    for (const action of ['ad-hoc-interview', 'fast-track-to-stage-3'])
      await story.send(jcp, 'case.action-noted', 'mesh', { action, on: town.today });
    expect((await story.case(riverside)).messages.map(({ type }) => type)).not.toContain(
      'throughcare.case.action-noted.v1',
    );
  });

  it('S6a: without a current DPA1 the TPR2 is delivered, and the adviser is to complete one', async () => {
    const { story, tpr2 } = await shared();
    await story.delivered(jcp, tpr2);
    await story.step(jcp, 'complete-dpa1', { owner: adviser });
    await story.mailed(adviser, 'dpa1-needed');
    expect(await story.mayRecord(jcp)).toBe(false);
    await story.dpa1(jcp);
    await story.gone(jcp, 'complete-dpa1');
    expect(await story.mayRecord(jcp)).toBe(true);
  });

  it('S6b, S6c: no trace returns the TPR2: the keyworker discusses it, the job centre erases and expects nothing', async () => {
    const { story, tpr2 } = await shared();
    await story.send(leader, 'tpr2.no-trace', riverside, { cites: tpr2 });
    await story.mailed(keyworker, 'no-trace');
    await story.step(riverside, 'discuss-no-trace', { owner: keyworker });
    const instruction = await story.step(jcp, 'stop-using');
    expect(instruction.owner).toBe(leader);
    await story.refused(riverside, 'exit.notified', jcp);
    await story.done(riverside, 'discuss-no-trace');
    await story.done(leader, 'stop-using');
    await story.settled(jcp);
  });

  it('C22, C23: every message to a job centre says it is for support only, and nobody there decides sanctions', async () => {
    const { story, tpr2 } = await shared();
    expect((await story.delivered(jcp, tpr2))['terms']).toContain('no evidence for a sanction');
    const letter = await story.letter(leader, 'it is no evidence for a sanction');
    expect(letter.text).toContain('voluntary');
    expect(jobs.filter((job) => /sanction|decision/.test(job))).toEqual([]);
  });
});

describe('a contracted provider', () => {
  it('P3, P4: takes the DPA1 and returns it to the job centre, which updates its record', async () => {
    const { story, dpa1 } = await contracted();
    await story.step(pathways, 'return-dpa1');
    expect(await story.mayRecord(pathways)).toBe(true);
    const returned = await story.send(pathways, 'dpa1.returned', leeds, { cites: dpa1 });
    await story.delivered(leeds, returned);
    await story.mailed('p_leeds_adviser_1', 'dpa1-returned');
    await story.step(leeds, 'update-record', { owner: 'p_leeds_adviser_1' });
    expect(await story.mayRecord(leeds)).toBe(true);
    await story.settled(pathways);
  });

  it('S2d, P5, C6: tells the job centre of each outcome by the form of its contract, as it is on record', async () => {
    const { story, referral } = await contracted();
    const on = town.today;
    await story.send(aire, 'appointment.attended', pathways, { referral, on });
    await story.step(pathways, 'send-provider-notice');
    const notice = { form: 'NFP', attendance: 'attended', on };
    const wrong = { ...notice, attendance: 'did-not-attend' };
    expect(await story.refused(pathways, 'provider.notice', leeds, wrong)).toMatchObject({
      status: 409,
      field: 'data.attendance',
    });
    const other = { ...notice, form: 'FND4' };
    expect(await story.refused(pathways, 'provider.notice', leeds, other)).toMatchObject({
      status: 409,
      field: 'data.form',
    });
    const told = await story.send(pathways, 'provider.notice', leeds, notice);
    await story.delivered(leeds, told);
    await story.mailed('p_leeds_ptl', 'provider-notice');
    await story.gone(pathways, 'send-provider-notice');
  });

  it('C6: tells the job centre nothing more once the client withdrew the DPA1', async () => {
    const { story, referral } = await contracted();
    const on = town.today;
    await story.send(aire, 'appointment.attended', pathways, { referral, on });
    await story.withdraw(pathways, 'DPA1');
    const notice = { form: 'NFP', attendance: 'attended', on };
    expect(await story.refused(pathways, 'provider.notice', leeds, notice)).toMatchObject({
      reason: 'no-consent-on-record',
    });
    expect(await story.inbox(leeds)).toEqual([]);
  });
});

function inDays(day: string, count: number): string {
  return new Date(Date.parse(`${day}T12:00:00Z`) + count * 86_400_000).toISOString().slice(0, 10);
}
