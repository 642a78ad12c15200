import type { Timeline } from '#libs/contracts/ask.js';

/** A problem document of the mesh (RFC 9457), as far as the desk shows it. */
export interface ProblemShown {
  readonly status: number;
  /** The code of the mesh, from `urn:throughcare:problem:<code>`. */
  readonly code: string;
  readonly title: string;
  readonly detail: string;
  readonly errors: readonly { readonly field?: string | undefined; readonly detail: string }[];
}

/** What the mesh said to a message: decided, taken and not decided yet, or refused. */
export type MeshAnswer =
  | { readonly kind: 'decided'; readonly timeline: Timeline }
  | { readonly kind: 'accepted' }
  | { readonly kind: 'refused'; readonly problem: ProblemShown };
