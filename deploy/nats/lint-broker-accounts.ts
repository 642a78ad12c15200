import type { ConfigFinding } from './config-finding.js';
import { canonicalConfig, type ConfigMap, type ConfigValue } from './parse-nats-config.js';

interface Account {
  readonly id: string;
  readonly map: ConfigMap;
}

/*
 * The rules, as the canonical text of what each part of an account must be: keys in alphabetical order, no doubles (see `canonicalConfig`).
 * They are written out here a second time on purpose: a rule that the generator broke must not be taken from the generator.
 */
const service = (subject: string, position: number, type: string): string =>
  canonical({ service: subject, account_token_position: position, response_type: type });

/** Token by token, the position is that of the `*` which must equal the importing account's own name. */
const hubExports = [service('ingress.*.>', 2, 'singleton'), service('ask.*.>', 2, 'singleton')];

const guardMayPublish = [
  'answer.>',
  'wake',
  '$JS.API.STREAM.INFO.*',
  '$JS.API.STREAM.PURGE.*',
  '$JS.API.CONSUMER.CREATE.*.>',
  '$JS.API.CONSUMER.MSG.NEXT.*.*',
  '_R_.>',
];

const answering = new Set(['svc_router', 'svc_reminders', 'svc_notifier']);

const importOf = (account: string, subject: string, to?: string): string =>
  canonical({ service: { account, subject }, ...(to === undefined ? {} : { to }) });

/** HUB: users guard and provisioner and nobody else, the two exports with their token positions, imports of `answer.` from services only. */
export function lintHub(
  account: Account,
  keys: { readonly guardPublicKey: string; readonly provisionerPublicKey: string },
  accountIds: readonly string[],
): readonly ConfigFinding[] {
  const users = [
    user(keys.guardPublicKey, {
      publish: guardMayPublish,
      subscribe: ['_INBOX_guard.>', 'ask.>', 'wake'],
    }),
    user(keys.provisionerPublicKey, {
      publish: ['$JS.API.>'],
      subscribe: ['_INBOX_provisioner.>'],
    }),
  ];
  const imports = accountIds
    .filter((id) => answering.has(id))
    .map((id) => importOf(id, `answer.${id}.>`));
  return [
    ...unknownParts(account, ['jetstream', 'users', 'exports', 'imports'], 'setting-not-known'),
    ...differences(account, 'jetstream', ['enabled'], 'setting-not-known'),
    ...differences(account, 'users', users, 'hub-users'),
    ...differences(account, 'exports', hubExports, 'hub-exports'),
    ...differences(account, 'imports', imports, 'hub-imports'),
  ];
}

/**
 * A spoke: one user with exactly its list, imports from HUB alone and of subjects that carry its own name, no JetStream, no export but a
 * service's answers to HUB.
 */
export function lintSpoke(account: Account, publicKey: string): readonly ConfigFinding[] {
  const { id } = account;
  const answers = answering.has(id) ? { max: 1, expires: '10s' } : undefined;
  const permitted = {
    publish: ['out.>', 'ask.>'],
    subscribe: ['_INBOX.>', ...(answers === undefined ? [] : [`answer.${id}.>`])],
    ...(answers === undefined ? {} : { answers }),
  };
  const imports = [
    importOf('HUB', `ingress.${id}.>`, 'out.>'),
    importOf('HUB', `ask.${id}.>`, 'ask.>'),
  ];
  const exports =
    answers === undefined
      ? []
      : [canonical({ service: `answer.${id}.>`, accounts: ['HUB'], response_type: 'singleton' })];
  const limits = {
    max_connections: 32,
    max_subscriptions: 256,
    max_payload: 278_528,
    max_leafnodes: 0,
  };
  return [
    ...(account.map.entries.some((entry) => entry.key === 'jetstream')
      ? [
          {
            rule: 'spoke-jetstream',
            where: id,
            detail: 'no account that a party or a service logs into has JetStream',
          } as const,
        ]
      : []),
    ...unknownParts(
      account,
      ['limits', 'users', 'imports', 'exports', 'jetstream'],
      'setting-not-known',
    ),
    ...differences(account, 'users', [user(publicKey, permitted)], 'spoke-permissions'),
    ...differences(account, 'imports', imports, 'spoke-imports'),
    ...differences(account, 'exports', exports, 'spoke-exports'),
    ...differences(account, 'limits', [canonical(limits)], 'spoke-limits'),
  ];
}

/** SYS: one user, who may ask the server how it is and not command it; nothing else. */
export function lintSystem(account: Account, publicKey: string): readonly ConfigFinding[] {
  const permitted = { publish: ['$SYS.REQ.>'], subscribe: ['_INBOX_sys.>'] };
  return [
    ...unknownParts(account, ['users'], 'sys-account'),
    ...differences(account, 'users', [user(publicKey, permitted)], 'sys-account'),
  ];
}

interface Permitted {
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
  readonly answers?: { readonly max: number; readonly expires: string };
}

function user(publicKey: string, { publish, subscribe, answers }: Permitted): string {
  const permissions = {
    publish: { allow: [...publish] },
    subscribe: { allow: [...subscribe] },
    ...(answers === undefined ? {} : { allow_responses: answers }),
  };
  return canonical({ nkey: publicKey, allowed_connection_types: ['STANDARD'], permissions });
}

function unknownParts(
  account: Account,
  known: readonly string[],
  rule: ConfigFinding['rule'],
): readonly ConfigFinding[] {
  const keys = account.map.entries.map((entry) => entry.key);
  return keys
    .filter((key, at) => !known.includes(key) || keys.indexOf(key) !== at)
    .map((key) => ({
      rule,
      where: account.id,
      detail: `${key} is not part of such an account, or stands there twice`,
    }));
}

/** What stands under a key and should not, and what should and does not; order does not matter, a double does. */
function differences(
  account: Account,
  key: string,
  expected: readonly string[],
  rule: ConfigFinding['rule'],
): readonly ConfigFinding[] {
  const found = account.map.entries
    .filter((entry) => entry.key === key)
    .flatMap(({ value }) => items(value).map(canonicalConfig));
  const surplus = [...found];
  const missing: string[] = [];
  for (const item of expected) {
    const at = surplus.indexOf(item);
    if (at < 0) missing.push(item);
    else surplus.splice(at, 1);
  }
  return [
    ...surplus.map((item) => ({ rule, where: account.id, detail: `${key}: not allowed: ${item}` })),
    ...missing.map((item) => ({ rule, where: account.id, detail: `${key}: missing: ${item}` })),
  ];
}

const items = (value: ConfigValue): readonly ConfigValue[] =>
  Array.isArray(value) ? (value as readonly ConfigValue[]) : [value];

type Plain = string | number | boolean | readonly Plain[] | { readonly [key: string]: Plain };

function canonical(plain: Plain): string {
  return canonicalConfig(toConfig(plain));
}

function toConfig(plain: Plain): ConfigValue {
  if (Array.isArray(plain)) return (plain as readonly Plain[]).map(toConfig);
  if (typeof plain !== 'object') return plain;
  return {
    entries: Object.entries(plain).map(([key, value]) => ({
      key,
      value: toConfig(value),
      file: '',
    })),
  };
}
