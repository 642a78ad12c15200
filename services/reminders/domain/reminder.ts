import type { ScheduledReminder } from '#libs/contracts/ask.js';
import type { ReminderKind } from '#libs/contracts/service-forms.js';

/**
 *   scheduled ─time─▶ due (put out) ─it happened─▶ done
 *       │              └──────┬────ended───────▶ cancelled
 *       ├──────ended──────────┘
 *       ├──it happened before the reminder──▶ done
 *       └──counted anew from something later──▶ superseded
 *
 * done, cancelled and superseded are final, but for one that never went out: an event learned of late may show that it stands after all,
 * and it is scheduled again.
 */
export type ReminderState = ScheduledReminder['state'];

/** What a reminder is counted from and how: the same for every occurrence of a series. */
export interface Counting {
  readonly kind: ReminderKind;
  /** The message it is counted from; with `kind` and `occurrence` it names the reminder for ever. */
  readonly anchor: string;
  /** Whose reminder it is: the party that holds the plan, the claim, the consent or asked for the review. */
  readonly party: string;
  /** Local day, `YYYY-MM-DD`. */
  readonly anchorOn: string;
  /** The nth thing falls `n` times so many weeks after `anchorOn`; 0: on that day itself. */
  readonly everyWeeks: number;
  /** A series goes on until it is ended; otherwise there is one occurrence. */
  readonly repeats: boolean;
}

/** One occurrence, to be scheduled. */
export interface NewReminder extends Counting {
  readonly occurrence: number;
  /** Local day of the thing itself. */
  readonly dueOn: string;
  readonly remindAt: Date;
}

/** One occurrence on record. */
export interface Reminder extends NewReminder {
  readonly reminder: string;
  readonly caseId: string;
  readonly state: ReminderState;
  /** It went out once: it never does again, whatever its state. */
  readonly isPutOut: boolean;
}

/** How what a reminder was counted from came to its end. */
export type Ending = 'happened' | 'ended' | 'counted-anew';

/** The state that a reminder goes to when what it counts from ends; its own where that is final already. */
export function closedState(state: ReminderState, ending: Ending): ReminderState {
  if (state !== 'scheduled' && state !== 'due') return state;
  switch (ending) {
    case 'happened':
      return 'done';
    case 'ended':
      return 'cancelled';
    case 'counted-anew':
      return state === 'due' ? 'done' : 'superseded';
  }
}
