/** What who works a message does where it meets the error: done with · again later · kept with its reason, then done with. */
export type MessageAnswer = 'ack' | 'nak' | 'dead';
/** What a BullMQ worker does: `retry` with backoff, or `fail` for good. */
export type QueueAnswer = 'retry' | 'fail';
export type LogLevel = 'info' | 'warn' | 'error';

export interface ErrorRule {
  readonly message: MessageAnswer;
  readonly queue: QueueAnswer;
  readonly http: number;
  readonly level: LogLevel;
  /** What the one who meets it should do; goes into problem documents (RFC 9457 `detail` gives the particular). */
  readonly title: string;
}

const refusedInput = (http: number, title: string): ErrorRule => ({
  message: 'dead',
  queue: 'fail',
  http,
  level: 'info',
  title,
});
const decided = (title: string): ErrorRule => ({
  message: 'ack',
  queue: 'fail',
  http: 422,
  level: 'info',
  title,
});
const passing = (http: number, title: string): ErrorRule => ({
  message: 'nak',
  queue: 'retry',
  http,
  level: 'warn',
  title,
});

/**
 * Every way a thing can go wrong, closed, with what each kind of caller does about it. Three families:
 * what is wrong with the input (never retried), what the guard decided (an answer, not a fault), and what passes (retried).
 */
export const errorRules = {
  // The input is wrong: the sender mends it and sends anew.
  'malformed-json': refusedInput(
    400,
    'The body is not valid JSON with each field once; send one JSON object',
  ),
  'malformed-message': refusedInput(
    422,
    'A field of the message is missing, unknown or wrong; mend the field named and send again',
  ),
  'malformed-request': refusedInput(
    400,
    'A part of the request is wrong; mend the part named and send again',
  ),
  'method-not-allowed': refusedInput(405, 'This method does not go with this address; see /docs'),
  'unsupported-media-type': refusedInput(415, 'Send application/cloudevents+json'),
  'payload-too-large': refusedInput(413, 'The message is larger than 256 KiB; shorten it'),
  'unknown-type': refusedInput(
    422,
    'The message type or its version is not one this mesh carries; see /docs',
  ),
  'source-not-sender': refusedInput(403, 'source must be /parties/<your own party>'),
  'actor-unknown': refusedInput(422, 'actor must be a person of your own agency in the directory'),
  'recipient-unknown': refusedInput(
    422,
    'to must be a party of the directory, area:<district>/<role>, or mesh',
  ),
  'recipient-not-allowed': refusedInput(
    422,
    'This type of message does not go to that kind of party',
  ),
  'sender-not-allowed': refusedInput(403, 'This type of message is not sent by your kind of party'),
  'area-unknown': refusedInput(422, 'The area is not a district of the directory'),
  'id-too-old': refusedInput(422, 'id is a UUIDv7 made too long ago; make a new id and send again'),
  'id-in-future': refusedInput(
    422,
    'id is a UUIDv7 made in the future; check your clock and make a new id',
  ),
  'id-reused': refusedInput(409, 'This id was used before for another message; make a new id'),
  'case-not-yours': refusedInput(403, 'The case is not bound to your party'),
  'contradicts-record': refusedInput(
    409,
    'The message contradicts the record; see what stands and mend the field named',
  ),
  'case-required': refusedInput(422, 'This type of message needs a case'),
  'identity-mismatch': refusedInput(
    422,
    'NI number, date of birth and surname do not agree with the record; a person must check them',
  ),
  'dates-out-of-order': refusedInput(422, 'Dates are in the wrong order; mend the field named'),
  'cause-unknown': refusedInput(
    422,
    'The record that the message names as its cause is not there or is not one it may cite',
  ),
  'person-not-entitled': refusedInput(422, 'The person does not belong to an agency that may know'),
  'party-id-invalid': refusedInput(422, 'Not a party id'),
  'consent-not-yours-to-take': refusedInput(403, 'Your kind of party may not take this consent'),
  'consent-incomplete': refusedInput(
    422,
    'The consent lacks something the client must have been told; mend the field named',
  ),
  'key-unusable': refusedInput(
    422,
    'The OpenPGP key cannot be used; see the reason and enrol another',
  ),
  'not-found': refusedInput(404, 'No such record, or not one of yours'),
  'not-in-hand': refusedInput(
    409,
    'The message is not in hand here; fetch the inbox again, then acknowledge it',
  ),
  unauthenticated: refusedInput(
    401,
    'Send Authorization: Bearer <your token>; an access token must be unexpired and have this gateway as its audience',
  ),
  'too-many-requests': { ...passing(429, 'Too many requests; wait and try again'), level: 'info' },

  // The guard decided: an answer.
  'no-consent-on-record': decided(
    'No consent of the client on record covers this; seek consent. This is not a legal bar: safeguarding has its own route outside the mesh',
  ),
  'consent-changed': decided(
    'The client limited the consent before this was collected; send again, and what it still covers goes',
  ),
  'no-unclear': decided(
    'The client’s no could not be read whole. What could be read counts; what else it may mean is stopped until you record it again, whole',
  ),
  'newer-decision-stands': decided(
    'This changed nothing: the client decided otherwise later, or at the same moment, and then the no counts. Ask the client, and record the answer again',
  ),
  unroutable: decided('Nobody serves that area in that role at present; choose a party yourself'),
  'route-timeout': decided('No route was found in time; choose a party yourself'),

  // It passes: retried, nothing is lost.
  'broker-unavailable': passing(
    503,
    'The mesh is not reachable at present; send again with the same id',
  ),
  'store-unavailable': passing(
    503,
    'The mesh is not reachable at present; send again with the same id',
  ),
  'issuer-unavailable': passing(
    503,
    'The provider of the access token is not reachable from here at present; send again with the same id',
  ),
  'timer-unavailable': passing(503, 'The timers are not reachable at present'),
  'mail-unavailable': passing(503, 'The mail relay is not reachable at present'),
  'mailbox-full': passing(
    507,
    'The stream of the party is full; fetch what waits there, then send again with the same id',
  ),
  'answer-timeout': passing(504, 'The mesh did not answer in time; ask again'),
  'lease-lost': passing(503, 'Another instance works this now'),
  'key-unavailable': passing(
    503,
    'A key that this rests on is not there; it is tried again until it is',
  ),

  // Ours.
  'config-invalid': {
    message: 'nak',
    queue: 'fail',
    http: 500,
    level: 'error',
    title: 'The configuration is wrong',
  },
  'no-handler': {
    message: 'dead',
    queue: 'fail',
    http: 500,
    level: 'error',
    title: 'No handler for this type of message',
  },
  internal: {
    message: 'nak',
    queue: 'retry',
    http: 500,
    level: 'error',
    title: 'Something went wrong on our side; send again with the same id',
  },
} as const satisfies Record<string, ErrorRule>;

export type MeshErrorCode = keyof typeof errorRules;
