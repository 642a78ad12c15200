import type { CaseEndName } from '#libs/contracts/case-ends.js';
import type { MeshEvent } from '#libs/contracts/mesh-event.js';
import type { MessageName } from '#libs/contracts/message-table.js';
import type { NoticeKind } from '#libs/contracts/notices.js';
import type { ConsentForm } from '#libs/contracts/purposes.js';
import type { PersonSlot, StepName } from '#libs/contracts/steps.js';
import type { AnswerKind } from '#libs/contracts/waits.js';
import type { StepClocks } from './due-date.js';

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
  /** Id of the message that it began with: `cause`, unless it follows from a step that was said to be done. */
  readonly root: string;
  /** Type of the message that it is about. */
  readonly about?: MessageName;
  /** Which consent is to be sought or renewed. */
  readonly form?: ConsentForm;
  /** RFC 3339. */
  readonly openedAt: string;
  /** `YYYY-MM-DD`, a working day; overdue when it is over in Europe/London. */
  readonly dueOn: string;
}

/** An answer that a party waits for. */
export interface OpenWait {
  readonly answer: AnswerKind;
  readonly holder: Holder;
  readonly counterpart: string;
  /** Id of the message that asks for the answer. */
  readonly cause: string;
  readonly about: MessageName;
  /** RFC 3339. */
  readonly since: string;
  readonly dueOn: string;
  /** RFC 3339: the office hour from which it is late, and the party's own step. */
  readonly lapsesAt: string;
  readonly hasLapsed: boolean;
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
  /** Always the step's own day. */
  readonly dueOn?: string;
  readonly whileOpen?: true;
  readonly clientWasTold?: boolean;
  readonly nextInterviewOn?: string;
}

/** How the case stands for one agency. Without `end` it is open, whether or not anything is to be done now. */
export interface CasePart {
  readonly agency: string;
  /** Its offices that sent or got something. */
  readonly parties: readonly string[];
  readonly end?: CaseEndName;
  /** RFC 3339: open or ended since then. */
  readonly since: string;
}

/** A case as its events tell it. It holds nothing about the client. */
export interface CaseState {
  readonly steps: readonly OpenStep[];
  readonly waits: readonly OpenWait[];
  readonly namings: readonly Naming[];
  readonly tellings: readonly Telling[];
  readonly parts: readonly CasePart[];
  /** The treatment provider that had the case last, for continuity. */
  readonly provider?: string;
  readonly isInTreatment: boolean;
}

/** A case as one agency sees it, and what of it decides later steps. */
export interface View extends Pick<CaseState, 'steps' | 'waits' | 'namings' | 'tellings'> {
  /** Where the steps of an office lie since the case moved: former office → present one. */
  readonly offices: ReadonlyMap<string, string>;
  /** Appointments (ids of messages) that the client was told of. */
  readonly toldClient: ReadonlySet<string>;
  /** Somebody was named to hold the case since it came to its present office; who only sent the first message was not. */
  readonly hasNamed: boolean;
  /** What the client decided of the DPA1, as far as this agency knows; undefined: nothing that stands. */
  readonly dpa1: 'given' | 'refused' | undefined;
  /** The client's next attendance, as this agency named it last. */
  readonly nextAttendanceOn: string | undefined;
  /** A claim that runs: its start, and whether its interviews are mandatory. */
  readonly claim: { readonly startedOn: string; readonly isJsa: boolean } | undefined;
  readonly episode: 'none' | 'treatment' | 'over';
  /** The agency's offices that have a TPR2, and have not said that there is no trace of the client. */
  readonly sharedAt: ReadonlySet<string>;
  /** The end that stands once no step and no wait is open. */
  readonly end: CaseEndName | undefined;
  /** RFC 3339: since when `end` is what it is. */
  readonly since: string;
}

/** What an agency knows of a case that begins for it now, RFC 3339. */
export const newView = (since: string): View => ({
  steps: [],
  waits: [],
  namings: [],
  tellings: [],
  offices: new Map(),
  toldClient: new Set(),
  hasNamed: false,
  dpa1: undefined,
  nextAttendanceOn: undefined,
  claim: undefined,
  episode: 'none',
  sharedAt: new Set(),
  end: undefined,
  since,
});

/** What an event is read against: whose view it is, the other events of its case, and the deployment's clocks. */
export interface Surroundings {
  readonly clocks: StepClocks;
  readonly agency: string;
  readonly agencyOf: (party: string) => string;
  readonly isSpoc: (party: string) => boolean;
  /** The event of a message of the case, as it was cleared. */
  readonly messageOf: (id: string) => MeshEvent | undefined;
  /** Cleared once, and stopped before the recipient had it. */
  readonly isStopped: (id: string) => boolean;
  /** The same, and its sender is told. Else it stands to its sender as it was cleared, and nobody answers. */
  readonly isDropped: (id: string) => boolean;
}
