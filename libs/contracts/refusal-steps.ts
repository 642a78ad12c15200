import type { MessageName } from './message-table.js';
import type { NoticeKind } from './notices.js';
import { senderActor } from './participants.js';
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

/** What a refusal of this type for this reason brings, or undefined where it brings nothing. */
export function refusalStep(name: MessageName, reason: string): RefusalStep | undefined {
  if (name === 'exit.notified' && reason === 'no-consent-on-record') return exitUntold;
  return Object.hasOwn(refusalSteps, reason)
    ? refusalSteps[reason as keyof typeof refusalSteps]
    : undefined;
}
