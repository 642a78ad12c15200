import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { Authenticator, ConnectionOptions, NatsConnection } from '@nats-io/nats-core';
import { connect } from '@nats-io/transport-node';
import { MeshError } from '#libs/contracts/mesh-error.js';
import { UserKey } from './user-key.js';

export interface MeshConnectionOptions {
  /** One or several servers, separated by commas. */
  readonly url: string;
  /** File with the user's nkey seed. */
  readonly seedFile: string;
  /** Shown by the server's monitoring. */
  readonly name: string;
  /** `_INBOX` for a party, `_INBOX_guard`, `_INBOX_provisioner`: each user may subscribe only to its own. Default `_INBOX`. */
  readonly inboxPrefix?: string;
  /** How long to go on trying when no server answers. Default 30,000. */
  readonly waitMs?: number;
}

/** Between two attempts to reach a broker that does not answer, at start and after a loss. */
const retryMs = 250;

/**
 * A connection with the settings that hold in this mesh: it never gives up once it has been made (the client's own default is ten attempts),
 * notices a dead peer within a minute, and pays no stack trace a request (`noAsyncTraces`: nearly twice the speed).
 *
 * @throws MeshError `broker-unavailable` when no server answers within `waitMs`, or one refuses the key; `config-invalid` without a seed
 */
export async function connectMesh(options: MeshConnectionOptions): Promise<NatsConnection> {
  const settings = await connectionSettings(options);
  const end = performance.now() + (options.waitMs ?? 30_000);
  for (;;) {
    try {
      return await connect(settings);
    } catch (error) {
      // A busy broker may give up on a handshake ('Authentication Timeout'): that is no refusal.
      const { name, message } = error as Error;
      const isRefused = name === 'AuthorizationError' && !/timeout/i.test(message);
      if (isRefused)
        throw new MeshError('broker-unavailable', `the broker refuses the key of ${options.name}`, {
          cause: error,
        });
      if (performance.now() >= end)
        throw new MeshError('broker-unavailable', `no broker answers ${options.name}`, {
          cause: error,
        });
      await delay(retryMs);
    }
  }
}

async function connectionSettings(options: MeshConnectionOptions): Promise<ConnectionOptions> {
  const seed = await readFile(options.seedFile, 'utf8').catch((error: unknown) => {
    throw new MeshError('config-invalid', `the seed file of ${options.name} cannot be read`, {
      cause: error,
    });
  });
  return {
    servers: options.url.split(',').map((server) => server.trim()),
    name: options.name,
    authenticator: authenticatorOf(options.name, seed.trim()),
    inboxPrefix: options.inboxPrefix ?? '_INBOX',
    noAsyncTraces: true,
    maxReconnectAttempts: -1,
    reconnectTimeWait: retryMs,
    // A reload or restart of the broker may refuse a key for a moment; two refusals in a row would end the client for good.
    ignoreAuthErrorAbort: true,
    pingInterval: 20_000,
    timeout: 5_000,
  };
}

function authenticatorOf(name: string, seed: string): Authenticator {
  try {
    return UserKey.fromSeed(seed).authenticator;
  } catch (error) {
    throw new MeshError('config-invalid', `the seed file of ${name} holds no seed`, {
      cause: error,
    });
  }
}
