import { connectMesh } from '#libs/nats/connect-mesh.js';
import type { MeshForTest } from './mesh-for-test.js';

/** A message as it lies in a stream. */
export interface StoredMessage {
  readonly stream: string;
  readonly subject: string;
  readonly headers: string;
  readonly body: string;
}

export interface StoredStream {
  readonly name: string;
  /** What the broker says of its consumers, as JSON. */
  readonly consumers: string;
  readonly messages: readonly StoredMessage[];
}

interface RawMessage {
  readonly message?: { readonly subject: string; readonly hdrs?: string; readonly data?: string };
}
interface StreamInfo {
  readonly config: { readonly name: string };
  readonly state: { readonly first_seq: number; readonly last_seq: number };
}

/** All that lies in the broker's streams, or in one of them, by the provisioner's right. Takes nothing out. */
export async function storedStreams(
  { mesh }: MeshForTest,
  only?: string,
): Promise<readonly StoredStream[]> {
  const seedFile = mesh.secrets.seed('provisioner');
  const connection = await connectMesh({
    url: mesh.natsUrl,
    seedFile,
    name: 'provisioner',
    inboxPrefix: '_INBOX_provisioner',
  });
  const api = async <T>(verb: string, payload: object = {}): Promise<T> =>
    (
      await connection.request(`$JS.API.${verb}`, JSON.stringify(payload), { timeout: 5_000 })
    ).json<T>();
  try {
    const { streams } = await api<{ streams: StreamInfo[] }>('STREAM.LIST');
    const stored: StoredStream[] = [];
    for (const { config, state } of streams.filter(
      ({ config: { name } }) => only === undefined || name === only,
    )) {
      const messages: StoredMessage[] = [];
      for (let seq = state.first_seq; seq <= state.last_seq; seq += 1) {
        const { message } = await api<RawMessage>(`STREAM.MSG.GET.${config.name}`, { seq });
        if (message === undefined) continue; // taken out of the middle
        const { subject, hdrs, data } = message;
        messages.push({
          stream: config.name,
          subject,
          headers: fromBase64(hdrs),
          body: fromBase64(data),
        });
      }
      stored.push({
        name: config.name,
        consumers: JSON.stringify(await api(`CONSUMER.LIST.${config.name}`)),
        messages,
      });
    }
    return stored;
  } finally {
    await connection.close();
  }
}

const fromBase64 = (text: string | undefined): string =>
  Buffer.from(text ?? '', 'base64').toString('utf8');
