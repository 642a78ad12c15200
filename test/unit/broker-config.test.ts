import { describe, expect, it } from '@jest/globals';
import { brokerConfig } from '#deploy/nats/broker-config.js';
import { lintBrokerConfig } from '#deploy/nats/lint-broker-config.js';
import { parseNatsConfig } from '#deploy/nats/parse-nats-config.js';
import { someBrokerOptions, someParties } from '#test/support/broker-parties.js';

const parties = someParties();
const options = someBrokerOptions();
const expected = { ...options, parties };
const generated = (): Map<string, string> =>
  new Map(brokerConfig(parties, options).map((file) => [file.path, file.text]));
const rulesBroken = (files: Map<string, string>): string[] => [
  ...new Set(lintBrokerConfig(files, expected).map((found) => found.rule)),
];

const main = 'nats-server.conf';
const acme = 'spokes/trt_acme.conf';
const router = 'spokes/svc_router.conf';

describe('the generated configuration of the broker', () => {
  it('keeps every rule', () => {
    expect(lintBrokerConfig(generated(), expected)).toEqual([]);
  });

  it('holds public keys and no seed and no key of the store', () => {
    const text = [...generated().values()].join('\n');
    expect(text).not.toMatch(/\bS[A-Z2-7]{57}\b/);
    expect(text).toContain('key: $JS_KEY');
  });

  it('puts the main file last, after all that it includes', () => {
    expect(brokerConfig(parties, options).at(-1)?.path).toBe(main);
  });

  it('refuses a party whose id means something to the broker', () => {
    expect(() => brokerConfig([{ ...parties[0]!, id: 'x> } HUB: {' }], options)).toThrow(
      'party id must be',
    );
  });

  it('asks for a sync of every write only when told to', () => {
    expect(generated().get(main)).not.toContain('sync_interval');
    const files = new Map(
      brokerConfig(parties, { ...options, syncAlways: true }).map((file) => [file.path, file.text]),
    );
    expect(files.get(main)).toContain('sync_interval: "always"');
    expect(lintBrokerConfig(files, expected)).toEqual([]);
  });
});

/** Each breaks one rule: the file, what is replaced, by what, and the rule that must be found broken. */
const breaches: readonly (readonly [string, string, string | RegExp, string, string])[] = [
  [
    'an unauthenticated default user',
    main,
    'max_payload:',
    'no_auth_user: "jcp_leeds"\nmax_payload:',
    'setting-not-known',
  ],
  [
    'a leafnode listener',
    main,
    'max_payload:',
    'leafnodes { port: 7422 }\nmax_payload:',
    'setting-not-known',
  ],
  [
    'a websocket listener',
    main,
    'max_payload:',
    'websocket { port: 8080 }\nmax_payload:',
    'setting-not-known',
  ],
  [
    'an mqtt listener',
    main,
    'max_payload:',
    'mqtt { port: 1883 }\nmax_payload:',
    'setting-not-known',
  ],
  [
    'a global authorization block',
    main,
    'max_payload:',
    'authorization { token: "x" }\nmax_payload:',
    'setting-not-known',
  ],
  [
    'a monitoring port open to the network',
    main,
    'http: "127.0.0.1',
    'http: "0.0.0.0',
    'monitoring-not-private',
  ],
  ['a store in clear', main, /cipher: .*\n/, '', 'setting-not-known'],
  ['the store key in the file', main, '$JS_KEY', '"k0123"', 'setting-not-known'],
  [
    'more promised to the streams than there is room',
    main,
    /max_file: \d+/,
    'max_file: 1000',
    'store-too-small',
  ],
  [
    'a third user in HUB',
    main,
    'jetstream: "enabled"\n    users: [\n',
    `jetstream: "enabled"\n    users: [\n { nkey: "UAAA" }\n`,
    'hub-users',
  ],
  ['a system user that may command the server', main, '"$SYS.REQ.>"', '">"', 'sys-account'],
  ['a guard that may publish more', main, '"answer.>",', '"answer.>", "$JS.API.>",', 'hub-users'],
  [
    'a guard that may make durables',
    main,
    '"$JS.API.CONSUMER.CREATE.*.>"',
    '"$JS.API.CONSUMER.CREATE.*.>", "$JS.API.CONSUMER.DURABLE.CREATE.*.*"',
    'hub-users',
  ],
  [
    'a guard that may not take out what it has read',
    main,
    '"$JS.API.STREAM.PURGE.*",',
    '',
    'hub-users',
  ],
  [
    'a guard that may hear what is put out',
    main,
    '"ask.>", "wake"] }',
    '"ask.>", "wake", "ingress.>"] }',
    'hub-users',
  ],
  ['an export without a token position', main, 'account_token_position: 2, ', '', 'hub-exports'],
  [
    'an export with the token at the wrong place',
    main,
    '"ask.*.>", account_token_position: 2',
    '"ask.*.>", account_token_position: 3',
    'hub-exports',
  ],
  [
    'an export of the whole system interface',
    main,
    'exports: [',
    'exports: [ { service: "$JS.API.>" }',
    'hub-exports',
  ],
  ['a stream exported', main, 'exports: [', 'exports: [ { stream: "ingress.>" }', 'hub-exports'],
  [
    'an export of deliveries, as an earlier release had it',
    main,
    'exports: [',
    'exports: [ { service: "$JS.API.CONSUMER.MSG.NEXT.*.dlv", account_token_position: 6, response_type: "stream" }',
    'hub-exports',
  ],
  [
    'an export of what guards tell each other',
    main,
    'exports: [',
    'exports: [ { service: "wake" }',
    'hub-exports',
  ],
  [
    'HUB importing from an agency',
    main,
    'imports: [',
    'imports: [ { service: { account: "trt_acme", subject: "answer.trt_acme.>" } }',
    'hub-imports',
  ],
  [
    'a system account with more in it',
    main,
    '"SYS": {',
    '"SYS": { exports: [ { service: "$SYS.REQ.>" } ]',
    'sys-account',
  ],
  ['JetStream in an agency', acme, 'limits:', 'jetstream: "enabled"\n  limits:', 'spoke-jetstream'],
  [
    'JetStream in a service',
    router,
    'limits:',
    'jetstream: "enabled"\n  limits:',
    'spoke-jetstream',
  ],
  [
    'an agency that exports',
    acme,
    'limits:',
    'exports: [ { service: "answer.trt_acme.>", accounts: ["HUB"] } ]\n  limits:',
    'spoke-exports',
  ],
  ['a service that answers anybody', router, 'accounts: ["HUB"], ', '', 'spoke-exports'],
  [
    'an import under another name',
    acme,
    'ingress.trt_acme.>',
    'ingress.jcp_leeds.>',
    'spoke-imports',
  ],
  [
    'an import from another agency',
    acme,
    'account: "HUB", subject: "ask',
    'account: "jcp_leeds", subject: "ask',
    'spoke-imports',
  ],
  [
    'an agency that reads an ingress',
    acme,
    'imports: [',
    'imports: [ { service: { account: "HUB", subject: "$JS.API.CONSUMER.MSG.NEXT.IN_trt_acme.x" } }',
    'spoke-imports',
  ],
  ['a user that may publish anywhere', acme, '"out.>"', '">"', 'spoke-permissions'],
  ['an agency that may wake guards', acme, '"ask.>"]', '"ask.>", "wake"]', 'spoke-permissions'],
  ['a user without a list', acme, /permissions: \{[\s\S]*?\} \} \}/, '}', 'spoke-permissions'],
  [
    'an agency that may respond',
    acme,
    'subscribe: {',
    'allow_responses: true\n subscribe: {',
    'spoke-permissions',
  ],
  [
    'a second user in an agency',
    acme,
    'users: [',
    'users: [ { nkey: "UBBB" }',
    'spoke-permissions',
  ],
  ['a user over websocket', acme, '["STANDARD"]', '["STANDARD", "WEBSOCKET"]', 'spoke-permissions'],
  ['no limit on leafnodes', acme, ', max_leafnodes: 0', '', 'spoke-limits'],
  [
    'mappings in a spoke',
    acme,
    'limits:',
    'mappings: { "out.msg": "ingress.x.msg" }\n  limits:',
    'setting-not-known',
  ],
  [
    'an account that is not on the list',
    acme,
    '"trt_acme": {',
    '"stranger": {',
    'party-not-listed',
  ],
  ['a brace too many', acme, 'limits:', '}\n  limits:', 'syntax'],
];

describe('the lint of the configuration', () => {
  it.each(breaches)('finds %s', (_what, ...breach) => {
    const [file, from, to, rule] = breach;
    const files = generated();
    const before = files.get(file) as string;
    const after = before.replace(from, () => to);
    expect(after).not.toBe(before);
    files.set(file, after);
    expect(rulesBroken(files)).toContain(rule);
  });

  it('finds two accounts of one name, of which the later would win', () => {
    const files = generated();
    files.set(acme, `${files.get(acme)}\n${files.get(acme)}`);
    expect(rulesBroken(files)).toEqual(expect.arrayContaining(['id-not-unique', 'key-not-unique']));
  });

  it('finds an account hidden in the file of another', () => {
    const files = generated();
    files.set(acme, `${files.get(acme)}\n${files.get('spokes/jcp_leeds.conf')}`);
    files.set('spokes/jcp_leeds.conf', '');
    expect(rulesBroken(files)).toEqual(['id-not-unique']);
  });

  it('finds two parties with one key', () => {
    const twice = parties.map((party) => ({ ...party, publicKey: parties[0]!.publicKey }));
    const files = new Map(brokerConfig(twice, options).map((file) => [file.path, file.text]));
    expect(
      lintBrokerConfig(files, { ...expected, parties: twice }).map((found) => found.rule),
    ).toContain('key-not-unique');
  });

  it('finds a party of the list that has no account, and an include that is not there', () => {
    const files = generated();
    files.set(main, (files.get(main) as string).replace('include "spokes/trt_acme.conf"', ''));
    expect(rulesBroken(files)).toEqual(['party-missing']);
    const without = generated();
    without.delete(acme);
    expect(rulesBroken(without)).toEqual(['syntax']);
  });
});

describe('the reader of the configuration', () => {
  const read = (text: string): unknown =>
    parseNatsConfig(new Map([['a.conf', text]]), 'a.conf').entries.map(({ key, value }) => [
      key,
      value,
    ]);

  it('reads what the server reads: separators, comments, bare and quoted, with : or = or a bare block', () => {
    expect(read('a: 1, b = "x y"; c: true # no\n// no\nd: [1 "2", off]\n"include": $KEY')).toEqual([
      ['a', 1],
      ['b', 'x y'],
      ['c', true],
      ['d', [1, '2', false]],
      ['include', '$KEY'],
    ]);
    expect(read('e { f: 1 }')).toMatchObject([['e', { entries: [{ key: 'f', value: 1 }] }]]);
  });

  it.each([
    'a: "x',
    'a: [1',
    'a: {',
    'a',
    'a: 1 }',
    'a: "x\\"y"',
    'include "a.conf"',
    'include b',
    'a: (\nx\n)',
  ])('refuses %s', (text) => {
    expect(() => read(text)).toThrow(/^[ab]\.conf/);
  });
});
