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

const party: Declared = { publish: ['out.>', 'ask.>'], subscribe: ['_INBOX.>'] };
const answering: Declared = { ...party, subscribe: [...party.subscribe, 'answer.<own>.>'] };

export const declaredRoad: Readonly<Record<Standing, Declared>> = {
  agency: party,
  svc_ops: party,
  svc_notifier: answering,
  svc_router: answering,
  svc_reminders: answering,
  // Least privilege: it makes and changes no stream, hears nobody's inbox, and has nothing to say to a party but answers. It reads what was put out,
  // and takes it out when it has read it.
  guard: {
    publish: [
      'answer.>',
      'wake',
      '$JS.API.STREAM.INFO.*',
      '$JS.API.STREAM.PURGE.*',
      '$JS.API.CONSUMER.CREATE.*.>',
      '$JS.API.CONSUMER.MSG.NEXT.*.*',
      // Its answers: what the server makes of the reply subject of a question that comes through an import.
      '_R_.>',
    ],
    subscribe: ['_INBOX_guard.>', 'ask.>', 'wake'],
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
