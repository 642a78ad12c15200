import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { provisionStreams } from '#deploy/nats/provision-streams.js';
import { partyKinds } from '#libs/contracts/party.js';
import { connectMesh } from '#libs/nats/connect-mesh.js';
import { readSettings } from '#libs/settings/read-settings.js';

// One-shot: makes the streams of the parties, or brings them to their settings; the services wait for it. May be run again.
const partyList = z.array(
  z.strictObject({
    id: z.string(),
    kind: z.enum(partyKinds),
    publicKey: z.string(),
    maxBytes: z.int().positive(),
  }),
);

/** Also read by the deployment's tests. */
export const provisionSettings = {
  NATS_URL: z.string().min(1),
  NATS_SEED_FILE: z.string().min(1),
  BROKER_PARTIES_FILE: z.string().min(1),
  /** Servers that hold each stream: 1, or 3 in a cluster. */
  STREAM_REPLICAS: z.coerce.number().int().min(1).max(5).default(1),
};

if (process.argv[1] === import.meta.filename) {
  const settings = readSettings(provisionSettings, process.env);
  const parties = partyList.parse(JSON.parse(await readFile(settings.BROKER_PARTIES_FILE, 'utf8')));
  const options = {
    url: settings.NATS_URL,
    seedFile: settings.NATS_SEED_FILE,
    name: 'provisioner',
    inboxPrefix: '_INBOX_provisioner',
  };
  const connection = await connectMesh(options);
  try {
    await provisionStreams(connection, parties, settings.STREAM_REPLICAS);
  } finally {
    await connection.close();
  }
  console.log(`streams of ${parties.length} parties are there`);
}
