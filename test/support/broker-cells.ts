import { ingressStream } from '#libs/contracts/subjects.js';

/** One thing that a user tries at the broker. `row` names its class in the matrix; `ruins` marks what would destroy where it is allowed. */
export interface Cell {
  readonly row: string;
  readonly way: 'publish' | 'subscribe';
  readonly subject: string;
  readonly payload: string;
  readonly ruins?: true;
}

interface Target {
  readonly whose: string;
  readonly stream: string;
  readonly consumer: string;
}

/** The reading of each ingress that a guard has open while the matrix is tried. */
export const openReading = 'read-matrix';

/** Streams and durables of an earlier release. No server has them any more, and nobody has a right that would fit them. */
const goneTargets = (own: string, parties: readonly string[]): readonly Target[] => [
  ...parties.map((party) => ({
    whose: `${party === own ? 'own' : "another's"} delivery, which is gone`,
    stream: party,
    consumer: 'dlv',
  })),
  { whose: 'EVENTS, which is gone', stream: 'EVENTS', consumer: own },
];

/** Every ingress, with the reading that a guard has open there, named by whose it is from where `own` stands. */
const targetsOf = (own: string, parties: readonly string[]): readonly Target[] => [
  ...parties.map((party) => ({
    whose: `${party === own ? 'own' : "another's"} ingress`,
    stream: ingressStream(party),
    consumer: openReading,
  })),
  ...goneTargets(own, parties),
];

/** The JetStream interface on a stream (server/jetstream_api.go of 2.9, and what later servers added), with payloads that would do harm. */
const streamVerbs = (stream: string): Readonly<Record<string, object>> => ({
  [`STREAM.CREATE.${stream}`]: { name: stream, subjects: ['x'] },
  [`STREAM.UPDATE.${stream}`]: { name: stream, subjects: ['x'], max_msgs: 1 },
  [`STREAM.INFO.${stream}`]: {},
  [`STREAM.DELETE.${stream}`]: {},
  [`STREAM.PURGE.${stream}`]: {},
  [`STREAM.SNAPSHOT.${stream}`]: { deliver_subject: '_INBOX.snapshot' },
  [`STREAM.RESTORE.${stream}`]: { config: { name: stream } },
  // A place where nothing lies: allowed, it does no harm to the test.
  [`STREAM.MSG.DELETE.${stream}`]: { seq: 999_999_999 },
  [`STREAM.MSG.GET.${stream}`]: { seq: 1 },
  [`STREAM.PEER.REMOVE.${stream}`]: { peer: 'hub1' },
  [`STREAM.LEADER.STEPDOWN.${stream}`]: {},
  [`DIRECT.GET.${stream}`]: { seq: 1 },
  [`DIRECT.GET.${stream}.ingress.jcp_a.msg`]: {},
  [`CONSUMER.CREATE.${stream}`]: {
    stream_name: stream,
    config: { deliver_subject: '_INBOX.spy', ack_policy: 'none' },
  },
  [`CONSUMER.CREATE.${stream}.spy`]: {
    stream_name: stream,
    config: { name: 'spy', ack_policy: 'none' },
  },
  [`CONSUMER.CREATE.${stream}.spy.ingress.>`]: {
    stream_name: stream,
    config: { name: 'spy', ack_policy: 'none', filter_subject: 'ingress.>' },
  },
  [`CONSUMER.DURABLE.CREATE.${stream}.spy`]: {
    stream_name: stream,
    config: { durable_name: 'spy', ack_policy: 'explicit' },
  },
  [`CONSUMER.NAMES.${stream}`]: {},
  [`CONSUMER.LIST.${stream}`]: {},
  [`ACCOUNT.STREAM.MOVE.HUB.${stream}`]: {},
  [`ACCOUNT.STREAM.CANCEL_MOVE.HUB.${stream}`]: {},
});

const consumerVerbs = ({ stream, consumer }: Target): Readonly<Record<string, object>> => ({
  [`CONSUMER.INFO.${stream}.${consumer}`]: {},
  [`CONSUMER.DELETE.${stream}.${consumer}`]: {},
  [`CONSUMER.DURABLE.CREATE.${stream}.${consumer}`]: {
    stream_name: stream,
    config: { durable_name: consumer, ack_policy: 'explicit', deliver_subject: '_INBOX.spy' },
  },
  [`CONSUMER.LEADER.STEPDOWN.${stream}.${consumer}`]: {},
  [`CONSUMER.PAUSE.${stream}.${consumer}`]: { pause_until: '2100-01-01T00:00:00Z' },
  [`CONSUMER.UNPIN.${stream}.${consumer}`]: { group: 'x' },
});

const harmless =
  /^(STREAM\.(INFO|NAMES|LIST|MSG\.DELETE|MSG\.GET)|CONSUMER\.(NAMES|LIST|INFO)|DIRECT|INFO)/;

function verbCell(verb: string, payload: object, row: string): Cell {
  return {
    row,
    way: 'publish',
    subject: `$JS.API.${verb}`,
    payload: JSON.stringify(payload),
    ...(harmless.test(verb) ? {} : { ruins: true }),
  };
}

function streamCells(target: Target): readonly Cell[] {
  const named = (verb: string): string =>
    `$JS.API.${verb.replace(`.${target.stream}`, '.<stream>').replace(`.${target.consumer}`, '.<durable>')}`;
  const verbs = { ...streamVerbs(target.stream), ...consumerVerbs(target) };
  const next = `CONSUMER.MSG.NEXT.${target.stream}.${target.consumer}`;
  return [
    ...Object.entries(verbs).map(([verb, payload]) => verbCell(verb, payload, named(verb))),
    // Without acknowledgements, whoever pulls from an open reading takes a message away from who reads.
    verbCell(next, { batch: 1, no_wait: true }, `$JS.API.CONSUMER.MSG.NEXT: ${target.whose}`),
    ...['+ACK', '-NAK', '+TERM', '+WPI', '+NXT'].map((payload) => ({
      row: `$JS.ACK (${payload}): ${target.whose}`,
      way: 'publish' as const,
      subject: `$JS.ACK.${target.stream}.${target.consumer}.1.999999.999999.1.0`,
      payload,
    })),
  ];
}

const wholeServer: readonly Cell[] = [
  ...[
    'INFO',
    'STREAM.NAMES',
    'STREAM.LIST',
    'META.LEADER.STEPDOWN',
    'SERVER.REMOVE',
    'ACCOUNT.PURGE.HUB',
    'ACCOUNT.PURGE.SYS',
  ].map((verb) => verbCell(verb, {}, `$JS.API.${verb}`)),
  ...['CREATE.t', 'NAMES', 'INFO.t', 'DELETE.t'].map((verb) =>
    verbCell(`STREAM.TEMPLATE.${verb}`, {}, '$JS.API.STREAM.TEMPLATE.*'),
  ),
  ...[
    'SERVER.PING',
    'SERVER.PING.VARZ',
    'SERVER.PING.JSZ',
    'ACCOUNT.HUB.INFO',
    'ACCOUNT.HUB.CONNZ',
    'ACCOUNT.HUB.JSZ',
    'USER.INFO',
  ].map((request) => ({
    row: '$SYS.REQ.*',
    way: 'publish' as const,
    subject: `$SYS.REQ.${request}`,
    payload: '',
  })),
];

const said = (row: string, ...subjects: readonly string[]): readonly Cell[] =>
  subjects.map((subject) => ({ row, way: 'publish', subject, payload: '{"forged":true}' }));

/** What is nobody's to say, whoever they are, and literal wildcards, which the broker takes for plain tokens. */
const odd: readonly Cell[] = [
  ...said(
    '$SYS.ACCOUNT.*',
    '$SYS.ACCOUNT.HUB.CONNECT',
    '$SYS.ACCOUNT.HUB.CLAIMS.UPDATE',
    '$SYS.SERVER.x.SHUTDOWN',
  ),
  ...said(
    '$JS.EVENT, $JS.FC, $JSC',
    '$JS.EVENT.ADVISORY.API',
    '$JS.EVENT.METRIC.CONSUMER.ACK.EVENTS.x',
    '$JS.FC.EVENTS.x.y',
    '$JSC.R.x',
  ),
  ...said('$JS.SNAPSHOT', '$JS.SNAPSHOT.RESTORE.EVENTS.x', '$JS.SNAPSHOT.ACK.EVENTS.x'),
  ...said(
    '$KV, $O, $MQTT, $G',
    '$KV.consents.x',
    '$O.files.C.x',
    '$MQTT.msgs.x',
    '$GR.x',
    '$NRG.V.x',
    '$DEV.x',
  ),
  ...said(
    '_INBOX of others',
    '_INBOX_guard.x',
    '_INBOX_provisioner.x',
    '_INBOX.x.y',
    '_INBOX_other.x',
  ),
  ...said('_R_, _GR_', '_R_.x', '_R_.x.y', '_GR_.x.y'),
  ...said(
    'no such subject',
    'other',
    'msg',
    'hub.x',
    'sys.x',
    'mesh.x',
    'in.msg',
    'out',
    'ask',
    'egress',
    'ingress',
    'events',
    'wake.x',
  ),
  ...said('wake', 'wake'),
  ...said(
    'literal wildcards',
    '>',
    '*',
    '*.*',
    '*.*.*',
    'egress.*.msg',
    'egress.>',
    'ingress.*.msg',
    'ingress.>',
    'events.>',
    'events.*',
    'answer.>',
  ),
  ...said(
    'literal wildcards: $JS.API',
    '$JS.API.>',
    '$JS.API.STREAM.PURGE.>',
    '$JS.API.STREAM.PURGE.IN_*',
    '$JS.API.STREAM.DELETE.>',
    '$JS.API.CONSUMER.CREATE.>',
    '$JS.API.CONSUMER.CREATE.IN_*.spy',
    '$JS.API.CONSUMER.MSG.NEXT.*.*',
    '$JS.ACK.>',
  ),
  ...said('out.*', 'out.msg', 'out.other', 'out.*', 'out.>', 'out.a.b.c'),
  ...said(
    'ask.*',
    ...['verdict', 'take', 'settle', 'events', '*', '>', 'a.b.c'].map((verb) => `ask.${verb}`),
  ),
  ...said('events.*', 'events.referral', 'events.consent', 'events.other'),
];

const askedVerbs = ['verdict', 'take', 'settle', 'events', 'dead-letters'];

const heard = (row: string, ...subjects: readonly string[]): readonly Cell[] =>
  subjects.map((subject) => ({ row: `hear ${row}`, way: 'subscribe', subject, payload: '' }));

/** What this user could try, against these parties. */
export function cellsOf(own: string, parties: readonly string[]): readonly Cell[] {
  const whose = (party: string): string => (party === own ? 'own' : "another's");
  return [
    ...wholeServer,
    ...targetsOf(own, parties).flatMap(streamCells),
    ...odd,
    ...parties.flatMap((party) => [
      ...said(
        `egress: ${whose(party)}`,
        `egress.${party}.msg`,
        `egress.${party}.>`,
        `egress.${party}.a.b`,
      ),
      ...said(
        `ingress: ${whose(party)}`,
        `ingress.${party}.msg`,
        `ingress.${party}.*`,
        `ingress.${party}.a.b`,
      ),
      ...said(`answer: ${whose(party)}`, `answer.${party}.worklist`, `answer.${party}.>`),
      ...said(
        'ask in the name of',
        ...askedVerbs.map((verb) => `ask.${party}.${verb}`),
        `ask.${party}.>`,
      ),
      ...heard(`egress: ${whose(party)}`, `egress.${party}.>`, `egress.${party}.msg`),
      ...heard(`ingress: ${whose(party)}`, `ingress.${party}.>`, `ingress.${party}.msg`),
      ...heard(`answer: ${whose(party)}`, `answer.${party}.>`, `answer.${party}.worklist`),
      ...heard(
        `$JS.ACK: ${whose(party)}`,
        `$JS.ACK.${party}.dlv.>`,
        `$JS.ACK.IN_${party}.${openReading}.>`,
      ),
      ...heard('ask of a party', `ask.${party}.>`, `ask.${party}.verdict`, `ask.${party}.take`),
    ]),
    ...heard('everything', '>', '*', '*.>', '*.*', '*.*.*'),
    ...heard(
      'the road',
      'egress.>',
      'ingress.>',
      'events.>',
      'out.>',
      'out.msg',
      'answer.>',
      'answer.*.worklist',
    ),
    ...heard('questions', 'ask.>', 'ask.*', 'ask.verdict', 'ask.take', 'ask.*.take'),
    ...heard('wake', 'wake', 'wake.>'),
    ...heard(
      'the server',
      '$JS.>',
      '$JS.API.>',
      '$JS.ACK.>',
      '$JS.EVENT.>',
      '$JS.FC.>',
      '$SYS.>',
      '$SYS.REQ.>',
      '$SYS.ACCOUNT.>',
    ),
    ...heard('_R_, $KV, $O', '_R_.>', '_GR_.>', '$KV.>', '$O.>', '$MQTT.>'),
    ...heard('_INBOX of the guard', '_INBOX_guard.>', '_INBOX_guard.x'),
    ...heard('_INBOX of sys', '_INBOX_sys.>', '_INBOX_sys.x'),
    ...heard('_INBOX of the provisioner', '_INBOX_provisioner.>', '_INBOX_provisioner.x'),
    ...heard('_INBOX of parties', '_INBOX.>', '_INBOX.x'),
  ];
}
