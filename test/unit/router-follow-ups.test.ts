import { describe, expect, it } from '@jest/globals';
import { stepFollowUps, stepOutcomes } from '#libs/contracts/step-outcomes.js';
import { stepNames } from '#libs/contracts/steps.js';
import { type OpenStep, newView } from '#services/referral-router/domain/case-state.js';
import { followDone } from '#services/referral-router/domain/follow-done.js';
import { agencyOf, meshEvent } from '#test/support/router-events.js';
import { clocks, done, openSteps, toldCase } from '#test/support/told-case.js';

const jcp = 'jcp_wandsworth';
const trt = 'trt_acme';
const toProvider = { sender: jcp, to: trt };
const toCentre = { sender: trt, to: jcp };
const missed = () =>
  meshEvent('appointment.did-not-attend', { ...toCentre, facts: { on: '2026-03-03' } });

describe('a step that its owner says is done', () => {
  it('is followed by the next one, with the same owner and towards the same party', () => {
    const absence = missed();
    const discussed = done(jcp, 'discuss-did-not-attend', 'declined-by-client', absence.id);
    expect(toldCase([absence, discussed]).steps).toEqual([
      {
        step: 'tell-nothing-more',
        holder: { party: jcp, who: 'caseworker' },
        other: trt,
        cause: discussed.id,
        root: absence.id,
        about: 'appointment.did-not-attend',
        openedAt: '2026-03-04T09:00:00Z',
        dueOn: '2026-03-06',
      },
    ]);
  });

  it('comes again with a new day where it was not possible', () => {
    const declined = meshEvent('referral.declined', {
      ...toCentre,
      facts: { reason: 'no-capacity' },
    });
    const later = {
      ...done(jcp, 'refer-elsewhere', 'not-possible'),
      recordedAt: '2026-03-10T09:00:00Z',
    };
    const step = toldCase([declined, later]).steps.find((each) => each.step === 'refer-elsewhere');
    expect(step).toMatchObject({
      cause: later.id,
      root: declined.id,
      other: trt,
      dueOn: '2026-03-17',
    });
  });

  it('ends nothing and is followed by nothing where the sender holds no such step, or names another', () => {
    const absence = missed();
    const step = ['discuss-did-not-attend @ jcp_wandsworth'];
    expect(openSteps([absence, done(trt, 'discuss-did-not-attend')])).toEqual(step);
    expect(openSteps([absence, done(jcp, 're-engage')])).toEqual(step);
    expect(openSteps([absence, done(jcp, 'discuss-did-not-attend', 'done', missed().id)])).toEqual(
      step,
    );
  });

  it('is one step, where several of its name are open: the one named, else the oldest', () => {
    const [first, second] = [missed(), missed()];
    const left = (about?: string) =>
      toldCase([first, second, done(jcp, 'discuss-did-not-attend', 'done', about)])
        .steps.filter(({ step }) => step === 'discuss-did-not-attend')
        .map(({ cause }) => cause);
    expect(left(second.id)).toEqual([first.id]);
    expect(left()).toEqual([second.id]);
  });

  it('is closed by another office of the agency too, where the adviser sits', () => {
    expect(openSteps([missed(), done('jcp_leeds', 'discuss-did-not-attend')])).toEqual([
      'tell-nothing-more @ jcp_wandsworth',
    ]);
  });

  it('stays open where only a message can end it so, or only being done', () => {
    const referral = meshEvent('referral.requested', toProvider);
    expect(openSteps([referral, done(trt, 'acknowledge-referral', 'not-possible')])).toEqual([
      'acknowledge-referral @ trt_acme',
    ]);
    const stop = meshEvent('instruction.stop-using', { sender: 'guard', to: jcp });
    expect(openSteps([stop, done(jcp, 'stop-using', 'no-longer-needed')])).toEqual([
      'stop-using @ jcp_wandsworth',
    ]);
    expect(openSteps([stop, done(jcp, 'stop-using')])).toEqual([]);
  });

  // Every cell of the table, on a step that is open: the router reads the table and nothing else.
  it.each(stepNames)('leads to what the table says: %s', (step) => {
    const open: OpenStep = {
      step,
      holder: { party: jcp, who: 'caseworker' },
      cause: 'x',
      root: 'x',
      openedAt: '2026-03-04T09:00:00Z',
      dueOn: '2026-03-06',
    };
    for (const outcome of stepOutcomes) {
      const view = followDone(
        { ...newView('2026-03-04T09:00:00Z'), steps: [open] },
        done(jcp, step, outcome),
        around,
      );
      const cell = stepFollowUps[step][outcome];
      const next = cell.kind === 'step' ? cell.step : step;
      expect([outcome, ...view.steps.map((each) => each.step)]).toEqual([
        outcome,
        ...(cell.kind === 'end' ? [] : [next]),
      ]);
      const isNew = cell.kind === 'step' || cell.kind === 'again';
      expect(view.steps.every(({ cause }) => (cause === 'x') !== isNew)).toBe(true);
    }
  });
});

const around = {
  clocks,
  agency: 'jcp',
  agencyOf,
  isSpoc: () => false,
  messageOf: () => undefined,
  isStopped: () => false,
  isDropped: () => false,
};

describe('a single point of contact that says of a referral that it is done', () => {
  const spoc = 'spoc_lsw';
  const referral = meshEvent('referral.requested', { sender: jcp, to: spoc });

  it('still has to choose a provider, and books nothing', () => {
    const events = [referral, done(spoc, 'acknowledge-referral')];
    expect(openSteps(events)).toEqual([`choose-provider @ ${spoc}`]);
    const passed = meshEvent('referral.forwarded', { sender: spoc, to: trt, cause: referral.id });
    expect(openSteps([...events, passed])).toEqual([`acknowledge-referral @ ${trt}`]);
  });
});
