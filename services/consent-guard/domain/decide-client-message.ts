import type { Problem } from '#libs/contracts/problem.js';
import { isNo } from '#libs/contracts/readable-no.js';
import { addInstruction } from './add-instruction.js';
import { citedMessage } from './cited-message.js';
import { contradiction } from './contradiction.js';
import { crossTo } from './cross-to.js';
import type { Decision } from './decision.js';
import { decideConsentMessage, suspend } from './decide-consent-message.js';
import { decideViewMessage } from './decide-view.js';
import type { DirectoryParty } from './directory.js';
import type { GuardRecord } from './guard-record.js';
import type { Incoming } from './incoming.js';
import { countReturnedDpa1 } from './return-dpa1.js';
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
  if ('code' in standing) return unresolved(incoming, sender, standing, { world, nowMs });
  const cited = citedMessage(incoming, sender, world);
  if (cited !== undefined && 'code' in cited)
    return refusal(incoming, sender, cited, { client: standing.client });
  const against = objection(incoming, sender, { cited, world });
  if (against !== undefined)
    return refusal(incoming, sender, against, { client: standing.client, cause: cited?.id });
  const cause = cited?.id;
  const decision = decideAddressed(incoming, sender, { standing, cause, world, nowMs });
  if (standing.effects.length === 0) return decision;
  return bindsCase(decision)
    ? { ...decision, effects: [...standing.effects, ...decision.effects] }
    : decision;
}

/** A no with a slip in the name stops what it may mean for the client of the sender's own case, until somebody has looked. */
function unresolved(
  incoming: Incoming,
  sender: DirectoryParty,
  problem: Problem,
  { world, nowMs }: { readonly world: World; readonly nowMs: number },
): Decision {
  const { name, envelope, unclear = [] } = incoming.read;
  const why = unclear[0] ?? problem;
  const binding = world.case(envelope.case ?? '');
  return isNo(name, envelope.data) &&
    problem.code === 'identity-mismatch' &&
    binding?.agencies.has(sender.agency) === true
    ? suspend(incoming, sender, { client: binding.client, problem: why, world, nowMs })
    : refusal(incoming, sender, why);
}

/**
 * What was sound, and what lacks nothing but consent, binds its case: the sender has a consent to seek for it. So does a no that counts in part. A
 * message that is wrong leaves nothing behind, so that it cannot spoil who a client is taken to be.
 */
const bindsCase = ({ record: { verdict }, effects }: Decision): boolean =>
  verdict.kind !== 'refused' || verdict.reason === 'no-consent-on-record' || effects.length > 0;

/** What stands against a sound message beside consent. One that comes again was judged when it came first. */
function objection(
  incoming: Incoming,
  sender: DirectoryParty,
  { cited, world }: { readonly cited: GuardRecord | undefined; readonly world: World },
): Problem | undefined {
  const { envelope } = incoming.read;
  if (world.record(envelope.id) !== undefined) return undefined;
  const history = world.historyOf(envelope.case ?? '');
  return (
    addresseeProblem(incoming, world) ??
    contradiction(incoming, sender, { cited, history, find: world.record })
  );
}

/** A TPR2 goes to a person of its recipient, who is mailed, or to nobody in particular. */
function addresseeProblem({ read }: Incoming, { directory }: World): Problem | undefined {
  const { address, envelope, name } = read;
  const addressee = envelope.data['addressee'];
  if (name !== 'tpr2.shared' || typeof addressee !== 'string' || address.kind !== 'party')
    return undefined;
  const recipient = directory.party(address.party)?.agency;
  return recipient === undefined || directory.agencyOfPerson(addressee) === recipient
    ? undefined
    : {
        code: 'person-not-entitled',
        field: 'data.addressee',
        detail: 'addressee must be a person of the recipient’s organisation, at work there now',
      };
}

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
    const problem = {
      code,
      field: 'to',
      detail: 'this type of message does not go there',
    } as const;
    return isNo(name, envelope.data)
      ? suspend(incoming, sender, { client: standing.client, problem, world, nowMs })
      : refusal(incoming, sender, problem, grounds);
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
      const effects = [...crossing.effects, ...countReturnedDpa1(crossing.record, world, nowMs)];
      const decision = { record: crossing.record, effects, others: [] };
      return addInstruction(decision, incoming, { sender, world, nowMs });
    }
  }
}
