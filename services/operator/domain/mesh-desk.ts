import type { Timeline } from '#libs/contracts/ask.js';
import type { MessageName } from '#libs/contracts/message-table.js';

export interface OperatorMessage {
  readonly type: MessageName;
  readonly to: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** The operator's way into the mesh, with the key of svc_ops: it puts messages on the road like any party, and asks what is its own. */
export abstract class MeshDesk {
  /** Puts a message on the road and gives its id once the broker has it. @throws MeshError `broker-unavailable`, `mailbox-full` */
  abstract send(message: OperatorMessage): Promise<string>;

  /** The verdict on a message sent, awaited. @throws MeshError `answer-timeout` when there is none within half a minute */
  abstract verdict(id: string): Promise<Timeline>;

  /** A question by its verb; the answer without `ok`, unchecked. @throws MeshError with the guard's code and detail when it says no */
  abstract ask(verb: string, question: Readonly<Record<string, unknown>>): Promise<unknown>;

  /** Idempotent. */
  abstract close(): Promise<void>;
}
