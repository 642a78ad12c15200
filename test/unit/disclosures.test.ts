import { readFile } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import { disclosuresFile } from '#deploy/disclosures/disclosures-file.js';
import { renderDisclosures } from '#deploy/disclosures/render-disclosures.js';
import { fieldRules } from '#libs/contracts/field.js';
import { messageNames, ruleOf } from '#libs/contracts/message-table.js';

const page = renderDisclosures();

describe('the page for a data-protection officer', () => {
  it('is current: npm run disclosures writes it anew', async () => {
    expect(await readFile(disclosuresFile, 'utf8')).toBe(page);
  });

  it('shows every type that reaches another agency, and each of its fields', () => {
    for (const name of messageNames) {
      const { purpose, form } = ruleOf(name);
      if (purpose === null) continue;
      const [, section = ''] = page.split(`\`${name}\`, step `);
      const [shown = ''] = section.split('\n### ');
      for (const { path } of fieldRules(form)) expect(shown).toContain(`\`${path.join('.')}\``);
      expect(shown).toContain(`Consent: \`${purpose}\``);
    }
  });

  it('says which category has a consent of its own, and which value makes a field more sensitive', () => {
    expect(page).toContain('**treatment-summary**, under `treatment-status`');
    expect(page).toContain('criminal-justice: counts as criminal-justice-route');
    expect(page).toContain('unplanned-likely: counts as likely-exit');
  });

  it('shows the instruction to stop using as the one thing that needs no consent', () => {
    expect(page.match(/Consent: none\. It says nothing of the client/g)).toHaveLength(1);
  });
});
