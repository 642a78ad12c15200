import { citations } from '#libs/contracts/citations.js';
import type { MessageName } from '#libs/contracts/message-table.js';
import type { Problem } from '#libs/contracts/problem.js';
import type { DirectoryParty } from './directory.js';
import { type GuardRecord, isCleared } from './guard-record.js';
import type { Incoming } from './incoming.js';
import type { World } from './world.js';

/** It passes on what it cites, to a party that did not have it. */
const passesOn: ReadonlySet<MessageName> = new Set(['referral.forwarded']);
/** Another agency may answer it, though it was addressed to the mesh. */
const answeredByOthers: ReadonlySet<MessageName> = new Set(['client-view.requested']);

/** Of a message that comes a second time: it was judged when it came first, and what it cites may have been stopped since. */
const wasJudged = ({ read }: Incoming, world: World): boolean =>
  world.record(read.envelope.id) !== undefined;

/**
 * The message that this one answers, where its type names one. It must be of the same case, of a type that may be cited (`citations`),
 * cleared, and known to both sides: an answer, a cancellation or a correction reaches only who had the first message. A message that is not
 * there and one that may not be cited are answered alike.
 */
export function citedMessage(
  incoming: Incoming,
  sender: DirectoryParty,
  world: World,
): GuardRecord | Problem | undefined {
  const { envelope, name, rule } = incoming.read;
  const field = rule.cites;
  if (field === undefined) return undefined;
  const record = world.record(String(envelope.data[field]));
  const types = citations[name] ?? [];
  const isSound =
    record?.caseId !== undefined &&
    record.caseId === envelope.case &&
    record.verdict.kind !== 'refused' &&
    types.includes(record.name);
  if (isSound && (wasJudged(incoming, world) || isKnownToBoth(record, incoming, { sender, world })))
    return record;
  return {
    code: 'cause-unknown',
    field: `data.${field}`,
    detail: `${field} must be the id of a message of the same case, between you and that party: ${types.join(' or ')}`,
  };
}

function isKnownToBoth(
  cited: GuardRecord,
  { read }: Incoming,
  { sender, world }: { readonly sender: DirectoryParty; readonly world: World },
): boolean {
  if (!isCleared(cited)) return false;
  if (cited.recipientAgency === undefined)
    return cited.senderAgency === sender.agency || answeredByOthers.has(cited.name);
  if (!hadPart(cited, sender.agency)) return false;
  const { address, name, rule } = read;
  // Where no purpose is named it goes to nobody outside the sender's agency.
  if (address.kind !== 'party' || rule.purpose === null || passesOn.has(name)) return true;
  const recipient = world.directory.party(address.party)?.agency;
  return recipient === undefined || hadPartInThread(cited, recipient, world);
}

const hadPart = ({ senderAgency, recipientAgency }: GuardRecord, agency: string): boolean =>
  senderAgency === agency || recipientAgency === agency;

/** The cited message, or one that it rests on: the referrer had the referral that a single point of contact passed on. */
function hadPartInThread(cited: GuardRecord, agency: string, world: World): boolean {
  const seen = new Set<string>();
  for (
    let record: GuardRecord | undefined = cited;
    record !== undefined && !seen.has(record.id);
    record = record.cause === undefined ? undefined : world.record(record.cause)
  ) {
    if (isCleared(record) && hadPart(record, agency)) return true;
    seen.add(record.id);
  }
  return false;
}
