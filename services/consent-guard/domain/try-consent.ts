import { roleScopeKey } from '#libs/contracts/address.js';
import type { TrialLine } from '#libs/contracts/ask.js';
import type { ConsentTerms } from '#libs/contracts/consent-forms.js';
import { type FieldRule, fieldRules } from '#libs/contracts/field.js';
import {
  type MessageName,
  messageNames,
  nameOfType,
  ruleOf,
  typeOf,
} from '#libs/contracts/message-table.js';
import type { Problem } from '#libs/contracts/problem.js';
import { askBetween, askConsent } from './ask-consent.js';
import { consentValidity } from './consent-validity.js';
import { crossTo } from './cross-to.js';
import { takenScopes } from './decide-consent-message.js';
import type { Directory, DirectoryParty } from './directory.js';
import { putAt, valueAt } from './field-path.js';
import type { GuardRecord } from './guard-record.js';
import { passFields } from './pass-fields.js';
import { scopeKey } from './scope.js';
import { World } from './world.js';

type Data = Readonly<Record<string, unknown>>;

export interface Trial {
  readonly taker: DirectoryParty;
  readonly consent: ConsentTerms;
  readonly messages:
    readonly { readonly type: string; readonly data?: Data | undefined }[] | undefined;
  readonly directory: Directory;
  readonly nowMs: number;
}

/** Stands for the client: nobody's id, and never stored. */
const nobody = 'nobody';

/**
 * What would go out under this consent, once signed: for each type of message, from and to whom, field by field. Judged by the functions
 * that judge the road (`takenScopes`, `crossTo`), in a world that holds this consent and nothing else; nothing of it is kept.
 */
export function tryConsent(trial: Trial): readonly TrialLine[] | Problem {
  const { taker, consent, directory, nowMs } = trial;
  const validity = consentValidity(consent, nowMs);
  const scopes = takenScopes(
    { consentId: 'trial', client: nobody, taker, data: consent },
    directory,
    validity,
  );
  if ('code' in scopes) return scopes;
  const drafts = draftsOf(trial);
  if ('code' in drafts) return drafts;
  const world = new World({ directory, clients: [], cases: [], scopes, records: [], held: [] });
  const named = (consent.to?.parties ?? []).flatMap((id) => directory.party(id) ?? []);
  // A consent that begins later is tried on its first day.
  const court: Court = {
    world,
    nowMs: Math.max(nowMs, validity.fromMs),
    parties: unique([taker, ...named]),
    taker,
  };
  return drafts.flatMap((draft) => [
    ...inArea(draft, consent, court),
    ...betweenParties(draft, court),
  ]);
}

interface Draft {
  readonly name: MessageName;
  readonly data: Data;
  readonly rules: readonly FieldRule[];
  /** A form filled in by the sender, not one with every field. */
  readonly isGiven: boolean;
}

interface Court {
  readonly world: World;
  readonly nowMs: number;
  readonly parties: readonly DirectoryParty[];
  readonly taker: DirectoryParty;
}

function draftsOf({ messages, consent }: Trial): readonly Draft[] | Problem {
  const covered = messageNames.filter((name) =>
    consent.purposes.some((purpose) => purpose === ruleOf(name).purpose),
  );
  const asked = messages ?? covered.map((name) => ({ type: typeOf(name), data: undefined }));
  const drafts: Draft[] = [];
  for (const [index, { type, data }] of asked.entries()) {
    const field = `messages.${index}`;
    const name = nameOfType(type);
    if (name === undefined || ruleOf(name).purpose === null)
      return {
        code: 'unknown-type',
        field: `${field}.type`,
        detail: 'type is not one that goes to another agency under a consent',
      };
    const form = data === undefined ? undefined : ruleOf(name).form.safeParse(data);
    if (form?.success === false) {
      const path = form.error.issues[0]?.path.map(String).join('.') ?? '';
      return {
        code: 'malformed-message',
        field: `${field}.data.${path}`,
        detail: 'the draft is not a form of this type',
      };
    }
    const rules = fieldRules(ruleOf(name).form);
    drafts.push({ name, rules, data: form?.data ?? fullForm(rules), isGiven: form !== undefined });
  }
  return drafts;
}

/** Every field of a form; what stands in it does not matter to a category. */
function fullForm(rules: readonly FieldRule[]): Data {
  const data: Record<string, unknown> = {};
  for (const { path } of rules) putAt(data, path, true);
  return data;
}

function betweenParties(draft: Draft, court: Court): TrialLine[] {
  const rule = ruleOf(draft.name);
  const { purpose } = rule;
  if (purpose === null) return [];
  const lines = court.world.scopesOf(nobody);
  return court.parties.flatMap((sender) =>
    court.parties
      .filter(
        (to) =>
          rule.from.includes(sender.kind) &&
          rule.to.includes(to.kind) &&
          to.agency !== sender.agency,
      )
      .filter((to) => lines.has(scopeKey(sender.agency, to.agency, purpose)))
      .map((to) => judge(draft, { sender, to, court })),
  );
}

interface Between {
  readonly sender: DirectoryParty;
  readonly to: DirectoryParty;
  readonly court: Court;
}

function judge(draft: Draft, between: Between): TrialLine {
  const { name, rules } = draft;
  const { verdict, passed } = cross(draft, between);
  const present = rules.filter(({ path }) => valueAt(draft.data, path) !== undefined);
  const leftOut = present.filter(({ path }) => valueAt(passed, path) === undefined);
  return {
    type: typeOf(name),
    from: between.sender.id,
    to: between.to.id,
    verdict,
    passes: present.filter((field) => !leftOut.includes(field)).map(nameOf),
    leftOut: leftOut.map(nameOf),
    leftOutWhen: draft.isGiven ? [] : conditions(draft, leftOut, between),
    lacks: verdict === 'refused' ? missing(draft, between) : [],
  };
}

/** The road's own judgement of the draft, and what of it the recipient would get. */
function cross(
  draft: Draft,
  { sender, to, court }: Between,
): { verdict: TrialLine['verdict']; passed: Data } {
  const record = recordFor(draft.name, sender, to.id);
  const envelope = {
    specversion: '1.0' as const,
    id: '',
    source: '',
    type: '',
    time: record.time,
    to: to.id,
    data: draft.data,
  };
  const crossed = crossTo({
    record,
    envelope,
    recipient: to.id,
    world: court.world,
    nowMs: court.nowMs,
  });
  const delivery = crossed.effects.find((effect) => effect.kind === 'deliver');
  const { kind } = crossed.record.verdict;
  return delivery === undefined || kind === 'waiting' || kind === 'stopped'
    ? { verdict: 'refused', passed: {} }
    : { verdict: kind, passed: delivery.message.data };
}

/** Values that raise a field to a category that may not pass, though the field as such may. */
function conditions(
  draft: Draft,
  leftOut: readonly FieldRule[],
  between: Between,
): TrialLine['leftOutWhen'] {
  const open = draft.rules.filter((rule) => !leftOut.includes(rule));
  return open.flatMap((rule) =>
    Object.keys(rule.whenValue)
      .filter((is) => {
        const data = structuredClone(draft.data) as Record<string, unknown>;
        putAt(data, rule.path, is);
        return valueAt(cross({ ...draft, data }, between).passed, rule.path) === undefined;
      })
      .map((is) => ({ field: nameOf(rule), is })),
  );
}

function missing({ name, data, rules }: Draft, { sender, to, court }: Between): string[] {
  const { purpose } = ruleOf(name);
  if (purpose === null) return [];
  const ask = askBetween(
    court.world.scopesOf(nobody),
    { from: sender.agency, to: to.agency },
    court.nowMs,
  );
  const { data: passed } = passFields(name, data, purpose, ask);
  return rules
    .filter(
      ({ path, required }) =>
        required && valueAt(data, path) !== undefined && valueAt(passed, path) === undefined,
    )
    .map(nameOf);
}

/** A message to the role: it would wait for the router's answer, then pass to the party as that party's own line says. */
function inArea(
  { name, data, rules }: Draft,
  consent: ConsentTerms,
  { world, nowMs, taker }: Court,
): TrialLine[] {
  const { role } = consent.to ?? {};
  const { purpose, from, to } = ruleOf(name);
  if (role === undefined || purpose === null || !to.includes('area') || !from.includes(taker.kind))
    return [];
  const key = roleScopeKey(role.role, role.district);
  const answer = askConsent(
    world.scopesOf(nobody),
    { from: taker.agency, to: key, purpose },
    nowMs,
  );
  const leftOut = answer.allowed
    ? []
    : rules.filter(({ path }) => valueAt(data, path) !== undefined).map(nameOf);
  const verdict = answer.allowed ? 'waiting' : 'refused';
  const area = `area:${role.district}/${role.role}`;
  return [
    {
      type: typeOf(name),
      from: taker.id,
      to: area,
      verdict,
      passes: [],
      leftOut,
      leftOutWhen: [],
      lacks: [],
    },
  ];
}

const nameOf = ({ path }: FieldRule): string => path.join('.');
const unique = (parties: readonly DirectoryParty[]): DirectoryParty[] => [
  ...new Map(parties.map((party) => [party.id, party])).values(),
];

const recordFor = (name: MessageName, sender: DirectoryParty, to: string): GuardRecord => ({
  id: 'trial',
  ordinal: 0,
  name,
  sender: sender.id,
  senderKind: sender.kind,
  senderAgency: sender.agency,
  to,
  recipient: undefined,
  recipientKind: undefined,
  recipientAgency: undefined,
  caseId: undefined,
  client: nobody,
  actor: undefined,
  time: '1970-01-01T00:00:00Z',
  digest: '',
  facts: {},
  cause: undefined,
  consents: [],
  inner: undefined,
  verdict: { kind: 'waiting' },
});
