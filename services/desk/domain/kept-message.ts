import type { MeshEnvelope } from '#libs/contracts/mesh-message.js';
import type { ProblemShown } from './told-by-mesh.js';

export type Erased = 'stop-using' | 'no-trace' | 'no-dpa1' | 'time';

/** A message that the desk keeps. Without `message`, its content was erased, and `erased` says why. */
export interface KeptMessage {
  readonly id: string;
  readonly office: string;
  readonly caseId: string;
  readonly direction: 'received' | 'sent';
  readonly type: string;
  /** The other party, an area, or mesh. */
  readonly other: string;
  readonly actor: string | undefined;
  readonly at: string;
  readonly message: MeshEnvelope | undefined;
  readonly erased: Erased | undefined;
  readonly erasedAt: string | undefined;
  /** Of a sent one; undefined while the mesh has not answered. */
  readonly answer: 'decided' | 'accepted' | 'refused' | undefined;
  readonly problem: ProblemShown | undefined;
  readonly keptAt: string;
}
