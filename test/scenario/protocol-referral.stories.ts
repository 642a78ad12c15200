import { describe, expect, it } from '@jest/globals';
import { typeOf } from '#libs/contracts/message-table.js';
import type { ProtocolStory } from '#test/support/protocol-story.js';
import {
  adviser,
  area,
  colleague,
  commonside,
  jcp,
  keyworker,
  leader,
  lsw,
  riverside,
  spoc,
} from '#test/support/protocol-town.js';
import { town } from './protocol-shared-town.js';

/* Steps 1 and 2: the client is referred, and comes or does not. Each story has a client of its own. */

const minuteMs = 60_000;
const soon = (): string => new Date(town.now.getTime() + 5 * minuteMs).toISOString();

/** A client who agreed to be referred to both providers, and the referral to one of them. */
async function referred(to: string = riverside) {
  const story = town.client();
  await story.tpr1(jcp, [riverside, commonside, spoc], {
    to: {
      parties: [riverside, commonside, spoc],
      role: { role: 'treatment', district: lsw },
    },
  });
  return { story, referral: await story.send(jcp, 'referral.requested', to) };
}

async function booked() {
  const { story, referral } = await referred();
  const startsAt = soon();
  const appointment = await story.send(riverside, 'appointment.booked', jcp, {
    referral,
    startsAt,
    place: '2 Example Street',
  });
  return { story, referral, appointment, startsAt };
}

const outcome = (
  story: ProtocolStory,
  name: 'appointment.attended' | 'appointment.did-not-attend',
  ids: Readonly<Record<string, string>>,
): Promise<string> => story.send(riverside, name, jcp, { ...ids, on: town.today });

describe('a referral', () => {
  it('S1a: says that the client was told all three things, or is refused', async () => {
    const story = town.client();
    await story.tpr1(jcp, [riverside]);
    const told = ['voluntary-first-assessment', 'finds-need-for-comprehensive'];
    expect(await story.refused(jcp, 'referral.requested', riverside, { told })).toMatchObject({
      status: 422,
      field: 'data.told',
    });
  });

  it('S1b: says whether travel costs were considered, and their payment can be noted', async () => {
    const story = town.client();
    await story.tpr1(jcp, [riverside]);
    const without = { travelCostsConsidered: undefined };
    expect(await story.refused(jcp, 'referral.requested', riverside, without)).toMatchObject({
      field: 'data.travelCostsConsidered',
    });
    await story.send(jcp, 'referral.requested', riverside);
    await story.send(jcp, 'case.action-noted', 'mesh', {
      action: 'travel-costs-paid',
      on: town.today,
    });
  });

  it('S1c, C18, P10: passes without a DPA1, and without one nothing may be kept on the record', async () => {
    const { story } = await referred();
    expect(await story.mayRecord(jcp)).toBe(false);
    await story.dpa1(jcp);
    expect(await story.mayRecord(jcp)).toBe(true);
    await story.dpa1(jcp, { decision: 'refused' });
    expect(await story.mayRecord(jcp)).toBe(false);
    await story.step(jcp, 'take-off-record');
  });

  it('S1c: without the client’s TPR1 goes nowhere, and its sender is to seek the consent', async () => {
    const story = town.client();
    await story.tpr1(jcp, [riverside], { decision: 'refused' });
    expect(await story.refused(jcp, 'referral.requested', riverside)).toMatchObject({
      reason: 'no-consent-on-record',
    });
    await story.step(jcp, 'seek-consent', { owner: adviser, form: 'TPR1' });
    await story.tpr1(jcp, [riverside]);
    await story.send(jcp, 'referral.requested', riverside);
    await story.gone(jcp, 'seek-consent');
  });

  it('S1d: of a JSA client without an adviser is the team leader’s step until one is named', async () => {
    const { story, referral } = await referred();
    const claim = { benefit: 'jsa', startedOn: town.today };
    await story.send(jcp, 'claim.started', 'mesh', claim);
    await story.step(jcp, 'name-adviser', { owner: leader });
    const named = { person: colleague, from: town.today };
    await story.send(leader, 'case.caseworker-named', 'mesh', named);
    await story.gone(jcp, 'name-adviser');
    await story.send(riverside, 'referral.acknowledged', jcp, { referral });
    await story.mailed(colleague, 'referral-acknowledged');
    // The claim says JSA again: one is named.
    await story.send(jcp, 'claim.started', 'mesh', claim);
    await story.gone(jcp, 'name-adviser');
  });

  it('S1e, C4: reaches the provider, and one consent covers both ways', async () => {
    const { story, referral } = await referred();
    const got = await story.delivered(riverside, referral);
    expect(got['data']).toMatchObject({ client: { surname: 'Sample' }, note: 'prefers mornings' });
    await story.step(riverside, 'acknowledge-referral', { owner: keyworker });
    await story.mailed(keyworker, 'referral-received');
    const answer = await story.send(riverside, 'referral.acknowledged', jcp, { referral });
    await story.delivered(jcp, answer);
    await story.gone(riverside, 'acknowledge-referral');
    await story.step(riverside, 'book-first-appointment');
    await story.mailed(adviser, 'referral-acknowledged');
  });

  it('S1f, P6: to the area reaches its single point of contact, which passes it to a provider', async () => {
    const { story, referral } = await referred(area);
    await story.delivered(spoc, referral);
    await story.send(spoc, 'referral.acknowledged', jcp, { referral });
    await story.step(spoc, 'choose-provider');
    const forwarded = await story.send(spoc, 'referral.forwarded', riverside, { referral });
    await story.delivered(riverside, forwarded);
    await story.settled(spoc);
    await story.step(riverside, 'acknowledge-referral');
    const provider = { referral, provider: riverside };
    const told = await story.send(spoc, 'referral.passed-on', jcp, provider);
    expect((await story.delivered(jcp, told))['data']).toMatchObject({ provider: riverside });
  });

  it('C7: is passed on to no provider that the client was not told of', async () => {
    const story = town.client();
    const to = { parties: [spoc, riverside], role: { role: 'treatment', district: lsw } };
    await story.tpr1(jcp, to.parties, { to });
    const referral = await story.send(jcp, 'referral.requested', area);
    await story.delivered(spoc, referral);
    const refusal = await story.refused(spoc, 'referral.forwarded', commonside, { referral });
    expect(refusal).toMatchObject({ reason: 'no-consent-on-record' });
    expect(await story.inbox(commonside)).toEqual([]);
  });
});

describe('an appointment', () => {
  it('S1g: comes back with when and where, and the adviser has to tell the client', async () => {
    const { story, appointment, startsAt } = await booked();
    const got = await story.delivered(jcp, appointment);
    expect(got['data']).toMatchObject({ startsAt, place: '2 Example Street' });
    await story.step(jcp, 'tell-client', {
      owner: adviser,
      counterpart: riverside,
      about: typeOf('appointment.booked'),
    });
    await story.mailed(adviser, 'appointment-booked');
    await story.done(jcp, 'tell-client');
    await story.gone(jcp, 'tell-client');
  });

  it('S1g: that is moved or cancelled is told again, each time with a new step', async () => {
    const { story, appointment } = await booked();
    const startsAt = town.at(4).toISOString();
    const moved = await story.send(riverside, 'appointment.moved', jcp, {
      appointment,
      startsAt,
      place: '3 Example Street',
    });
    await story.step(jcp, 'tell-client', { about: typeOf('appointment.moved') });
    await story.mailed(adviser, 'appointment-moved');
    expect(
      await story.refused(riverside, 'appointment.cancelled', jcp, { appointment }),
    ).toMatchObject({ status: 409, reason: 'contradicts-record', field: 'data.appointment' });
    await story.send(riverside, 'appointment.cancelled', jcp, { appointment: moved });
    await story.mailed(adviser, 'appointment-cancelled');
    await story.step(riverside, 'book-first-appointment');
  });

  it('S2a: its outcome goes to the client’s current adviser, who may not be the one who referred', async () => {
    const { story, referral, appointment } = await booked();
    await story.send(jcp, 'case.caseworker-named', 'mesh', { person: colleague, from: town.today });
    await outcome(story, 'appointment.attended', { referral, appointment });
    await story.mailed(colleague, 'attended');
    expect(await story.mailKinds(adviser)).not.toContain('attended');
    await story.settled(riverside);
  });

  it('S2a: has one outcome; a second says which it corrects, and the first one’s step ends', async () => {
    const { story, referral, appointment } = await booked();
    const about = { referral, appointment };
    const wrong = await outcome(story, 'appointment.did-not-attend', about);
    await story.step(jcp, 'discuss-did-not-attend');
    const second = { ...about, on: town.today };
    expect(await story.refused(riverside, 'appointment.attended', jcp, second)).toMatchObject({
      status: 409,
      reason: 'contradicts-record',
      detail: expect.stringContaining(wrong),
    });
    await outcome(story, 'appointment.attended', { ...about, corrects: wrong });
    await story.gone(jcp, 'discuss-did-not-attend');
    await story.mailed(adviser, 'outcome-corrected');
  });

  it('S2b, T4: missed is an alert at once, discussed on the day of the next attendance', async () => {
    const { story, referral, appointment } = await booked();
    const on = town.workingDay(4);
    await story.send(jcp, 'case.next-attendance', 'mesh', { on });
    await outcome(story, 'appointment.did-not-attend', { referral, appointment });
    await story.step(jcp, 'discuss-did-not-attend', {
      owner: adviser,
      dueOn: on,
    });
    await story.mailed(adviser, 'did-not-attend');
  });

  it('S2c: missed, the client is referred again, or the provider learns that nothing more is expected', async () => {
    const again = await booked();
    await outcome(again.story, 'appointment.did-not-attend', {
      referral: again.referral,
      appointment: again.appointment,
    });
    await again.story.waitsFor(riverside, 'what-follows');
    await again.story.send(jcp, 'referral.requested', riverside, {
      previousReferral: again.referral,
    });
    await again.story.gone(jcp, 'discuss-did-not-attend');

    const { story, referral, appointment } = await booked();
    const about = await outcome(story, 'appointment.did-not-attend', { referral, appointment });
    await story.step(jcp, 'discuss-did-not-attend');
    await story.done(jcp, 'discuss-did-not-attend', 'declined-by-client');
    await story.step(jcp, 'tell-nothing-more');
    const told = await story.send(jcp, 'absence.nothing-more', riverside, { about });
    expect((await story.delivered(riverside, told))['data']).toEqual({ about });
    await story.mailed(keyworker, 'nothing-more-expected');
    await story.settled(jcp, riverside);
    expect(await story.waiting(riverside)).toEqual([]);
  });
});

describe('a client who is not taken', () => {
  it('P13: is on the referrer’s list at once, with the next provider that the consent names', async () => {
    const { story, referral } = await referred();
    await story.waitsFor(jcp, 'acknowledgement');
    await story.send(riverside, 'referral.declined', jcp, { referral, reason: 'no-capacity' });
    await story.step(jcp, 'refer-elsewhere', { owner: adviser });
    await story.step(jcp, 'tell-client');
    await story.mailed(adviser, 'referral-declined');
    await story.settled(riverside);
    const { body } = await town.mesh.call(jcp, `/v1/cases/${story.caseId}/next-providers`);
    expect(body).toMatchObject({ parties: [{ id: commonside }, { id: spoc }] });
    await story.send(jcp, 'referral.requested', commonside, { previousReferral: referral });
    await story.gone(jcp, 'refer-elsewhere');
    await story.step(commonside, 'acknowledge-referral');
  });

  it('P13: goes back to the single point of contact that passed them on, and it chooses again', async () => {
    const { story, referral } = await referred(area);
    await story.delivered(spoc, referral);
    const forwarded = await story.send(spoc, 'referral.forwarded', riverside, { referral });
    const back = { referral: forwarded, reason: 'outside-our-area' };
    await story.send(riverside, 'referral.handed-back', spoc, back);
    await story.settled(riverside);
    await story.step(spoc, 'choose-provider');
    await story.mailed('p_spoc_lsw_duty_1', 'referral-handed-back');
    await story.send(spoc, 'referral.forwarded', commonside, { referral });
    await story.settled(spoc);
  });

  it('P13: and could not be reached is asked by the referrer; no other provider is offered', async () => {
    const { story, referral } = await referred();
    const data = { referral, reason: 'could-not-contact' };
    await story.send(riverside, 'referral.declined', jcp, data);
    await story.step(jcp, 'ask-client');
    expect((await story.steps(jcp)).map(({ step }) => step)).not.toContain('refer-elsewhere');
    await story.done(jcp, 'ask-client', 'declined-by-client');
    await story.settled(jcp, riverside);
  });

  it('P13: is nobody’s loss when the referrer takes the referral back: the provider expects nobody', async () => {
    const { story, referral } = await referred();
    await story.step(riverside, 'acknowledge-referral');
    await story.send(jcp, 'referral.cancelled', riverside, { referral });
    await story.settled(riverside);
    await story.mailed(keyworker, 'referral-cancelled');
    expect(await story.waiting(jcp)).toEqual([]);
  });

  it('P13, P2: when nobody answers is the sender’s step, and the office’s manager is told of a step, the coordinator of a number', async () => {
    const { story } = await referred();
    const { dueOn } = await story.step(riverside, 'acknowledge-referral');
    const waited = await story.waitsFor(jcp, 'acknowledgement');
    expect(waited).toMatchObject({ counterpart: riverside, dueOn, late: false });
    await town.advanceTo(town.at(3, '10:00'));
    await story.step(jcp, 'ask-client', { owner: adviser });
    await story.mailed(adviser, 'no-answer-yet');
    expect(await story.waitsFor(jcp, 'acknowledgement')).toMatchObject({ late: true });
    await story.mailed(keyworker, 'step-overdue');
    await town.advanceTo(town.at(7, '10:00'));
    await story.mailed('p_riverside_manager', 'step-overdue');
    const coordinator = await town.mesh.operator(['overdue']);
    expect(coordinator).toMatchObject({ code: 0, out: expect.stringContaining('fewer than 5') });
    expect(coordinator.out).not.toContain(story.caseId);
  });
});
