import { bankHolidays } from '#libs/calendar/bank-holidays.js';
import type { MeshEvent } from '#libs/contracts/mesh-event.js';
import type { MessageName } from '#libs/contracts/message-table.js';
import type { StepOutcome } from '#libs/contracts/step-outcomes.js';
import { type StepName, stepWorkingDays } from '#libs/contracts/steps.js';
import type { CaseState } from '#services/referral-router/domain/case-state.js';
import { readCase } from '#services/referral-router/domain/read-case.js';
import { agencyOf, meshEvent } from './router-events.js';

export const clocks = {
  workingDays: stepWorkingDays,
  holidays: bankHolidays('england-and-wales'),
};

/** The case that events tell, with the usual clocks. `at`: until when the clock has run; else until the last event. */
export function toldCase(events: readonly MeshEvent[], at?: string): CaseState {
  const last = events.map(({ recordedAt }) => recordedAt).reduce((a, b) => (a > b ? a : b), '2000');
  return readCase(events, { clocks, at: new Date(at ?? last), agencyOf });
}

/** Open steps of a case: `step @ party`. */
export const openSteps = (events: readonly MeshEvent[], at?: string): readonly string[] =>
  toldCase(events, at).steps.map(({ step, holder }) => `${step} @ ${holder.party}`);

/** A message of a case that only its sender's agency sees. */
export const atHome = (
  name: MessageName,
  sender: string,
  facts: MeshEvent['facts'] = {},
  changes: Partial<MeshEvent> = {},
): MeshEvent => meshEvent(name, { sender, to: 'mesh', facts, ...changes });

/** The owner of a step says how it ended. */
export const done = (
  sender: string,
  step: StepName,
  outcome: StepOutcome = 'done',
  about?: string,
): MeshEvent =>
  atHome('step.done', sender, { step, outcome, ...(about === undefined ? {} : { about }) });
