import { type MessageName, ruleOf } from '#libs/contracts/message-table.js';
import type { PartyKind } from '#libs/contracts/party.js';
import { stepEnds } from '#libs/contracts/step-ends.js';
import { type StepOutcome, stepFollowUps, stepOutcomes } from '#libs/contracts/step-outcomes.js';
import type { StepName } from '#libs/contracts/steps.js';

/** How the owner of a step can end it, as the tables of the mesh say: by a message, or by saying how it ended. */
export type StepAction =
  | { readonly kind: 'message'; readonly name: MessageName }
  | { readonly kind: 'outcome'; readonly outcome: StepOutcome };

/** Steps whose opening message lies with the other side: what that side sends does not end them from here. */
const isSentBy = (name: MessageName, kind: PartyKind): boolean => ruleOf(name).from.includes(kind);

/** Done with the client or on the agency's own record: that it is done is the usual end, and tells nobody what they wait for. */
const doneInPerson: ReadonlySet<StepName> = new Set([
  'tell-client',
  'ask-client',
  'discuss-no-trace',
  'update-record',
  'hold-interview',
  'take-off-record',
  'stop-using',
  'check-identity',
]);

export const isDoneInPerson = (step: StepName): boolean => doneInPerson.has(step);

/** The messages first, in the order of the table; then what can be said without one. */
export function stepActions(step: StepName, kind: PartyKind): readonly StepAction[] {
  const follow = stepFollowUps[step];
  const sends = stepOutcomes.flatMap((outcome) => {
    const after = follow[outcome];
    return after.kind === 'send' ? after.types : [];
  });
  const ends = stepEnds[step].ends
    .map(({ by }) => by)
    .filter((name) => !reachedOtherwise.has(name));
  const names = [...new Set([...ends, ...sends])].filter((name) => isSentBy(name, kind));
  const outcomes = stepOutcomes.filter((outcome) => follow[outcome].kind !== 'send');
  const said = outcomes.filter(
    (outcome) => follow[outcome].kind !== 'only-done' && !(outcome === 'no-longer-needed'),
  );
  const closing = outcomes.filter(
    (outcome) => outcome === 'no-longer-needed' && follow[outcome].kind === 'end',
  );
  const messages = names.map((name) => ({ kind: 'message' as const, name }));
  const ways = [...said, ...closing].map((outcome) => ({ kind: 'outcome' as const, outcome }));
  return isDoneInPerson(step) ? [...ways, ...messages] : [...messages, ...ways];
}

/** A withdrawal has a page of its own on every case; a move to another office is no way to end a step. */
const reachedOtherwise: ReadonlySet<MessageName> = new Set([
  'consent.withdrawn',
  'case.moved-office',
  'claim.ended',
]);
