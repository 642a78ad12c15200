import { dayWords } from '#libs/calendar/day-words.js';
import type { HeldCase } from './hand-over.js';
import { goesWithCase } from './step-holder.js';
import { answerWords, stepWords } from './step-words.js';

export interface HeldLine {
  readonly what: string;
  readonly due: string;
  readonly isLate: boolean;
  /** False: it stays with that person, because it is not the caseworker's. */
  readonly goes: boolean;
}

/** What is open in a case, line by line. */
export const heldLines = ({ steps, waiting }: HeldCase, today: string): readonly HeldLine[] => [
  ...steps.map((step) => ({
    what: stepWords[step.step],
    due: `due ${dayWords(step.dueOn)}`,
    isLate: step.dueOn < today,
    goes: goesWithCase(step),
  })),
  ...waiting.map((wait) => ({
    what: `Waiting for ${answerWords[wait.answer]}`,
    due: `usually by ${dayWords(wait.dueOn)}`,
    isLate: wait.late,
    goes: true,
  })),
];
