import type { MeshEnvelope } from '#libs/contracts/mesh-message.js';
import { type MessageName, familyOf, messageNames, ruleOf } from '#libs/contracts/message-table.js';
import type { ReadMessage } from '#libs/contracts/read-message.js';
import type { NoticeRequest } from '#libs/contracts/service-forms.js';
import { ClientBook } from '../domain/client-book.js';
import type { Client } from '../domain/client-identity.js';
import { needsHistory } from '../domain/contradiction.js';
import type { GuardRecord } from '../domain/guard-record.js';
import { type Incoming, shownBy } from '../domain/incoming.js';
import { decidesLines } from '../domain/lines-asked.js';
import { chainOf } from '../domain/notice-chain.js';
import { mayBeUnasked } from '../domain/unasked.js';
import type { CaseBinding } from '../domain/world.js';

/*
 * Whom and what the messages of a batch mention. Loops, and functions that stay, here and wherever the guard works message by message: what is
 * compiled of a function that is made anew for each batch is thrown away with it, and compiling it again and again took an eighth of the
 * guard's time.
 */

/** Fields of a form that name another message: what a message answers, or what it rests on. */
const citing: readonly string[] = [
  ...new Set([
    ...messageNames.flatMap((name) => ruleOf(name).cites ?? []),
    'appointment',
    'corrects',
    'cause',
    'anchor',
    'notice',
    'message',
    'approval',
  ]),
];

/** The batch's own ids, and those of the messages it names. */
export function messagesIn(batch: readonly Incoming[]): string[] {
  const ids: string[] = [];
  for (const { read } of batch) addMessages(read.envelope, ids);
  return ids;
}

function addMessages({ id, data }: MeshEnvelope, ids: string[]): void {
  ids.push(id);
  for (const field of citing) {
    const cited = uuidAt(data[field]);
    if (cited !== undefined) ids.push(cited);
  }
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
export const uuidAt = (value: unknown): string | undefined =>
  typeof value === 'string' && uuid.test(value) ? value.toLowerCase() : undefined;

/** The message that waits, where this one brings its route. */
export const routedBy = ({ read }: Incoming): string | undefined =>
  read.name === 'route.answered' ? uuidAt(read.envelope.data['message']) : undefined;

/** The batch's cases, and those of the records it names. */
export function casesIn(
  batch: readonly Incoming[],
  records: ReadonlyMap<string, Pick<GuardRecord, 'caseId'>>,
): ReadonlySet<string> {
  const cases = new Set<string>();
  for (const { read } of batch) {
    if (read.envelope.case !== undefined) cases.add(read.envelope.case);
    for (const inherited of inheritedIn(read)) cases.add(inherited);
  }
  for (const { caseId } of records.values()) if (caseId !== undefined) cases.add(caseId);
  return cases;
}

/** Cases whose steps came to a person. */
const inheritedIn = ({ name, envelope }: ReadMessage): readonly string[] =>
  name === 'notice.requested' ? ((envelope.data as NoticeRequest).cases ?? []) : [];

const isJudgedByPast = (name: MessageName): boolean => needsHistory(name) || mayBeUnasked(name);

/** Cases whose past the batch is judged by. */
export function historiesIn(batch: readonly Incoming[]): ReadonlySet<string> {
  const cases = new Set<string>();
  for (const { read } of batch)
    if (read.envelope.case !== undefined && isJudgedByPast(read.name))
      cases.add(read.envelope.case);
  return cases;
}

/** Cases of which a notice tells an appointment, or the exit that ends one. */
export function appointmentsTold(
  batch: readonly Incoming[],
  records: ReadonlyMap<string, GuardRecord>,
): readonly string[] {
  const told: string[] = [];
  for (const { read } of batch) {
    if (read.name !== 'notice.requested') continue;
    const root = chainOf((read.envelope.data as NoticeRequest).cause, (id) => records.get(id)).at(
      -1,
    );
    if (root?.caseId !== undefined && tellsAppointment(root)) told.push(root.caseId);
  }
  return told;
}

const tellsAppointment = ({ name }: GuardRecord): boolean =>
  familyOf(name) === 'appointment' || familyOf(name) === 'review' || name === 'exit.notified';

export function clientsByCase(cases: readonly CaseBinding[]): ReadonlyMap<string, string> {
  const clients = new Map<string, string>();
  for (const { id, client } of cases) clients.set(id, client);
  return clients;
}

/** Clients of these cases and records. */
export function knownClients(
  cases: readonly CaseBinding[],
  records: ReadonlyMap<string, Pick<GuardRecord, 'client'>>,
): ReadonlySet<string> {
  const clients = new Set<string>();
  for (const { client } of cases) clients.add(client);
  for (const { client } of records.values()) if (client !== undefined) clients.add(client);
  return clients;
}

/** Messages that show a client, in a case that is not bound to anyone. */
export function openingIn(
  batch: readonly Incoming[],
  bound: ReadonlyMap<string, string>,
): readonly Incoming[] {
  const opening: Incoming[] = [];
  for (const incoming of batch) if (isOpening(incoming, bound)) opening.push(incoming);
  return opening;
}

const isOpening = ({ read, prints }: Incoming, bound: ReadonlyMap<string, string>): boolean =>
  read.rule.caseUse === 'opens' && prints !== undefined && !bound.has(read.envelope.case ?? '');

/** What was found before the clients are locked. `bound`: case → client. `known`: clients of the batch's cases and of what it cites. */
export interface Found {
  readonly bound: ReadonlyMap<string, string>;
  readonly known: ReadonlySet<string>;
  readonly clients: readonly Client[];
}

/** `alone`: those of `all` whose own decision the batch records. */
export interface Concerned {
  readonly all: ReadonlySet<string>;
  readonly alone: ReadonlySet<string>;
}

/** Whom the batch is about: of its cases, of what it cites, and who is shown where a case is opened; not known yet, the id that they would get. */
export function concernedIn(
  batch: readonly Incoming[],
  { bound, known, clients }: Found,
): Concerned {
  const book = new ClientBook(clients);
  const all = new Set(known);
  const alone = new Set<string>();
  for (const incoming of batch) {
    const { read } = incoming;
    const isAlone = decidesLines(read.name);
    const client = bound.get(read.envelope.case ?? '');
    const ids = client === undefined ? shownIn(incoming, book, bound) : [client];
    for (const id of ids) {
      all.add(id);
      if (isAlone) alone.add(id);
    }
  }
  return { all, alone };
}

function shownIn(
  incoming: Incoming,
  book: ClientBook,
  bound: ReadonlyMap<string, string>,
): readonly string[] {
  if (!isOpening(incoming, bound)) return [];
  return [incoming.derivedClient, book.shown(shownBy(incoming))?.id].filter(
    (id) => id !== undefined,
  );
}

/** Those records that are of the batch's own messages, not of what these name. */
export function recordsOf<T>(
  batch: readonly Incoming[],
  records: ReadonlyMap<string, T>,
): ReadonlyMap<string, T> {
  const own = new Map<string, T>();
  for (const { read } of batch) {
    const record = records.get(read.envelope.id);
    if (record !== undefined) own.set(read.envelope.id, record);
  }
  return own;
}
