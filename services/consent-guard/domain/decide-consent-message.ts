import type { ConsentFormData, WithdrawalFormData } from '#libs/contracts/consent-forms.js';
import type { Decision } from './decision.js';
import { consentValidity } from './consent-validity.js';
import type { DirectoryParty } from './directory.js';
import type { Incoming } from './incoming.js';
import { factsOf, recordOf, refusal } from './record-of.js';
import { scopesOfConsent } from './record-consent.js';
import type { CaseStanding } from './resolve-case.js';
import { scopeAfter, scopeKey } from './scope.js';
import { markOf, withdrawScopes, withdrawalMarks } from './withdraw-consent.js';
import type { World } from './world.js';

interface Grounds {
  readonly world: World;
  readonly nowMs: number;
}

/** A consent, a refusal or a withdrawal: recorded on the road, in the sender's own order, before the sender's next message is judged. */
export function decideConsentMessage(incoming: Incoming, sender: DirectoryParty, standing: CaseStanding, grounds: Grounds): Decision {
  return incoming.read.name === 'consent.withdrawn'
    ? withdraw(incoming, sender, standing, grounds)
    : recordConsent(incoming, sender, standing, grounds);
}

function recordConsent(incoming: Incoming, sender: DirectoryParty, { client }: CaseStanding, { world, nowMs }: Grounds): Decision {
  const data = incoming.read.envelope.data as ConsentFormData;
  const takerAgency = world.directory.agencyOfPerson(data.takenBy);
  if (takerAgency !== sender.agency)
    return refusal(
      incoming,
      sender,
      { code: 'actor-unknown', field: 'data.takenBy', detail: 'takenBy must be a person of your own agency' },
      { client },
    );
  const consentId = incoming.read.envelope.id;
  const validity = consentValidity(data);
  const scopes = scopesOfConsent({ consentId, client, taker: sender, data }, world.directory, validity);
  if ('code' in scopes) return refusal(incoming, sender, scopes, { client });
  const standing = world.scopesOf(client);
  const newer = scopes.flatMap((taken) => {
    // Nobody decides in the future: a clock that runs ahead must not outdo the no of five minutes later.
    const scope = { ...taken, decidedAtMs: Math.min(taken.decidedAtMs, nowMs) };
    const isWithdrawn = scope.decision === 'given' && scopeAfter(scope, markOf(standing, scope.purpose)) === undefined;
    const after = isWithdrawn ? undefined : scopeAfter(scope, standing.get(scopeKey(scope.from, scope.to, scope.purpose)));
    return after === undefined ? [] : [after];
  });
  const facts = { ...factsOf(['form', 'decision'], incoming.read.envelope.data), validUntil: validity.untilDate };
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
    ],
    others: [],
  };
}

function withdraw(incoming: Incoming, sender: DirectoryParty, { client }: CaseStanding, { world }: Grounds): Decision {
  const data = incoming.read.envelope.data as WithdrawalFormData;
  const standing = world.scopesOf(client);
  const scopes = withdrawScopes(standing, data);
  const marks = withdrawalMarks(standing, { withdrawalId: incoming.read.envelope.id, client, data });
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
      { kind: 'withdraw', client, withdrawalId: record.id, data, scopes },
    ],
    others: [],
  };
}
