import type { CaseLine } from '#libs/contracts/ask-router.js';
import type { WaitingFor, WorklistStep } from '#libs/contracts/ask.js';
import type { CasePart, Holder, Naming, OpenStep, OpenWait } from './case-state.js';
import { deskOf } from './escalate-step.js';
import { type Directory, findDeputy, findPerson, officeOf } from './find-person.js';

/** Who is who today, for the rows of a case. */
export interface People {
  readonly namings: readonly Naming[];
  readonly directory: Directory;
  readonly today: string;
}

/** Who has something of a case today, and at which office they sit: on that office's list it stands, and on no other. */
export function ownerOf(
  holder: Holder,
  { namings, directory, today }: People,
): { readonly owner: string; readonly office: string } {
  const owner = findPerson(holder, namings, directory, today);
  return { owner, office: officeOf(owner, holder, directory) };
}

export function stepRow(
  step: OpenStep & { readonly caseId: string; readonly told: number },
  people: People,
): WorklistStep {
  const { owner, office } = ownerOf(step.holder, people);
  return {
    case: step.caseId,
    step: step.step,
    party: office,
    owner,
    deputy: findDeputy(owner, office, people.directory, people.today),
    openedAt: step.openedAt,
    dueOn: step.dueOn,
    overdue: step.dueOn < people.today,
    escalation: deskOf(step.told),
    cause: step.cause,
    ...(step.about === undefined ? {} : { about: step.about }),
    ...(step.other === undefined ? {} : { counterpart: step.other }),
    ...(step.form === undefined ? {} : { form: step.form }),
  };
}

export function waitingRow(
  wait: OpenWait & { readonly caseId: string },
  people: People,
): WaitingFor {
  const { owner, office } = ownerOf(wait.holder, people);
  return {
    case: wait.caseId,
    answer: wait.answer,
    party: office,
    counterpart: wait.counterpart,
    owner,
    since: wait.since,
    dueOn: wait.dueOn,
    late: wait.dueOn < people.today,
    cause: wait.cause,
  };
}

/** A case in one line. The next step is the one that is due first; without a step, the first answer; without either, who holds the case. */
export function caseLine(
  caseId: string,
  party: string,
  {
    part,
    steps,
    waits,
  }: {
    part: Pick<CasePart, 'end' | 'since'>;
    steps: readonly OpenStep[];
    waits: readonly OpenWait[];
  },
  people: People,
): CaseLine {
  const [step] = [...steps].sort(byDay);
  const [wait] = [...waits].sort(byDay);
  const holder = (step ?? wait)?.holder ?? { party, who: 'caseworker' as const };
  const dueOn = (step ?? wait)?.dueOn;
  return {
    case: caseId,
    state: part.end === undefined ? 'open' : 'ended',
    ...(part.end === undefined ? {} : { end: part.end }),
    since: part.since,
    owner: ownerOf(holder, people).owner,
    ...(step === undefined ? {} : { next: step.step }),
    ...(dueOn === undefined ? {} : { dueOn }),
    ...(wait === undefined ? {} : { waitingFor: wait.answer }),
  };
}

const byDay = (a: { readonly dueOn: string }, b: { readonly dueOn: string }): number =>
  a.dueOn < b.dueOn ? -1 : Number(a.dueOn > b.dueOn);
