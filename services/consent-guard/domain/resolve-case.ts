import type { Problem } from '#libs/contracts/problem.js';
import {
  type Client,
  type IdentityPrints,
  type ShownPrints,
  agreesWithShown,
  isShown,
} from './client-identity.js';
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
export function resolveCase(
  incoming: Incoming,
  sender: DirectoryParty,
  world: World,
): CaseStanding | Problem {
  const { envelope, rule } = incoming.read;
  const caseId = envelope.case;
  if (envelope.data['client'] !== undefined && incoming.prints === undefined) return mismatch;
  if (caseId === undefined)
    return { code: 'case-required', field: 'case', detail: 'case is required for this type' };
  const binding = world.case(caseId);
  if (binding === undefined)
    return rule.caseUse === 'opens' ? openCase(incoming, sender, caseId, world) : notYours;
  if (!binding.agencies.has(sender.agency)) return notYours;
  const client = world.client(binding.client);
  if (client === undefined) return notYours;
  if (incoming.prints !== undefined && !agreesWithShown(client.prints, shownBy(incoming)))
    return mismatch;
  return {
    client: client.id,
    caseId,
    effects: [
      ...completePrints(incoming, client),
      ...keepReference(envelope.caseref, binding, sender),
    ],
  };
}

/**
 * Who is shown is found by NI number, date of birth and surname together, else is another client. What others know is told by nothing: the
 * answer, the effects and what is looked up are the same for a client unknown, for one who is known, and for a known number with another
 * date of birth or surname.
 */
function openCase(
  incoming: Incoming,
  sender: DirectoryParty,
  caseId: string,
  world: World,
): CaseStanding | Problem {
  const { prints, derivedClient, read } = incoming;
  if (prints === undefined || derivedClient === undefined)
    return {
      code: 'case-not-yours',
      field: 'case',
      detail:
        'the case is not known; open it with a consent or a referral that says who the client is',
    };
  const shown = shownBy(incoming);
  if (isSlip(shown, sender, world)) return mismatch;
  const client = world.clientShown(shown)?.id ?? derivedClient;
  return {
    client,
    caseId,
    effects: [
      { kind: 'bind-client', client, prints },
      {
        kind: 'bind-case',
        caseId,
        client,
        agency: sender.agency,
        office: sender.id,
        reference: read.envelope.caseref,
      },
    ],
  };
}

/** A slip of the pen: the sender's own agency has cases of this NI number, and all of them are of another date of birth or surname. */
function isSlip(shown: ShownPrints, { agency }: DirectoryParty, world: World): boolean {
  const own = world.clientsWithNino(shown).filter(({ id }) => world.hasCase(agency, id));
  return own.length > 0 && !own.some(({ prints }) => isShown(prints, shown));
}

/**
 * What is recorded of the client of a bound case, once it is shown: the NI number of one served without, by a consent form; the hash of all
 * three, for a client recorded before there was one; all of it under the key written with. None of it depends on what others know: where
 * another client has the same identity the two stay two, and the other goes on being found by it.
 */
function completePrints(incoming: Incoming, { id, prints: bound }: Client): Effect[] {
  const { prints, read } = incoming;
  if (prints === undefined) return [];
  const isWhole = prints.identity !== undefined;
  const isLearnt = isWhole && bound.nino === undefined && read.name === 'consent.recorded';
  const isCompleted = isWhole && bound.nino !== undefined && bound.identity === undefined;
  const isOlder = bound.keyVersion !== prints.keyVersion && (isWhole || bound.nino === undefined);
  if (!isLearnt && !isCompleted && !isOlder) return [];
  return [
    {
      kind: 'bind-client',
      client: id,
      prints: isLearnt || bound.nino !== undefined ? prints : withoutNino(prints),
    },
  ];
}

const withoutNino = ({ keyVersion, dateOfBirth, surname }: IdentityPrints): IdentityPrints => ({
  keyVersion,
  identity: undefined,
  nino: undefined,
  dateOfBirth,
  surname,
});

const keepReference = (
  reference: string | undefined,
  { id, client, references }: CaseBinding,
  { id: office, agency }: DirectoryParty,
): Effect[] =>
  reference === undefined || references.get(office) === reference
    ? []
    : [{ kind: 'bind-case', caseId: id, client, agency, office, reference }];

const notYours: Problem = {
  code: 'case-not-yours',
  field: 'case',
  detail: 'the case is not bound to your agency',
};
const mismatch: Problem = {
  code: 'identity-mismatch',
  field: 'data.client',
  detail:
    'NI number, date of birth and surname do not agree with the record; a person must check them',
};
