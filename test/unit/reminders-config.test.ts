import { describe, expect, it } from '@jest/globals';
import { readConfig, rulesOf } from '#services/reminders/config.js';

const required = {
  MESH_ENV: 'local',
  NATS_URL: 'nats://127.0.0.1:4222',
  NATS_SEED_FILE: 'seed',
  DATABASE_URL: 'postgres://localhost/reminders',
  REDIS_URL: 'redis://localhost',
};

describe('the settings of reminders', () => {
  it('change lead times and holidays, each in its own unit', () => {
    const rules = rulesOf(
      readConfig({
        ...required,
        LEAD_DAYS: 'consent-lapse=42, review-appointment=2',
        EXTRA_BANK_HOLIDAYS: '2026-09-09',
      }),
    );
    expect(rules.leads).toMatchObject({
      'consent-lapse': { days: 42 },
      'review-appointment': { workingDays: 2 },
      'care-plan-review': { days: 7 },
    });
    expect(rules.holidays.has('2026-09-09') && rules.holidays.has('2026-12-25')).toBe(true);
    expect(rulesOf(readConfig(required)).timeOfDay).toBe('09:00');
  });

  it('are refused when wrong, by name and without their value', () => {
    const wrong = [
      { LEAD_DAYS: 'tea=5' },
      { LEAD_DAYS: 'consent-lapse=soon' },
      { EXTRA_BANK_HOLIDAYS: '2026-02-30' },
      { REMIND_AT: '25:00' },
      { REMIND_AT: '08:59' },
      { REMIND_AT: '17:00' },
      { REDIS_URL: '' },
    ];
    for (const one of wrong) {
      const [name = '', value = ''] = Object.entries(one)[0] ?? [];
      expect(() => readConfig({ ...required, ...one })).toThrow(name);
      if (value !== '') expect(() => readConfig({ ...required, ...one })).not.toThrow(value);
    }
    expect(() =>
      readConfig({ ...required, MESH_ENV: 'production', CLOCK_FILE: 'clock.json' }),
    ).toThrow('CLOCK_FILE');
  });
});
