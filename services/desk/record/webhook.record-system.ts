import { createHmac } from 'node:crypto';
import type { Clock } from '#libs/clock/clock.js';
import { MeshError } from '#libs/contracts/mesh-error.js';
import { type RecordAnswer, type RecordDelivery, RecordSystem } from '../domain/record-system.js';

/** How long the record system has to answer. Standard Webhooks asks for 15 to 30 s. */
const answerMs = 15_000;
const secretPrefix = 'whsec_';
/** Standard Webhooks: a secret has 24 to 64 bytes. */
const secretBytes = { least: 24, most: 64 };

/** The signature of Standard Webhooks 1.0.0 (symmetric): HMAC-SHA256 over `id.timestamp.body`, in base64 after `v1,`. */
export function signatureOf(
  secret: string,
  {
    id,
    timestamp,
    body,
  }: { readonly id: string; readonly timestamp: string; readonly body: string },
): string {
  const key = Buffer.from(secret.slice(secretPrefix.length), 'base64');
  if (
    !secret.startsWith(secretPrefix) ||
    key.length < secretBytes.least ||
    key.length > secretBytes.most
  )
    throw new MeshError(
      'config-invalid',
      'a record-secret must be whsec_ and 24 to 64 bytes in base64',
    );
  return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`;
}

/** A webhook of the agency's own record system, by Standard Webhooks: at least once, any 2xx is taken, a redirect is not followed. */
export class WebhookRecordSystem extends RecordSystem {
  constructor(
    private readonly settings: {
      readonly url: string;
      readonly secret: string;
      /** Real time: the receiver compares it with its own, and refuses what is old. */
      readonly clock: Clock;
    },
  ) {
    super();
  }

  override async deliver({ id, body }: RecordDelivery): Promise<RecordAnswer> {
    const { url, secret, clock } = this.settings;
    const timestamp = String(Math.floor(clock.now().getTime() / 1_000));
    const headers = {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': timestamp,
      'webhook-signature': signatureOf(secret, { id, timestamp, body }),
    };
    try {
      const { status, body: answer } = await fetch(url, {
        method: 'POST',
        headers,
        body,
        redirect: 'manual',
        signal: AbortSignal.timeout(answerMs),
      });
      await answer?.cancel();
      return status >= 200 && status < 300
        ? { kind: 'taken' }
        : { kind: 'not-taken', why: `answered ${status}` };
    } catch {
      // Its text could hold the address with what stands in it.
      return { kind: 'not-taken', why: 'no answer' };
    }
  }
}
