import { requirePartyId, type BrokerParty } from '#libs/contracts/party.js';

/** What the broker's configuration needs beside its parties. */
export interface BrokerConfigOptions {
  readonly host: string;
  readonly port: number;
  /** Port of the unauthenticated monitoring endpoint; always bound to 127.0.0.1. */
  readonly monitorPort: number;
  readonly storeDir: string;
  readonly cipher: 'chacha' | 'aes';
  /**
   * Name of the environment variable that holds the key of the encryption at rest, so that the key is in no file. Its value must begin
   * with a letter (see `newCipherKey`): the server reads it as it would read the file, and a leading digit makes it a number.
   */
  readonly keyVariable: string;
  readonly guardPublicKey: string;
  readonly provisionerPublicKey: string;
  readonly systemPublicKey: string;
  /** Room for all streams together, in bytes. */
  readonly maxFileBytes: number;
  /** `sync_interval: always`; for nats-server >= 2.10 only: 2.9.10 refuses the file (`unknown field`). */
  readonly syncAlways: boolean;
}

export interface BrokerFile {
  /** Relative to the configuration's folder. */
  readonly path: string;
  readonly text: string;
}

/** Services that answer the guard's questions (worklists, schedules, the state of mail): the one named exception to "only HUB exports". */
export const answeringServices: readonly string[] = ['svc_router', 'svc_reminders', 'svc_notifier'];

/** A message of 256 KiB, and 16 KiB for what the road adds to it (headers; the guard's envelope). */
export const spokePayloadBytes = (256 + 16) * 1024;

/**
 * The files of a nats-server whose only way from one party to another leads through the guard. Layout and reasons: one account a party,
 * HUB owns every stream, each export carries the importing account's own name. Pure; the main file comes last, so that whoever writes
 * the files in order never has a main file that includes what is not there.
 *
 * @throws MeshError `party-id-invalid` for an id that is no party id.
 */
export function brokerConfig(
  parties: readonly BrokerParty[],
  options: BrokerConfigOptions,
): readonly BrokerFile[] {
  const sorted = [...parties].sort((a, b) => (a.id < b.id ? -1 : 1));
  return [
    ...sorted.map((party) => ({ path: spokePath(party.id), text: spokeFile(party) })),
    { path: 'nats-server.conf', text: mainFile(sorted, options) },
  ];
}

export const spokePath = (party: string): string => `spokes/${requirePartyId(party)}.conf`;

function mainFile(parties: readonly BrokerParty[], options: BrokerConfigOptions): string {
  return `# Made from the list of parties; do not edit. Public keys only.
server_name: "hub1"
listen: "${options.host}:${options.port}"
http: "127.0.0.1:${options.monitorPort}"
max_payload: ${512 * 1024}
write_deadline: "5s"
ping_interval: "20s"
ping_max: 2
jetstream {
  store_dir: ${JSON.stringify(options.storeDir)}
  max_mem: ${64 * 1024 * 1024}
  max_file: ${options.maxFileBytes}
  cipher: "${options.cipher}"
  key: $${options.keyVariable}
${options.syncAlways ? '  sync_interval: "always"\n' : ''}}
${accountsText(parties, options)}`;
}

/** Who there is and who may what: the part of the configuration that is the same wherever the server runs. Includes the spokes' files. */
export function accountsText(
  parties: readonly BrokerParty[],
  options: BrokerConfigOptions,
): string {
  const answering = parties.filter((party) => answeringServices.includes(party.id));
  return `system_account: "SYS"
accounts {
  "SYS": {
    users: [
      { nkey: "${options.systemPublicKey}", allowed_connection_types: ["STANDARD"]
        permissions: {
          publish: { allow: ["$SYS.REQ.>"] }
          subscribe: { allow: ["_INBOX_sys.>"] } } }
    ]
  }
${hubAccount(options, answering)}
${parties.map((party) => `  include "${spokePath(party.id)}"`).join('\n')}
}
`;
}

/**
 * The guard answers questions on `_R_.>`, what the server makes of the reply subject of a request through an import; and not by
 * `allow_responses`, under which the server remembers the reply subject of every message it gives that user (each that is read has one) for two
 * minutes, and above 4,096 of them looks through all for each further one (nats-server, `pruneReplyPerms`): 70 µs of the server's time a message
 * became 700 after some 30,000.
 *
 * It reads streams and takes out what it has read. It makes none, changes none, and delivers nothing through the broker but its answers. `wake`: from
 * one guard to the others, names of parties for whom something waits.
 */
function hubAccount(options: BrokerConfigOptions, answering: readonly BrokerParty[]): string {
  const imports = answering.map(
    (party) => `      { service: { account: "${party.id}", subject: "answer.${party.id}.>" } }`,
  );
  return `  "HUB": {
    jetstream: "enabled"
    users: [
      { nkey: "${options.guardPublicKey}", allowed_connection_types: ["STANDARD"]
        permissions: {
          publish: { allow: [
            "answer.>", "wake",
            "$JS.API.STREAM.INFO.*", "$JS.API.STREAM.PURGE.*",
            "$JS.API.CONSUMER.CREATE.*.>", "$JS.API.CONSUMER.MSG.NEXT.*.*", "_R_.>" ] }
          subscribe: { allow: ["_INBOX_guard.>", "ask.>", "wake"] } } }
      { nkey: "${options.provisionerPublicKey}", allowed_connection_types: ["STANDARD"]
        permissions: {
          publish: { allow: ["$JS.API.>"] }
          subscribe: { allow: ["_INBOX_provisioner.>"] } } }
    ]
    exports: [
      { service: "ingress.*.>", account_token_position: 2, response_type: "singleton" }
      { service: "ask.*.>", account_token_position: 2, response_type: "singleton" }
    ]
    imports: [
${imports.join('\n')}
    ]
  }`;
}

function spokeFile(party: BrokerParty): string {
  const id = requirePartyId(party.id);
  const answers = answeringServices.includes(id);
  return `# Made from the list of parties; do not edit. Public keys only.
"${id}": {
  limits: { max_connections: 32, max_subscriptions: 256, max_payload: ${spokePayloadBytes}, max_leafnodes: 0 }
  users: [
    { nkey: "${party.publicKey}", allowed_connection_types: ["STANDARD"]
      permissions: {
        publish: { allow: [${quoted(['out.>', 'ask.>'])}] }
${answers ? '        allow_responses: { max: 1, expires: "10s" }\n' : ''}        subscribe: { allow: [${quoted(['_INBOX.>', ...(answers ? [`answer.${id}.>`] : [])])}] } } }
  ]
  imports: [
    { service: { account: "HUB", subject: "ingress.${id}.>" }, to: "out.>" }
    { service: { account: "HUB", subject: "ask.${id}.>" }, to: "ask.>" }
  ]
${answers ? `  exports: [ { service: "answer.${id}.>", accounts: ["HUB"], response_type: "singleton" } ]\n` : ''}}
`;
}

const quoted = (subjects: readonly string[]): string =>
  subjects.map((subject) => `"${subject}"`).join(', ');
