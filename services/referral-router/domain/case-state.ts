import type { NoticeKind } from '#libs/contracts/notices.js';
import type { PersonSlot, StepName } from '#libs/contracts/steps.js';

/** Somebody at a party, by what they are there. Which person that is, is found on the day it matters (`find-person.ts`). */
export interface Holder {
  readonly party: string;
  readonly who: PersonSlot['who'];
  /** Who sent the message; where `who` is `actor`. */
  readonly actor?: string;
}

/** What must be done next, by whom, until when. One message opens a step at most once for a party. */
export interface OpenStep {
  readonly step: StepName;
  readonly holder: Holder;
  /** The other party of the message that opened it: whose message may close it. */
  readonly other?: string;
  /** Id of the message that opened it. */
  readonly cause: string;
  /** RFC 3339. */
  readonly openedAt: string;
  /** `YYYY-MM-DD`, a working day; overdue when it is over in Europe/London. */
  readonly dueOn: string;
}

/** That a person holds the case at a party, from a day on. */
export interface Naming {
  readonly party: string;
  readonly person: string;
  readonly since: string;
  readonly seq: number;
}

/** Somebody is to be told. `whileOpen`: only as long as its step is open (a reminder that came too late says nothing). */
export interface Telling {
  readonly kind: NoticeKind;
  readonly cause: string;
  readonly holder: Holder;
  readonly step?: StepName;
  readonly dueOn?: string;
  readonly whileOpen?: true;
}

/** A case as its events tell it. It holds nothing about the client. */
export interface CaseState {
  readonly steps: readonly OpenStep[];
  readonly namings: readonly Naming[];
  readonly tellings: readonly Telling[];
  /** The treatment provider that had the case last, for continuity. */
  readonly provider?: string;
  readonly isInTreatment: boolean;
}

export const newCase: CaseState = { steps: [], namings: [], tellings: [], isInTreatment: false };
