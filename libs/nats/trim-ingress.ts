import type { NatsConnection } from '@nats-io/nats-core';
import { MeshError } from '#libs/contracts/mesh-error.js';
import { ingressStream } from '#libs/contracts/subjects.js';
import { askJetStream } from './jetstream-api.js';
import { presentConnection } from './present-connection.js';

export interface Trimming {
  readonly connection: NatsConnection;
  readonly party: string;
  /** Over which connection the place was read (`presentConnection`). */
  readonly over: string;
}

/**
 * Takes away what lies in a party's stream before a place, and nothing from there on. The one hand that purges: without a place the server would
 * take away everything; and a server that was started anew may count the stream from 1 again, where an old place takes away what nobody has read.
 * So it is asked over the connection over which the place was read, or not at all.
 *
 * @param before the first message that stays; one that has been read stays always, since an emptied stream may lose count when its server is killed
 * @throws MeshError `internal` for what is no place; `broker-unavailable`, `answer-timeout`
 */
export async function trimIngress(
  { connection, party, over }: Trimming,
  before: number,
): Promise<void> {
  if (!Number.isSafeInteger(before) || before < 1)
    throw new MeshError('internal', 'a stream is trimmed up to a place only');
  // What is put out here goes over that connection, or is dropped with it: the client sends nothing of it over the next one.
  if (presentConnection(connection) !== over)
    throw new MeshError('broker-unavailable', 'the broker was started anew since that was read');
  const { error } = await askJetStream(connection, `STREAM.PURGE.${ingressStream(party)}`, {
    seq: before,
  });
  if (error !== undefined)
    throw new MeshError('broker-unavailable', `the broker does not trim now: ${error.err_code}`);
}

/** How full a party's stream is, 0 to 1. @throws MeshError `broker-unavailable`, `answer-timeout` */
export async function ingressFill(connection: NatsConnection, party: string): Promise<number> {
  const { config, state } = await askJetStream<{
    config: { max_bytes: number };
    state: { bytes: number };
  }>(connection, `STREAM.INFO.${ingressStream(party)}`);
  if (config === undefined || state === undefined)
    throw new MeshError('broker-unavailable', 'the broker does not tell how a stream stands');
  return config.max_bytes > 0 ? state.bytes / config.max_bytes : 0;
}
