import { senderActor } from './participants.js';

/** Steps that a refusal opens for the one who sent: the drop is owned at once. What the client took back opens none: there is nothing to do. */
export const refusalSteps = {
  'no-consent-on-record': { step: 'seek-consent', notice: 'seek-consent', owner: senderActor },
  'consent-changed': { step: 'send-again', notice: 'send-again', owner: senderActor },
  'identity-mismatch': { step: 'check-identity', notice: 'check-identity', owner: senderActor },
  unroutable: { step: 'choose-provider', notice: 'choose-provider', owner: senderActor },
  'route-timeout': { step: 'choose-provider', notice: 'choose-provider', owner: senderActor },
} as const;
