import { describe, expect, it } from '@jest/globals';
import type { MeshEvent } from '#libs/contracts/mesh-event.js';
import { meshEvent, partyPut, peopleOf } from '#test/support/router-events.js';
import { caseLine } from '#services/referral-router/domain/list-rows.js';
import { atHome, done, toldCase } from '#test/support/told-case.js';

const jcp = 'jcp_wandsworth';
const trt = 'trt_acme';
const spoc = 'spoc_lsw';
const probation = 'prob_london';
const toProvider = { sender: jcp, to: trt };
const toCentre = { sender: trt, to: jcp };
const exit = (changes: Partial<MeshEvent> = {}) =>
  meshEvent('exit.notified', { ...toCentre, facts: { exit: 'planned' }, ...changes });

/** How the case stands for the agency of a party: its end, or open. */
const endAt = (party: string, ...events: MeshEvent[]) =>
  toldCase(events).parts.find(({ parties }) => parties.includes(party))?.end ?? 'open';

describe('a case ends for each agency apart', () => {
  const referral = meshEvent('referral.requested', toProvider);
  const shared = meshEvent('tpr2.shared', { ...toCentre, facts: { dpa1Current: true } });

  it('for the job centre when the client has left and no claim runs; for the provider when the client has left', () => {
    const claim = atHome('claim.started', jcp, { benefit: 'jsa' });
    const named = atHome('case.caseworker-named', jcp, { person: 'p_jcp_wandsworth_1' });
    const left = exit();
    const recorded = done(jcp, 'update-record');
    const over = atHome('claim.ended', jcp);
    expect(endAt(trt, shared, left)).toBe('treatment-over');
    expect(endAt(jcp, claim, named, left)).toBe('open');
    expect(endAt(jcp, claim, named, left, recorded)).toBe('open');
    expect(endAt(jcp, claim, named, left, recorded, over)).toBe('exit-and-claim-over');
    expect(endAt(jcp, left, recorded)).toBe('exit-and-claim-over');
  });

  it('is open from its first message on, also where that was refused or waits', () => {
    const recordedAt = '2026-11-23T10:00:00.000Z';
    const refused = { verdict: 'refused', reason: 'no-consent-on-record', recordedAt } as const;
    for (const changes of [refused, { verdict: 'waiting', recordedAt } as const]) {
      const first = meshEvent('referral.requested', { ...toProvider, ...changes });
      expect(toldCase([first]).parts).toEqual([
        { agency: expect.any(String), parties: [jcp], since: recordedAt },
      ]);
    }
  });

  it('knows nothing of an end that it was not told', () => {
    const quiet = atHome('exit.recorded', trt, { exit: 'planned' });
    expect(endAt(trt, shared, quiet)).toBe('treatment-over');
    expect(endAt(jcp, shared, quiet)).toBe('open');
  });

  it('by no trace at the office that knows the client not, and not at the provider', () => {
    const noTrace = meshEvent('tpr2.no-trace', toProvider);
    expect(endAt(jcp, shared, noTrace)).toBe('no-trace');
    expect(endAt(trt, shared, noTrace)).toBe('open');
    const again = meshEvent('tpr2.shared', { ...toCentre, facts: { dpa1Current: true } });
    expect(endAt(jcp, shared, noTrace, again)).toBe('open');
  });

  it('when the referral has come to nothing and nobody is asked any more', () => {
    const declined = meshEvent('referral.declined', {
      ...toCentre,
      facts: { reason: 'no-capacity' },
    });
    const told = done(jcp, 'tell-client');
    const no = done(jcp, 'refer-elsewhere', 'declined-by-client');
    expect(endAt(trt, referral, declined)).toBe('referral-ended');
    expect(endAt(jcp, referral, declined)).toBe('open');
    expect(endAt(jcp, referral, declined, told)).toBe('open');
    expect(endAt(jcp, referral, declined, told, no)).toBe('referral-ended');
    const elsewhere = meshEvent('referral.requested', { sender: jcp, to: 'trt_beacon' });
    expect(endAt(jcp, referral, declined, told, no, elsewhere)).toBe('open');
  });

  it('after an absence when nothing more is expected; a corrected one opens it again', () => {
    const absence = meshEvent('appointment.did-not-attend', toCentre);
    const nothing = meshEvent('absence.nothing-more', { ...toProvider, cause: absence.id });
    const attended = meshEvent('appointment.attended', {
      ...toCentre,
      facts: { corrects: absence.id },
    });
    for (const party of [jcp, trt]) {
      expect(endAt(party, absence)).toBe('open');
      expect(endAt(party, absence, nothing)).toBe('referral-ended');
      expect(endAt(party, absence, nothing, attended)).toBe('open');
    }
  });

  it('for a provider that treats only by the exit, whatever becomes of an appointment', () => {
    const plan = atHome('careplan.agreed', trt);
    const absence = meshEvent('appointment.did-not-attend', toCentre);
    const nothing = meshEvent('absence.nothing-more', { ...toProvider, cause: absence.id });
    expect(endAt(trt, plan, absence, nothing)).toBe('open');
  });

  it('for the single point of contact when it has passed the client on, until it is handed back', () => {
    const toSpoc = meshEvent('referral.requested', { sender: jcp, to: spoc });
    const forwarded = meshEvent('referral.forwarded', { sender: spoc, to: trt });
    const back = meshEvent('referral.handed-back', { sender: trt, to: spoc });
    expect(endAt(spoc, toSpoc)).toBe('open');
    expect(endAt(spoc, toSpoc, forwarded)).toBe('handed-on');
    expect(endAt(spoc, toSpoc, forwarded, back)).toBe('open');
    expect(endAt(trt, toSpoc, forwarded, back)).toBe('referral-ended');
  });

  it('for probation when the lead is agreed, which ends nothing for the provider', () => {
    const proposed = meshEvent('lead.proposed', { sender: probation, to: trt });
    const agreed = meshEvent('lead.agreed', { sender: trt, to: probation });
    expect(endAt(probation, proposed, agreed)).toBe('lead-settled');
    expect(endAt(trt, proposed, agreed)).toBe('open');
  });

  it('when what was shared is no longer used', () => {
    const absence = meshEvent('appointment.did-not-attend', toCentre);
    const stop = meshEvent('instruction.stop-using', { sender: 'guard', to: jcp });
    const stopped = done(jcp, 'stop-using');
    expect(endAt(jcp, absence, stop)).toBe('open');
    expect(endAt(jcp, absence, stop, stopped)).toBe('open');
    expect(endAt(jcp, absence, stop, stopped, done(jcp, 'ask-client'))).toBe('consent-ended');
  });

  it('is open from its first event, also where nobody has got it yet', () => {
    const waiting = meshEvent('referral.requested', {
      sender: jcp,
      to: 'mesh',
      verdict: 'waiting',
    });
    expect(toldCase([waiting]).parts).toEqual([
      { agency: 'jcp', parties: [jcp], since: '2026-03-04T09:00:00Z' },
    ]);
  });

  it('since when, and at which of its offices it is known', () => {
    const left = exit({ recordedAt: '2026-05-01T09:00:00Z' });
    const moved = meshEvent('case.moved-office', { sender: jcp, to: 'jcp_leeds' });
    expect(toldCase([shared, left]).parts).toMatchObject([
      { agency: trt, end: 'treatment-over', since: '2026-05-01T09:00:00Z' },
      { agency: 'jcp', parties: [jcp], since: '2026-05-01T09:00:00Z' },
    ]);
    expect(toldCase([shared, moved]).parts[1]).toMatchObject({
      parties: [jcp, 'jcp_leeds'],
      since: '2026-03-04T09:00:00Z',
    });
  });
});

describe('a case in one line', () => {
  const people = {
    namings: [{ party: jcp, person: 'p_jcp_wandsworth_1', since: '2026-03-01', seq: 1 }],
    directory: {
      party: (id: string) => partyPut(id),
      person: (id: string) => peopleOf(jcp).find(({ person }) => person === id),
    },
    today: '2026-03-05',
  };
  const line = (...events: MeshEvent[]) => {
    const { steps, waits, parts } = toldCase(events);
    const isTheirs = ({ holder }: { holder: { party: string } }) => holder.party === jcp;
    const part = parts.find(({ agency }) => agency === 'jcp')!;
    const theirs = { part, steps: steps.filter(isTheirs), waits: waits.filter(isTheirs) };
    return caseLine('c', jcp, theirs, people);
  };

  it('names the step that is due first and who must act, else the answer waited for, else who holds it', () => {
    const referral = meshEvent('referral.requested', toProvider);
    const absence = meshEvent('appointment.did-not-attend', toCentre);
    const booked = meshEvent('appointment.booked', {
      ...toCentre,
      facts: { startsAt: '2026-03-10T10:00:00Z' },
    });
    const owner = 'p_jcp_wandsworth_1';
    expect(line(referral)).toEqual({
      case: 'c',
      state: 'open',
      since: '2026-03-04T09:00:00Z',
      owner,
      dueOn: '2026-03-06',
      waitingFor: 'acknowledgement',
    });
    expect(line(absence, booked)).toMatchObject({
      next: 'tell-client',
      dueOn: '2026-03-06',
      waitingFor: 'attendance',
    });
    const nothing = meshEvent('absence.nothing-more', toProvider);
    expect(line(absence, nothing)).toEqual({
      case: 'c',
      state: 'ended',
      end: 'referral-ended',
      since: '2026-03-04T09:00:00Z',
      owner,
    });
  });
});
