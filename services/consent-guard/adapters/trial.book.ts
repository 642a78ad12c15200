import { randomBytes, randomUUID } from 'node:crypto';
import type { Pool } from 'pg';
import type { z } from 'zod';
import type { Clock } from '#libs/clock/clock.js';
import type { askTryMessage } from '#libs/contracts/ask.js';
import { MeshError } from '#libs/contracts/mesh-error.js';
import { sourceOf } from '#libs/contracts/mesh-message.js';
import { uuidV7 } from '#libs/contracts/message-id.js';
import { readMessageText } from '#libs/contracts/read-message.js';
import { toStoreError } from '#libs/postgres/foreign-error.js';
import { decide } from '../domain/decide.js';
import type { Decision } from '../domain/decision.js';
import type { Incoming } from '../domain/incoming.js';
import { trialOf } from '../domain/try-message.js';
import type { GuardKeys } from './guard-keys.js';
import { toIncoming } from './read-ingress.js';
import type { WorldLoader } from './world.loader.js';

type Draft = z.output<typeof askTryMessage>;

interface TrialBookParts {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly keys: GuardKeys;
  readonly loader: WorldLoader;
}

/** Tries a message against what stands, as the road would judge it. Nothing is sent, bound or recorded of it but that it was tried. */
export class TrialBook {
  constructor(private readonly parts: TrialBookParts) {}

  /** @throws MeshError where something else than consent stands against it: the problem that a message would be refused with */
  async try(party: string, draft: Draft): Promise<Record<string, unknown>> {
    const incoming = this.read(party, draft);
    const decision = await this.judge(incoming);
    const trial = trialOf(incoming, decision);
    await this.keep(party, draft, { name: incoming.read.name, verdict: trial.verdict });
    const { verdict } = decision.record;
    if (verdict.kind === 'refused' && verdict.reason !== 'no-consent-on-record')
      throw new MeshError(
        verdict.reason,
        verdict.detail ?? 'the message would be refused',
        verdict.field === undefined ? {} : { field: verdict.field },
      );
    return { ...trial };
  }

  private read(party: string, { type, case: caseId, to, actor, data }: Draft): Incoming {
    const now = this.parts.clock.now();
    const message = {
      specversion: '1.0',
      id: uuidV7(now.getTime(), randomBytes(10)),
      source: sourceOf(party),
      type,
      time: now.toISOString(),
      case: caseId,
      to,
      actor,
      data,
    };
    const read = readMessageText(JSON.stringify(message), now.getTime());
    if (!read.ok) {
      const [problem] = read.problems;
      throw new MeshError(
        problem?.code ?? 'malformed-message',
        problem?.detail ?? 'the draft is not a message',
        problem?.field === undefined ? {} : { field: problem.field },
      );
    }
    if (read.message.rule.purpose === null)
      throw new MeshError('unknown-type', 'this type does not go to another agency', {
        field: 'type',
      });
    return toIncoming(read.message, { sender: party, digest: '0'.repeat(64) }, this.parts.keys);
  }

  /** By the ledger as it is now, under the client's shared lock like any message of theirs; nothing of the decision is applied. */
  private async judge(incoming: Incoming): Promise<Decision> {
    const { pool, loader, clock } = this.parts;
    const db = await pool.connect().catch((error: unknown) => {
      throw toStoreError(error);
    });
    try {
      const { world } = await loader.load(db, [incoming]);
      const decision = decide(incoming, world, clock.now().getTime());
      await loader.unlock(db);
      db.release();
      return decision;
    } catch (error) {
      // It may hold locks: closed, not kept.
      db.release(true);
      throw error instanceof MeshError ? error : toStoreError(error);
    }
  }

  private async keep(
    party: string,
    { actor, to, case: caseId }: Draft,
    { name, verdict }: { readonly name: string; readonly verdict: string },
  ): Promise<void> {
    await this.parts.pool.query(
      'insert into message_trial (id, party, actor, name, addressed_to, case_id, verdict, at) values ($1, $2, $3, $4, $5, $6, $7, $8)',
      [randomUUID(), party, actor, name, to, caseId, verdict, this.parts.clock.now()],
    );
  }
}
