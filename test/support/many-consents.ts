import type { Scopes } from '#services/consent-guard/domain/scope.js';
import { Directory, type DirectoryParty } from '#services/consent-guard/domain/directory.js';
import { GuardDesk, monday, parties, personOf, type Sent, uuidOf } from './guard-builders.js';
import { dpa1, maria, tpr1, tpr2Consent } from './guard-forms.js';

const dayMs = 24 * 3_600_000;

/** Each of its own agency; which form they take follows from their kind. */
const takers = (count: number): DirectoryParty[] =>
  Array.from({ length: count }, (_, index) => {
    const kind = index % 3 === 0 ? 'treatment-provider' : 'contracted-provider';
    return {
      id: `taker_${index}`,
      kind,
      agency: `agency_${index}`,
      name: 'x',
      serves: [],
      active: true,
    };
  });

/** `river` takes the first: `jcp` may be told of all but the treatment's summary. */
const firstConsent = (decision: 'given' | 'refused'): Pick<Sent, 'from' | 'data'> => ({
  from: 'tp_river',
  data: (context) => ({
    ...tpr2Consent(context, ['jcp_wandsworth']),
    decision,
    excludedCategories: ['treatment-summary'],
  }),
});

/** The others in turn: a TPR2 of another provider (8 lines), a TPR1 and a DPA1 of contracted providers (2 lines each). */
const otherConsent = (index: number): Pick<Sent, 'from' | 'data'> => {
  const from = `taker_${index}`;
  if (index % 3 === 0) return { from, data: (context) => tpr2Consent(context, ['jcp_wandsworth']) };
  return index % 3 === 1
    ? { from, data: (context) => tpr1(context, ['tp_river']) }
    : { from, data: (context) => dpa1(context, ['jcp_wandsworth']) };
};

export interface ConsentedClients {
  readonly desk: GuardDesk;
  readonly clients: readonly {
    readonly client: typeof maria;
    readonly case: string;
    readonly id: string;
    readonly scopes: Scopes;
  }[];
}

/** Clients with so many consents each, every one of them standing, one a day until now; `river` has a case of each. */
export function consentedClients(
  clientCount: number,
  consents: number,
  first: 'given' | 'refused',
): ConsentedClients {
  const known = [...parties, ...takers(consents)];
  const people = known.map(({ id }) => ({ id: personOf(id), party: id, active: true }));
  const desk = new GuardDesk({ directory: Directory.of(known, people) });
  const clients = Array.from({ length: clientCount }, (_, index) => {
    const client = {
      ...maria,
      nino: `QQ${String(100_000 + index)}A`,
      surname: `Sample${'a'.repeat(index + 1)}`,
    };
    for (let consent = 0; consent < consents; consent += 1) {
      desk.nowMs = monday - (consents - consent) * dayMs;
      const taken = consent === 0 ? firstConsent(first) : otherConsent(consent - 1);
      const { record } = desk.send({
        ...taken,
        name: 'consent.recorded',
        to: 'mesh',
        client,
        case: uuidOf(`${index} ${taken.from}`),
      });
      if (record.verdict.kind !== 'cleared')
        throw new Error(`a consent was not taken: ${JSON.stringify(record.verdict)}`);
    }
    desk.nowMs = monday;
    const id = desk.world.case(uuidOf(`${index} tp_river`))?.client ?? '';
    return { client, case: uuidOf(`${index} tp_river`), id, scopes: desk.world.scopesOf(id) };
  });
  return { desk, clients };
}
