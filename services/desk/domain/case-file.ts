import type { Timeline } from '#libs/contracts/ask.js';
import type { PartyShown } from '#libs/contracts/ask-around.js';
import { citations } from '#libs/contracts/citations.js';
import { type MessageName, nameOfType, ruleOf } from '#libs/contracts/message-table.js';
import { referrers } from '#libs/contracts/participants.js';
import type { PartyKind } from '#libs/contracts/party.js';
import type { Agency, Office, Viewer } from './agency.js';
import type { CaseShown } from './case-shown.js';
import type { KeptMessage } from './kept-message.js';

/** A case as a person of one office may see it: what the mesh tells that office, and what the desk kept. */
export interface CaseFile {
  readonly viewer: Viewer;
  readonly agency: Agency;
  /** The office whose case it is: the viewer's own, or one where they stand in for a colleague. */
  readonly office: Office;
  readonly view: CaseShown;
  readonly kept: readonly KeptMessage[];
  readonly parties: readonly PartyShown[];
}

type Data = Readonly<Record<string, unknown>>;

/** What was refused or stopped is on record, and nothing rests on it. */
const counts = ({ state }: Timeline): boolean =>
  !['refused', 'stopped', 'undecided'].includes(state);

/** Whether a message was sent from here: a case that came from another office of the agency brings that office's messages with it. */
export const isSentByUs = (
  { sender, to }: Timeline,
  { agency, office }: Pick<CaseFile, 'agency' | 'office'>,
): boolean =>
  sender === office.id || (to !== office.id && agency.offices.some(({ id }) => id === sender));

/** The party at the other end of a message. */
export const otherEnd = (message: Timeline, file: Pick<CaseFile, 'agency' | 'office'>): string =>
  isSentByUs(message, file) ? message.to : message.sender;

/** The name of a party, an area, or the mesh itself. */
export function partyName(
  { agency, parties }: Pick<CaseFile, 'agency' | 'parties'>,
  id: string,
): string {
  if (id === 'mesh') return 'the mesh, for your own record';
  if (id === 'guard') return 'the mesh';
  if (id.startsWith('area:')) return 'whoever serves the area';
  const found =
    agency.offices.find((office) => office.id === id) ?? parties.find((party) => party.id === id);
  return found?.name ?? id;
}

function kindOf({ agency, parties }: CaseFile, id: string): PartyKind | undefined {
  const found =
    parties.find((party) => party.id === id) ?? agency.offices.find((office) => office.id === id);
  return found?.kind;
}

/** The newest message of the case that counts and is of one of these types. */
export const newest = (
  { view }: CaseFile,
  names: readonly MessageName[],
  isMeant: (message: Timeline) => boolean = () => true,
): Timeline | undefined =>
  view.messages.findLast((message) => {
    const name = nameOfType(message.type);
    return name !== undefined && names.includes(name) && counts(message) && isMeant(message);
  });

/**
 * The message that one of this type would answer: the newest that it may cite, at whose other end is somebody it may go to. Where none is:
 * a provider that got the client from a single point of contact answers the referrer, and a point of contact passes on to a provider. Both
 * cite what they received, and the person chooses who gets the answer.
 */
export function citedBy(file: CaseFile, name: MessageName): Timeline | undefined {
  const { to } = ruleOf(name);
  const citable = citations[name] ?? [];
  const reaches = (message: Timeline): boolean => {
    const other = otherEnd(message, file);
    const isAtHome = to.includes('mesh') || other === 'mesh';
    return isAtHome || other.startsWith('area:') || to.includes(kindOf(file, other) ?? 'mesh');
  };
  const isPassedOn = name === 'referral.forwarded' || to.every((kind) => isReferrer.has(kind));
  const received = (message: Timeline): boolean => isPassedOn && !isSentByUs(message, file);
  return newest(file, citable, reaches) ?? newest(file, citable, received);
}
const isReferrer: ReadonlySet<string> = new Set(referrers);

/** Whom a person may choose where the case does not say who gets it. */
export function mayGet({ agency, office, parties }: CaseFile, name: MessageName): readonly Named[] {
  if (name === 'case.moved-office') return agency.offices.filter(({ id }) => id !== office.id);
  return parties.filter(({ kind }) => ruleOf(name).to.includes(kind));
}

interface Named {
  readonly id: string;
  readonly name: string;
}

/** To whom a message of this type goes in this case; undefined where nobody is known yet. */
export function recipientOf(file: CaseFile, name: MessageName): string | undefined {
  const { to } = ruleOf(name);
  if (to.length === 1 && to[0] === 'mesh') return 'mesh';
  const cited = citedBy(file, name);
  const isReached = (id: string): boolean => to.some((kind) => kind === kindOf(file, id));
  const ends = [...(cited === undefined ? [] : [cited]), ...file.view.messages.toReversed()].map(
    (message) => otherEnd(message, file),
  );
  return (
    ends.find((id) => id !== file.office.id && isReached(id)) ??
    (to.includes('mesh') ? 'mesh' : undefined)
  );
}

/** The newest form in which the client's identity stands, as far as the desk still has one. */
export function knownClient({ kept }: Pick<CaseFile, 'kept'>): Data | undefined {
  const data = kept.findLast(
    ({ message, answer }) => message?.data['client'] !== undefined && answer !== 'refused',
  )?.message?.data;
  return data?.['client'] as Data | undefined;
}

export const keptData = ({ kept }: CaseFile, id: string | undefined): Data | undefined =>
  kept.find((each) => each.id === id)?.message?.data;
