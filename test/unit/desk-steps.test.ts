import { describe, expect, it } from '@jest/globals';
import { type MessageName, ruleOf } from '#libs/contracts/message-table.js';
import { type PartyKind, partyKinds } from '#libs/contracts/party.js';
import { refusalSteps } from '#libs/contracts/refusal-steps.js';
import { stepNames } from '#libs/contracts/steps.js';
import { isSendable } from '#services/desk/domain/action-form.js';
import { actionWords } from '#services/desk/domain/message-words.js';
import { stepActions } from '#services/desk/domain/step-actions.js';
import { stepWords } from '#services/desk/domain/step-words.js';

const agencies = partyKinds.filter((kind) => kind !== 'service');

/** Every message by which some step of such an office can be ended. */
const messagesOf = (kind: PartyKind): readonly MessageName[] =>
  stepNames.flatMap((step) =>
    stepActions(step, kind).flatMap((action) => (action.kind === 'message' ? [action.name] : [])),
  );

describe('a step', () => {
  it.each(stepNames)(
    '%s can be ended from its page by every kind of office, and starts with a verb',
    (step) => {
      expect(stepWords[step]).toMatch(/^[A-Z][a-z]+ /);
      for (const kind of agencies) {
        const actions = stepActions(step, kind);
        const isLocked =
          actions.length === 0 && agencies.some((other) => stepActions(step, other).length > 0);
        expect([step, kind, actions.length > 0 || isLocked]).toEqual([step, kind, true]);
      }
    },
  );

  it('offers an office only what its kind may send', () => {
    const wrong = agencies.flatMap((kind) =>
      messagesOf(kind).filter((name) => !ruleOf(name).from.includes(kind)),
    );
    expect(wrong).toEqual([]);
    expect(messagesOf('jobcentre')).toContain('tpr2.receipt-noted');
  });

  it('that only being done ends has one button', () => {
    for (const step of ['stop-using', 'take-off-record'] as const)
      expect(stepActions(step, 'jobcentre').filter(({ kind }) => kind === 'outcome')).toEqual([
        { kind: 'outcome', outcome: 'done' },
      ]);
  });

  it('that is done with the client has that as its first button; a message comes first elsewhere', () => {
    expect(stepActions('tell-client', 'jobcentre')[0]).toEqual({
      kind: 'outcome',
      outcome: 'done',
    });
    expect(stepActions('book-first-appointment', 'treatment-provider')[0]?.kind).toBe('message');
  });

  it('that a refusal opened leads to asking the client, not to sending again', () => {
    const seek = stepActions(refusalSteps['no-consent-on-record'].step, 'treatment-provider');
    expect(seek[0]).toEqual({ kind: 'message', name: 'consent.recorded' });
  });

  it('to answer a referral gives a provider each answer of the protocol', () => {
    const names = stepActions('acknowledge-referral', 'treatment-provider').flatMap((action) =>
      action.kind === 'message' ? [action.name] : [],
    );
    expect(names).toEqual([
      'referral.acknowledged',
      'appointment.booked',
      'appointment.attended',
      'appointment.did-not-attend',
      'referral.declined',
      'referral.handed-back',
    ]);
  });
});

describe('the page of an action', () => {
  it('is there for what an office sends itself, and for nothing that the mesh or another kind sends', () => {
    expect(isSendable('appointment.booked', 'treatment-provider')).toBe(true);
    expect(isSendable('appointment.booked', 'jobcentre')).toBe(false);
    for (const kind of agencies) {
      expect(isSendable('instruction.stop-using', kind)).toBe(false);
      expect(isSendable('consent.recorded', kind)).toBe(false);
      expect(isSendable('reminder.due', kind)).toBe(false);
    }
  });

  it('has words of its own for each message that ends a step', () => {
    const names = new Set(agencies.flatMap(messagesOf));
    const titles = [...names].filter((name) => actionWords(name) === ruleOf(name).title);
    // Where the title of the table is what a person would say, too.
    expect(titles.toSorted((one, other) => one.localeCompare(other))).toEqual([
      'careplan.agreed',
      'careplan.reviewed',
    ]);
  });
});
