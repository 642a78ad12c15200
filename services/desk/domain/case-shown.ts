import type { WaitingFor, WorklistStep } from '#libs/contracts/ask.js';
import type { CaseView, WholeCase } from '#libs/contracts/ask-case.js';

/** A case as pages have it: each part is there, and `notHad` names those of which nothing, or nothing of now, is known. */
export interface CaseShown extends WholeCase {
  /** When its steps and waiting rows were had, where those are older ones. */
  readonly stepsAsOf: Date | undefined;
}

/** What an office's people had to do, when the mesh last told. */
export interface LastWorklist {
  readonly worklist: {
    readonly steps: readonly WorklistStep[];
    readonly waiting: readonly WaitingFor[];
  };
  readonly at: Date;
}

/** In place of steps that could not be had stand those of the office's last worklist, if the desk has one. */
export function caseShown(view: CaseView, last: LastWorklist | undefined): CaseShown {
  const isOld = view.steps === undefined || view.waiting === undefined;
  const older = isOld ? last : undefined;
  const ofCase = <T extends { readonly case: string }>(rows: readonly T[] = []): T[] =>
    rows.filter((row) => row.case === view.case);
  return {
    ...view,
    steps: view.steps ?? ofCase(older?.worklist.steps),
    waiting: view.waiting ?? ofCase(older?.worklist.waiting),
    reminders: view.reminders ?? [],
    mails: view.mails ?? [],
    stepsAsOf: older?.at,
  };
}
