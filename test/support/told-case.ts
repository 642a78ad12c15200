import { bankHolidays } from '#libs/calendar/bank-holidays.js';
import type { MeshEvent } from '#libs/contracts/mesh-event.js';
import { stepWorkingDays } from '#libs/contracts/steps.js';
import type { CaseState } from '#services/referral-router/domain/case-state.js';
import { readCase } from '#services/referral-router/domain/read-case.js';
import { agencyOf } from './router-events.js';

export const clocks = {
  workingDays: stepWorkingDays,
  holidays: bankHolidays('england-and-wales'),
};

/** The case that events tell, with the usual clocks. `at`: until when the clock has run; else until the last event. */
export function toldCase(events: readonly MeshEvent[], at?: string): CaseState {
  const last = events.map(({ recordedAt }) => recordedAt).reduce((a, b) => (a > b ? a : b), '2000');
  return readCase(events, { clocks, at: new Date(at ?? last), agencyOf });
}
