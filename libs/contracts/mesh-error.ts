import type { MeshErrorCode } from './error-codes.js';

/**
 * The one error of the mesh. `message` says which field or part and what to do, and never holds personal data, keys or tokens:
 * it reaches logs, problem documents and dead letters. The foreign error behind it, if any, stays in `cause`, for logs only.
 */
export class MeshError extends Error {
  override readonly name = 'MeshError';

  constructor(
    readonly code: MeshErrorCode,
    message: string,
    options?: { readonly cause?: unknown; readonly field?: string },
  ) {
    super(message, options?.cause === undefined ? undefined : { cause: options.cause });
    this.field = options?.field;
  }

  /** Where in the message, as a path such as `data.client.nino`. */
  readonly field: string | undefined;
}
