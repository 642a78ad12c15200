import { z } from 'zod';
import { type FieldRule, fieldRules } from '#libs/contracts/field.js';
import type { MessageRule } from '#libs/contracts/message-rule.js';
import { type MessageName, messageNames, ruleOf } from '#libs/contracts/message-table.js';
import { supportOnlyTerms } from '#libs/contracts/mesh-message.js';
import type { PartyKind } from '#libs/contracts/party.js';
import {
  type Category,
  type Purpose,
  consentFormRules,
  consentForms,
  offByDefault,
} from '#libs/contracts/purposes.js';

const kindWords: Readonly<Record<PartyKind | 'area' | 'mesh' | 'guard', string>> = {
  jobcentre: 'job centre',
  'contracted-provider': 'contracted provider',
  'treatment-provider': 'treatment provider',
  spoc: 'single point of contact',
  probation: 'probation',
  service: 'a service of the mesh',
  area: 'whoever serves the area',
  mesh: 'nobody: recorded only',
  guard: 'the consent-guard',
};

const head = `# What each message tells, and under which consent

For a data-protection officer. \`npm run disclosures\` writes this page from the table by which the consent-guard decides, and a test
holds that it is current. So nothing that is not on this page can pass between agencies.

- A message passes only where the client's recorded consent names the sender's agency, the recipient's agency and the purpose, on that day.
- A field passes only where the consent covers its category. A field that may not pass is left out. Where a field marked _needed_ may not pass, the whole message is refused.
- A local sharing agreement between two agencies is recorded by the operator and decides no message. Both sides are warned before it lapses; nothing of a client is in that warning.
- Every message to a job centre carries: “${supportOnlyTerms}”
- Mail to a person names the organisation, the kind of message, a reference, and the date or outcome that the message gives. It is sealed; its subject outside the seal says nothing.
- A refusal tells the recipient nothing, not even that there was a message. A refused consent, what a consent excludes, and a withdrawal are never told onward.
`;

/** The whole page, as prettier leaves it. */
export function renderDisclosures(): string {
  const agencies = messageNames.filter((name) => !isHousekeeping(ruleOf(name)));
  const across = agencies.filter(crosses);
  const within = agencies.filter((name) => !crosses(name) && reachesAnAgency(ruleOf(name)));
  const recorded = agencies.filter((name) => !reachesAnAgency(ruleOf(name)));
  const sections = [
    head,
    ...consentFormSection(),
    '## Between agencies\n',
    ...across.map(section),
    '## Between offices of one agency\n',
    'No consent is asked inside one agency. To another agency these are refused.\n',
    ...within.map(section),
    '## Told to nobody\n',
    'The mesh records these. Their dates and outcomes set clocks and steps at the sender’s own agency.\n',
    recorded.map((name) => `- ${ruleOf(name).title} (\`${name}\`)`).join('\n'),
  ];
  return `${sections.join('\n').trimEnd()}\n`;
}

/** Put out by a service of the mesh, about itself. */
const isHousekeeping = ({ from, to }: MessageRule): boolean =>
  from.includes('service') || to.includes('service');

const crosses = (name: MessageName): boolean =>
  ruleOf(name).purpose !== null || ruleOf(name).consentFree === true
    ? reachesAnAgency(ruleOf(name))
    : false;

const reachesAnAgency = ({ to }: MessageRule): boolean => to.some((kind) => kind !== 'mesh');

function consentFormSection(): readonly string[] {
  return [
    '## The consents\n',
    ...consentForms.map((form) => {
      const { takenBy, purposes, statements } = consentFormRules[form];
      const told = statements.length === 0 ? '' : ` The client is told first: ${list(statements)}.`;
      return `- **${form}**, taken by ${words(takenBy)}: ${list(purposes)}.${told}`;
    }),
    `- Off unless the client ticked it: ${list(offByDefault)}.\n`,
  ];
}

function section(name: MessageName): string {
  const rule = ruleOf(name);
  const from = rule.from.length === 0 ? kindWords.guard : words(rule.from);
  return [
    `### ${rule.title}\n`,
    `\`${name}\`, step ${rule.protocolStep}. From: ${from}. To: ${words(rule.to)}.\n`,
    `${consentWords(rule)}\n`,
    'The recipient learns:\n',
    ...lines(rule),
    ...mailWords(rule),
    '',
  ].join('\n');
}

function consentWords({ purpose, consentFree }: MessageRule): string {
  if (consentFree === true)
    return 'Consent: none. It says nothing of the client but that something is to be taken off the record.';
  return purpose === null ? 'Consent: none, inside one agency.' : `Consent: ${underWhich(purpose)}`;
}

const formsOf = (purpose: Purpose): string =>
  consentForms
    .filter((form) => consentFormRules[form].purposes.includes(purpose))
    .map((form) => `${form}, taken by ${words(consentFormRules[form].takenBy)}`)
    .join('; ');

const underWhich = (purpose: Purpose): string => `\`${purpose}\` (${formsOf(purpose)}).`;

function lines({ form, categoryPurposes }: MessageRule): readonly string[] {
  const rules = fieldRules(form);
  const categories = [...new Set(rules.map(({ category }) => category))];
  return categories.map((category) => {
    const own = categoryPurposes?.[category];
    const under = own === undefined ? '' : `, under \`${own}\``;
    const fields = rules
      .filter((rule) => rule.category === category)
      .map((rule) => fieldWords(rule, form));
    return `- **${category}**${under}: ${fields.join('; ')}`;
  });
}

function fieldWords({ path, required, freeText, whenValue }: FieldRule, form: z.ZodObject): string {
  const values = valuesAt(form, path);
  const marks = [
    ...(required ? ['needed'] : []),
    ...(freeText ? ['free text'] : []),
    ...Object.entries(whenValue).map(([value, category]) => `${value}: ${asCategory(category)}`),
  ];
  const said = values.length === 0 ? '' : ` = ${values.join(' · ')}`;
  return `\`${path.join('.')}\`${said}${marks.length === 0 ? '' : ` (${marks.join(', ')})`}`;
}

/** Who at which side is mailed, and which kind of mail. */
function mailWords({ notices }: MessageRule): readonly string[] {
  if (notices.length === 0) return [];
  const told = notices.map(
    ({ kind, to: { side, who } }) => `\`${kind}\` to the ${side}’s ${who.replace('-', ' ')}`,
  );
  return ['', `Mail: ${[...new Set(told)].join('; ')}.`];
}

const asCategory = (category: Category): string => `counts as ${category}`;

/** The values of a closed list, none where the field is open. */
function valuesAt(form: z.ZodObject, path: readonly string[]): readonly string[] {
  let at: z.ZodType = form;
  for (const name of path) {
    const inner = unwrapped(at);
    if (!(inner instanceof z.ZodObject)) return [];
    at = inner.shape[name] as z.ZodType;
  }
  const field = unwrapped(at);
  const item = field instanceof z.ZodArray ? (field.element as z.ZodType) : field;
  return item instanceof z.ZodEnum ? item.options.map(String) : [];
}

const unwrapped = (schema: z.ZodType): z.ZodType =>
  schema instanceof z.ZodOptional ? unwrapped(schema.unwrap() as z.ZodType) : schema;

const words = (kinds: readonly (PartyKind | 'area' | 'mesh')[]): string =>
  kinds.map((kind) => kindWords[kind]).join(', ');

const list = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(', ');
