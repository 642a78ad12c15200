import { deliveryDurable, eventsStream, ingressDurable, ingressStream } from '#libs/contracts/subjects.js';

/** One thing that a party's user tries at the broker. `reply` missing = an inbox of its own, watched. */
export interface Attempt {
  readonly subject: string;
  readonly payload: string;
  readonly reply?: string;
}

interface Target {
  readonly stream: string;
  readonly consumer: string;
}

const pullOne = JSON.stringify({ batch: 1, no_wait: true });
const following = ['svc_router', 'svc_reminders'];

const targetsOf = (parties: readonly string[]): readonly Target[] => [
  ...parties.flatMap((party) => [
    { stream: ingressStream(party), consumer: ingressDurable },
    { stream: party, consumer: deliveryDurable },
  ]),
  ...following.map((consumer) => ({ stream: eventsStream, consumer })),
];

/** Every verb of the JetStream interface (server/jetstream_api.go of 2.9), on one stream and consumer, with a payload that would do harm. */
const verbs = ({ stream, consumer }: Target): readonly Attempt[] =>
  Object.entries({
    [`STREAM.CREATE.${stream}`]: { name: stream, subjects: ['x'] },
    [`STREAM.UPDATE.${stream}`]: { name: stream, subjects: ['x'], max_msgs: 1 },
    [`STREAM.INFO.${stream}`]: {},
    [`STREAM.DELETE.${stream}`]: {},
    [`STREAM.PURGE.${stream}`]: {},
    [`STREAM.SNAPSHOT.${stream}`]: { deliver_subject: '_INBOX.snapshot' },
    [`STREAM.RESTORE.${stream}`]: { config: { name: stream } },
    [`STREAM.MSG.DELETE.${stream}`]: { seq: 1 },
    [`STREAM.MSG.GET.${stream}`]: { seq: 1 },
    [`STREAM.PEER.REMOVE.${stream}`]: { peer: 'hub1' },
    [`STREAM.LEADER.STEPDOWN.${stream}`]: {},
    [`DIRECT.GET.${stream}`]: { seq: 1 },
    [`CONSUMER.CREATE.${stream}`]: { stream_name: stream, config: { deliver_subject: '_INBOX.spy', ack_policy: 'none' } },
    [`CONSUMER.CREATE.${stream}.spy`]: { stream_name: stream, config: { name: 'spy', ack_policy: 'none' } },
    [`CONSUMER.CREATE.${stream}.spy.egress.>`]: { stream_name: stream, config: { name: 'spy', filter_subject: 'egress.>' } },
    [`CONSUMER.DURABLE.CREATE.${stream}.spy`]: { stream_name: stream, config: { durable_name: 'spy', ack_policy: 'explicit' } },
    [`CONSUMER.NAMES.${stream}`]: {},
    [`CONSUMER.LIST.${stream}`]: {},
    [`CONSUMER.INFO.${stream}.${consumer}`]: {},
    [`CONSUMER.DELETE.${stream}.${consumer}`]: {},
    [`CONSUMER.MSG.NEXT.${stream}.${consumer}`]: { batch: 1, no_wait: true },
    [`CONSUMER.LEADER.STEPDOWN.${stream}.${consumer}`]: {},
    [`ACCOUNT.STREAM.MOVE.HUB.${stream}`]: {},
    [`ACCOUNT.STREAM.CANCEL_MOVE.HUB.${stream}`]: {},
  }).map(([verb, payload]) => ({ subject: `$JS.API.${verb}`, payload: JSON.stringify(payload) }));

const wholeServer: readonly Attempt[] = [
  ...['INFO', 'STREAM.NAMES', 'STREAM.LIST', 'META.LEADER.STEPDOWN', 'SERVER.REMOVE', 'ACCOUNT.PURGE.HUB', 'STREAM.TEMPLATE.NAMES'].map(
    (verb) => ({ subject: `$JS.API.${verb}`, payload: '' }),
  ),
  ...['SERVER.PING', 'SERVER.PING.VARZ', 'SERVER.PING.JSZ', 'ACCOUNT.HUB.INFO', 'ACCOUNT.HUB.CONNZ', 'ACCOUNT.HUB.JSZ', 'USER.INFO'].map(
    (request) => ({ subject: `$SYS.REQ.${request}`, payload: '' }),
  ),
  { subject: '$SYS.ACCOUNT.HUB.CONNECT', payload: '{}' },
  { subject: '_INBOX_guard.forged', payload: '{"ok":true}' },
  { subject: '_R_.forged', payload: '{"ok":true}' },
];

/** Direct attempts of one party: everything that is another's, the guard's or the server's, and its own that only the guard may do. */
export function directAttempts(party: string, parties: readonly string[], heldAck: string): readonly Attempt[] {
  const allowed = new Set([
    `$JS.API.CONSUMER.MSG.NEXT.${party}.${deliveryDurable}`,
    ...(following.includes(party) ? [`$JS.API.CONSUMER.MSG.NEXT.${eventsStream}.${party}`] : []),
  ]);
  const others = parties.filter((other) => other !== party);
  return [
    ...wholeServer,
    ...targetsOf(parties).flatMap(verbs),
    ...parties.flatMap((to) => [`egress.${to}.msg`, `egress.${to}.>`, `ingress.${to}.msg`, `answer.${to}.worklist`].map(forged)),
    ...others.flatMap((other) => [`$JS.ACK.${other}.dlv.1.1.1.1.1`, `$JS.ACK.IN_${other}.guard.1.1.1.1.1`].map(forged)),
    ...['events.referral', 'events.>', '$JS.ACK.EVENTS.nobody.1.1.1.1.1', `$JS.ACK.IN_${party}.guard.1.1.1.1.1`].map(forged),
    ...['+ACK', '-NAK', '+TERM', '+NXT', '+WPI'].map((payload) => ({ subject: heldAck, payload })),
  ].filter(({ subject }) => !allowed.has(subject));
}

const forged = (subject: string): Attempt => ({ subject, payload: '{"forged":true}' });

/** The party's own permitted subjects, each with a reply at which an answer of the broker or of the guard would do harm. */
export function replyAttempts(party: string, victim: string, heldAck: string): readonly Attempt[] {
  const harmful = [
    '$JS.API.ACCOUNT.PURGE.HUB',
    '$JS.API.META.LEADER.STEPDOWN',
    `$JS.API.STREAM.PURGE.${victim}`,
    `$JS.API.STREAM.DELETE.${victim}`,
    `$JS.API.STREAM.PURGE.IN_${victim}`,
    '$JS.API.STREAM.PURGE.EVENTS',
    `$JS.API.STREAM.MSG.DELETE.${victim}`,
    `$JS.API.CONSUMER.DELETE.${victim}.dlv`,
    `$JS.API.CONSUMER.MSG.NEXT.${victim}.dlv`,
    '$SYS.REQ.SERVER.PING',
    heldAck,
    `egress.${victim}.msg`,
    `ingress.${victim}.msg`,
    'events.referral',
    `ask.${victim}.verdict`,
    'answer.svc_router.worklist',
  ];
  const ways: readonly Attempt[] = [
    { subject: 'out.msg', payload: '{"own":true}' },
    { subject: 'ask.verdict', payload: '{}' },
    { subject: `$JS.API.CONSUMER.MSG.NEXT.${party}.dlv`, payload: pullOne },
    // +NXT answers an ack with the next message; a plain ack with a reply is confirmed to it.
    { subject: `$JS.ACK.${party}.dlv.1.9999.9999.1.0`, payload: `+NXT ${pullOne}` },
    { subject: `$JS.ACK.${party}.dlv.1.9999.9999.1.0`, payload: '+ACK' },
    ...(following.includes(party)
      ? [
          { subject: `$JS.API.CONSUMER.MSG.NEXT.EVENTS.${party}`, payload: pullOne },
          { subject: `$JS.ACK.EVENTS.${party}.1.9999.9999.1.0`, payload: `+NXT ${pullOne}` },
        ]
      : []),
  ];
  return ways.flatMap((way) => harmful.map((reply) => ({ ...way, reply })));
}

/** Subjects that no party's user may listen to. */
export function eavesdropping(party: string, victim: string): readonly string[] {
  const everywhere =
    '> *.> egress.> ingress.> events.> ask.> out.> answer.> _INBOX_guard.> _R_.> $JS.> $SYS.> $JS.API.> $JS.EVENT.ADVISORY.>';
  return [...everywhere.split(' '), `answer.${victim}.>`, `egress.${party}.>`, `ingress.${party}.>`];
}
