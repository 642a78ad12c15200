import { setFlagsFromString } from 'node:v8';
import {
  type EntityJson,
  preparsePolicySet,
  statefulIsAuthorized,
} from '@cedar-policy/cedar-wasm/nodejs';
import { type Category, type Purpose, categories } from '#libs/contracts/purposes.js';
import type { Scope } from '#services/consent-guard/domain/scope.js';

/**
 * The consent question as a policy of Cedar, written from the rules and not from the guard's code: an oracle for it, and what it is measured
 * against. All in one `permit`: Cedar passes over a policy that errs, so that a `forbid` on an unreadable row would let it through.
 */
const policy = `permit (principal is Agency, action == Action::"tell", resource is Line) when {
  resource.from == principal && resource.to == context.to && resource.client == context.client && resource.purpose == context.purpose &&
  resource.decision == "given" && resource.validFromMs <= context.nowMs && context.nowMs < resource.validUntilMs &&
  resource has decidedAtMs && resource.consentId != "" &&
  ${JSON.stringify(categories)}.containsAll(resource.excluded) && !resource.excluded.contains(context.category)
};`;
// Node 20 inlines hot calls into WebAssembly and dies ("unreachable code") when it must take that back for calls that answer objects, as these do.
setFlagsFromString('--no-turbo-inline-js-wasm-calls');
const policySet = 'consent';
const parsed = preparsePolicySet(policySet, { staticPolicies: policy });
if (parsed.type === 'failure') throw new Error(JSON.stringify(parsed.errors));

export interface CedarQuestion {
  readonly client: string;
  readonly from: string;
  readonly to: string;
  readonly purpose: Purpose;
  readonly category: Category;
  readonly nowMs: number;
}

const agency = (id: string) => ({ type: 'Agency', id });
const lineId = ({
  client,
  from,
  to,
  purpose,
}: Pick<Scope, 'client' | 'from' | 'to' | 'purpose'>) => ({
  type: 'Line',
  id: [client, from, to, purpose].join(' '),
});

/** Lines of the ledger as Cedar's entities. An instant that is no number is an attribute that is not there. */
export const cedarLines = (scopes: Iterable<Scope>): EntityJson[] =>
  Array.from(scopes, (scope) => ({
    uid: lineId(scope),
    parents: [],
    attrs: {
      from: { __entity: agency(scope.from) },
      to: { __entity: agency(scope.to) },
      client: scope.client,
      purpose: scope.purpose,
      decision: scope.decision,
      excluded: [...scope.excluded],
      consentId: scope.consentId,
      ...instants(scope),
    },
  }));

const instants = ({ validFromMs, validUntilMs, decidedAtMs }: Scope): Record<string, number> =>
  Object.fromEntries(
    Object.entries({ validFromMs, validUntilMs, decidedAtMs }).filter(([, value]) =>
      Number.isFinite(value),
    ),
  );

/** May `from` tell `to` this category about the client, for this purpose, now? By a policy set that was parsed before. An error is a no. */
export function cedarAllows(
  lines: EntityJson[],
  { client, from, to, purpose, category, nowMs }: CedarQuestion,
): boolean {
  const answer = statefulIsAuthorized({
    principal: agency(from),
    action: { type: 'Action', id: 'tell' },
    resource: lineId({ client, from, to, purpose }),
    context: { client, to: { __entity: agency(to) }, purpose, category, nowMs },
    preparsedPolicySetId: policySet,
    validateRequest: false,
    entities: lines,
  });
  return answer.type === 'success' && answer.response.decision === 'allow';
}
