import type { Problem } from '#libs/contracts/problem.js';
import { type Client, type IdentityPrints, agrees } from './client-identity.js';
import type { DirectoryParty } from './directory.js';
import type { Effect } from './effect.js';
import type { Incoming } from './incoming.js';
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
  if (incoming.prints !== undefined && !agrees(client.prints, incoming.prints)) return mismatch;
  return {
    client: client.id,
    caseId,
    effects: [...learnNino(incoming, client, world), ...keepReference(envelope.caseref, binding, sender)],
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
  const known = prints.nino === undefined ? undefined : world.clientByNino(prints.nino);
  if (known !== undefined && !agrees(known.prints, prints)) return mismatch;
  const client = known?.id ?? derivedClient;
  // A client who is known is written again, so that a case opened for one who is not takes no longer: the time would tell.
  const bindClient: Effect = { kind: 'bind-client', client, prints: known?.prints ?? prints };
  return {
    client,
    caseId,
    effects: [bindClient, { kind: 'bind-case', caseId, client, agency: sender.agency, reference: read.envelope.caseref }],
  };
}

/** A client served without an NI number gets one on record by a consent form, unless another client has it. */
function learnNino({ read, prints }: Incoming, client: Client, world: World): Effect[] {
  if (read.name !== 'consent.recorded' || prints?.nino === undefined || client.prints.nino !== undefined) return [];
  if (world.clientByNino(prints.nino) !== undefined) return [];
  const learnt: IdentityPrints = { ...client.prints, nino: prints.nino };
  return [{ kind: 'bind-client', client: client.id, prints: learnt }];
}

const keepReference = (reference: string | undefined, { id, client, agencies }: CaseBinding, { agency }: DirectoryParty): Effect[] =>
  reference === undefined || agencies.get(agency) === reference ? [] : [{ kind: 'bind-case', caseId: id, client, agency, reference }];

const notYours: Problem = { code: 'case-not-yours', field: 'case', detail: 'the case is not bound to your agency' };
const mismatch: Problem = {
  code: 'identity-mismatch',
  field: 'data.client',
  detail: 'NI number, date of birth and surname do not agree with the record; a person must check them',
};
