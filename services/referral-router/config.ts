import { z } from 'zod';
import { type StepName, stepNames, stepWorkingDays } from '#libs/contracts/steps.js';
import { type Environment, commonSettings, readSettings } from '#libs/settings/read-settings.js';

const settings = {
  ...commonSettings,
  NATS_SEED_FILE: z.string().min(1),
  DATABASE_URL: z.string().min(1),
  /** How often overdue steps are looked for, in seconds of the mesh's clock. */
  OVERDUE_SWEEP_SECONDS: z.coerce.number().min(1).default(60),
  /** Working days that differ from the defaults: JSON `{ "acknowledge-referral": 3 }`. */
  STEP_WORKING_DAYS: z
    .string()
    .default('{}')
    .transform((text, context): Readonly<Record<StepName, number>> => {
      const parsed = z
        .partialRecord(z.enum(stepNames), z.int().min(1).max(250))
        .safeParse(parseJson(text));
      if (parsed.success) return { ...stepWorkingDays, ...parsed.data };
      context.addIssue({ code: 'custom', message: 'not JSON of step names and working days' });
      return z.NEVER;
    }),
};

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export type RouterConfig = ReturnType<typeof readConfig>;

/** @throws MeshError `config-invalid` naming the variables. */
export const readConfig = (env: Environment) => readSettings(settings, env);
