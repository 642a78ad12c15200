import type { Problem } from '#libs/contracts/problem.js';
import { crossTo } from './cross-to.js';
import type { Decision } from './decision.js';
import { decideConsentMessage } from './decide-consent-message.js';
import { decideViewMessage } from './decide-view.js';
import type { DirectoryParty } from './directory.js';
import type { Incoming } from './incoming.js';
import { factsOf, recordOf, refusal } from './record-of.js';
import { type CaseStanding, resolveCase } from './resolve-case.js';
import { waitForRoute } from './wait-for-route.js';
import type { World } from './world.js';

/** A message of an agency: whose case is it, does it answer what it says, and may it go where it is addressed? */
export function decideClientMessage(
  incoming: Incoming,
  sender: DirectoryParty,
  world: World,
  nowMs: number,
): Decision {
  const standing = resolveCase(incoming, sender, world);
  if ('code' in standing) return refusal(incoming, sender, standing);
  const cause = citedMessage(incoming, world);
  if (typeof cause === 'object')
    return refusal(incoming, sender, cause, { client: standing.client });
  const decision = decideAddressed(incoming, sender, { standing, cause, world, nowMs });
  if (standing.effects.length === 0) return decision;
  return bindsCase(decision)
    ? { ...decision, effects: [...standing.effects, ...decision.effects] }
    : decision;
}

/**
 * What was sound, and what lacks nothing but consent, binds its case: the sender has a consent to seek for it. A message that is wrong
 * leaves nothing behind, so that it cannot spoil who a client is taken to be.
 */
const bindsCase = ({ record: { verdict } }: Decision): boolean =>
  verdict.kind !== 'refused' || verdict.reason === 'no-consent-on-record';

interface Grounds {
  readonly standing: CaseStanding;
  readonly cause: string | undefined;
  readonly world: World;
  readonly nowMs: number;
}

function decideAddressed(
  incoming: Incoming,
  sender: DirectoryParty,
  { standing, cause, world, nowMs }: Grounds,
): Decision {
  const { name, rule, address, envelope } = incoming.read;
  const grounds = { client: standing.client, cause };
  const kind = address.kind === 'party' ? world.directory.party(address.party)?.kind : address.kind;
  if (kind === undefined || !rule.to.includes(kind)) {
    const code = kind === undefined ? 'recipient-unknown' : 'recipient-not-allowed';
    return refusal(
      incoming,
      sender,
      { code, field: 'to', detail: 'this type of message does not go there' },
      grounds,
    );
  }
  if (name === 'consent.recorded' || name === 'consent.withdrawn')
    return decideConsentMessage(incoming, sender, standing, { world, nowMs });
  if (name === 'client-view.requested' || name === 'client-view.approved')
    return decideViewMessage(incoming, sender, { ...grounds, world, nowMs });
  switch (address.kind) {
    case 'mesh':
      return {
        record: recordOf(incoming, sender, {
          ...grounds,
          facts: factsOf(rule.facts, envelope.data),
          verdict: { kind: 'cleared' },
        }),
        effects: [],
        others: [],
      };
    case 'area':
      return waitForRoute(incoming, sender, address, { ...grounds, world, nowMs });
    case 'party': {
      const start = recordOf(incoming, sender, {
        client: standing.client,
        cause,
        verdict: { kind: 'waiting' },
      });
      const crossing = crossTo({ record: start, envelope, world, nowMs, recipient: address.party });
      return { record: crossing.record, effects: crossing.effects, others: [] };
    }
  }
}

/** The id of the message that this one answers, when its type names one: it must be on record in the same case, and not refused. */
function citedMessage({ read }: Incoming, world: World): string | undefined | Problem {
  const field = read.rule.cites;
  if (field === undefined) return undefined;
  const cited = String(read.envelope.data[field]);
  const record = world.record(cited);
  if (
    record?.caseId === undefined ||
    record.caseId !== read.envelope.case ||
    record.verdict.kind === 'refused'
  )
    return {
      code: 'cause-unknown',
      field: `data.${field}`,
      detail: `${field} must be the id of a message of the same case`,
    };
  return cited;
}
