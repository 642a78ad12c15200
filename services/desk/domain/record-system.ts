/** One thing that a record system is told: an entry to keep, or an erasure. */
export interface RecordDelivery {
  /** UUID, the same on each try. The record system takes an id once. */
  readonly id: string;
  readonly office: string;
  /** Grows with each delivery of the office. */
  readonly number: string;
  /** JSON, UTF-8: domain/record-entry.ts. */
  readonly body: string;
}

export type RecordAnswer =
  | { readonly kind: 'taken' }
  /** `why`: a few words of our own, for the log and the board. Never a text of the other side. */
  | { readonly kind: 'not-taken'; readonly why: string };

/** An agency's own system of records, at a job centre the LMS. */
export abstract class RecordSystem {
  /**
   * Called with the same delivery, again and again, until it is taken: it may come twice. Of one case a delivery is called only when the one
   * before it was taken. `taken` only once the record system has it for good.
   * @throws MeshError `config-invalid` where the office's settings are not as they must be; nothing else
   */
  abstract deliver(delivery: RecordDelivery): Promise<RecordAnswer>;
}
