import type { MeshErrorCode } from './error-codes.js';

/** What is wrong with a message, as a value. `field` is a path such as `data.client.nino`; no value of the message stands in it. */
export interface Problem {
  readonly code: MeshErrorCode;
  readonly field?: string;
  readonly detail: string;
}
