import type { ConsentFormData, WithdrawalFormData } from '#libs/contracts/consent-forms.js';
import { categories } from '#libs/contracts/purposes.js';
import type { Decision } from './decision.js';
import type { Problem } from '#libs/contracts/problem.js';
import { type SettledLines, settleLines, withdrawnLines } from './consent-line.js';
import { consentValidity } from './consent-validity.js';
import type { Directory, DirectoryParty } from './directory.js';
import type { Effect } from './effect.js';
import type { Incoming } from './incoming.js';
import { type Meant, meantBy, readNo, suspendedLines } from './read-no.js';
import { factsOf, recordOf, refusal } from './record-of.js';
import {
  type ConsentTaken,
  type Validity,
  nobodyNamed,
  scopesFor,
  scopesOfConsent,
} from './record-consent.js';
import type { CaseStanding } from './resolve-case.js';
import { type Scope, type Scopes, scopeKey } from './scope.js';
import { takenBack } from './taken-back.js';
import { keptScopes, marksOn, withdrawScopes, withdrawalMarks } from './withdraw-consent.js';
import type { World } from './world.js';

interface Grounds {
  readonly world: World;
  readonly nowMs: number;
}

/** A consent, a refusal or a withdrawal: recorded on the road, in the sender's own order, before the sender's next message is judged. */
export function decideConsentMessage(
  incoming: Incoming,
  sender: DirectoryParty,
  standing: CaseStanding,
  grounds: Grounds,
): Decision {
  const { name, unclear = [], envelope } = incoming.read;
  const [fault] = unclear;
  if (fault !== undefined)
    return suspend(incoming, sender, {
      client: standing.client,
      problem: { ...fault, code: 'no-unclear' },
      ...grounds,
    });
  if (name === 'consent.withdrawn') return withdraw(incoming, sender, standing, grounds);
  return envelope.data['decision'] === 'refused'
    ? recordNo(incoming, sender, standing, grounds)
    : recordYes(incoming, sender, standing, grounds);
}

/** A no about somebody of the sender's own case that cannot be read: what it may mean is stopped until somebody has recorded it again. */
export function suspend(
  incoming: Incoming,
  sender: DirectoryParty,
  {
    client,
    problem,
    world,
    nowMs,
  }: Grounds & { readonly client: string; readonly problem: Problem },
): Decision {
  const { data } = incoming.read.envelope;
  const effects = stopMeant(world.scopesOf(client), meantBy(data), {
    client,
    consentId: incoming.read.envelope.id,
    decidedAtMs: instantOf(data['takenAt'], nowMs),
    nowMs,
  });
  const facts = factsOf(['form', 'decision'], data);
  return { ...refusal(incoming, sender, problem, { client, facts }), effects };
}

const instantOf = (value: unknown, nowMs: number): number =>
  typeof value === 'string' ? Date.parse(value) : nowMs;

interface Doubtful {
  readonly client: string;
  readonly consentId: string;
  readonly decidedAtMs: number;
  readonly nowMs: number;
}

/**
 * Stops what a no may mean, and leaves its mark: a yes that the client gave before it, and that is recorded after it, does not count either. What lies
 * undelivered is stopped, and is the sender's to send again; nobody who had something is told to stop using it yet.
 */
function stopMeant(
  standing: Scopes,
  meant: Meant,
  { client, consentId, nowMs, ...made }: Doubtful,
): readonly Effect[] {
  const decidedAtMs = Math.min(made.decidedAtMs, nowMs);
  const stops = suspendedLines(standing, meant, decidedAtMs);
  const [form = 'TPR2'] = meant.forms;
  const marks = marksOn(standing, meant.purposes, { client, consentId, form, decidedAtMs });
  const lines = stops.map(({ from, to, purpose }) => ({ from, to, purpose, ruledOut: categories }));
  return [
    { kind: 'put-scopes', scopes: [...stops, ...marks] },
    { kind: 'keep-lines', lines: withdrawnLines(consentId, stops, []) },
    ...(lines.length > 0
      ? [{ kind: 'withdraw' as const, client, withdrawalId: consentId, lines }]
      : []),
  ];
}

/** A refusal: what can be read of it counts at once, and what it may mean besides is stopped. */
function recordNo(
  incoming: Incoming,
  sender: DirectoryParty,
  { client }: CaseStanding,
  { world, nowMs }: Grounds,
): Decision {
  const data = incoming.read.envelope.data as ConsentFormData;
  const consentId = incoming.read.envelope.id;
  const no = readNo({ consentId, client, taker: sender, data }, world.directory);
  const parties = (no.terms.to?.parties ?? []).flatMap((id) => world.directory.party(id) ?? []);
  const scopes = scopesFor(
    { consentId, client, taker: sender, data: no.terms },
    parties,
    consentValidity(data, nowMs),
  );
  const isNobodys = scopes.length === 0 && no.meant === undefined;
  const doubts = [...no.doubts, ...(isNobodys ? [nobodyNamed] : [])];
  const meant = isNobodys
    ? { forms: [data.form], purposes: no.terms.purposes, agencies: undefined }
    : no.meant;
  const standing = world.scopesOf(client);
  const settled = settleLines(scopes, standing, nowMs);
  const read = new Set(settled.lines.map(({ from, to, purpose }) => scopeKey(from, to, purpose)));
  const rest = new Map([...standing].filter(([key]) => !read.has(key)));
  const decidedAtMs = Date.parse(data.takenAt);
  const more =
    meant === undefined ? [] : stopMeant(rest, meant, { client, consentId, decidedAtMs, nowMs });
  const [doubt] = doubts;
  return decided(incoming, sender, {
    client,
    settled,
    nowMs,
    standing,
    facts: factsOf(['form', 'decision'], incoming.read.envelope.data),
    against: doubt === undefined ? outdoneBy(settled) : { ...doubt, code: 'no-unclear' },
    more,
  });
}

const outdoneBy = ({ outdone }: SettledLines): Problem | undefined =>
  outdone.length > 0
    ? {
        code: 'newer-decision-stands',
        field: 'data.takenAt',
        detail: 'the client decided otherwise later, or at the same moment',
      }
    : undefined;

function recordYes(
  incoming: Incoming,
  sender: DirectoryParty,
  { client }: CaseStanding,
  { world, nowMs }: Grounds,
): Decision {
  const data = incoming.read.envelope.data as ConsentFormData;
  const consentId = incoming.read.envelope.id;
  const validity = consentValidity(data, nowMs);
  const scopes = takenScopes({ consentId, client, taker: sender, data }, world.directory, validity);
  if ('code' in scopes) return refusal(incoming, sender, scopes, { client });
  const standing = world.scopesOf(client);
  const settled = settleLines(scopes, standing, nowMs);
  return decided(incoming, sender, {
    client,
    settled,
    nowMs,
    standing,
    facts: {
      ...factsOf(['form', 'decision'], incoming.read.envelope.data),
      validUntil: validity.untilDate,
    },
    // Where a part of it counts, its timeline names the lines that stay as they are.
    against: settled.newer.length === 0 ? outdoneBy(settled) : undefined,
    more: [],
  });
}

/** What was decided of a consent form. `against`: why it does not count as it was sent. `more`: what else it does. */
interface FormDecided {
  readonly client: string;
  readonly settled: SettledLines;
  readonly nowMs: number;
  readonly standing: Scopes;
  readonly facts: ReturnType<typeof factsOf>;
  readonly against: Problem | undefined;
  readonly more: readonly Effect[];
}

function decided(
  incoming: Incoming,
  sender: DirectoryParty,
  { client, settled, nowMs, standing, facts, against, more }: FormDecided,
): Decision {
  const data = incoming.read.envelope.data as ConsentFormData;
  const consentId = incoming.read.envelope.id;
  const { newer, lines } = settled;
  // With all that a withdrawal does to what is under way.
  const ended = takenBack(newer, standing, nowMs);
  const grounds = {
    client,
    facts,
    consents: [consentId],
    inner: newer.length === lines.length ? undefined : 'superseded-in-part',
  };
  const record =
    against === undefined
      ? recordOf(incoming, sender, { ...grounds, verdict: { kind: 'cleared' } })
      : refusal(incoming, sender, against, grounds).record;
  return {
    record,
    effects: [
      { kind: 'keep-consent', consentId, client, taker: sender.id, data },
      { kind: 'put-scopes', scopes: newer },
      { kind: 'keep-lines', lines },
      ...(ended.length > 0
        ? [{ kind: 'withdraw' as const, client, withdrawalId: consentId, lines: ended }]
        : []),
      ...more,
    ],
    others: [],
  };
}

/** The lines of a consent, where it was taken by a person of the taker's own agency. */
export function takenScopes(
  taken: ConsentTaken,
  directory: Directory,
  validity: Validity,
): readonly Scope[] | Problem {
  if (directory.agencyOfPerson(taken.data.takenBy) !== taken.taker.agency)
    return {
      code: 'actor-unknown',
      field: 'data.takenBy',
      detail: 'takenBy must be a person of your own agency',
    };
  return scopesOfConsent(taken, directory, validity);
}

function withdraw(
  incoming: Incoming,
  sender: DirectoryParty,
  { client }: CaseStanding,
  { world, nowMs }: Grounds,
): Decision {
  const data = incoming.read.envelope.data as WithdrawalFormData;
  const standing = world.scopesOf(client);
  const scopes = withdrawScopes(standing, data, nowMs);
  const kept = keptScopes(standing, data);
  const marks = withdrawalMarks(
    standing,
    { withdrawalId: incoming.read.envelope.id, client, data },
    nowMs,
  );
  const record = recordOf(incoming, sender, {
    client,
    facts: factsOf(incoming.read.rule.facts, incoming.read.envelope.data),
    consents: [...new Set(scopes.map((scope) => scope.consentId))],
    verdict: { kind: 'cleared' },
  });
  return {
    record,
    effects: [
      { kind: 'put-scopes', scopes: [...scopes, ...marks] },
      { kind: 'keep-withdrawal', withdrawalId: record.id, client, by: sender.id, data },
      { kind: 'keep-lines', lines: withdrawnLines(record.id, scopes, kept) },
      {
        kind: 'withdraw',
        client,
        withdrawalId: record.id,
        lines: scopes.map(({ from, to, purpose }) => ({ from, to, purpose })),
      },
    ],
    others: [],
  };
}
