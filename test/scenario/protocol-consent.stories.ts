import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { londonInstant } from '#libs/calendar/london-time.js';
import { typeOf } from '#libs/contracts/message-table.js';
import {
  adviser,
  jcp,
  keyworker,
  lambeth,
  leader,
  pathways,
  riverside,
} from '#test/support/protocol-town.js';
import { storedStreams } from '#test/support/stored-messages.js';
import { waitingDeliveries } from '#test/support/waiting-deliveries.js';
import { until } from '#test/support/until.js';
import { town } from './protocol-shared-town.js';

/* Consent, bullet by bullet. */

async function inTreatment(more: Readonly<Record<string, unknown>> = {}) {
  const story = town.client();
  await story.tpr2(riverside, [jcp], more);
  return story;
}
const dayAfter = (day: string, count: number): string =>
  new Date(Date.parse(`${day}T12:00:00Z`) + count * 86_400_000).toISOString().slice(0, 10);

describe('no consent', () => {
  it('C1, C2, C24: blocks the message, tells the sender why and no more, and the receiver nothing', async () => {
    const story = town.client();
    await story.tpr2(riverside, [jcp], { decision: 'refused' });
    const refusal = await story.refused(riverside, 'tpr2.shared', jcp);
    expect(refusal).toMatchObject({ status: 422, reason: 'no-consent-on-record' });
    const { body } = await town.mesh.call(riverside, `/v1/cases/${story.caseId}`);
    expect(JSON.stringify(body)).toContain('seek-consent');
    await story.step(riverside, 'seek-consent', { owner: keyworker, form: 'TPR2' });
    await story.mailed(keyworker, 'seek-consent');
    expect(await story.inbox(jcp)).toEqual([]);
    const asked = await town.mesh.call(jcp, `/v1/cases/${story.caseId}`);
    const unknown = await town.mesh.call(jcp, `/v1/cases/${randomUUID()}`);
    expect([asked.status, asked.body]).toEqual([unknown.status, unknown.body]);
  });

  it('C24: is no legal bar: the answer says that safeguarding has its own route', async () => {
    const story = town.client();
    await story.tpr2(riverside, [jcp], { decision: 'refused' });
    const message = town.mesh.message({
      name: 'exit.notified',
      from: riverside,
      actor: keyworker,
      to: jcp,
      case: story.caseId,
      data: { exit: 'unplanned', on: town.today },
    });
    const { body } = await town.mesh.send(riverside, message);
    expect(String(body['title'])).toContain('safeguarding has its own route');
  });

  it('C25: is asked inside one agency, and the passage is recorded', async () => {
    const story = town.client();
    await story.dpa1(jcp);
    const moved = await story.send(jcp, 'case.moved-office', lambeth, { from: town.today });
    await story.delivered(lambeth, moved);
    expect((await story.case(jcp)).messages.map(({ id }) => id)).toContain(moved);
  });
});

describe('a consent', () => {
  it('C3, C10: says who may tell whom what, until when, and keeps that the three things were explained', async () => {
    const validUntil = dayAfter(town.today, 100);
    const story = await inTreatment({ validUntil });
    const { consents } = await story.consents(riverside);
    expect(consents).toContainEqual(
      expect.objectContaining({
        from: riverside,
        to: 'jcp',
        purpose: 'share-employment-needs',
        form: 'TPR2',
        validUntil: londonInstant(dayAfter(validUntil, 1), '00:00').toISOString(),
      }),
    );
    const unexplained = await town.client().refused(riverside, 'consent.recorded', 'mesh', {
      ...consentOf(),
      explained: { statements: [], wordingVersion: '1', language: 'en', copyGiven: true },
    });
    expect(unexplained).toMatchObject({ status: 422, reason: 'consent-incomplete' });
  });

  it('C9: tells nothing of the police or courts unless the client ticked it', async () => {
    const untold = await inTreatment();
    const route = { accessedBy: 'criminal-justice' };
    const left = await untold.send(riverside, 'tpr2.shared', jcp, route);
    const got = await untold.delivered(jcp, left);
    expect(got['data']).not.toHaveProperty('accessedBy');
    expect(got['leftout']).toBe(true);
    const ticked = await inTreatment({ includeCriminalJusticeRoute: true });
    const told = await ticked.send(riverside, 'tpr2.shared', jcp, route);
    expect((await ticked.delivered(jcp, told))['data']).toMatchObject(route);
  });

  it('C11: to less leaves out what it does not cover, or blocks what makes no sense without it', async () => {
    const story = await inTreatment({ excludedCategories: ['treatment-status', 'review'] });
    const tpr2 = await story.send(riverside, 'tpr2.shared', jcp);
    const { data } = await story.delivered(jcp, tpr2);
    expect(data).not.toHaveProperty('structuredTreatmentStartedOn');
    expect(data).not.toHaveProperty('reviewWanted');
    const blocked = await inTreatment({ excludedCategories: ['identity'] });
    expect(await blocked.refused(riverside, 'tpr2.shared', jcp)).toMatchObject({
      reason: 'no-consent-on-record',
    });
  });

  it('C12: to share covers the exit where the client was told so, unless they exclude it', async () => {
    const sharing = ['share-employment-needs'];
    const told = await inTreatment({ purposes: sharing, explained: explained(true) });
    await told.send(riverside, 'tpr2.shared', jcp);
    await told.send(riverside, 'exit.notified', jcp, { exit: 'planned' });
    const untold = await inTreatment({ purposes: sharing });
    await untold.send(riverside, 'tpr2.shared', jcp);
    await untold.refused(riverside, 'exit.notified', jcp, { exit: 'planned' });
    const excluded = await inTreatment({
      purposes: sharing,
      explained: explained(true),
      excludedCategories: ['exit', 'likely-exit'],
    });
    await excluded.refused(riverside, 'exit.notified', jcp, { exit: 'planned' });
  });

  it('C17: refused binds its own scope, and a newer decision stands in the older one’s place', async () => {
    const story = await inTreatment();
    await story.tpr2(riverside, [jcp], { decision: 'refused', purposes: ['three-way-review'] });
    await story.send(riverside, 'tpr2.shared', jcp, { reviewWanted: undefined });
    await story.refused(riverside, 'review.requested', jcp);
    await story.tpr2(riverside, [jcp], { purposes: ['three-way-review'] });
    await story.send(riverside, 'review.requested', jcp);
  });

  it('C20: a mismatch of surname, birth or number goes to a person, never through', async () => {
    const story = await inTreatment();
    const client = { ...story.client, surname: 'Other' };
    expect(await story.refused(riverside, 'tpr2.shared', jcp, { client })).toMatchObject({
      reason: 'identity-mismatch',
    });
    await story.step(riverside, 'check-identity', { owner: keyworker });
    expect(await story.inbox(jcp)).toEqual([]);
  });

  it('C21: a client without an NI number is served', async () => {
    const story = town.client();
    const { nino: _nino, ...client } = story.client;
    await story.tpr2(riverside, [jcp], { client });
    const tpr2 = await story.send(riverside, 'tpr2.shared', jcp, { client });
    expect((await story.delivered(jcp, tpr2))['data']).toMatchObject({ client });
  });

  it('C27: what is collected leaves nothing of the client behind in the mesh', async () => {
    const story = town.client();
    const secret = `secret ${randomUUID()}`;
    await story.tpr2(riverside, [jcp]);
    const waiting = async (): Promise<string> => JSON.stringify(await waitingDeliveries(town.mesh));
    const put = async (): Promise<string> => JSON.stringify(await storedStreams(town.mesh));
    const tpr2 = await story.send(riverside, 'tpr2.shared', jcp, { treatmentSummary: secret });
    expect(await waiting()).toContain(secret);
    expect(JSON.stringify(await story.delivered(jcp, tpr2))).toContain(secret);
    expect(await waiting()).not.toContain(secret);
    // What its sender put out stays for a while after the commit; the last of a sender's until the next.
    await story.send(riverside, 'tpr2.shared', jcp, { treatmentSummary: 'another' });
    await until('it is gone', async () => !(await put()).includes(secret));
  });
});

describe('a withdrawal', () => {
  it('C8, C14: by any party, at once: what is under way does not arrive, and no reminder follows', async () => {
    const story = town.client();
    await story.tpr1(jcp, [riverside]);
    const referral = await story.send(jcp, 'referral.requested', riverside);
    await story.delivered(riverside, referral);
    await story.withdraw(riverside, 'TPR1');
    const answered = await story.refused(riverside, 'referral.acknowledged', jcp, { referral });
    expect(answered).toMatchObject({ reason: 'no-consent-on-record' });

    const uncollected = await inTreatment();
    const tpr2 = await uncollected.send(riverside, 'tpr2.shared', jcp);
    await uncollected.reminder(riverside, 'consent-lapse', { state: 'scheduled' });
    await uncollected.withdraw(riverside, 'TPR2');
    expect(await uncollected.inbox(jcp)).toEqual([]);
    expect((await town.mesh.call(riverside, `/v1/messages/${tpr2}`)).body['state']).toBe('stopped');
    await uncollected.settled(jcp);
    await uncollected.reminder(riverside, 'consent-lapse', { state: 'cancelled' });
  });

  it('C13: ends treatment status, exit and reviews with the sharing, unless the client keeps one', async () => {
    const all = await inTreatment();
    await all.withdraw(riverside, 'TPR2');
    for (const name of ['tpr2.shared', 'exit.notified', 'review.requested'] as const)
      await all.refused(riverside, name, jcp);
    const kept = await inTreatment();
    await kept.withdraw(riverside, 'TPR2', ['exit-notice']);
    await kept.refused(riverside, 'review.requested', jcp);
    await kept.send(riverside, 'exit.notified', jcp);
  });

  it('C15: gives who holds what was shared an instruction without content, and its people are told', async () => {
    const story = await inTreatment();
    const tpr2 = await story.send(riverside, 'tpr2.shared', jcp);
    await story.delivered(jcp, tpr2);
    await story.withdraw(riverside, 'TPR2');
    await story.step(jcp, 'stop-using', { owner: leader });
    const [, instruction] = await story.inbox(jcp);
    expect(instruction).toMatchObject({
      type: typeOf('instruction.stop-using'),
      data: { what: 'stop-using-and-take-off-the-record' },
    });
    await story.mailed(leader, 'stop-using');
    await story.mailed(adviser, 'stop-using');
    await story.done(leader, 'stop-using');
    await story.settled(jcp);
  });

  it('C16: calls off a review that was agreed', async () => {
    const story = await inTreatment();
    const startsAt = town.at(5).toISOString();
    const request = await story.send(riverside, 'review.requested', jcp);
    const offer = await story.send(jcp, 'review.offered', riverside, { request, startsAt });
    const accepted = await story.send(riverside, 'review.accepted', jcp, { offer, startsAt });
    // An acceptance that nobody collected would be stopped, and its reminder with it.
    await story.delivered(jcp, accepted);
    await story.reminder(riverside, 'review-appointment', { state: 'scheduled' });
    await story.step(jcp, 'hold-review');
    await story.withdraw(riverside, 'TPR2');
    await story.gone(jcp, 'hold-review');
    await story.reminder(riverside, 'review-appointment', { state: 'cancelled' });
  });

  it('C26: leaves the provider’s own reminders about its own client as they are', async () => {
    const story = await inTreatment();
    await story.send(riverside, 'careplan.agreed', 'mesh', { agreedOn: town.today });
    await story.reminder(riverside, 'care-plan-review', { state: 'scheduled' });
    await story.withdraw(riverside, 'TPR2');
    await story.reminder(riverside, 'consent-lapse', { state: 'cancelled' });
    await story.reminder(riverside, 'care-plan-review', { state: 'scheduled' });
  });
});

describe('in the course of time', () => {
  it('C19: a consent ends at its date, and its taker is warned before it does', async () => {
    const story = await inTreatment({ validUntil: dayAfter(town.today, 60) });
    await town.advanceTo(town.at(30));
    await story.step(riverside, 'renew-consent', { form: 'TPR2', owner: keyworker });
    await story.mailed(keyworker, 'consent-lapsing');
    await town.advanceTo(town.at(25));
    await story.refused(riverside, 'exit.notified', jcp);
  });

  it('C28: an attempt that was refused is forgotten before a disclosure is', async () => {
    const story = await inTreatment();
    const tpr2 = await story.send(riverside, 'tpr2.shared', jcp);
    await story.delivered(jcp, tpr2);
    const { id, reason } = await story.refused(riverside, 'exit.notified', pathways);
    const kept = async (): Promise<readonly string[]> =>
      (await story.case(riverside)).messages.map((each) => each.id);
    expect([reason, await kept()]).toEqual([
      'no-consent-on-record',
      expect.arrayContaining([tpr2, id]),
    ]);
    await town.advanceTo(town.at(50)); // over sixty days, and a working day
    await until('the refusal is forgotten', async () => !(await kept()).includes(id));
    expect(await kept()).toContain(tpr2);
  });
});

const explained = (saysExit: boolean): object => ({
  statements: [
    'information-shared-to-coordinate',
    'record-updated-with-needs',
    'used-solely-for-barriers-to-work',
    ...(saysExit ? ['sharing-includes-exit'] : []),
  ],
  wordingVersion: '2026-01',
  language: 'en',
  copyGiven: true,
});

const consentOf = (): object => ({
  form: 'TPR2',
  formReference: 'TPR2 0001',
  client: { surname: 'Sample', dateOfBirth: '1988-04-12', nino: 'QQ999999A' },
  decision: 'given',
  purposes: ['share-employment-needs'],
  to: { parties: [jcp] },
  takenAt: town.now.toISOString(),
  takenBy: keyworker,
});
