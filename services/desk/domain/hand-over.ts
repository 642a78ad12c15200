import type { WaitingFor, WorklistStep } from '#libs/contracts/ask.js';
import type { KeptMessage } from './kept-message.js';
import { goesWithCase } from './step-holder.js';

/** Cases that go from one person of an office to another. The id of each message was chosen when the preview was made. */
export interface HandOver {
  readonly office: string;
  readonly from: string;
  readonly to: string;
  /** `YYYY-MM-DD`: from when the other holds them. */
  readonly day: string;
  readonly items: readonly {
    readonly caseId: string;
    /** Of the message. */
    readonly id: string;
    /** As people say it: the case is still called so when it is nobody's here. */
    readonly reference: string;
  }[];
}

/** What is open in a case and lies with one person. */
export interface HeldCase {
  readonly caseId: string;
  readonly shortReference: string | undefined;
  /** The soonest due first. */
  readonly steps: readonly WorklistStep[];
  readonly waiting: readonly WaitingFor[];
  /** Something of it would go with the case. */
  readonly goes: boolean;
}

interface Open {
  readonly steps: readonly WorklistStep[];
  readonly waiting: readonly WaitingFor[];
}

/** The cases of an office in which this person has something, the soonest due first. */
export function heldBy(
  { steps, waiting }: Open,
  { office, person }: { readonly office: string; readonly person: string },
): readonly HeldCase[] {
  const isTheirs = (each: { readonly party: string; readonly owner: string }): boolean =>
    each.party === office && each.owner === person;
  const all = [...steps, ...waiting]
    .filter(isTheirs)
    .toSorted((one, other) => one.dueOn.localeCompare(other.dueOn));
  return [...new Set(all.map((each) => each.case))].map((caseId) => {
    const ofCase = all.filter((each) => each.case === caseId);
    const held = {
      steps: ofCase.filter((each): each is WorklistStep => 'step' in each),
      waiting: ofCase.filter((each): each is WaitingFor => 'answer' in each),
    };
    return {
      caseId,
      shortReference: ofCase[0]?.shortReference,
      ...held,
      goes: held.waiting.length > 0 || held.steps.some(goesWithCase),
    };
  });
}

/** How one case of a hand-over stands: not sent, no longer with that person, or sent with an answer or none. */
export type HandOverState =
  | { readonly kind: 'ready'; readonly held: HeldCase }
  | { readonly kind: 'gone' }
  | { readonly kind: 'sent'; readonly message: KeptMessage };

export function stateOf(
  { caseId }: HandOver['items'][number],
  kept: KeptMessage | undefined,
  held: readonly HeldCase[],
): HandOverState {
  if (kept !== undefined) return { kind: 'sent', message: kept };
  const found = held.find((each) => each.caseId === caseId && each.goes);
  return found === undefined ? { kind: 'gone' } : { kind: 'ready', held: found };
}
