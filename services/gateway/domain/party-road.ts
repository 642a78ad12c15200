import type { MeshErrorCode } from '#libs/contracts/error-codes.js';

export type Answer =
  | { readonly ok: true; readonly value: Readonly<Record<string, unknown>> }
  | {
      readonly ok: false;
      readonly code: MeshErrorCode;
      readonly detail: string;
      readonly field?: string;
    };

/** The road as one party has it, each over that party's own connection and key. */
export abstract class PartyRoad {
  /**
   * Puts a message out. Resolves when the broker has stored it; the same body with the same id is stored once.
   * @throws MeshError `broker-unavailable` · `mailbox-full` · `payload-too-large` · `internal`
   */
  abstract publish(party: string, id: string, body: string): Promise<void>;

  /**
   * Asks the guard. A refusal is a value.
   * @throws MeshError `answer-timeout` · `broker-unavailable` · `internal` (an answer that cannot be read)
   */
  abstract ask(
    party: string,
    verb: string,
    payload: Readonly<Record<string, unknown>>,
    timeoutMs?: number,
  ): Promise<Answer>;
}
