import type { WaitingFor, WorklistStep } from '#libs/contracts/ask.js';
import { meets } from '#libs/contracts/condition.js';
import { typeOf } from '#libs/contracts/message-table.js';
import { type ConsentForm, consentForms } from '#libs/contracts/purposes.js';
import { formBehind } from '#libs/contracts/refusal-steps.js';
import { waits } from '#libs/contracts/waits.js';
import type { DirectoryParty } from './directory.js';
import { type GuardRecord, isCleared } from './guard-record.js';
import { counterpartOf, isShown } from './notice-about.js';
import { chainOf } from './notice-chain.js';

type Asker = Pick<DirectoryParty, 'agency' | 'kind'>;
type RecordOf = (id: string) => GuardRecord | undefined;

/** What a row of the worklist says of the message behind it: from the guard's own record, whatever the router says. */
export function behindStep(
  asker: Asker,
  { cause, step }: Pick<WorklistStep, 'cause' | 'step'>,
  recordOf: RecordOf,
): Pick<WorklistStep, 'about' | 'counterpart' | 'form'> {
  const chain = chainOf(cause, recordOf);
  const message = chain.at(-1);
  if (message === undefined || !isShown(message, asker, chain)) return {};
  const counterpart = counterpartOf(message, asker);
  const form = formOf(message, step);
  return {
    about: typeOf(message.name),
    ...(counterpart === undefined ? {} : { counterpart }),
    ...(form === undefined ? {} : { form }),
  };
}

/** The consent that is to be renewed, or to be sought for a message that lacked it. */
function formOf({ name, facts }: GuardRecord, step: WorklistStep['step']): ConsentForm | undefined {
  if (step === 'renew-consent') return consentForms.find((form) => form === facts['form']);
  return step === 'seek-consent' || step === 'ask-taker' ? formBehind(name) : undefined;
}

/**
 * The other party of an answer that the asker waits for, or undefined where the row is not so on record: the message is of that case, the asker
 * is on the side that waits for that kind of answer, and has sent or got it.
 */
export function waitingOn(
  asker: Asker,
  row: Pick<WaitingFor, 'cause' | 'case' | 'answer'>,
  recordOf: RecordOf,
): string | undefined {
  const message = recordOf(row.cause);
  if (message?.caseId !== row.case || message.senderKind === 'service') return undefined;
  const wait = waits[message.name];
  if (wait?.answer !== row.answer || !meets(message.facts, wait.when)) return undefined;
  const mayKnow =
    wait.waits === 'sender'
      ? message.senderAgency === asker.agency && message.verdict.kind !== 'refused'
      : message.recipientAgency === asker.agency && isCleared(message);
  return mayKnow ? (counterpartOf(message, asker) ?? message.to) : undefined;
}
