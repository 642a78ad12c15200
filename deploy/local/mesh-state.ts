import { readFile, rename, writeFile } from 'node:fs/promises';
import type { BrokerConfigOptions } from '#deploy/nats/broker-config.js';
import { MeshError } from '#libs/contracts/mesh-error.js';
import type { BrokerParty } from '#libs/contracts/party.js';

/**
 * What a running mesh of one machine notes for commands that are run beside it (`ops party add`). No secrets: they stay in the files it
 * names. All paths are absolute.
 */
export interface MeshState {
  readonly natsUrl: string;
  /** Folder of `nats-server.conf`; `findBroker` tells which process runs on it. */
  readonly configFolder: string;
  readonly broker: BrokerConfigOptions;
  /** File with the store's key, the value of the variable `broker.keyVariable`. */
  readonly cipherKeyFile: string;
  /** Seeds, `<user>.nk`. */
  readonly keysFolder: string;
  /** GATEWAY_PARTIES_FILE. */
  readonly gatewayPartiesFile: string;
  /** GUARD_KEYS_FILE. */
  readonly guardKeysFile: string;
  readonly parties: readonly BrokerParty[];
}

/** @throws MeshError `config-invalid` when there is none: no mesh was started here */
export async function readMeshState(path: string): Promise<MeshState> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new MeshError(
      'config-invalid',
      `${path} cannot be read: is the mesh running on this machine?`,
      { cause },
    );
  });
  return JSON.parse(text) as MeshState;
}

export async function writeMeshState(path: string, state: MeshState): Promise<void> {
  await replaceJson(path, state);
}

/** Whole or not at all, readable by its owner only. */
export async function replaceJson(path: string, content: unknown): Promise<void> {
  await writeFile(`${path}.new`, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
  await rename(`${path}.new`, path);
}
