import { readFileSync } from 'node:fs';
import { MeshError } from '#libs/contracts/mesh-error.js';
import { type NoteSigner, readSignerKey } from '#libs/evidence/note-keys.js';

/** @throws MeshError `config-invalid` when the file is missing or holds no signer key. */
export function readEvidenceKey(path: string): NoteSigner {
  try {
    return readSignerKey(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new MeshError(
      'config-invalid',
      'EVIDENCE_KEY_FILE must name a file with an Ed25519 signer key of signed notes',
      {
        cause: error,
      },
    );
  }
}
