import type { Condition } from './condition.js';
import type { MessageName } from './message-table.js';

/** A message that ends a step, why, and what its facts must say for it. */
export interface StepEnd {
  readonly by: MessageName;
  readonly because: string;
  readonly when?: Condition;
}

/** Why a step is open, and every message that ends it. A message that is not named leaves it open: its reason stands. */
export interface StepLife {
  readonly reason: string;
  readonly ends: readonly StepEnd[];
}

/** One row of a step's ends. */
export const endedBy = (name: MessageName, because: string, when?: Condition): StepEnd =>
  when === undefined ? { by: name, because } : { by: name, because, when };

export const endedByStopUsing = endedBy(
  'instruction.stop-using',
  'the client took the consent back: nothing more may pass',
);
export const endedByNoTrace = endedBy(
  'tpr2.no-trace',
  'the TPR2 went back: the client is not known there',
);
export const endedByReviewOff = endedBy('review.cancelled', 'the review is off');

const over: Condition = { exit: ['planned', 'unplanned'] };
export const endedByExitTold = endedBy('exit.notified', 'the episode is over', over);
export const endedByExitRecorded = endedBy('exit.recorded', 'the episode is over', over);
