import { describe, expect, it } from '@jest/globals';
import type { MeshEvent } from '#libs/contracts/mesh-event.js';
import { meshEvent } from '#test/support/router-events.js';
import { atHome, done, openSteps, toldCase } from '#test/support/told-case.js';

const jcp = 'jcp_wandsworth';
const leeds = 'jcp_leeds';
const trt = 'trt_acme';
const spoc = 'spoc_lsw';
const bright = 'cp_bright';
const toProvider = { sender: jcp, to: trt };
const toCentre = { sender: trt, to: jcp };
const on = (day: string) => ({ recordedAt: `${day}T09:00:00Z` });

const reminder = (kind: string, cause: string, day = '2026-05-20') => {
  const {
    case: _case,
    actor: _actor,
    ...due
  } = meshEvent('reminder.due', {
    sender: 'svc_reminders',
    to: 'mesh',
    cause,
    ...on(day),
    facts: { kind, dueOn: '2026-05-27', occurrence: 1 },
  });
  return due;
};
const consent = (form: string, sender: string, decision = 'given') =>
  atHome('consent.recorded', sender, { form, decision });

describe('a step ends when its reason ends', () => {
  it('a referral: by any answer, a booking or an outcome included', () => {
    const referral = meshEvent('referral.requested', toProvider);
    const answer = { ...toCentre, cause: referral.id };
    for (const name of ['appointment.booked', 'appointment.attended', 'referral.declined'] as const)
      expect(openSteps([referral, meshEvent(name, answer)])).not.toContain(
        'acknowledge-referral @ trt_acme',
      );
  });

  it('an absence at one provider stays to be discussed where the client is referred to another again', () => {
    const [acme, beacon] = [trt, 'trt_beacon'].map((sender) =>
      meshEvent('appointment.did-not-attend', { sender, to: jcp }),
    );
    const toAcme = meshEvent('referral.requested', toProvider);
    expect(toldCase([acme!, beacon!, toAcme]).steps).toMatchObject([
      { step: 'discuss-did-not-attend', cause: beacon!.id },
      { step: 'acknowledge-referral' },
    ]);
    // A third provider's referral answers both: the counterpart has changed.
    const toCrown = meshEvent('referral.requested', { sender: jcp, to: 'trt_crown' });
    expect(openSteps([acme!, beacon!, toCrown])).toEqual(['acknowledge-referral @ trt_crown']);
  });

  it('a provider to be chosen after one handed the client back: by the referrer’s cancelling', () => {
    const requested = meshEvent('referral.requested', { sender: jcp, to: spoc });
    const forwarded = meshEvent('referral.forwarded', {
      sender: spoc,
      to: trt,
      cause: requested.id,
    });
    const back = meshEvent('referral.handed-back', { sender: trt, to: spoc, cause: forwarded.id });
    expect(openSteps([requested, forwarded, back])).toContain('choose-provider @ spoc_lsw');
    const off = meshEvent('referral.cancelled', { sender: jcp, to: spoc, cause: requested.id });
    expect(openSteps([requested, forwarded, back, off])).not.toContain(
      'choose-provider @ spoc_lsw',
    );
  });

  it('of two appointments the outcome of one leaves the other open', () => {
    const [first, second] = ['2026-03-09T10:00:00Z', '2026-03-16T10:00:00Z'].map((startsAt) =>
      meshEvent('appointment.booked', { ...toCentre, facts: { startsAt } }),
    );
    const attended = meshEvent('appointment.attended', {
      ...toCentre,
      facts: { on: '2026-03-09', appointment: first!.id },
    });
    const left = toldCase([first!, second!, attended]).steps;
    expect(left.map(({ step, cause }) => [step, cause])).toEqual([
      ['tell-outcome', second!.id],
      ['tell-client', second!.id],
    ]);
  });

  it('a TPR2 whose receipt is noted leaves that of another TPR2 to be noted', () => {
    const [first, second] = [1, 2].map(() =>
      meshEvent('tpr2.shared', { ...toCentre, facts: { dpa1Current: true } }),
    );
    const noted = () => meshEvent('tpr2.receipt-noted', { ...toProvider, cause: first!.id });
    const left = toldCase([first!, second!, noted(), noted()]).steps;
    expect(left.filter(({ step }) => step === 'note-receipt').map(({ cause }) => cause)).toEqual([
      second!.id,
    ]);
  });

  it('a referral taken back by the single point of contact ends the provider’s steps towards the referrer', () => {
    const referral = meshEvent('referral.requested', { sender: jcp, to: spoc });
    const forwarded = meshEvent('referral.forwarded', {
      sender: spoc,
      to: trt,
      cause: referral.id,
    });
    const acknowledged = meshEvent('referral.acknowledged', { ...toCentre, cause: forwarded.id });
    const back = meshEvent('referral.cancelled', { sender: jcp, to: spoc, cause: referral.id });
    const passed = meshEvent('referral.cancelled', { sender: spoc, to: trt, cause: forwarded.id });
    expect(openSteps([referral, forwarded, acknowledged, back])).toEqual([
      'book-first-appointment @ trt_acme',
      'tell-provider-cancelled @ spoc_lsw',
    ]);
    expect(openSteps([referral, forwarded, acknowledged, back, passed])).toEqual([]);
  });

  it('a declined referral is referred elsewhere, until another provider is asked', () => {
    const referral = meshEvent('referral.requested', toProvider);
    const declined = meshEvent('referral.declined', {
      ...toCentre,
      cause: referral.id,
      facts: { reason: 'no-capacity' },
    });
    expect(openSteps([referral, declined])).toEqual([
      'refer-elsewhere @ jcp_wandsworth',
      'tell-client @ jcp_wandsworth',
    ]);
    expect(toldCase([referral, declined]).tellings.at(-1)).toMatchObject({
      kind: 'referral-declined',
      step: 'refer-elsewhere',
    });
    const elsewhere = meshEvent('referral.requested', { sender: jcp, to: 'trt_beacon' });
    expect(openSteps([referral, declined, elsewhere])).toEqual([
      'acknowledge-referral @ trt_beacon',
    ]);
  });

  it('DPA1: by a decision taken at any office of the agency, or by the one that a contracted provider returned', () => {
    const shared = meshEvent('tpr2.shared', { ...toCentre, facts: { dpa1Current: false } });
    const returned = meshEvent('dpa1.returned', { sender: bright, to: jcp });
    for (const end of [consent('DPA1', leeds), consent('DPA1', jcp, 'refused'), returned])
      expect(openSteps([shared, end])).not.toContain('complete-dpa1 @ jcp_wandsworth');
    expect(openSteps([shared, consent('TPR1', jcp)])).toContain('complete-dpa1 @ jcp_wandsworth');
    expect(openSteps([shared, consent('DPA1', bright)])).toContain(
      'complete-dpa1 @ jcp_wandsworth',
    );
  });

  it('a review that the job centre calls off: the keyworker tells the client', () => {
    const off = meshEvent('review.cancelled', toProvider);
    expect(openSteps([off])).toEqual(['tell-client @ trt_acme']);
    expect(
      toldCase([off]).tellings.map(({ kind, step, holder }) => [kind, step, holder.party]),
    ).toContainEqual(['review-cancelled', 'tell-client', trt]);
    expect(openSteps([off, done(trt, 'tell-client')])).toEqual([]);
    expect(openSteps([meshEvent('review.cancelled', toCentre)])).toEqual([]);
  });

  it('DPA1: who has to return it, or to take it off the record, is told so', () => {
    const told = (event: MeshEvent) =>
      toldCase([event]).tellings.map(({ kind, step, holder }) => [kind, step, holder.party]);
    expect(told(consent('DPA1', bright))).toEqual([['dpa1-to-return', 'return-dpa1', bright]]);
    const withdrawn = atHome('consent.withdrawn', jcp, { form: 'DPA1', keep: '' });
    for (const no of [consent('DPA1', jcp, 'refused'), withdrawn])
      expect(told(no)).toEqual([['take-off-record', 'take-off-record', jcp]]);
    expect(told(consent('DPA1', jcp))).toEqual([]);
    // The provider that records it keeps no record of the kind.
    const atProvider = atHome('consent.withdrawn', trt, { form: 'DPA1', keep: '' });
    expect([told(atProvider), openSteps([atProvider])]).toEqual([[], []]);
    expect(told(consent('TPR1', bright, 'refused'))).toEqual([]);
  });

  it('DPA1 refused or withdrawn: the record is to be cleared, and not asked for again', () => {
    const withdrawn = atHome('consent.withdrawn', jcp, { form: 'DPA1', keep: '' });
    for (const no of [consent('DPA1', jcp, 'refused'), withdrawn]) {
      expect(openSteps([no])).toEqual(['take-off-record @ jcp_wandsworth']);
      expect(openSteps([no, consent('DPA1', jcp)])).toEqual([]);
    }
  });

  it('a consent to renew: only by a decision on the same form', () => {
    const consents = [consent('TPR1', jcp), consent('DPA1', jcp)];
    const lapses = consents.map(({ id }) => reminder('consent-lapse', id));
    const told = [...consents, ...lapses];
    expect(toldCase(told).steps.map(({ step, form }) => [step, form])).toEqual([
      ['renew-consent', 'TPR1'],
      ['renew-consent', 'DPA1'],
    ]);
    const renewed = consent('DPA1', jcp, 'refused');
    expect(
      toldCase([...told, renewed]).steps.filter(({ step }) => step === 'renew-consent'),
    ).toMatchObject([{ form: 'TPR1' }]);
  });

  it('a consent to seek: by a no on the form that the refused message needs, never by a yes alone', () => {
    const refused = meshEvent('tpr2.shared', {
      ...toCentre,
      verdict: 'refused',
      reason: 'no-consent-on-record',
    });
    const other = atHome('consent.recorded', trt, { form: 'TPR1', decision: 'given' });
    expect(toldCase([refused, other]).steps).toMatchObject([
      { step: 'seek-consent', form: 'TPR2' },
    ]);
    expect(toldCase([refused, consent('TPR2', trt)]).steps).toMatchObject([
      { step: 'seek-consent', form: 'TPR2' },
    ]);
    expect(openSteps([refused, consent('TPR2', trt, 'refused')])).toEqual([]);
  });

  it('a DPA1 to return: by a newer one, which is to be returned in its place', () => {
    const taken = ['given', 'given'].map((decision) => consent('DPA1', bright, decision));
    expect(openSteps(taken)).toEqual([`return-dpa1 @ ${bright}`]);
    expect(toldCase(taken).steps[0]?.cause).toBe(taken[1]?.id);
  });

  it('telling the client of an appointment that was called off: by the outcome of the next', () => {
    const booked = meshEvent('appointment.booked', {
      ...toCentre,
      facts: { startsAt: '2026-03-09T10:00:00Z' },
    });
    const off = meshEvent('appointment.cancelled', {
      ...toCentre,
      ...on('2026-03-03'),
      cause: booked.id,
    });
    const again = meshEvent('appointment.booked', {
      ...toCentre,
      ...on('2026-03-04'),
      facts: { startsAt: '2026-03-09T10:00:00Z' },
    });
    const came = meshEvent('appointment.attended', {
      ...toCentre,
      facts: { on: '2026-03-09', appointment: again.id },
    });
    const told = (...events: Parameters<typeof toldCase>[0][number][]) =>
      toldCase(events).steps.filter(({ step }) => step === 'tell-client').length;
    expect([told(booked, off, again), told(booked, off, again, came)]).toEqual([2, 0]);
  });

  it('likely exit, then an unplanned one: one step to re-engage, due from the newer', () => {
    const likely = meshEvent('exit.notified', { ...toCentre, facts: { exit: 'unplanned-likely' } });
    const left = meshEvent('exit.notified', {
      ...toCentre,
      ...on('2026-03-11'),
      facts: { exit: 'unplanned' },
    });
    const one = [{ step: 're-engage', cause: left.id, dueOn: '2026-03-18' }];
    expect(toldCase([likely, left]).steps).toMatchObject(one);
    // Also where the first was spoken of already, and only its answer was not told yet.
    const spoken = { ...done(jcp, 're-engage', 'not-possible'), seq: likely.seq + 0.5 };
    expect(openSteps([likely, spoken])).toEqual(['tell-nothing-more @ jcp_wandsworth']);
    expect(toldCase([likely, spoken, left]).steps).toMatchObject(one);
  });

  it('likely exit: ends nothing, and is over once the client stays', () => {
    const plan = atHome('careplan.agreed', trt);
    const due = reminder('care-plan-review', plan.id);
    const likely = meshEvent('exit.notified', {
      ...toCentre,
      ...on('2026-05-21'),
      facts: { exit: 'unplanned-likely' },
    });
    const stays = meshEvent('exit.stays-in-treatment', {
      ...toCentre,
      ...on('2026-05-22'),
      cause: likely.id,
    });
    expect(openSteps([plan, due, likely])).toEqual([
      'review-care-plan @ trt_acme',
      're-engage @ jcp_wandsworth',
    ]);
    const said = { ...done(jcp, 're-engage'), ...on('2026-05-21') };
    expect(openSteps([plan, due, likely, stays])).toEqual(['review-care-plan @ trt_acme']);
    expect(openSteps([plan, due, likely, said, { ...stays, seq: said.seq + 1 }])).toEqual([
      'review-care-plan @ trt_acme',
    ]);
  });

  it('a planned exit ends all steps of a review but its outcome', () => {
    const asked = meshEvent('review.requested', toCentre);
    const offered = meshEvent('review.offered', { ...toProvider, cause: asked.id });
    const accepted = meshEvent('review.accepted', { ...toCentre, cause: offered.id });
    const held = meshEvent('review.held', { ...toProvider, cause: offered.id });
    const exit = () => meshEvent('exit.notified', { ...toCentre, facts: { exit: 'planned' } });
    for (const told of [[asked], [asked, offered], [asked, offered, accepted]])
      expect(openSteps([...told, exit()])).toEqual(['update-record @ jcp_wandsworth']);
    expect(openSteps([asked, offered, accepted, held, exit()])).toEqual([
      'tell-review-outcome @ jcp_wandsworth',
      'update-record @ jcp_wandsworth',
    ]);
  });

  it('an exit that is only recorded leaves the keyworker to call the review off', () => {
    const asked = meshEvent('review.requested', toCentre);
    const offered = meshEvent('review.offered', { ...toProvider, cause: asked.id });
    const exit = atHome('exit.recorded', trt, { exit: 'planned' });
    const off = meshEvent('review.cancelled', toCentre);
    expect(openSteps([exit])).toEqual([]);
    expect(openSteps([asked, offered, exit])).toEqual(['cancel-review @ trt_acme']);
    expect(openSteps([asked, exit])).toEqual([
      'offer-review @ jcp_wandsworth',
      'cancel-review @ trt_acme',
    ]);
    expect(openSteps([asked, exit, off])).toEqual([]);
  });

  it('a corrected outcome: the alert ends, what followed from it too, and the right one holds', () => {
    const absence = meshEvent('appointment.did-not-attend', {
      ...toCentre,
      facts: { appointment: 'a' },
    });
    const other = meshEvent('appointment.did-not-attend', {
      ...toCentre,
      facts: { appointment: 'b' },
    });
    const attended = () =>
      meshEvent('appointment.attended', {
        ...toCentre,
        facts: { appointment: 'a', corrects: absence.id },
      });
    const discussed = done(jcp, 'discuss-did-not-attend', 'done', absence.id);
    expect(toldCase([absence, other, attended()]).steps).toMatchObject([
      { step: 'discuss-did-not-attend', cause: other.id },
    ]);
    expect(openSteps([absence, discussed, attended()])).toEqual([]);
    expect(openSteps([absence, other, discussed, attended()])).toEqual([
      'discuss-did-not-attend @ jcp_wandsworth',
    ]);
    const wrong = meshEvent('appointment.attended', toCentre);
    const missed = meshEvent('appointment.did-not-attend', {
      ...toCentre,
      facts: { corrects: wrong.id },
    });
    expect(openSteps([wrong, missed])).toEqual(['discuss-did-not-attend @ jcp_wandsworth']);
  });

  it('a corrected outcome asks the contracted provider for one notice: of the outcome that holds', () => {
    const attended = meshEvent('appointment.attended', { sender: trt, to: bright });
    const missed = meshEvent('appointment.did-not-attend', {
      sender: trt,
      to: bright,
      facts: { corrects: attended.id },
    });
    const { steps, tellings } = toldCase([attended, missed]);
    expect(steps.map(({ step, cause }) => [step, cause])).toEqual([
      ['discuss-did-not-attend', missed.id],
      ['send-provider-notice', missed.id],
    ]);
    expect(tellings.map(({ kind, step }) => [kind, step])).toEqual([
      ['attended', 'send-provider-notice'],
      ['provider-notice-due', 'send-provider-notice'],
      ['did-not-attend', 'discuss-did-not-attend'],
      ['provider-notice-due', 'send-provider-notice'],
    ]);
  });

  it('stop using: what rests on the consent that was taken back ends, and nothing else', () => {
    const absence = meshEvent('appointment.did-not-attend', toCentre);
    const shared = meshEvent('tpr2.shared', { ...toCentre, facts: { dpa1Current: true } });
    const withdrawn = atHome('consent.withdrawn', trt, { form: 'TPR2', keep: '' });
    const stop = meshEvent('instruction.stop-using', {
      sender: 'guard',
      to: jcp,
      cause: withdrawn.id,
    });
    expect(openSteps([absence, shared, withdrawn, stop])).toEqual([
      'discuss-did-not-attend @ jcp_wandsworth',
      'stop-using @ jcp_wandsworth',
    ]);
  });

  it('stop using, for a withdrawal in another case: what rests on another form stays', () => {
    const absence = meshEvent('appointment.did-not-attend', toCentre);
    const shared = meshEvent('tpr2.shared', { ...toCentre, facts: { dpa1Current: true } });
    const stop = (form: string) =>
      meshEvent('instruction.stop-using', {
        sender: 'guard',
        to: jcp,
        cause: 'recorded in another case',
        facts: { form, keep: '' },
      });
    const taken = 'stop-using @ jcp_wandsworth';
    expect(openSteps([absence, shared, stop('DPA1')])).toEqual([
      'discuss-did-not-attend @ jcp_wandsworth',
      'note-receipt @ jcp_wandsworth',
      taken,
    ]);
    expect(openSteps([absence, shared, stop('TPR1')])).toEqual([
      'note-receipt @ jcp_wandsworth',
      taken,
      'ask-client @ jcp_wandsworth',
    ]);
  });

  it('stop using one message: what that one opened ends, and nothing else of the case', () => {
    const [wrong, other] = [
      meshEvent('appointment.did-not-attend', toCentre),
      meshEvent('appointment.did-not-attend', toCentre),
    ];
    const stop = meshEvent('instruction.stop-using', {
      sender: 'guard',
      to: jcp,
      cause: 'the refused correction',
      facts: { message: wrong.id },
    });
    const { steps } = toldCase([wrong, other, stop]);
    expect(steps.map(({ step, cause }) => [step, cause])).toEqual([
      ['discuss-did-not-attend', other.id],
      ['stop-using', stop.id],
    ]);
  });

  it('stop using: a refusal at one provider leaves what another shares', () => {
    const [acme, beacon] = [trt, 'trt_beacon'].map((sender) =>
      meshEvent('review.requested', { sender, to: jcp }),
    );
    const told = (decision: MeshEvent) => {
      const stop = meshEvent('instruction.stop-using', {
        sender: 'guard',
        to: jcp,
        cause: decision.id,
      });
      return toldCase([acme!, beacon!, decision, stop])
        .steps.filter(({ step }) => step === 'offer-review')
        .map(({ cause }) => cause);
    };
    expect(told(consent('TPR2', trt, 'refused'))).toEqual([beacon!.id]);
    expect(told(atHome('consent.withdrawn', trt, { form: 'TPR2', keep: '' }))).toEqual([]);
  });
});

describe('a case that goes to another office', () => {
  const referral = meshEvent('referral.requested', toProvider);
  const shared = meshEvent('tpr2.shared', {
    ...toCentre,
    facts: { dpa1Current: false, addressee: 'p_jcp_wandsworth_2' },
  });
  const named = atHome('case.caseworker-named', jcp, { person: 'p_jcp_wandsworth_1' });
  const moved = meshEvent('case.moved-office', { sender: jcp, to: leeds });

  it('takes its open steps and its waits along, and leaves nobody of the former office in charge', () => {
    const state = toldCase([referral, shared, named, moved]);
    expect(state.steps.map(({ step, holder }) => [step, holder])).toEqual([
      ['acknowledge-referral', { party: trt, who: 'caseworker' }],
      ['note-receipt', { party: leeds, who: 'addressee' }],
      ['complete-dpa1', { party: leeds, who: 'caseworker' }],
      ['name-adviser', { party: leeds, who: 'team-leader' }],
    ]);
    expect(state.waits.map(({ holder }) => holder.party)).toEqual([leeds, trt]);
    expect(state.namings.filter(({ party }) => party !== trt)).toEqual([]);
    expect(state.tellings.at(-1)).toMatchObject({
      kind: 'case-moved-here',
      holder: { party: leeds, who: 'team-leader' },
    });
  });

  it('gets there also what providers still send to the former office', () => {
    const absence = meshEvent('appointment.did-not-attend', toCentre);
    const state = toldCase([moved, absence]);
    expect(state.steps.at(-1)).toMatchObject({ holder: { party: leeds } });
    expect(state.tellings.at(-1)).toMatchObject({ holder: { party: leeds } });
  });

  it('comes back whole', () => {
    const back = meshEvent('case.moved-office', { sender: leeds, to: jcp });
    const absence = meshEvent('appointment.did-not-attend', { sender: trt, to: leeds });
    const steps = toldCase([shared, moved, back, absence]).steps;
    expect(new Set(steps.map(({ holder }) => holder.party))).toEqual(new Set([jcp]));
    expect(toldCase([moved, back]).tellings.at(-1)).toMatchObject({ holder: { party: jcp } });
    const addressee = 'p_jcp_wandsworth_2';
    const again = meshEvent('tpr2.shared', { ...toCentre, facts: { addressee } });
    expect(toldCase([moved, back, again]).steps.at(-1)).toMatchObject({
      holder: { party: jcp, who: 'addressee', actor: addressee },
    });
  });
});

describe('an episode that has ended', () => {
  const exit = (day: string) =>
    meshEvent('exit.notified', { ...toCentre, ...on(day), facts: { exit: 'planned' } });

  it('asks for no consent, no review and no profile; the claim’s interviews run on', () => {
    const plan = atHome('careplan.agreed', trt);
    const claim = atHome('claim.started', jcp, { benefit: 'esa', startedOn: '2026-03-01' });
    const consents = [consent('TPR2', trt), consent('TPR1', jcp), consent('DPA1', jcp)];
    const before = [plan, claim, ...consents, exit('2026-04-01')];
    const reminders = [
      reminder('care-plan-review', plan.id),
      reminder('outcome-profile', plan.id),
      reminder('claim-interview-13', claim.id),
      ...consents.map(({ id }) => reminder('consent-lapse', id)),
    ];
    const state = toldCase([...before, ...reminders]);
    expect(state.steps.map(({ step }) => step)).toEqual(['update-record', 'hold-interview']);
    expect(state.tellings.map(({ kind }) => kind)).not.toContain('consent-lapsing');
    const over = { ...atHome('claim.ended', jcp), ...on('2026-04-02') };
    expect(
      toldCase([...before, over, reminder('claim-interview-13', claim.id)]).steps.map(
        ({ step }) => step,
      ),
    ).toEqual(['update-record']);
  });

  it('asks the job centre to renew a DPA1 that was returned to it, and then its provider nothing more', () => {
    const returned = meshEvent('dpa1.returned', {
      sender: bright,
      to: jcp,
      recordedAt: '2026-03-05T09:00:00Z',
    });
    const { steps } = toldCase([returned, reminder('consent-lapse', returned.id)]);
    expect(
      steps
        .filter(({ step }) => step === 'renew-consent')
        .map(({ holder, form }) => [holder.party, form]),
    ).toEqual([[jcp, 'DPA1']]);
  });

  it('asks again once a new one begins', () => {
    const yes = consent('TPR2', trt);
    const left = exit('2026-04-01');
    const again = { ...atHome('careplan.agreed', trt), ...on('2026-04-20') };
    const lapse = reminder('consent-lapse', yes.id);
    expect(openSteps([yes, left, lapse])).not.toContain('renew-consent @ trt_acme');
    expect(openSteps([yes, left, again, lapse])).toContain('renew-consent @ trt_acme');
  });
});
