import { isPartyId } from '#libs/contracts/party.js';
import { MeshError } from '#libs/contracts/mesh-error.js';
import type { ConfigFinding } from './config-finding.js';
import { lintHub, lintSpoke, lintSystem } from './lint-broker-accounts.js';
import {
  canonicalConfig,
  parseNatsConfig,
  type ConfigMap,
  type ConfigValue,
} from './parse-nats-config.js';

/** What the files are held against. The lint shares no data with the generator: it reads the text, and knows the rules by itself. */
export interface LintExpectation {
  readonly parties: readonly {
    readonly id: string;
    readonly publicKey: string;
    readonly maxBytes: number;
  }[];
  readonly guardPublicKey: string;
  readonly provisionerPublicKey: string;
  readonly systemPublicKey: string;
}

/** Everything a server file may set. What is not here (`no_auth_user`, `leafnodes`, `websocket`, `mqtt`, `authorization`, …) is a finding. */
const knownSettings = new Set([
  'server_name',
  'listen',
  'http',
  'max_payload',
  'write_deadline',
  'ping_interval',
  'ping_max',
  'jetstream',
  'system_account',
  'accounts',
]);
const knownStoreSettings = new Set([
  'store_dir',
  'max_mem',
  'max_file',
  'cipher',
  'key',
  'sync_interval',
]);

/**
 * Proves over the text of the generated files that no party can reach another but through the guard. Closed-world: every setting,
 * export, import, user and permission must be one that the rules name; what they do not name is a finding. Pure.
 *
 * @param files text by path, with `nats-server.conf` as the main one
 * @returns the rules broken; empty when the configuration may be used
 */
export function lintBrokerConfig(
  files: ReadonlyMap<string, string>,
  expected: LintExpectation,
): readonly ConfigFinding[] {
  let root: ConfigMap;
  try {
    root = parseNatsConfig(files, 'nats-server.conf');
  } catch (error) {
    return [
      {
        rule: 'syntax',
        where: 'nats-server.conf',
        detail: error instanceof MeshError ? error.message : 'unreadable',
      },
    ];
  }
  const accounts = only(root, 'accounts');
  return [
    ...lintSettings(root),
    ...lintStore(root, expected),
    ...(isMap(accounts)
      ? lintAccounts(accounts, expected)
      : [finding('setting-not-known', 'accounts', 'there must be one accounts block')]),
  ];
}

function lintSettings(root: ConfigMap): readonly ConfigFinding[] {
  const keys = root.entries.map((entry) => entry.key);
  const http = only(root, 'http') ?? '';
  return [
    ...keys
      .filter((key) => !knownSettings.has(key))
      .map((key) => finding('setting-not-known', key, 'not among the settings this mesh uses')),
    ...doubles(keys).map((key) =>
      finding('setting-not-known', key, 'set twice: the later one would win'),
    ),
    ...(keys.includes('http') && !/^127\.0\.0\.1:\d+$/.test(text(http))
      ? [
          finding(
            'monitoring-not-private',
            'http',
            'the monitoring port tells everything to anyone: bind it to 127.0.0.1',
          ),
        ]
      : []),
  ];
}

function lintStore(root: ConfigMap, expected: LintExpectation): readonly ConfigFinding[] {
  const store = only(root, 'jetstream');
  if (!isMap(store)) return [finding('setting-not-known', 'jetstream', 'must be one block')];
  const needed = expected.parties.reduce((sum, party) => sum + party.maxBytes, 0);
  const room = only(store, 'max_file');
  const key = only(store, 'key');
  const keys = store.entries.map((entry) => entry.key);
  return [
    ...[...keys.filter((name) => !knownStoreSettings.has(name)), ...doubles(keys)].map((name) =>
      finding(
        'setting-not-known',
        `jetstream.${name}`,
        'not among the settings this mesh uses, or set twice',
      ),
    ),
    ...(typeof room === 'number' && room >= needed
      ? []
      : [
          finding(
            'store-too-small',
            'jetstream.max_file',
            `streams may need ${needed} bytes, max_file is ${text(room)}`,
          ),
        ]),
    ...(typeof key === 'string' &&
    key.startsWith('$') &&
    /^(chacha|aes)$/.test(text(only(store, 'cipher')))
      ? []
      : [
          finding(
            'setting-not-known',
            'jetstream.key',
            'the store must be encrypted, by a key that comes from the environment',
          ),
        ]),
  ];
}

function lintAccounts(accounts: ConfigMap, expected: LintExpectation): readonly ConfigFinding[] {
  const ids = accounts.entries.map((entry) => entry.key);
  const listed = new Map(expected.parties.map((party) => [party.id, party]));
  return [
    ...doubles(ids).map((id) =>
      finding('id-not-unique', id, 'two accounts of this name: the later one would silently win'),
    ),
    ...['HUB', 'SYS', ...listed.keys()]
      .filter((id) => !ids.includes(id))
      .map((id) => finding('party-missing', id, 'no account')),
    ...doubles(userKeys(accounts)).map((key) =>
      finding('key-not-unique', key, 'two users of this key'),
    ),
    ...accounts.entries.flatMap(({ key, value, file }) => {
      if (!isMap(value)) return [finding('setting-not-known', key, 'an account must be a block')];
      const account = { id: key, map: value };
      if (key === 'HUB') return lintHub(account, expected, ids);
      if (key === 'SYS') return lintSystem(account, expected.systemPublicKey);
      const party = listed.get(key);
      if (party === undefined || !isPartyId(key))
        return [finding('party-not-listed', key, 'an account that no party of the list has')];
      return [
        ...(file === `spokes/${key}.conf`
          ? []
          : [finding('id-not-unique', key, `defined in ${file}, which is not its own file`)]),
        ...lintSpoke(account, party.publicKey),
      ];
    }),
  ];
}

/** Every nkey anywhere below, wherever it stands. */
function userKeys(value: ConfigValue): readonly string[] {
  if (Array.isArray(value)) return value.flatMap((item: ConfigValue) => userKeys(item));
  if (!isMap(value)) return [];
  return value.entries.flatMap((entry) =>
    entry.key === 'nkey' ? [canonicalConfig(entry.value)] : userKeys(entry.value),
  );
}

/** The value of a key that stands there exactly once. */
function only(map: ConfigMap, key: string): ConfigValue | undefined {
  const found = map.entries.filter((entry) => entry.key === key);
  return found.length === 1 ? found[0]?.value : undefined;
}

const text = (value: ConfigValue | undefined): string =>
  typeof value === 'object' ? '' : String(value);
const isMap = (value: ConfigValue | undefined): value is ConfigMap =>
  typeof value === 'object' && 'entries' in value;
const doubles = (names: readonly string[]): readonly string[] => [
  ...new Set(names.filter((name, at) => names.indexOf(name) !== at)),
];
const finding = (rule: ConfigFinding['rule'], where: string, detail: string): ConfigFinding => ({
  rule,
  where,
  detail,
});
