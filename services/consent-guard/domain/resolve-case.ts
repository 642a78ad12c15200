import type { Problem } from '#libs/contracts/problem.js';
import { type Client, type ShownPrints, agreesWithShown } from './client-identity.js';
import type { DirectoryParty } from './directory.js';
import type { Effect } from './effect.js';
import { type Incoming, shownBy } from './incoming.js';
import type { CaseBinding, World } from './world.js';

/** Whose case it is, and what must be bound for it. */
export interface CaseStanding {
  readonly client: string;
  readonly caseId: string;
  readonly effects: readonly Effect[];
}

/**
 * Case → client, by the guard's own bindings; the sender never names the client. A case is bound to an agency by opening it or by being
 * cleared a message of it; a case that is unknown and one that is another's are answered alike.
 */
export function resolveCase(incoming: Incoming, sender: DirectoryParty, world: World): CaseStanding | Problem {
  const { envelope, rule } = incoming.read;
  const caseId = envelope.case;
  if (envelope.data['client'] !== undefined && incoming.prints === undefined) return mismatch;
  if (caseId === undefined) return { code: 'case-required', field: 'case', detail: 'case is required for this type' };
  const binding = world.case(caseId);
  if (binding === undefined) return rule.caseUse === 'opens' ? openCase(incoming, sender, caseId, world) : notYours;
  if (!binding.agencies.has(sender.agency)) return notYours;
  const client = world.client(binding.client);
  if (client === undefined) return notYours;
  if (incoming.prints !== undefined && !agreesWithShown(client.prints, shownBy(incoming))) return mismatch;
  return {
    client: client.id,
    caseId,
    effects: [...renewPrints(incoming, client, world), ...keepReference(envelope.caseref, binding, sender)],
  };
}

function openCase(incoming: Incoming, sender: DirectoryParty, caseId: string, world: World): CaseStanding | Problem {
  const { prints, derivedClient, read } = incoming;
  if (prints === undefined || derivedClient === undefined)
    return {
      code: 'case-not-yours',
      field: 'case',
      detail: 'the case is not known; open it with a consent or a referral that says who the client is',
    };
  const shown = shownBy(incoming);
  const known = clientShown(shown, world);
  if (known !== undefined && !agreesWithShown(known.prints, shown)) return mismatch;
  const client = known?.id ?? derivedClient;
  // A client who is known is written again, so that a case opened for one who is not takes no longer: the time would tell.
  const [renewed] = known === undefined ? [] : renewPrints(incoming, known, world);
  const bindClient: Effect = renewed ?? { kind: 'bind-client', client, prints: known?.prints ?? prints };
  return {
    client,
    caseId,
    effects: [bindClient, { kind: 'bind-case', caseId, client, agency: sender.agency, reference: read.envelope.caseref }],
  };
}

/** The client who has this NI number, under whichever version of the key they were recorded. */
const clientShown = (shown: ShownPrints, world: World): Client | undefined =>
  shown.map(({ nino }) => (nino === undefined ? undefined : world.clientByNino(nino))).find((client) => client !== undefined);

/**
 * A client served without an NI number gets one on record by a consent form, unless another client has it. Who was recorded under an older
 * version of the key is recorded under the one written with, once all of the identity is shown again.
 */
function renewPrints(incoming: Incoming, client: Client, world: World): Effect[] {
  const { prints, read } = incoming;
  if (prints === undefined) return [];
  const isLearnt =
    read.name === 'consent.recorded' &&
    prints.nino !== undefined &&
    client.prints.nino === undefined &&
    clientShown(shownBy(incoming), world) === undefined;
  const isOlder = client.prints.keyVersion !== prints.keyVersion;
  if (!isLearnt && (!isOlder || (client.prints.nino !== undefined && prints.nino === undefined))) return [];
  const nino = isLearnt || client.prints.nino !== undefined ? prints.nino : undefined;
  return [{ kind: 'bind-client', client: client.id, prints: { ...prints, nino } }];
}

const keepReference = (reference: string | undefined, { id, client, agencies }: CaseBinding, { agency }: DirectoryParty): Effect[] =>
  reference === undefined || agencies.get(agency) === reference ? [] : [{ kind: 'bind-case', caseId: id, client, agency, reference }];

const notYours: Problem = { code: 'case-not-yours', field: 'case', detail: 'the case is not bound to your agency' };
const mismatch: Problem = {
  code: 'identity-mismatch',
  field: 'data.client',
  detail: 'NI number, date of birth and surname do not agree with the record; a person must check them',
};
