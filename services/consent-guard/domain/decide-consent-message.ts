import type { ConsentFormData, WithdrawalFormData } from '#libs/contracts/consent-forms.js';
import type { Decision } from './decision.js';
import type { Problem } from '#libs/contracts/problem.js';
import { settleLines, withdrawnLines } from './consent-line.js';
import { consentValidity } from './consent-validity.js';
import type { Directory, DirectoryParty } from './directory.js';
import type { Incoming } from './incoming.js';
import { factsOf, recordOf, refusal } from './record-of.js';
import { type ConsentTaken, type Validity, scopesOfConsent } from './record-consent.js';
import type { CaseStanding } from './resolve-case.js';
import type { Scope } from './scope.js';
import { takenBack } from './taken-back.js';
import { keptScopes, withdrawScopes, withdrawalMarks } from './withdraw-consent.js';
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
  return incoming.read.name === 'consent.withdrawn'
    ? withdraw(incoming, sender, standing, grounds)
    : recordConsent(incoming, sender, standing, grounds);
}

function recordConsent(
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
  const { newer, lines } = settleLines(scopes, standing, nowMs);
  // With all that a withdrawal does to what is under way.
  const ended = takenBack(newer, standing, nowMs);
  const facts = {
    ...factsOf(['form', 'decision'], incoming.read.envelope.data),
    validUntil: validity.untilDate,
  };
  const record = recordOf(incoming, sender, {
    client,
    facts,
    consents: [consentId],
    inner: newer.length === scopes.length ? undefined : 'superseded-in-part',
    verdict: { kind: 'cleared' },
  });
  return {
    record,
    effects: [
      { kind: 'keep-consent', consentId, client, taker: sender.id, data },
      { kind: 'put-scopes', scopes: newer },
      { kind: 'keep-lines', lines },
      ...(ended.length > 0
        ? [{ kind: 'withdraw' as const, client, withdrawalId: consentId, lines: ended }]
        : []),
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
  { world }: Grounds,
): Decision {
  const data = incoming.read.envelope.data as WithdrawalFormData;
  const standing = world.scopesOf(client);
  const scopes = withdrawScopes(standing, data);
  const kept = keptScopes(standing, data);
  const marks = withdrawalMarks(standing, {
    withdrawalId: incoming.read.envelope.id,
    client,
    data,
  });
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
