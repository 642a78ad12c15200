import { readFile } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import { stepNames } from '#libs/contracts/steps.js';
import { readmeNow, readmeUrl } from '#test/support/steps-table.js';

describe('the router’s README', () => {
  it('shows every step as the contracts have it (else: npm run steps), on 120 lines', async () => {
    const text = await readFile(readmeUrl, 'utf8');
    expect(text).toBe(await readmeNow());
    for (const step of stepNames) expect(text).toContain(`| **${step}** |`);
    expect(text.trimEnd().split('\n').length).toBeLessThanOrEqual(120);
  });
});
