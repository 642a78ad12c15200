import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findBroker } from '#deploy/local/broker-process.js';
import { newToken, putGatewayParty } from '#deploy/local/gateway-parties.js';
import { type MeshState, readMeshState, writeMeshState } from '#deploy/local/mesh-state.js';
import { signalProcess } from '#deploy/local/process-tree.js';
import { addParty, type RunningBroker } from '#deploy/nats/add-party.js';
import { brokerPublicKey, seedFile } from '#deploy/nats/broker-keys.js';
import { MeshError } from '#libs/contracts/mesh-error.js';
import type { PartyEntry } from '#services/operator/domain/directory-file.js';
import {
  PartyProvisioner,
  type ProvisionedParty,
} from '#services/operator/domain/party-provisioner.js';

/** Bytes of each of a party's two streams, as the parties of the sample have them where there are any. */
const usualMaxBytes = 16 * 1024 * 1024;

/** Provisions at the mesh that runs on this machine: `addParty` at its nats-server, the token's hash into its gateway's list. */
export class LocalProvisioner extends PartyProvisioner {
  constructor(private readonly stateFile: string) {
    super();
  }

  override async provision(
    { id, kind }: PartyEntry,
    renewToken: boolean,
  ): Promise<ProvisionedParty> {
    const state = await readMeshState(this.stateFile);
    const isThere = state.parties.some((party) => party.id === id);
    if (isThere && !renewToken)
      throw new MeshError(
        'config-invalid',
        `${id} is there already and its token stays; --new-token gives it a new one and ends the old`,
      );
    const seed = seedFile(state.keysFolder, id);
    if (!isThere) {
      brokerPid(state); // before anything is made
      const publicKey = await brokerPublicKey(state.keysFolder, id);
      const maxBytes =
        state.parties.find((party) => party.kind !== 'service')?.maxBytes ?? usualMaxBytes;
      const parties = await addParty(
        await runningBroker(state),
        state.parties,
        { id, kind, publicKey, maxBytes },
        seed,
      );
      await writeMeshState(this.stateFile, { ...state, parties });
    }
    const { token, tokenHash } = newToken();
    await putGatewayParty(state.gatewayPartiesFile, { party: id, seedFile: seed, tokenHash });
    return {
      token,
      notes: [
        isThere
          ? `${id} has its account already; it gets a new token`
          : `${id} has its account and streams; key in ${seed}`,
      ],
    };
  }
}

async function runningBroker(state: MeshState): Promise<RunningBroker> {
  const key = (await readFile(state.cipherKeyFile, 'utf8')).trim();
  return {
    url: state.natsUrl,
    configFolder: state.configFolder,
    options: state.broker,
    env: { ...process.env, [state.broker.keyVariable]: key },
    provisionerSeedFile: seedFile(state.keysFolder, 'provisioner'),
    reload: async () => {
      signalProcess(brokerPid(state), 'SIGHUP');
      await Promise.resolve();
    },
  };
}

/** @throws MeshError `broker-unavailable` when no nats-server runs on this mesh's configuration */
function brokerPid({ configFolder }: MeshState): number {
  const pid = findBroker(join(configFolder, 'nats-server.conf'));
  if (pid !== undefined) return pid;
  throw new MeshError(
    'broker-unavailable',
    `no nats-server runs on ${configFolder}: look whether the mesh is up (npm start), then run this again`,
  );
}
