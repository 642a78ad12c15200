import { expect } from '@jest/globals';
import type { MessageName } from '#libs/contracts/message-table.js';
import { GuardDesk, uuidOf } from './guard-builders.js';
import { type FormContext, dpa1, forms, tpr1, tpr2Consent } from './guard-forms.js';

const [jcp, river, works, hill] = ['jcp_wandsworth', 'tp_river', 'cp_works', 'tp_hill'];

/** A case in which every consent is given between the job centre, a contracted provider and two treatment providers. */
export function openCase() {
  const desk = new GuardDesk();
  const consent = (from: string, data: (context: FormContext) => object) =>
    desk.send({ from, name: 'consent.recorded', to: 'mesh', data: (c) => ({ ...data(c) }) });
  consent(jcp, (c) => tpr1(c, [river, hill]));
  desk.world.apply({
    kind: 'bind-case',
    caseId: uuidOf('case'),
    client: desk.world.case(uuidOf('case'))?.client ?? '',
    agency: 'works',
    office: works,
    reference: undefined,
  });
  consent(works, (c) => tpr1(c, [river]));
  const dpa1Of = consent(works, (c) => dpa1(c, [jcp])).record.id;
  const send = (
    from: string,
    name: MessageName,
    to: string,
    more: { cites?: string; data?: object } = {},
  ) => {
    const { record } = desk.send({
      from,
      name,
      to,
      cites: more.cites ?? '',
      data: (c) => ({ ...forms[name]?.(c), ...more.data }),
    });
    return record;
  };
  const referral = send(jcp, 'referral.requested', river).id;
  consent(river, (c) => tpr2Consent(c, [jcp, works]));
  return { desk, send, consent, referral, dpa1: dpa1Of };
}

export const cleared = { kind: 'cleared' };
export const against = (field: string, detail: string | RegExp) => ({
  kind: 'refused',
  reason: 'contradicts-record',
  field,
  detail:
    typeof detail === 'string' ? expect.stringContaining(detail) : expect.stringMatching(detail),
});
