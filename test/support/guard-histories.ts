import * as fc from 'fast-check';
import { type MessageName, messageNames, ruleOf } from '#libs/contracts/message-table.js';
import { type NoticeKind, noticeKinds } from '#libs/contracts/notices.js';
import {
  type Category,
  type ConsentForm,
  type Purpose,
  categories,
  consentFormRules,
  consentForms,
} from '#libs/contracts/purposes.js';
import { reminderKinds } from '#libs/contracts/service-forms.js';
import { type StepName, stepNames } from '#libs/contracts/steps.js';
import type { Decision } from '#services/consent-guard/domain/decision.js';
import type { GuardRecord } from '#services/consent-guard/domain/guard-record.js';
import {
  GuardDesk,
  district,
  messageId,
  monday,
  parties,
  personOf,
  printsOf,
  uuidOf,
} from './guard-builders.js';
import {
  type FormContext,
  dpa1,
  forms,
  maria,
  tomas,
  tpr1,
  tpr2Consent,
  withdrawal,
} from './guard-forms.js';

/** One thing that somebody does. Numbers pick: an earlier action (its message), a party, a category. */
export type Action =
  | {
      readonly what: 'consent';
      readonly client: number;
      readonly taker: number;
      readonly form: ConsentForm;
      readonly to: readonly number[];
      readonly excluded: readonly Category[];
      readonly decision: 'given' | 'refused';
      readonly minutesAgo: number;
    }
  | {
      readonly what: 'withdrawal';
      readonly client: number;
      readonly from: number;
      readonly form: ConsentForm;
      readonly keep: readonly Purpose[];
    }
  | {
      readonly what: 'message';
      readonly client: number;
      readonly name: MessageName;
      readonly from: number;
      readonly to: number;
      readonly restsOn: number;
      readonly wild: boolean;
    }
  | { readonly what: 'route'; readonly restsOn: number; readonly party: number }
  | {
      readonly what: 'notice';
      /** Undefined: one that the message it rests on gives cause for, where there is one. */
      readonly kind: NoticeKind | undefined;
      readonly restsOn: number;
      /** Undefined: one of the party that the message it rests on went to. */
      readonly person: number | undefined;
      readonly step: StepName | undefined;
    }
  | {
      readonly what: 'due';
      readonly kind: (typeof reminderKinds)[number];
      readonly restsOn: number;
    }
  | {
      readonly what: 'mail';
      readonly restsOn: number;
      readonly person: number;
      readonly outcome: 'held' | 'failed';
    };

const agencyMessages = messageNames.filter((name) => forms[name] !== undefined);
const client = fc.integer({ min: 0, max: 1 });
const pick = fc.nat({ max: 40 });
const some = <T>(values: readonly T[]): fc.Arbitrary<T[]> => fc.subarray([...values]);

const consent: fc.Arbitrary<Action> = fc.record({
  what: fc.constant('consent' as const),
  client,
  taker: pick,
  form: fc.constantFrom(...consentForms),
  to: fc.oneof(
    { arbitrary: fc.constant([0, 1, 2, 3, 4, 5]), weight: 2 },
    { arbitrary: fc.array(pick, { minLength: 1, maxLength: 4 }), weight: 1 },
  ),
  excluded: fc.oneof(
    { arbitrary: fc.constant([]), weight: 3 },
    { arbitrary: some(categories), weight: 1 },
  ),
  decision: fc.constantFrom('given' as const, 'given' as const, 'refused' as const),
  minutesAgo: fc.integer({ min: 0, max: 8 }),
});
const withdrawn: fc.Arbitrary<Action> = fc.constantFrom(...consentForms).chain((form) =>
  fc.record({
    what: fc.constant('withdrawal' as const),
    client,
    from: pick,
    form: fc.constant(form),
    keep: some(consentFormRules[form].purposes),
  }),
);
export const message: fc.Arbitrary<Action> = fc.record({
  what: fc.constant('message' as const),
  client,
  // Most of the types stay at home or answer another: the ones that begin something come as often as all the rest.
  name: fc.oneof(
    fc.constantFrom(...agencyMessages),
    fc.constantFrom<MessageName>('referral.requested', 'tpr2.shared', 'exit.notified'),
  ),
  from: pick,
  to: pick,
  restsOn: pick,
  wild: fc.integer({ min: 0, max: 9 }).map((dice) => dice === 0),
});
const service: fc.Arbitrary<Action> = fc.oneof(
  fc.record({ what: fc.constant('route' as const), restsOn: pick, party: pick }),
  fc.record({
    what: fc.constant('notice' as const),
    kind: fc.option(fc.constantFrom(...noticeKinds), { nil: undefined, freq: 1 }),
    restsOn: pick,
    person: fc.option(pick, { nil: undefined, freq: 1 }),
    step: fc.option(fc.constantFrom(...stepNames), { nil: undefined, freq: 1 }),
  }),
  fc.record({
    what: fc.constant('due' as const),
    kind: fc.constantFrom(...reminderKinds),
    restsOn: pick,
  }),
  fc.record({
    what: fc.constant('mail' as const),
    restsOn: pick,
    person: pick,
    outcome: fc.constantFrom('held' as const, 'failed' as const),
  }),
);

/** Anything that anybody does, in any order, for two clients. */
export const history: fc.Arbitrary<Action[]> = fc.array(
  fc.oneof(
    { arbitrary: message, weight: 5 },
    { arbitrary: consent, weight: 3 },
    { arbitrary: withdrawn, weight: 1 },
    { arbitrary: service, weight: 3 },
  ),
  { minLength: 8, maxLength: 40, size: 'medium' },
);
export const consents: fc.Arbitrary<Action[]> = fc.array(consent, { minLength: 1, maxLength: 12 });
export const noOf: fc.Arbitrary<Action> = fc.oneof(
  withdrawn,
  consent.map((action) =>
    action.what === 'consent' ? { ...action, decision: 'refused' as const } : action,
  ),
);

export const clients = [maria, tomas] as const;
export const caseIds = clients.map(({ surname }) => uuidOf(`case of ${surname}`));
const clientIds = clients.map((shown) => uuidOf(printsOf(shown).identity ?? ''));

/** A desk at which both clients are known and both cases bound to every agency, so that consent alone decides. */
export function openDesk(): GuardDesk {
  const agencies = new Set(parties.map(({ agency }) => agency));
  const references = new Map<string, string>();
  return new GuardDesk({
    clients: clients.map((shown, index) => ({
      id: clientIds[index] ?? '',
      prints: printsOf(shown),
    })),
    cases: caseIds.map((id, index) => ({
      id,
      client: clientIds[index] ?? '',
      agencies,
      references,
    })),
  });
}

const at = <T>(list: readonly T[], index: number): T => {
  const found = list[index % Math.max(1, list.length)];
  if (found === undefined) throw new Error('nothing to pick from');
  return found;
};
const ids = parties.map(({ id }) => id);
const ofKinds = (kinds: readonly string[]): string[] =>
  parties.filter(({ kind }) => kinds.includes(kind)).map(({ id }) => id);

/** An action, the seed of its id, and the action that it rests on or answers: fixed here, so that leaving some out changes no other. */
export type Numbered = readonly [action: Action, seed: string, restsOn?: number | undefined];

export const numbered = (actions: readonly Action[]): readonly Numbered[] =>
  actions.map((action, index) => {
    const candidates = actions
      .slice(0, index)
      .flatMap((each, earlierIndex) => (mayRestOn(action, each) ? [earlierIndex] : []));
    return [
      action,
      `action ${index}`,
      candidates.length === 0 ? undefined : at(candidates, pickedBy(action)),
    ] as const;
  });

function mayRestOn(action: Action, on: Action): boolean {
  switch (action.what) {
    case 'message':
      return on.what === 'message' && on.client === action.client;
    case 'route':
      return on.what === 'message' && on.name === 'referral.requested';
    case 'notice':
      return on.what !== 'route' && on.what !== 'notice';
    case 'due':
      return on.what === 'message' || on.what === 'consent';
    case 'mail':
      return on.what === 'notice';
    case 'consent':
    case 'withdrawal':
      return false;
  }
}

const pickedBy = (action: Action): number => ('restsOn' in action ? action.restsOn : 0);

const causedBy = (record: GuardRecord | undefined): NoticeKind =>
  (record === undefined ? undefined : ruleOf(record.name).notices[0]?.kind) ?? 'step-overdue';

/** Plays actions one after the other. */
export const play = (desk: GuardDesk, actions: readonly Numbered[]): readonly Decision[] =>
  actions.map((each) => perform(desk, each));

function perform(desk: GuardDesk, [action, seed, restsOn = 999]: Numbered): Decision {
  switch (action.what) {
    case 'consent': {
      const from = at(ofKinds(consentFormRules[action.form].takenBy), action.taker);
      const data = (context: FormContext) => ({
        ...consentData(action.form, context, [
          ...new Set(action.to.map((number) => at(ids, number))),
        ]),
        decision: action.decision,
        excludedCategories: action.excluded,
        takenAt: new Date(monday - action.minutesAgo * 60_000).toISOString(),
      });
      return desk.send({
        seed,
        from,
        name: 'consent.recorded',
        to: 'mesh',
        data,
        ...about(action.client),
      });
    }
    case 'withdrawal': {
      const data = (context: FormContext) => withdrawal(context, action.form, action.keep);
      return desk.send({
        seed,
        from: at(ids, action.from),
        name: 'consent.withdrawn',
        to: 'mesh',
        data,
        ...about(action.client),
      });
    }
    case 'message': {
      const rule = ruleOf(action.name);
      const from = at(action.wild ? ids : ofKinds(rule.from), action.from);
      const named = [
        ...ofKinds(rule.to),
        ...(rule.to.includes('mesh') ? ['mesh'] : []),
        ...(rule.to.includes('area')
          ? Array.from({ length: 3 }, () => `area:${district}/treatment`)
          : []),
      ];
      const to = at(action.wild ? [...ids, 'svc_router', 'mesh'] : named, action.to);
      return desk.send({
        seed,
        from,
        name: action.name,
        to,
        cites: earlier(desk, restsOn),
        ...about(action.client),
      });
    }
    case 'route': {
      const data = { message: earlier(desk, restsOn), party: at(ids, action.party) };
      return desk.send({ seed, from: 'svc_router', name: 'route.answered', to: 'mesh', data });
    }
    case 'notice': {
      const cause = earlier(desk, restsOn);
      const record = desk.world.record(cause);
      const reader = action.person === undefined ? record?.recipient : at(ids, action.person);
      const data = {
        kind: action.kind ?? causedBy(record),
        cause,
        person: personOf(reader ?? at(ids, 0)),
        ...(action.step === undefined ? {} : { step: action.step }),
      };
      return desk.send({
        seed,
        from: 'svc_router',
        name: 'notice.requested',
        to: 'svc_notifier',
        data,
      });
    }
    case 'due': {
      const data = {
        reminder: uuidOf(seed),
        kind: action.kind,
        anchor: earlier(desk, restsOn),
        dueOn: '2026-05-25',
        occurrence: 1,
      };
      return desk.send({ seed, from: 'svc_reminders', name: 'reminder.due', to: 'mesh', data });
    }
    case 'mail': {
      const data = {
        notice: earlier(desk, restsOn),
        person: personOf(at(ids, action.person)),
        outcome: action.outcome,
        at: '2026-03-02T09:00:00Z',
      };
      return desk.send({ seed, from: 'svc_notifier', name: 'mail.reported', to: 'mesh', data });
    }
  }
}

/** The message of that action: an agency's or a service's, whichever is on record. */
function earlier(desk: GuardDesk, number: number): string {
  const [agency, ours] = ['', 'svc_'].map((from) => messageId(from, `action ${number}`));
  return (ours !== undefined && desk.world.record(ours) !== undefined ? ours : agency) ?? '';
}

const about = (index: number) => ({ case: at(caseIds, index), client: at(clients, index) });

function consentData(form: ConsentForm, context: FormContext, to: readonly string[]) {
  if (form === 'DPA1') return dpa1(context, to);
  return form === 'TPR1' ? tpr1(context, to, district) : tpr2Consent(context, to);
}
