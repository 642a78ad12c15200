import { describe, expect, it } from '@jest/globals';
import type { MeshEvent } from '#libs/contracts/mesh-event.js';
import type { MessageName } from '#libs/contracts/message-table.js';
import { tellLate } from '#services/referral-router/domain/keep-waits.js';
import { meshEvent } from '#test/support/router-events.js';
import { atHome, done, toldCase } from '#test/support/told-case.js';

const jcp = 'jcp_wandsworth';
const trt = 'trt_acme';
const spoc = 'spoc_lsw';
const toProvider = { sender: jcp, to: trt };
const toCentre = { sender: trt, to: jcp };
const on = (day: string) => ({ recordedAt: `${day}T09:00:00Z` });

const waitsOf = (events: readonly MeshEvent[], at?: string) =>
  toldCase(events, at).waits.map(
    ({ holder, answer, counterpart, hasLapsed }) =>
      `${holder.party}: ${answer} from ${counterpart}${hasLapsed ? ', late' : ''}`,
  );
const stepsAt = (party: string, events: readonly MeshEvent[], at?: string) =>
  toldCase(events, at)
    .steps.filter(({ holder }) => holder.party === party)
    .map(({ step }) => step);

describe('what a party waits for', () => {
  const referral = meshEvent('referral.requested', toProvider);
  const acknowledged = meshEvent('referral.acknowledged', { ...toCentre, cause: referral.id });
  const booked = meshEvent('appointment.booked', {
    ...toCentre,
    cause: referral.id,
    facts: { startsAt: '2026-03-10T10:00:00Z' },
  });
  const attended = meshEvent('appointment.attended', {
    ...toCentre,
    cause: referral.id,
    facts: { appointment: booked.id },
  });

  it('is one kind of answer after another, from the same counterpart', () => {
    expect(waitsOf([referral])).toEqual([`${jcp}: acknowledgement from ${trt}`]);
    expect(waitsOf([referral, acknowledged])).toEqual([`${jcp}: appointment from ${trt}`]);
    expect(waitsOf([referral, acknowledged, booked])).toEqual([`${jcp}: attendance from ${trt}`]);
    expect(waitsOf([referral, acknowledged, booked, attended])).toEqual([]);
    expect(toldCase([referral, booked]).waits).toMatchObject([
      { since: '2026-03-04T09:00:00Z', dueOn: '2026-03-12', cause: booked.id },
    ]);
  });

  it('is answered for the message that is cited, and not for another', () => {
    const again = meshEvent('referral.requested', { sender: jcp, to: 'trt_beacon' });
    expect(waitsOf([referral, again, { ...acknowledged, seq: again.seq + 1 }])).toEqual([
      `${jcp}: acknowledgement from trt_beacon`,
      `${jcp}: appointment from ${trt}`,
    ]);
    const second = meshEvent('appointment.booked', { ...toCentre, cause: referral.id });
    const outcome = { ...attended, seq: second.seq + 1 };
    expect(toldCase([booked, second, outcome]).waits).toMatchObject([{ cause: second.id }]);
  });

  it('is answered by the provider to which the single point of contact passed it', () => {
    const toSpoc = meshEvent('referral.requested', { sender: jcp, to: spoc });
    const passed = meshEvent('referral.passed-on', { sender: spoc, to: jcp, cause: toSpoc.id });
    const answer = meshEvent('referral.acknowledged', { ...toCentre, cause: toSpoc.id });
    expect(waitsOf([toSpoc, passed])).toEqual([`${jcp}: acknowledgement from ${spoc}`]);
    expect(waitsOf([toSpoc, passed, answer])).toEqual([`${jcp}: appointment from ${trt}`]);
    const bySpoc = meshEvent('referral.acknowledged', { sender: spoc, to: jcp, cause: toSpoc.id });
    const later = { ...answer, seq: bySpoc.seq + 1 };
    expect(waitsOf([toSpoc, bySpoc, later])).toEqual([`${jcp}: appointment from ${trt}`]);
  });

  it('is from the provider that has the client now, once the single point of contact chose another', () => {
    const ofCentre = (events: readonly MeshEvent[]) =>
      waitsOf(events).filter((row) => row.startsWith(jcp));
    const toSpoc = meshEvent('referral.requested', { sender: jcp, to: spoc });
    const chosen = (provider: string) =>
      meshEvent('referral.forwarded', { sender: spoc, to: provider, cause: toSpoc.id });
    const from = (sender: string, name: MessageName, cause: string) =>
      meshEvent(name, { sender, to: jcp, cause });
    const first = chosen(trt);
    const taken = from(trt, 'referral.acknowledged', first.id);
    const bookedHere = from(trt, 'appointment.booked', first.id);
    const off = from(trt, 'appointment.cancelled', bookedHere.id);
    const back = meshEvent('referral.handed-back', { sender: trt, to: spoc, cause: first.id });
    const second = chosen('trt_beacon');
    const takenThere = from('trt_beacon', 'referral.acknowledged', second.id);
    const bookedThere = from('trt_beacon', 'appointment.booked', second.id);
    const cameThere = from('trt_beacon', 'appointment.attended', second.id);
    const before = [toSpoc, first, taken, bookedHere, off, back, second];
    expect(ofCentre([...before, takenThere])).toEqual([`${jcp}: appointment from trt_beacon`]);
    expect(ofCentre([toSpoc, first, bookedHere, back, second, bookedThere, cameThere])).toEqual([]);
    expect(stepsAt(jcp, [...before, takenThere, bookedThere, cameThere])).toEqual([]);
    const late = { ...on('2026-04-20') };
    expect(stepsAt(jcp, before, '2026-04-20T09:00:00Z')).toContain('ask-client');
    expect(stepsAt(jcp, [...before, { ...takenThere, ...late }])).not.toContain('ask-client');
    // Two referrals of the referrer's own are two matters.
    const other = meshEvent('referral.requested', { sender: jcp, to: 'trt_beacon' });
    const takenToo = from('trt_beacon', 'referral.acknowledged', other.id);
    expect(ofCentre([toSpoc, first, taken, other, takenToo])).toHaveLength(2);
  });

  it('is of the keyworker whether a review that was agreed was held, from its day on', () => {
    const offered = meshEvent('review.offered', toProvider);
    const facts = { startsAt: '2026-03-10T10:00:00Z' };
    const accepted = meshEvent('review.accepted', { ...toCentre, cause: offered.id, facts });
    const answer = (name: MessageName) => meshEvent(name, { ...toProvider, cause: offered.id });
    expect(waitsOf([offered, accepted])).toEqual([`${trt}: review-held from ${jcp}`]);
    expect(toldCase([offered, accepted]).waits).toMatchObject([{ dueOn: '2026-03-12' }]);
    expect(stepsAt(trt, [offered, accepted], '2026-03-13T09:00:00Z')).toEqual(['ask-client']);
    for (const name of ['review.not-held', 'review.moved', 'review.cancelled'] as const)
      expect(waitsOf([offered, accepted, answer(name)])).not.toContain(
        `${trt}: review-held from ${jcp}`,
      );
    expect(waitsOf([offered, accepted, answer('review.held')])).toEqual([
      `${trt}: review-outcome from ${jcp}`,
    ]);
    // Of two reviews, the one that the answer names.
    const other = meshEvent('review.offered', toProvider);
    const agreed = meshEvent('review.accepted', { ...toCentre, cause: other.id, facts });
    const held = meshEvent('review.held', { ...toProvider, cause: offered.id });
    expect(toldCase([offered, accepted, other, agreed, held]).waits).toMatchObject([
      { cause: agreed.id },
      { cause: held.id },
    ]);
  });

  it('ends with its own part of the case: an exit, no trace', () => {
    const asked = meshEvent('review.requested', toCentre);
    const shared = meshEvent('tpr2.shared', toCentre);
    const proposed = meshEvent('lead.proposed', { sender: trt, to: 'prob_london' });
    const exit = meshEvent('exit.notified', { ...toCentre, facts: { exit: 'planned' } });
    expect(waitsOf([asked, shared, proposed])).toHaveLength(3);
    const likely = { ...exit, facts: { exit: 'unplanned-likely' } };
    expect(waitsOf([asked, shared, proposed, likely])).toHaveLength(3);
    expect(waitsOf([asked, shared, proposed, exit])).toEqual([]);
    const offered = meshEvent('review.offered', toProvider);
    const noTrace = meshEvent('tpr2.no-trace', toProvider);
    expect(waitsOf([shared, offered, noTrace])).toEqual([]);
  });
});

describe('an answer that does not come', () => {
  const referral = meshEvent('referral.requested', toProvider); // Wednesday 4 March: due on Friday

  it('is late at nine on the next working day, and is the waiting party’s own step from then on', () => {
    expect(stepsAt(jcp, [referral], '2026-03-09T08:59:59Z')).toEqual([]);
    expect(waitsOf([referral], '2026-03-07T12:00:00Z')).toEqual([
      `${jcp}: acknowledgement from ${trt}`,
    ]);
    const state = toldCase([referral], '2026-03-09T09:00:00Z');
    expect(state.steps.find(({ step }) => step === 'ask-client')).toEqual({
      step: 'ask-client',
      holder: { party: jcp, who: 'caseworker' },
      other: trt,
      cause: referral.id,
      root: referral.id,
      about: 'referral.requested',
      openedAt: '2026-03-09T09:00:00.000Z',
      dueOn: '2026-03-23',
    });
    expect(state.waits).toMatchObject([{ hasLapsed: true, dueOn: '2026-03-06' }]);
    expect(tellLate(state, new Set([referral.id]))).toEqual([
      {
        kind: 'no-answer-yet',
        cause: referral.id,
        holder: { party: jcp, who: 'caseworker' },
        step: 'ask-client',
        dueOn: '2026-03-23',
      },
    ]);
    expect(tellLate(state, new Set())).toEqual([]);
  });

  it('is late by the clock, also where other events came meanwhile', () => {
    const other = atHome(
      'case.action-noted',
      jcp,
      { action: 'ad-hoc-interview' },
      on('2026-03-20'),
    );
    expect(stepsAt(jcp, [referral, other])).toEqual(['ask-client']);
    expect(stepsAt(jcp, [referral, { ...other, ...on('2026-03-06') }])).toEqual([]);
  });

  it('that comes late ends both', () => {
    const answer = meshEvent('referral.acknowledged', {
      ...toCentre,
      ...on('2026-03-10'),
      cause: referral.id,
    });
    expect(stepsAt(jcp, [referral, answer])).toEqual([]);
    expect(waitsOf([referral, answer])).toEqual([`${jcp}: appointment from ${trt}`]);
  });

  it('is settled once the client was asked, and asked again where that was not possible', () => {
    const asked = { ...done(jcp, 'ask-client'), ...on('2026-03-10') };
    expect([...waitsOf([referral, asked]), ...stepsAt(jcp, [referral, asked])]).toEqual([]);
    const notYet = { ...done(jcp, 'ask-client', 'not-possible'), ...on('2026-03-10') };
    expect(waitsOf([referral, notYet])).toEqual([`${jcp}: acknowledgement from ${trt}, late`]);
    expect(stepsAt(jcp, [referral, notYet])).toEqual(['ask-client']);
    const answer = meshEvent('referral.acknowledged', {
      ...toCentre,
      ...on('2026-03-11'),
      cause: referral.id,
    });
    expect(stepsAt(jcp, [referral, notYet, answer])).toEqual([]);
  });

  it('is not waited for where the message never arrived', () => {
    const stopped = { ...referral, seq: referral.seq + 0.5, verdict: 'stopped' as const };
    expect(waitsOf([referral, stopped], '2026-03-20T09:00:00Z')).toEqual([]);
  });
});

describe('a message that was stopped before it was had, because of a decision recorded elsewhere', () => {
  const stop = (event: MeshEvent, reason = 'withdrawn-elsewhere'): MeshEvent => ({
    ...event,
    seq: event.seq + 0.5,
    verdict: 'stopped',
    reason,
  });
  const heldBy = (party: string, events: readonly MeshEvent[], at: string) => {
    const { steps, waits, tellings } = toldCase(events, at);
    const isTheirs = ({ holder }: { holder: { party: string } }) => holder.party === party;
    return [steps, waits, tellings].map((rows) => rows.filter(isTheirs));
  };
  const days = ['2026-03-05T09:00:00Z', '2026-03-09T09:00:00Z', '2026-06-01T09:00:00Z'];
  const referral = meshEvent('referral.requested', toProvider);
  const acknowledged = meshEvent('referral.acknowledged', { ...toCentre, cause: referral.id });
  const shared = meshEvent('tpr2.shared', toCentre);
  const noted = meshEvent('tpr2.receipt-noted', { ...toProvider, cause: shared.id });

  it.each([
    ['a referral', jcp, [referral]],
    ['an acknowledgement', trt, [referral, acknowledged]],
    ['a TPR2', trt, [shared]],
    ['a receipt', jcp, [shared, noted]],
  ])('leaves its sender as silence does, and nothing with its recipient: %s', (_, sender, told) => {
    const last = told.at(-1)!;
    for (const reason of ['withdrawn-elsewhere', 'limited-elsewhere'])
      for (const at of days)
        expect(heldBy(sender, [...told, stop(last, reason)], at)).toEqual(heldBy(sender, told, at));
    const recipient = last.to;
    expect(heldBy(recipient, [...told, stop(last)], days[0]!)).toEqual(
      heldBy(recipient, told.slice(0, -1), days[0]!),
    );
  });

  it('leaves nothing where the sender’s own agency takes the consent back as well', () => {
    const own = (sender: string, form: string, at: string) =>
      atHome('consent.withdrawn', sender, { form, keep: '' }, on(at));
    const late = days[2]!;
    const taken = [referral, stop(referral)];
    for (const day of ['2026-03-05', '2026-03-16'])
      expect(heldBy(jcp, [...taken, own(jcp, 'TPR1', day)], late).slice(0, 2)).toEqual([[], []]);
    expect(stepsAt(jcp, [...taken, own(jcp, 'TPR2', '2026-03-05')], late)).toEqual(['ask-client']);
    const booking = [referral, acknowledged, stop(acknowledged)];
    expect(stepsAt(trt, booking)).toEqual(['book-first-appointment']);
    expect(stepsAt(trt, [...booking, own(trt, 'TPR1', '2026-03-05')])).toEqual([]);
  });
});

describe('what another agency did not tell', () => {
  const referral = meshEvent('referral.requested', toProvider);
  const acknowledged = meshEvent('referral.acknowledged', { ...toCentre, cause: referral.id });
  const booked = meshEvent('appointment.booked', { ...toCentre, cause: referral.id });
  const outcome = (changes: Partial<MeshEvent> = {}) =>
    meshEvent('appointment.did-not-attend', {
      ...toCentre,
      cause: referral.id,
      facts: { appointment: booked.id },
      ...changes,
    });
  const told = [referral, acknowledged, booked];
  const missed = outcome();
  const refused = { verdict: 'refused', reason: 'no-consent-on-record' } as const;

  /** Ways in which the provider can be silent: nothing was sent, or it did not pass, or was taken back before it was had. */
  const histories: Readonly<Record<string, readonly MeshEvent[]>> = {
    silence: [],
    'an outcome refused': [outcome(refused)],
    'an outcome stopped by a withdrawal': [
      missed,
      atHome('consent.withdrawn', trt, { form: 'TPR1', keep: '' }),
      { ...missed, seq: missed.seq + 0.5, verdict: 'stopped', reason: 'withdrawn' },
    ],
    'a decline refused': [meshEvent('referral.declined', { ...toCentre, ...refused })],
    'a TPR2 refused, an exit recorded at home': [
      meshEvent('tpr2.shared', { ...toCentre, ...refused }),
      atHome('careplan.agreed', trt),
      atHome('exit.recorded', trt, { exit: 'unplanned' }),
    ],
    'a client who said no there': [
      atHome('consent.recorded', trt, { form: 'TPR2', decision: 'refused' }),
      done(trt, 'tell-outcome', 'no-longer-needed'),
    ],
    'a consent withdrawn there': [
      atHome('consent.withdrawn', trt, { form: 'TPR1', keep: '' }),
      outcome({ ...refused, reason: 'withdrawn' }),
    ],
  };
  const seenBy = (party: string, events: readonly MeshEvent[], at: string) => {
    const { steps, waits, tellings, parts } = toldCase([...told, ...events], at);
    const isTheirs = ({ holder }: { holder: { party: string } }) => holder.party === party;
    return {
      steps: steps.filter(isTheirs),
      waits: waits.filter(isTheirs),
      tellings: tellings.filter(isTheirs),
      part: parts.find(({ parties }) => parties.includes(party)),
    };
  };

  it.each(Object.keys(histories))('is not to be seen on the waiting party’s lists: %s', (kind) => {
    for (const at of ['2026-03-05T09:00:00Z', '2026-03-09T09:00:00Z', '2026-06-01T09:00:00Z'])
      expect(seenBy(jcp, histories[kind] ?? [], at)).toEqual(seenBy(jcp, [], at));
  });

  it('leads to the step to ask the client, alike', () => {
    expect(seenBy(jcp, [], '2026-03-09T09:00:00Z').steps.map(({ step }) => step)).toEqual([
      'tell-client',
      'ask-client',
    ]);
    expect(seenBy(jcp, [missed], '2026-03-09T09:00:00Z')).not.toEqual(
      seenBy(jcp, [], '2026-03-09T09:00:00Z'),
    );
  });

  it('is not to be seen at the provider either: what the job centre closed at home', () => {
    const asked = meshEvent('review.requested', toCentre);
    const dropped = done(jcp, 'offer-review', 'no-longer-needed');
    const exit = atHome('exit.recorded', trt, { exit: 'planned' });
    const at = '2026-03-05T09:00:00Z';
    expect(seenBy(trt, [asked, dropped, exit], at)).toEqual(seenBy(trt, [asked, exit], at));
  });
});
