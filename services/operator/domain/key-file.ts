export interface KeyVersions {
  /** The version that new hashes and seals are to be made with. */
  readonly current: number;
  readonly versions: readonly number[];
}

/** The guard's file of keys, where the deployment keeps it. Each change replaces the whole file at once; no key ever leaves it. */
export abstract class KeyFile {
  abstract read(): Promise<KeyVersions>;

  /** A new version with a new random key, known and not written with yet. @returns its number */
  abstract add(): Promise<number>;

  /** @throws MeshError `config-invalid` when the file does not have that version */
  abstract makeCurrent(version: number): Promise<void>;

  /** Destroys a key. @throws MeshError `config-invalid` when it is the current one or not there */
  abstract remove(version: number): Promise<void>;
}
