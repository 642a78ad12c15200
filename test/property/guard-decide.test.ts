import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { fieldRules } from '#libs/contracts/field.js';
import { nameOfType, ruleOf } from '#libs/contracts/message-table.js';
import { guardSource } from '#libs/contracts/mesh-message.js';
import { crossTo } from '#services/consent-guard/domain/cross-to.js';
import { decide } from '#services/consent-guard/domain/decide.js';
import type { Decision } from '#services/consent-guard/domain/decision.js';
import { type LinesAsked, linesAsked } from '#services/consent-guard/domain/lines-asked.js';
import type { Scope } from '#services/consent-guard/domain/scope.js';
import { GuardDesk, parties } from '#test/support/guard-builders.js';
import { type FormContext, tpr2Consent } from '#test/support/guard-forms.js';
import {
  caseIds,
  clients,
  history,
  message,
  noOf,
  numbered,
  openDesk,
  play,
} from '#test/support/guard-histories.js';

const agencyOf = (party: string): string | undefined =>
  parties.find(({ id }) => id === party)?.agency;
type Delivered = GuardDesk['delivered'][number];
const senderOf = ({ message: sent }: Delivered): string => sent.source.slice('/parties/'.length);
const toAgencies = (desk: GuardDesk): Delivered[] =>
  desk.delivered.filter(({ recipient }) => recipient !== 'svc_notifier');
const crossing = (desk: GuardDesk): Delivered[] =>
  toAgencies(desk).filter((each) => agencyOf(each.recipient) !== agencyOf(senderOf(each)));
const key = ({ id, recipient }: Delivered): string => `${id} → ${recipient}`;

/** The guard's own instruction to stop using discloses nothing, and may follow from a no. */
const isOfAgency = ({ source }: Delivered['message']): boolean => source !== guardSource;

/**
 * Of each message that the guard refuses: what the client's consent alone would have let through at that moment, and to whom. What stood
 * against it (another message, a citation, a case not shared yet) may not be there after a no: then it may pass, and with no more than this.
 */
function watchRefused(desk: GuardDesk): readonly Delivered[] {
  const covered: Delivered[] = [];
  const judge = desk.judge.bind(desk);
  desk.judge = (incoming) => {
    const decision = judge(incoming);
    const { record } = decision;
    const { envelope } = incoming.read;
    if (record.verdict.kind !== 'refused') return decision;
    const client = record.client ?? desk.world.case(envelope.case ?? '')?.client;
    for (const { id: recipient } of parties) {
      const { effects } = crossTo({
        record: { ...record, client },
        envelope,
        recipient,
        world: desk.world,
        nowMs: desk.nowMs,
      });
      covered.push(...effects.filter((effect) => effect.kind === 'deliver'));
    }
    return decision;
  };
  return covered;
}

/** As the loader's statement has it. */
const isAsked = ({ from, purposes }: LinesAsked, line: Scope): boolean =>
  (from.includes(line.from) && purposes.includes(line.purpose)) || line.purpose === 'record-on-lms';

const leaves = (value: unknown, path: string[] = []): string[] =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.entries(value).flatMap(([name, inner]) => leaves(inner, [...path, name]))
    : [`${path.join('.')}=${JSON.stringify(value)}`];

describe('whatever anybody sends', () => {
  it('is decided: one record for every message, and never a throw', () => {
    fc.assert(
      fc.property(history, (actions) => {
        const decisions = play(openDesk(), numbered(actions));
        expect(decisions).toHaveLength(actions.length);
        for (const { record } of decisions) expect(record.ordinal).toBe(0);
      }),
    );
  });

  it('does not cross from one agency to another without a consent of that client that was given and is named', () => {
    fc.assert(
      fc.property(history, (actions) => {
        const desk = openDesk();
        const decisions = play(desk, numbered(actions));
        const given = new Map(
          decisions
            .filter(
              ({ record, effects }) =>
                record.name === 'consent.recorded' &&
                effects.some(({ kind }) => kind === 'put-scopes'),
            )
            .filter(({ record }) => record.facts['decision'] === 'given')
            .map(({ record }) => [record.id, record.client]),
        );
        for (const each of crossing(desk)) {
          const record = desk.world.record(each.id);
          expect(record?.recipient).toBe(each.recipient);
          expect(record?.consents.length).toBeGreaterThan(0);
          for (const consent of record?.consents ?? [])
            expect(given.get(consent)).toBe(record?.client);
        }
      }),
      { numRuns: 120 },
    );
  });

  it('crosses nowhere where nobody ever consented', () => {
    fc.assert(
      fc.property(history, (actions) => {
        const desk = openDesk();
        play(
          desk,
          numbered(
            actions.filter((action) => action.what !== 'consent' || action.decision === 'refused'),
          ),
        );
        expect(crossing(desk)).toEqual([]);
      }),
    );
  });

  it('reaches nobody more, and with nothing more, when the client says one more no', () => {
    fc.assert(
      fc.property(history, noOf, fc.nat(), (actions, no, where) => {
        const all = numbered(actions);
        const place = where % (all.length + 1);
        const before = openDesk();
        const covered = watchRefused(before);
        play(before, all);
        const after = openDesk();
        play(after, [...all.slice(0, place), [no, 'the no'], ...all.slice(place)]);
        const allowed = new Map(
          [...toAgencies(before), ...covered].map((each) => [
            key(each),
            new Set(leaves(each.message.data)),
          ]),
        );
        for (const each of toAgencies(after).filter(({ message: sent }) => isOfAgency(sent))) {
          const fields = allowed.get(key(each));
          expect(fields).toBeDefined();
          for (const leaf of leaves(each.message.data)) expect(fields?.has(leaf)).toBe(true);
        }
      }),
      { numRuns: 120 },
    );
  });

  it('about one client is judged as if there were no other', () => {
    const aboutAnother = (mine: number) => (action: { client?: number }) =>
      action.client !== undefined && action.client !== mine;
    fc.assert(
      fc.property(history, fc.constantFrom(0, 1), (actions, mine) => {
        const both = openDesk();
        const alone = openDesk();
        play(both, numbered(actions));
        play(
          alone,
          numbered(actions).filter(
            ([action]) => !aboutAnother(mine)(action as { client?: number }),
          ),
        );
        const own = (desk: GuardDesk) =>
          toAgencies(desk).filter(({ message: sent }) => sent.case === caseIds[mine]);
        expect(own(both)).toEqual(own(alone));
        const other = clients[1 - mine];
        expect(JSON.stringify(own(both))).not.toContain(other?.nino);
      }),
      { numRuns: 80 },
    );
  });

  it('passes on only fields that its type names, with the values it had', () => {
    fc.assert(
      fc.property(history, fc.dictionary(fc.string(), fc.string()), (actions, stray) => {
        const desk = openDesk();
        const sent = new Map<string, readonly string[]>();
        desk.incoming = (each) => {
          const made = GuardDesk.prototype.incoming.call(desk, each);
          const data = { ...stray, ...made.read.envelope.data };
          sent.set(made.read.envelope.id, leaves(data));
          return { ...made, read: { ...made.read, envelope: { ...made.read.envelope, data } } };
        };
        play(desk, numbered(actions));
        for (const each of crossing(desk)) {
          const name = nameOfType(each.message.type);
          const named =
            name === undefined
              ? []
              : fieldRules(ruleOf(name).form).map(({ path }) => path.join('.'));
          for (const leaf of leaves(each.message.data)) {
            expect(sent.get(each.id)).toContain(leaf);
            expect(
              named.some((path) => leaf.startsWith(`${path}=`) || leaf.startsWith(`${path}.`)),
            ).toBe(true);
          }
        }
      }),
    );
  });
});

describe('the lines that a message can ask about', () => {
  it('are all of them where it changes lines, or rests on what another sent', () => {
    const desk = openDesk();
    const route = {
      from: 'svc_router',
      name: 'route.answered',
      to: 'mesh',
      data: { message: caseIds[0] ?? '', party: 'tp_hill' },
    } as const;
    const data = (context: FormContext) => tpr2Consent(context, ['jcp_wandsworth']);
    const consent = { from: 'tp_river', name: 'consent.recorded', to: 'mesh', data } as const;
    const share = { from: 'tp_river', name: 'tpr2.shared', to: 'jcp_wandsworth' } as const;
    const asked = (...sent: Parameters<typeof desk.incoming>[0][]) =>
      linesAsked(
        sent.map((each) => desk.incoming(each)),
        desk.world.directory,
      );
    expect(asked(share, route)).toBeUndefined();
    expect(asked(share, consent)).toBeUndefined();
    expect(asked(share)).toEqual({
      from: ['river'],
      purposes: expect.arrayContaining(['share-employment-needs', 'treatment-status']),
    });
  });

  it('are enough to judge it as by all of its client', () => {
    fc.assert(
      fc.property(history, (actions) => {
        const desk = openDesk();
        desk.judge = (incoming) => {
          const { world } = desk;
          const whole = decide(incoming, world, desk.nowMs);
          const asked = linesAsked([incoming], world.directory);
          const read = world.scopesOf;
          world.scopesOf = (client) =>
            asked === undefined
              ? read(client)
              : new Map([...read(client)].filter(([, line]) => isAsked(asked, line)));
          expect(decide(incoming, world, desk.nowMs)).toEqual(whole);
          world.scopesOf = read;
          return GuardDesk.prototype.judge.call(desk, incoming);
        };
        play(desk, numbered(actions));
      }),
    );
  });
});

describe('whatever a service sends', () => {
  const rootOf = (desk: GuardDesk, decision: Decision) => {
    let root = desk.world.record(decision.record.cause ?? '');
    while (root?.senderKind === 'service') root = desk.world.record(root.cause ?? '');
    return root;
  };

  it('delivers nothing to an agency but a message that waited, to a party that serves there', () => {
    fc.assert(
      fc.property(history, (actions) => {
        const desk = openDesk();
        for (const [action, seed] of numbered(actions)) {
          const before = desk.delivered.length;
          const [decision] = play(desk, [[action, seed]]);
          if (decision?.record.senderKind !== 'service') continue;
          for (const each of desk.delivered.slice(before)) {
            if (decision.record.name === 'notice.requested')
              expect(each.recipient).toBe('svc_notifier');
            else expect(parties.find(({ id }) => id === each.recipient)?.serves).not.toEqual([]);
            expect(['notice.requested', 'route.answered']).toContain(decision.record.name);
          }
        }
      }),
    );
  });

  it('tells no person outside the two agencies of the message, and none of a message that did not pass', () => {
    fc.assert(
      fc.property(history, (actions) => {
        const desk = openDesk();
        for (const each of numbered(actions)) {
          const [decision] = play(desk, [each]);
          if (decision?.record.name !== 'notice.requested' || decision.effects.length === 0)
            continue;
          const root = rootOf(desk, decision);
          const agency = agencyOf(String(decision.record.facts['person']).slice('p_'.length));
          const told =
            root?.verdict.kind.startsWith('cleared') === true
              ? [root.senderAgency, root.recipientAgency]
              : [root?.senderAgency];
          expect(told).toContain(agency);
        }
      }),
      { numRuns: 120 },
    );
  });
});

describe('these histories', () => {
  it('do reach the cases that the properties are about', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(history, (actions) => {
        const desk = openDesk();
        for (const { record } of play(desk, numbered(actions)))
          seen.add(`${record.name} ${record.verdict.kind}`);
        for (const each of crossing(desk))
          seen.add(`crossed ${nameOfType(each.message.type) ?? ''}`);
      }),
      { numRuns: 500, seed: 20_260_302 },
    );
    for (const wanted of [
      'crossed referral.requested',
      'crossed tpr2.shared',
      'crossed exit.notified',
      'tpr2.shared cleared-in-part',
      'tpr2.shared refused',
      'referral.requested waiting',
      'route.answered cleared',
      'notice.requested cleared',
      'reminder.due cleared',
      'consent.withdrawn cleared',
    ])
      expect([...seen]).toContain(wanted);
    expect(fc.sample(message, 1)).toHaveLength(1);
  });
});
