import type { ConsentsShown } from '#libs/contracts/ask.js';
import type { CaseView } from '#libs/contracts/ask-case.js';
import { type FieldRule, fieldRules } from '#libs/contracts/field.js';
import { supportOnlyTerms } from '#libs/contracts/mesh-message.js';
import {
  type MessageName,
  messageNames,
  nameOfType,
  ruleOf,
  typeOf,
} from '#libs/contracts/message-table.js';
import type { KeptMessage } from './kept-message.js';

type Data = Readonly<Record<string, unknown>>;

/** What the record tells of: messages that tell another agency something about the client. Consents and what stays at home are not. */
export const recordTypes: readonly string[] = messageNames
  .filter((name) => ruleOf(name).purpose !== null)
  .map(typeOf);

export const isForRecord = (type: string): boolean => recordTypes.includes(type);

/** What the mesh said just now, and what the desk has. */
export interface EntryGround {
  readonly agency: string;
  readonly kept: KeptMessage & { readonly message: NonNullable<KeptMessage['message']> };
  /** The client's identity, from the newest form of the case that has it. */
  readonly client: Data | undefined;
  /** Undefined: the mesh did not say. */
  readonly dpa1: { readonly current: boolean; readonly until?: string | undefined } | undefined;
  readonly view: CaseView | undefined;
  readonly consents: ConsentsShown | undefined;
}

export type EntryVerdict =
  | { readonly kind: 'goes'; readonly data: Data }
  /** No DPA1 stands, or the client's exclusions cannot be seen. */
  | { readonly kind: 'waits'; readonly why: 'no-dpa1' | 'undecided' }
  | { readonly kind: 'never' };

/** May this message be told to the record system now, and which of its fields? Whatever is not known is a no for now. */
export function decideEntry({ agency, kept, client, ...mesh }: EntryGround): EntryVerdict {
  const name = nameOfType(kept.type);
  if (name === undefined || !isForRecord(kept.type) || kept.answer === 'refused')
    return { kind: 'never' };
  const excluded = excludedBy(agency, mesh.consents);
  const { dpa1, view } = mesh;
  if (dpa1?.current !== true || dpa1.until === undefined || excluded === undefined)
    return { kind: 'waits', why: 'no-dpa1' };
  const state = view?.messages.find(({ id }) => id === kept.id)?.state;
  if (state === undefined || state === 'undecided' || state === 'waiting')
    return { kind: 'waits', why: 'undecided' };
  // Refused or stopped; a state that is new here is a no.
  if (state !== 'cleared' && state !== 'cleared-in-part') return { kind: 'never' };
  // The record system finds the client by who they are.
  if (client === undefined || excluded.has('identity')) return { kind: 'never' };
  const data = recordable(name, kept.message.data, excluded);
  if (data === undefined) return { kind: 'never' };
  const { id, direction, type, other, at } = kept;
  return {
    kind: 'goes',
    data: {
      office: kept.office,
      case: kept.caseId,
      ...(view?.shortReference === undefined ? {} : { reference: view.shortReference }),
      client,
      until: dpa1.until,
      terms: supportOnlyTerms,
      message: { id, direction, type, title: ruleOf(name).title, other, at, data },
    },
  };
}

/**
 * What the client ruled out of the own record. Undefined where no such line of the agency's own is seen: of a DPA1 that another agency took,
 * the mesh tells no exclusions, so nothing is recorded under it.
 */
function excludedBy(
  agency: string,
  consents: ConsentsShown | undefined,
): ReadonlySet<string> | undefined {
  const line = consents?.consents.find(
    ({ from, to, purpose }) => from === agency && to === agency && purpose === 'record-on-lms',
  );
  return line?.decision === 'given' ? new Set(line.excludedCategories) : undefined;
}

/** Built up from nothing, as the guard does: a field is copied only where its category may be. Undefined where a needed field may not. */
function recordable(
  name: MessageName,
  data: Data,
  excluded: ReadonlySet<string>,
): Data | undefined {
  const copied: Record<string, unknown> = {};
  for (const field of fieldRules(ruleOf(name).form)) {
    const [top = '', inner] = field.path;
    const part = data[top];
    const value = inner === undefined ? part : (part as Data | undefined)?.[inner];
    if (value === undefined) continue;
    if (!mayBeCopied(field, value, excluded)) {
      if (field.required) return undefined;
      continue;
    }
    if (inner === undefined) copied[top] = value;
    else copied[top] = { ...(copied[top] as Data | undefined), [inner]: value };
  }
  return copied;
}

function mayBeCopied(
  { category, whenValue }: FieldRule,
  value: unknown,
  excluded: ReadonlySet<string>,
): boolean {
  const raised =
    typeof value === 'string' && Object.hasOwn(whenValue, value) ? whenValue[value] : undefined;
  return !excluded.has(category) && (raised === undefined || !excluded.has(raised));
}

/** The body of a delivery: `type`, `timestamp`, `data`, as Standard Webhooks recommends. `timestamp`: when it was queued. */
export const recordBody = (
  type: 'record.entry' | 'record.erasure',
  timestamp: string,
  data: Data,
): string => JSON.stringify({ type, timestamp, data });
