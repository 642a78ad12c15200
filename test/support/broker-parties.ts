import type { BrokerConfigOptions } from '#deploy/nats/broker-config.js';
import { isServiceParty, serviceParties, type BrokerParty } from '#libs/contracts/party.js';
import { UserKey } from '#libs/nats/user-key.js';

const kinds: Record<string, BrokerParty['kind']> = {
  jcp: 'jobcentre',
  trt: 'treatment-provider',
  cp: 'contracted-provider',
};

/** Parties with fresh public keys, whose seeds nobody keeps: for what is only read, never connected to. */
export function someParties(
  ids: readonly string[] = ['jcp_leeds', 'trt_acme', ...serviceParties],
): BrokerParty[] {
  return ids.map((id) => ({
    id,
    kind: isServiceParty(id)
      ? 'service'
      : (kinds[id.split('_')[0] as string] ?? 'treatment-provider'),
    publicKey: UserKey.make().publicKey,
    maxBytes: 16 * 1024 * 1024,
  }));
}

export function someBrokerOptions(changes: Partial<BrokerConfigOptions> = {}): BrokerConfigOptions {
  return {
    host: '127.0.0.1',
    port: 4222,
    monitorPort: 8222,
    storeDir: '/data/js',
    cipher: 'chacha',
    keyVariable: 'JS_KEY',
    guardPublicKey: UserKey.make().publicKey,
    provisionerPublicKey: UserKey.make().publicKey,
    systemPublicKey: UserKey.make().publicKey,
    maxFileBytes: 1024 * 1024 * 1024,
    syncAlways: false,
    ...changes,
  };
}
