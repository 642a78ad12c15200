import { type MessageName, ruleOf } from './message-table.js';
import type { NoticeKind } from './notices.js';
import { senderActor } from './participants.js';
import type { PartyKind } from './party.js';
import { type ConsentForm, consentFormRules, consentForms } from './purposes.js';
import type { PersonSlot, StepName } from './steps.js';

/** The step and the notice that a refusal brings to the one who sent. */
export interface RefusalStep {
  readonly step: StepName;
  readonly notice: NoticeKind;
  readonly owner: PersonSlot;
}

/** Steps that a refusal opens for the one who sent: the drop is owned at once. What the client took back opens none: there is nothing to do. */
export const refusalSteps = {
  'no-consent-on-record': { step: 'seek-consent', notice: 'seek-consent', owner: senderActor },
  'consent-changed': { step: 'send-again', notice: 'send-again', owner: senderActor },
  'identity-mismatch': { step: 'check-identity', notice: 'check-identity', owner: senderActor },
  unroutable: { step: 'refer-elsewhere', notice: 'choose-provider', owner: senderActor },
  'route-timeout': { step: 'refer-elsewhere', notice: 'choose-provider', owner: senderActor },
} as const satisfies Record<string, RefusalStep>;

/** An exit that may not be told can still be recorded at home, which ends the reminders. Alike for every reason there is no consent. */
const exitUntold: RefusalStep = {
  step: 'record-exit',
  notice: 'exit-not-told',
  owner: senderActor,
};

/** A client's decision that did not count as it was sent: somebody has to record it again, or ask. */
const mendConsent: RefusalStep = {
  step: 'mend-consent',
  notice: 'mend-consent',
  owner: senderActor,
};

/** Not among them: what says that the case, or the sender, is not whom it says. A case of others is on nobody's list. */
const mendable: ReadonlySet<string> = new Set([
  'no-unclear',
  'newer-decision-stands',
  'malformed-message',
  'consent-incomplete',
  'consent-not-yours-to-take',
  'actor-unknown',
  'area-unknown',
  'dates-out-of-order',
  'recipient-not-allowed',
  'recipient-unknown',
]);

/**
 * Who may not take the consent is not told to seek it. The one who may is told nothing: a refused message is not there for anybody but its
 * sender.
 */
const takenByAnother: RefusalStep = {
  step: 'ask-taker',
  notice: 'ask-taker',
  owner: senderActor,
};

/** Every step that a refusal can open. */
export const stepsOfRefusals: ReadonlySet<StepName> = new Set(
  [...Object.values(refusalSteps), exitUntold, mendConsent, takenByAnother].map(({ step }) => step),
);

/** The form whose consent a message of this type rests on; none for what stays with the agency. */
export function formBehind(name: MessageName): ConsentForm | undefined {
  const { purpose } = ruleOf(name);
  return purpose === null
    ? undefined
    : consentForms.find((form) => consentFormRules[form].purposes.includes(purpose));
}

/** What a refusal of this type for this reason brings to a sender of this kind, or undefined where it brings nothing. */
export function refusalStep(
  name: MessageName,
  reason: string,
  sender: PartyKind | 'guard',
): RefusalStep | undefined {
  const isDecision = name === 'consent.recorded' || name === 'consent.withdrawn';
  if (isDecision && mendable.has(reason)) return mendConsent;
  if (!Object.hasOwn(refusalSteps, reason)) return undefined;
  if (reason !== 'no-consent-on-record') return refusalSteps[reason as keyof typeof refusalSteps];
  if (name === 'exit.notified') return exitUntold;
  const form = formBehind(name);
  const mayTake =
    form === undefined || consentFormRules[form].takenBy.some((kind) => kind === sender);
  return mayTake ? refusalSteps[reason] : takenByAnother;
}
