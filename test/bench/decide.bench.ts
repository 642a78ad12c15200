import { availableParallelism } from 'node:os';
import { getCedarVersion } from '@cedar-policy/cedar-wasm/nodejs';
import * as fc from 'fast-check';
import { fieldRules } from '#libs/contracts/field.js';
import { ruleOf } from '#libs/contracts/message-table.js';
import type { Category, Purpose } from '#libs/contracts/purposes.js';
import { askConsent } from '#services/consent-guard/domain/ask-consent.js';
import { decide } from '#services/consent-guard/domain/decide.js';
import type { Decision } from '#services/consent-guard/domain/decision.js';
import { valueAt } from '#services/consent-guard/domain/field-path.js';
import { purposeOf } from '#services/consent-guard/domain/minimise.js';
import type { Incoming } from '#services/consent-guard/domain/incoming.js';
import type { Scopes } from '#services/consent-guard/domain/scope.js';
import { cedarAllows, cedarLines } from '#test/support/cedar-consent.js';
import { GuardDesk, monday } from '#test/support/guard-builders.js';
import { tpr2Consent } from '#test/support/guard-forms.js';
import { consentedClients } from '#test/support/many-consents.js';
import { ledgerOf } from '#test/support/random-ledger.js';

const calls = Number(process.env['BENCH_CALLS'] ?? 40_000);
const cases = Number(process.env['BENCH_CASES'] ?? 400);
const clientCount = 40;
const rule = ruleOf('tpr2.shared');
const main = 'share-employment-needs';
/** What a TPR2 asks: its purposes, each with a category that travels under it. */
const asked: readonly (readonly [Purpose, Category])[] = [
  [main, 'employment'],
  ['treatment-status', 'treatment-status'],
  ['three-way-review', 'review'],
];
const river = { from: 'river', to: 'jcp', nowMs: monday };

/** The pure decision on a full TPR2 (13 fields), one call at a time, beside Cedar asked the same in the same run. */
export async function decideBench(): Promise<object> {
  await Promise.resolve();
  const consents = Object.fromEntries([1, 10, 100].map((count) => [count, measureWith(count)]));
  return {
    timer_us: time(calls, () => undefined),
    consents_a_client: consents,
    parity: checkParity(),
    cedar: `${getCedarVersion()}, policy set parsed before (statefulIsAuthorized), no schema; ${asked.length} questions a message`,
    calls,
    clients: clientCount,
    cores: availableParallelism(),
    node: process.version,
  };
}

interface Percentiles {
  readonly p50: number;
  readonly p99: number;
}

function measureWith(consents: number): object {
  const given = consentedClients(clientCount, consents, 'given');
  const refused = consentedClients(clientCount, consents, 'refused');
  const { clients } = given;
  const ledgers = clients.map(({ id, scopes }) => ({
    id,
    scopes,
    lines: cedarLines(scopes.values()),
  }));
  const ledger = (index: number) => ledgers[index % clientCount] ?? fail('a client is missing');
  const one = ledgers.map(({ lines }) => lines.filter(({ attrs }) => isOfRiver(attrs)));
  // A tenth of a second each at 100 consents.
  const cedarCalls = Math.ceil(calls / 200 / Math.sqrt(consents));
  const cedar = (index: number, lines: CedarLines): boolean[] =>
    asked.map(([purpose, category]) =>
      cedarAllows(lines, { ...river, client: ledger(index).id, purpose, category }),
    );
  return {
    lines_a_client: clients[0]?.scopes.size,
    minimised_us: timeDecisions(given, ({ record }) => record.verdict.kind === 'cleared-in-part'),
    refused_us: timeDecisions(refused, ({ record }) => record.inner === 'refused'),
    ask_us: time(calls, (index) =>
      asked.map(([purpose]) =>
        askConsent(ledger(index).scopes, { from: 'river', to: 'jcp', purpose }, monday),
      ),
    ),
    cedar_given_three_lines_us: time(cedarCalls, (index) =>
      cedar(index, one[index % clientCount] ?? []),
    ),
    cedar_given_all_lines_us: time(cedarCalls, (index) => cedar(index, ledger(index).lines)),
  };
}

type CedarLines = ReturnType<typeof cedarLines>;
const isOfRiver = (attrs: Record<string, unknown>): boolean =>
  JSON.stringify(attrs['from']).includes('"river"') &&
  JSON.stringify(attrs['to']).includes('"jcp"') &&
  asked.some(([purpose]) => purpose === attrs['purpose']);

const fail = (why: string): never => {
  throw new Error(why);
};

function timeDecisions(
  { desk, clients }: ReturnType<typeof consentedClients>,
  isRight: (decision: Decision) => boolean,
): Percentiles {
  const messages = clients.map(({ client, case: id }) =>
    desk.incoming({
      from: 'tp_river',
      name: 'tpr2.shared',
      to: 'jcp_wandsworth',
      client,
      case: id,
    }),
  );
  if (!messages.every((message) => isRight(decide(message, desk.world, desk.nowMs))))
    fail('a decision is wrong');
  return time(calls, (index) =>
    decide(messages[index % clientCount] ?? fail('a message is missing'), desk.world, desk.nowMs),
  );
}

/** Single calls, after as many to warm up. What the clock itself takes is in every figure; nothing is subtracted. In µs. */
function time(count: number, run: (index: number) => unknown): Percentiles {
  for (let index = 0; index < count; index += 1) run(index);
  const took = new Float64Array(count);
  for (let index = 0; index < count; index += 1) {
    const from = performance.now();
    run(index);
    took[index] = (performance.now() - from) * 1_000;
  }
  took.sort();
  const at = (share: number): number =>
    Number((took[Math.ceil(count * share) - 1] ?? Number.NaN).toFixed(2));
  return { p50: at(0.5), p99: at(0.99) };
}

/** Random ledgers of a client: does the decision let through exactly the fields that Cedar allows? @throws where it does not. */
function checkParity(): object {
  const seen: Record<string, number> = { refused: 0, 'cleared-in-part': 0, cleared: 0 };
  for (const ledger of fc.sample(ledgerOf(''), { numRuns: cases, seed: 20_260_302 })) {
    const desk = new GuardDesk();
    const opens = { from: 'tp_river', name: 'consent.recorded', to: 'mesh' } as const;
    const { record } = desk.send({
      ...opens,
      data: (context) => ({ ...tpr2Consent(context, ['jcp_wandsworth']), decision: 'refused' }),
    });
    const client = record.client ?? fail('the case has no client');
    desk.world.apply({ kind: 'put-scopes', scopes: ledger.map((scope) => ({ ...scope, client })) });
    const message = desk.incoming({ from: 'tp_river', name: 'tpr2.shared', to: 'jcp_wandsworth' });
    const decision = decide(message, desk.world, monday);
    const expected = passedByCedar(message, client, desk.world.scopesOf(client));
    if (JSON.stringify(passed(decision)) !== JSON.stringify(expected))
      fail(`Cedar differs: ${JSON.stringify({ ledger, expected })}`);
    seen[decision.record.verdict.kind] = (seen[decision.record.verdict.kind] ?? 0) + 1;
  }
  return { cases, ...seen, differences: 0 };
}

const fields = fieldRules(rule.form);
const pathsIn = (data: Incoming['read']['envelope']['data']) =>
  fields.filter(({ path }) => valueAt(data, path) !== undefined);

/** The fields that Cedar lets pass, one question a field; none where one that is needed may not. */
function passedByCedar(
  { read: { envelope } }: Incoming,
  client: string,
  scopes: Scopes,
): readonly string[] {
  const lines = cedarLines(scopes.values());
  const present = pathsIn(envelope.data);
  const allowed = present.filter(({ category }) =>
    cedarAllows(lines, {
      ...river,
      client,
      category,
      purpose: purposeOf(category, main, rule.categoryPurposes),
    }),
  );
  return present.every((field) => !field.required || allowed.includes(field))
    ? allowed.map(({ path }) => path.join('.'))
    : [];
}

function passed({ effects }: Decision): readonly string[] {
  const delivered = effects.find((effect) => effect.kind === 'deliver');
  return delivered === undefined
    ? []
    : pathsIn(delivered.message.data).map(({ path }) => path.join('.'));
}
