/** One thing that a party's user tries at the broker. */
export interface Attempt {
  readonly subject: string;
  readonly payload: string;
  readonly reply: string;
}

const pullOne = JSON.stringify({ batch: 1, no_wait: true });
const following = ['svc_router', 'svc_reminders'];

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
  const ways: readonly Omit<Attempt, 'reply'>[] = [
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
