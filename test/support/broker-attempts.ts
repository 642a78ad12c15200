/** One thing that a party's user tries at the broker. */
export interface Attempt {
  readonly subject: string;
  readonly payload: string;
  readonly reply: string;
}

const pullOne = JSON.stringify({ batch: 1, no_wait: true });

/** The reading of the victim's ingress that a guard has open while all this is tried. */
export const openReading = 'read-victim';

/**
 * A party's own permitted subjects, each with a reply at which an answer of the broker or of the guard would do harm; and with payloads that would
 * do harm where the answer repeats them.
 */
export function replyAttempts(victim: string): readonly Attempt[] {
  const stream = `IN_${victim}`;
  const harmful = [
    '$JS.API.ACCOUNT.PURGE.HUB',
    '$JS.API.META.LEADER.STEPDOWN',
    `$JS.API.STREAM.PURGE.${stream}`,
    `$JS.API.STREAM.DELETE.${stream}`,
    `$JS.API.STREAM.UPDATE.${stream}`,
    `$JS.API.STREAM.MSG.DELETE.${stream}`,
    `$JS.API.STREAM.CREATE.NEW`,
    `$JS.API.CONSUMER.CREATE.${stream}.spy`,
    `$JS.API.CONSUMER.DELETE.${stream}.${openReading}`,
    `$JS.API.CONSUMER.MSG.NEXT.${stream}.${openReading}`,
    '$SYS.REQ.SERVER.PING',
    `$JS.ACK.${stream}.${openReading}.1.1.1.1.0`,
    `ingress.${victim}.msg`,
    `ask.${victim}.verdict`,
    `ask.${victim}.take`,
    `ask.${victim}.settle`,
    'answer.svc_router.worklist',
    'wake',
    '_R_.x.y',
    '_INBOX_guard.x',
    // Of an earlier release.
    `egress.${victim}.msg`,
    `$JS.API.STREAM.PURGE.${victim}`,
    'events.decided',
  ];
  const ways: readonly Omit<Attempt, 'reply'>[] = [
    { subject: 'out.msg', payload: '{"own":true}' },
    { subject: 'out.msg', payload: pullOne },
    { subject: 'ask.verdict', payload: '{}' },
    { subject: 'ask.verdict', payload: pullOne },
    { subject: 'ask.take', payload: '{"take":"0198c0de-0000-7000-8000-000000000001","max":1}' },
    { subject: 'ask.settle', payload: '{}' },
  ];
  return ways.flatMap((way) => harmful.map((reply) => ({ ...way, reply })));
}

/** The server itself refuses what asks for its answer there (nats-server, `isReservedReply`). */
export const isReservedReply = (reply: string): boolean =>
  reply.startsWith('$JS.ACK.') || reply.startsWith('_R_.');
