import { type Address, roleScopeKey } from '#libs/contracts/address.js';
import { askConsent } from './ask-consent.js';
import type { Decision } from './decision.js';
import type { DirectoryParty } from './directory.js';
import type { Incoming } from './incoming.js';
import { recordOf, refusal } from './record-of.js';
import type { World } from './world.js';

interface Waiting {
  readonly client: string;
  readonly cause: string | undefined;
  readonly world: World;
  readonly nowMs: number;
}

/** A message to a role in an area: the guard asks consent for the role first; only then does it wait, and the router learns that it does. */
export function waitForRoute(
  incoming: Incoming,
  sender: DirectoryParty,
  address: Extract<Address, { kind: 'area' }>,
  waiting: Waiting,
): Decision {
  const { client, cause, world, nowMs } = waiting;
  const grounds = { client, cause };
  const { rule, envelope } = incoming.read;
  if (rule.purpose === null)
    return refusal(
      incoming,
      sender,
      {
        code: 'recipient-not-allowed',
        field: 'to',
        detail: 'this type of message does not go to an area',
      },
      grounds,
    );
  const role = roleScopeKey(address.role, address.district);
  const answer = askConsent(
    world.scopesOf(client),
    { from: sender.agency, to: role, purpose: rule.purpose },
    nowMs,
  );
  if (!answer.allowed) {
    const record = recordOf(incoming, sender, {
      ...grounds,
      inner: answer.why,
      verdict: { kind: 'refused', reason: 'no-consent-on-record' },
    });
    return { record, effects: [], others: [] };
  }
  const record = recordOf(incoming, sender, {
    ...grounds,
    consents: [answer.consentId],
    verdict: { kind: 'waiting' },
  });
  return { record, effects: [{ kind: 'hold', record, envelope }], others: [] };
}
