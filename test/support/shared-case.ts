import { GuardDesk } from './guard-builders.js';
import { tpr1, tpr2Consent } from './guard-forms.js';

/** A case whose referral was cleared to tp_river, and whose TPR2 consent names the job centre. */
export function sharedCase(): GuardDesk {
  const desk = new GuardDesk();
  desk.send({
    from: 'jcp_wandsworth',
    name: 'consent.recorded',
    to: 'mesh',
    data: (c) => tpr1(c, ['tp_river']),
    caseref: 'W 17',
  });
  desk.send({ from: 'jcp_wandsworth', name: 'referral.requested', to: 'tp_river' });
  desk.send({
    from: 'tp_river',
    name: 'consent.recorded',
    to: 'mesh',
    data: (c) => tpr2Consent(c, ['jcp_wandsworth']),
    caseref: 'R/9',
  });
  return desk;
}
