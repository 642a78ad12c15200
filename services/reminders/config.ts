import { z } from 'zod';
import { bankHolidays } from '#libs/calendar/bank-holidays.js';
import { reminderKinds } from '#libs/contracts/service-forms.js';
import type { ReminderKind } from '#libs/contracts/service-forms.js';
import { commonSettings, readSettings } from '#libs/settings/read-settings.js';
import type { Environment } from '#libs/settings/read-settings.js';
import { usualRules } from './domain/reminder-rules.js';
import type { Lead, ReminderRules } from './domain/reminder-rules.js';

const list = z
  .string()
  .default('')
  .transform((text) => text.split(',').map((part) => part.trim()))
  .transform((parts) => parts.filter((part) => part !== ''));

const settings = {
  ...commonSettings,
  NATS_SEED_FILE: z.string().min(1),
  DATABASE_URL: z.string().min(1),
  REDIS_URL: z.string().min(1),
  /** Local time at which reminders go out: within office hours. */
  REMIND_AT: z
    .string()
    .regex(/^(09|1[0-6]):[0-5]\d$/)
    .default(usualRules.timeOfDay),
  /** Weeks between care plan reviews where the plan does not say. */
  REVIEW_WEEKS: z.coerce.number().int().min(1).max(52).default(usualRules.reviewWeeks),
  /** `kind=days,…`: how long before; working days for `review-appointment`, calendar days for the others. Kinds left out keep theirs. */
  LEAD_DAYS: list.pipe(
    z.array(z.string().regex(new RegExp(`^(${reminderKinds.join('|')})=\\d{1,3}$`))),
  ),
  BANK_HOLIDAYS: z
    .enum(['england-and-wales', 'scotland', 'northern-ireland'])
    .default('england-and-wales'),
  /** `YYYY-MM-DD,…`: holidays proclaimed since the release. What is scheduled moves at the next start. */
  EXTRA_BANK_HOLIDAYS: list.pipe(z.array(z.iso.date())),
  /** Days after which a case of which nothing is to come, and nothing was heard, is forgotten. */
  FORGET_AFTER_DAYS: z.coerce.number().int().min(91).default(400),
};

export type RemindersConfig = ReturnType<typeof readConfig>;

/** @throws MeshError `config-invalid` naming the variables. */
export const readConfig = (env: Environment) => readSettings(settings, env);

/** The rules that the settings give. */
export function rulesOf(config: RemindersConfig): ReminderRules {
  const leads: Record<ReminderKind, Lead> = { ...usualRules.leads };
  for (const pair of config.LEAD_DAYS) {
    const [kind, days] = pair.split('=') as [ReminderKind, string];
    leads[kind] =
      'workingDays' in leads[kind] ? { workingDays: Number(days) } : { days: Number(days) };
  }
  const holidays = bankHolidays(config.BANK_HOLIDAYS, config.EXTRA_BANK_HOLIDAYS);
  return {
    ...usualRules,
    leads,
    timeOfDay: config.REMIND_AT,
    reviewWeeks: config.REVIEW_WEEKS,
    holidays,
  };
}
