import type { Route } from '#libs/contracts/service-forms.js';
import { readAddress } from '#libs/contracts/address.js';
import type { StopReason } from '#libs/contracts/verdict.js';
import { type Crossed, crossTo } from './cross-to.js';
import type { Decision } from './decision.js';
import type { DirectoryParty } from './directory.js';
import type { Effect } from './effect.js';
import { type GuardRecord, stopRecord } from './guard-record.js';
import type { Incoming } from './incoming.js';
import { recordOf, refusal } from './record-of.js';
import type { HeldMessage, World } from './world.js';

/**
 * The router's answer to a message that waits. The guard checks that the directory lets the parties serve that role in that area, asks
 * consent anew for each, and takes the first that it names: the router may be wrong or lying, and the client may have withdrawn meanwhile.
 */
export function releaseHeld(
  incoming: Incoming,
  sender: DirectoryParty,
  route: Route,
  grounds: { world: World; nowMs: number },
): Decision {
  const held = grounds.world.heldMessage(route.message);
  if (held?.record.verdict.kind !== 'waiting')
    return refusal(incoming, sender, {
      code: 'cause-unknown',
      field: 'data.message',
      detail: 'no message waits under that id',
    });
  const address = readAddress(held.envelope.to);
  if (typeof address === 'string' || address.kind !== 'area')
    return refusal(incoming, sender, {
      code: 'cause-unknown',
      field: 'data.message',
      detail: 'the message does not wait for a route',
    });
  const named = namedParties(route);
  const parties = named.filter((party) =>
    grounds.world.directory.serves(party, address.role, address.district),
  );
  if (named.length > 0 && parties.length === 0)
    return refusal(incoming, sender, {
      code: 'recipient-not-allowed',
      field: 'data.party',
      detail: 'the party does not serve that role in that area',
    });
  const own = recordOf(incoming, sender, { cause: held.record.id, verdict: { kind: 'cleared' } });
  const next = { ...held.record, ordinal: held.record.ordinal + 1 };
  const crossed = firstThatMay(
    parties.map((recipient) =>
      crossTo({ record: next, envelope: held.envelope, recipient, ...grounds }),
    ),
  );
  if (crossed === undefined)
    return {
      record: own,
      effects: [{ kind: 'release', id: held.record.id }],
      others: [endWait(held, 'unroutable')],
    };
  return {
    record: own,
    effects: [...effectsOf(crossed), { kind: 'release', id: held.record.id }],
    others: [secondRecord(held, crossed)],
  };
}

/** The parties that the answer names, the best first. */
const namedParties = ({ party, others = [] }: Route): readonly string[] =>
  party === undefined ? [] : [party, ...others];

const effectsOf = ({ record, effects }: Crossed): readonly Effect[] =>
  record.verdict.kind === 'refused' ? [] : effects;

/** Where the message may not cross, its wait ends: the sender learns that consent is missing, or that there is no route. */
function secondRecord(held: HeldMessage, { record }: Crossed): GuardRecord {
  const { verdict } = record;
  if (verdict.kind !== 'refused') return record;
  const reason = verdict.reason === 'no-consent-on-record' ? verdict.reason : 'unroutable';
  return endWait(held, reason, record.inner);
}

/** The best party that the client's consent names; where it names none, the refusal that says so. */
const firstThatMay = (crossings: readonly Crossed[]): Crossed | undefined =>
  crossings.find(({ record }) => record.verdict.kind !== 'refused') ??
  crossings.find(
    ({ record: { verdict } }) =>
      verdict.kind === 'refused' && verdict.reason === 'no-consent-on-record',
  ) ??
  crossings[0];

/** The second record of a message whose wait ends without a delivery. */
export function endWait(
  held: Pick<HeldMessage, 'record'>,
  reason: StopReason,
  inner?: string,
): GuardRecord {
  return { ...stopRecord(held.record, reason), inner };
}
