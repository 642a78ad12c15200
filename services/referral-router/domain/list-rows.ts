import type { CaseLine } from '#libs/contracts/ask-router.js';
import type { WaitingFor, WorklistStep } from '#libs/contracts/ask.js';
import type { CasePart, OpenStep, OpenWait } from './case-state.js';
import { deskOf } from './escalate-step.js';
import { absentSince } from './find-heirs.js';
import { type Owned, type People, findDeputy, findOwner } from './find-person.js';

export function stepRow(
  step: OpenStep & { readonly caseId: string; readonly told: number },
  people: People,
): WorklistStep {
  const owned = findOwner(step.holder, people);
  const { owner, office } = owned;
  return {
    case: step.caseId,
    step: step.step,
    party: office,
    owner,
    ...standIn(owned, people),
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
  const owned = findOwner(wait.holder, people);
  return {
    case: wait.caseId,
    answer: wait.answer,
    party: owned.office,
    counterpart: wait.counterpart,
    owner: owned.owner,
    ...standIn(owned, people),
    since: wait.since,
    dueOn: wait.dueOn,
    late: wait.dueOn < people.today,
    cause: wait.cause,
  };
}

/** For whom the owner stands in, and since which day, where the directory says one. */
function standIn(
  { standsInFor }: Owned,
  { directory, today }: People,
): Pick<WorklistStep, 'standsInFor' | 'awaySince'> {
  if (standsInFor === undefined) return {};
  const awaySince = absentSince(directory.person(standsInFor), today);
  return { standsInFor, ...(awaySince === undefined ? {} : { awaySince }) };
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
    owner: findOwner(holder, people).owner,
    ...(step === undefined ? {} : { next: step.step }),
    ...(dueOn === undefined ? {} : { dueOn }),
    ...(wait === undefined ? {} : { waitingFor: wait.answer }),
  };
}

const byDay = (a: { readonly dueOn: string }, b: { readonly dueOn: string }): number =>
  a.dueOn < b.dueOn ? -1 : Number(a.dueOn > b.dueOn);
