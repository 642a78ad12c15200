import type { MeshDesk } from '../domain/mesh-desk.js';

/** What the commands work with. */
export interface OperatorContext {
  /** Runs the work with a desk and closes it afterwards. */
  readonly withDesk: <T>(work: (desk: MeshDesk) => Promise<T>) => Promise<T>;
  /** The mesh's time. */
  readonly now: () => Date;
  /** One answer: as JSON where `--json` was given, else as the text. */
  readonly show: (answer: unknown, text: string) => void;
  /** The command did not do all it was asked; the exit code becomes 1. */
  readonly fail: (line: string) => void;
}
