/*
 * Who may say and hear what at the broker: written by hand from the design, never taken from the generator of the configuration, so that
 * a mistake there shows. `<own>` stands for the party's own id. Whatever is not here is nobody's.
 */

/** Whose key it is. An agency's party is the same to the broker whatever its kind. */
export type Standing =
  | 'agency'
  | 'svc_router'
  | 'svc_reminders'
  | 'svc_notifier'
  | 'svc_ops'
  | 'guard'
  | 'provisioner'
  | 'sys';

export interface Declared {
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
}

const party: Declared = {
  publish: ['out.>', 'ask.>', '$JS.API.CONSUMER.MSG.NEXT.<own>.dlv', '$JS.ACK.<own>.dlv.>'],
  subscribe: ['_INBOX.>'],
};
const follower = ['$JS.API.CONSUMER.MSG.NEXT.EVENTS.<own>', '$JS.ACK.EVENTS.<own>.>'];
const answers = ['answer.<own>.>'];

export const declaredRoad: Readonly<Record<Standing, Declared>> = {
  agency: party,
  svc_ops: party,
  svc_notifier: { ...party, subscribe: [...party.subscribe, ...answers] },
  svc_router: {
    publish: [...party.publish, ...follower],
    subscribe: [...party.subscribe, ...answers],
  },
  svc_reminders: {
    publish: [...party.publish, ...follower],
    subscribe: [...party.subscribe, ...answers],
  },
  // Least privilege: it makes, changes and purges no stream, takes from nobody's deliveries, hears nobody's inbox. Two durables of a party it
  // may make anew, where the broker lost count; and it looks at what lies in a delivery stream before it takes it back.
  guard: {
    publish: [
      'egress.>',
      'events.>',
      'answer.>',
      '$JS.API.INFO',
      '$JS.API.STREAM.NAMES',
      '$JS.API.STREAM.INFO.*',
      '$JS.API.STREAM.MSG.GET.*',
      '$JS.API.STREAM.MSG.DELETE.*',
      '$JS.API.CONSUMER.DELETE.*.guard',
      '$JS.API.CONSUMER.DELETE.*.dlv',
      '$JS.API.CONSUMER.DURABLE.CREATE.*.guard',
      '$JS.API.CONSUMER.DURABLE.CREATE.*.dlv',
      '$JS.API.CONSUMER.INFO.*.*',
      '$JS.API.CONSUMER.MSG.NEXT.*.guard',
      '$JS.ACK.*.guard.>',
      // Its answers: what the server makes of the reply subject of a question that comes through an import.
      '_R_.>',
    ],
    subscribe: ['_INBOX_guard.>', 'ask.>'],
  },
  provisioner: { publish: ['$JS.API.>'], subscribe: ['_INBOX_provisioner.>'] },
  // The account SYS carries no message; its user may ask the server how it is, and not command it.
  sys: { publish: ['$SYS.REQ.>'], subscribe: ['_INBOX_sys.>'] },
};

/** NATS subject matching, of a pattern with `*` and `>` (as a last token) against a subject whose wildcards are plain tokens. */
export function matchesSubject(pattern: string, subject: string): boolean {
  const wanted = pattern.split('.');
  const tokens = subject.split('.');
  const rest = wanted.at(-1) === '>';
  if (rest ? tokens.length < wanted.length : tokens.length !== wanted.length) return false;
  return wanted.every(
    (token, index) =>
      token === '*' || (rest && index === wanted.length - 1) || token === tokens[index],
  );
}

export function isDeclared(
  standing: Standing,
  own: string,
  cell: { readonly way: keyof Declared; readonly subject: string },
): boolean {
  return declaredRoad[standing][cell.way].some((pattern) =>
    matchesSubject(pattern.replaceAll('<own>', own), cell.subject),
  );
}
