import { randomUUID } from 'node:crypto';
import { forms, type FormContext, maria, tomas } from './guard-forms.js';
import type { CloudEvent, MeshForTest } from './mesh-for-test.js';

export const [jcp, riverside, aire] = ['jcp_wandsworth', 'trt_riverside', 'trt_aire'] as const;
export type Party = typeof jcp | typeof aire;
export const actors = { [jcp]: 'p_wandsworth_adviser_1', [aire]: 'p_aire_keyworker_1' } as const;
const dayMs = 24 * 3_600_000;

/** Messages of two parties of the sample that the mesh clears as they stand; changes make them wrong. */
export class SampleMessages {
  /** Maria's, at the job centre; Tomas's, at the provider in Leeds. */
  readonly cases: Readonly<Record<Party, string>> = { [jcp]: randomUUID(), [aire]: randomUUID() };

  constructor(readonly mesh: MeshForTest) {}

  context(party: Party): FormContext {
    const now = this.mesh.clock.now();
    return {
      client: party === jcp ? maria : tomas,
      today: now.toISOString().slice(0, 10),
      now: now.toISOString(),
      later: new Date(now.getTime() + 3 * dayMs).toISOString(),
      cites: randomUUID(),
      person: actors[party],
    };
  }

  referral(changes: Record<string, unknown> = {}): CloudEvent {
    return this.mesh.message(
      {
        name: 'referral.requested',
        from: jcp,
        actor: actors[jcp],
        to: riverside,
        case: this.cases[jcp],
        data: forms['referral.requested']?.(this.context(jcp)) ?? {},
      },
      changes,
    );
  }

  withData(changes: Record<string, unknown>): CloudEvent {
    const message = this.referral();
    return { ...message, data: { ...(message['data'] as object), ...changes } };
  }

  withClient(changes: Record<string, unknown>): CloudEvent {
    return this.withData({ client: { ...maria, ...changes } });
  }

  without(name: string): CloudEvent {
    const { [name]: _gone, ...rest } = this.referral();
    return rest as CloudEvent;
  }

  carePlan(changes: Record<string, unknown> = {}): CloudEvent {
    return this.mesh.message(
      {
        name: 'careplan.agreed',
        from: aire,
        actor: actors[aire],
        to: 'mesh',
        case: this.cases[aire],
        data: { agreedOn: this.context(aire).today },
      },
      changes,
    );
  }

  consent(
    party: Party,
    data: Record<string, unknown>,
    changes: Record<string, unknown> = {},
  ): CloudEvent {
    return this.mesh.message(
      {
        name: 'consent.recorded',
        from: party,
        actor: actors[party],
        to: 'mesh',
        case: this.cases[party],
        data,
      },
      changes,
    );
  }
}
