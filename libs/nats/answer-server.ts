import type { Msg, NatsConnection, Subscription } from '@nats-io/nats-core';
import { MeshError } from '#libs/contracts/mesh-error.js';
import { isPartyId } from '#libs/contracts/party.js';
import { answerSubject } from '#libs/contracts/subjects.js';
import type { AskReply } from './ask-client.js';

/** Answers one question; a thrown MeshError becomes `{ ok: false }` with its code, anything else `internal`. */
export type AnswerHandler = (payload: unknown) => Promise<AskReply>;
/** The guard's: `party` is the broker's own word for who asks. */
export type AskHandler = (party: string, verb: string, payload: unknown) => Promise<AskReply>;

export interface AnswerServer {
  /** Takes no more questions and waits for the answers under way. */
  stop(): Promise<void>;
}

/** Room for the reply's header under the server's `max_payload`. */
const headerBytes = 512;

/**
 * A service answers the guard on `answer.<service>.<verb>`; of several instances one gets each question. The broker takes the answer for
 * 10 s; so long the handler has.
 *
 * @param onTrouble what was thrown and is not a MeshError, for the log
 */
export function serveAnswers(
  connection: NatsConnection,
  service: string,
  handlers: Readonly<Record<string, AnswerHandler>>,
  onTrouble?: (error: unknown) => void,
): AnswerServer {
  const verbs = new Map(Object.entries(handlers));
  return serve(
    connection,
    { subject: answerSubject(service, '*'), queue: service, onTrouble },
    (tokens, payload) => {
      const handler = verbs.get(tokens[2] ?? '');
      if (handler === undefined) throw new MeshError('not-found', 'no such question');
      return handler(payload);
    },
  );
}

/** The guard answers what parties ask, on `ask.<party>.<verb>`; of several instances one gets each question. */
export function serveAsks(
  connection: NatsConnection,
  handle: AskHandler,
  onTrouble?: (error: unknown) => void,
): AnswerServer {
  return serve(
    connection,
    { subject: 'ask.>', queue: 'guard', onTrouble },
    ([, party, verb, ...rest], payload) => {
      // A party may publish literal wildcards inside its own subjects; no verb has them.
      const isAsked =
        party !== undefined &&
        isPartyId(party) &&
        verb !== undefined &&
        /^[a-z][a-z0-9-]*$/.test(verb) &&
        rest.length === 0;
      if (!isAsked) throw new MeshError('not-found', 'no such question');
      return handle(party, verb, payload);
    },
  );
}

interface Served {
  readonly subject: string;
  readonly queue: string;
  readonly onTrouble: ((error: unknown) => void) | undefined;
}

function serve(
  connection: NatsConnection,
  served: Served,
  answer: (tokens: readonly string[], payload: unknown) => Promise<AskReply>,
): AnswerServer {
  const underWay = new Set<Promise<void>>();
  const onQuestion = async (message: Msg): Promise<void> => {
    const reply = await answerTo(message, answer).catch((error: unknown) =>
      refusalOf(error, served.onTrouble),
    );
    const text = new TextEncoder().encode(JSON.stringify(reply));
    const room = (connection.info?.max_payload ?? Infinity) - headerBytes;
    const tooLarge: AskReply = {
      ok: false,
      code: 'payload-too-large',
      detail: 'the answer is larger than the mesh carries; ask for less',
    };
    if (!connection.isClosed())
      message.respond(text.length > room ? JSON.stringify(tooLarge) : text);
  };
  const begin = (message: Msg): void => {
    const work: Promise<void> = onQuestion(message)
      .catch((thrown: unknown) => served.onTrouble?.(thrown))
      .finally(() => underWay.delete(work));
    underWay.add(work);
  };
  const subscription: Subscription = connection.subscribe(served.subject, {
    queue: served.queue,
    callback: (error, message) => {
      if (error === null) begin(message);
      else served.onTrouble?.(error);
    },
  });
  return {
    stop: async () => {
      if (!connection.isClosed() && !subscription.isClosed()) await subscription.drain();
      await Promise.all(underWay);
    },
  };
}

async function answerTo(
  message: Msg,
  answer: (tokens: readonly string[], payload: unknown) => Promise<AskReply>,
): Promise<AskReply> {
  let payload: unknown;
  try {
    payload = message.json();
  } catch (error) {
    throw new MeshError('malformed-json', 'the question is not JSON', { cause: error });
  }
  return answer(message.subject.split('.'), payload);
}

function refusalOf(error: unknown, onTrouble: ((error: unknown) => void) | undefined): AskReply {
  if (error instanceof MeshError) {
    const field = error.field === undefined ? {} : { field: error.field };
    return { ok: false, code: error.code, detail: error.message, ...field };
  }
  onTrouble?.(error);
  return { ok: false, code: 'internal', detail: 'something went wrong on our side; ask again' };
}
