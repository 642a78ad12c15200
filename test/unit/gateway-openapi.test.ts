import { randomBytes } from 'node:crypto';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from '@jest/globals';
import { readMessage } from '#libs/contracts/read-message.js';
import { messageNames, ruleOf } from '#libs/contracts/message-table.js';
import { readSampleDirectory } from '#deploy/sample/sample-directory.js';
import type { ClientShown } from '#test/support/guard-forms.js';
import { Directory } from '#services/consent-guard/domain/directory.js';
import { GuardDesk, printsOf, uuidOf } from '#test/support/guard-builders.js';
import { openApiDocument, withExamples } from '#services/gateway/adapters/openapi-document.js';
import { messageExamples } from '#services/gateway/adapters/openapi-examples.js';
import { someReferral } from '#test/support/gateway-for-test.js';
import { usualStart } from '#test/support/usual-start.js';

const document = openApiDocument();
const schemas = document.components.schemas;

describe('the description of the API', () => {
  it('is OpenAPI 3.1 whose every reference leads somewhere', () => {
    expect(document.openapi).toBe('3.1.0');
    const text = JSON.stringify(document);
    const references = [...text.matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map(
      (match) => match[1] ?? '',
    );
    expect(references.length).toBeGreaterThan(60);
    for (const name of references) expect(Object.keys(schemas)).toContain(name);
    for (const name of Object.keys(schemas)) expect(name).toMatch(/^[a-zA-Z0-9._-]+$/);
    expect(text).not.toContain('$defs');
  });

  it('has a schema of its own for each type that agencies send, who sends it to whom and what for, and none for the mesh’s own', () => {
    for (const name of messageNames) {
      const isSent = ruleOf(name).from.some((kind) => kind !== 'service');
      expect(Object.hasOwn(schemas, name)).toBe(isSent);
    }
    expect(schemas['referral.requested']?.['description']).toBe(
      'From jobcentre, contracted-provider to treatment-provider, spoc, area; purpose `refer-to-treatment`. Step 1 of the joint-working protocol.',
    );
  });

  it('marks each field with its category of information', () => {
    const identity = schemas['ClientIdentity']?.['properties'] as Record<
      string,
      Record<string, unknown>
    >;
    expect(identity['nino']).toMatchObject({
      'x-category': 'identity',
      pattern: expect.any(String),
    });
    const form = schemas['tpr2.shared.form']?.['properties'] as Record<
      string,
      Record<string, unknown>
    >;
    expect(form['treatmentSummary']?.['x-category']).toBe('treatment-summary');
  });

  it('has examples that can be sent as they stand, in the sample directory, each reader with ids of their own', async () => {
    const now = new Date('2026-03-02T09:00:00Z');
    const { parties, people } = await readSampleDirectory();
    const examples = (): Parameters<typeof withExamples>[1] =>
      messageExamples(now, () => randomBytes(10));
    const first = examples();
    const sent = new Set<unknown>();
    for (const [name, { summary, value }] of Object.entries(first)) {
      const read = readMessage(value, now.getTime());
      expect([name, read]).toMatchObject([name, { ok: true }]);
      if (!read.ok) continue;
      const { sender, envelope, rule, address } = read.message;
      expect(summary).toMatch(new RegExp(`^As ${sender}: `));
      expect(people.find(({ id }) => id === envelope.actor)?.party).toBe(sender);
      expect(rule.from).toContain(parties.find(({ id }) => id === sender)?.kind);
      if (address.kind === 'party')
        expect(rule.to).toContain(parties.find(({ id }) => id === address.party)?.kind);
      if (rule.cites !== undefined && envelope.data[rule.cites] !== undefined)
        expect(sent).toContain(envelope.data[rule.cites]);
      sent.add(envelope.id);
    }
    expect(sent.size).toBe(Object.keys(first).length);
    expect(sent).not.toContain(examples()['consent']?.value['id']);
    const shown = withExamples(document, first).paths['/v1/messages']?.['post'];
    expect(shown).toMatchObject({
      requestBody: { content: { 'application/cloudevents+json': { examples: first } } },
    });
  });

  it('has examples that the guard lets pass in their order, but for the one that shows a refusal', async () => {
    const { parties, people } = await readSampleDirectory();
    const directory = Directory.of(
      parties,
      people.map(({ id, party, job, active }) => ({ id, party, job, active })),
    );
    const desk = new GuardDesk({ directory });
    desk.nowMs = Date.parse('2026-03-02T09:00:00Z');
    const now = new Date(desk.nowMs);
    for (const [name, { value }] of Object.entries(messageExamples(now, () => randomBytes(10)))) {
      const read = readMessage(value, desk.nowMs);
      if (!read.ok) throw new Error(`${name} cannot be read`);
      const { sender, envelope } = read.message;
      const shown = (envelope.data as { client?: ClientShown }).client;
      const { record } = desk.judge({
        read: read.message,
        sender,
        prints: shown === undefined ? undefined : printsOf(shown),
        digest: '0'.repeat(64),
        derivedClient: uuidOf('the client'),
      });
      const { verdict } = record;
      if (verdict.kind === 'waiting')
        desk.send({
          from: 'svc_router',
          name: 'route.answered',
          to: 'mesh',
          data: { message: record.id, party: 'spoc_lsw' },
        });
      expect({ name, verdict }).toMatchObject({
        verdict:
          name === 'refused'
            ? { reason: 'no-consent-on-record' }
            : { kind: expect.stringMatching(/^(cleared|waiting)/) },
      });
    }
  });

  it('judges as the reader of messages does', () => {
    const ajv = new Ajv2020({
      strict: false,
      formats: { uuid: true, date: true, 'date-time': true, email: true },
    });
    ajv.addSchema({ $id: 'api', components: { schemas } });
    for (const name of Object.keys(schemas))
      expect(() => ajv.getSchema(`api#/components/schemas/${name}`)).not.toThrow();
    const isMessage = ajv.getSchema('api#/components/schemas/Message');
    const right = someReferral('jcp_west', 'trt_acme');
    const { actor: _actor, ...withoutActor } = right;
    const { case: _case, ...withoutCase } = right;
    const wrongForm = { ...right, data: { ...(right['data'] as object), benefit: 'gold' } };
    for (const message of [
      right,
      withoutActor,
      withoutCase,
      wrongForm,
      { ...right, extra: 1 },
      { ...right, type: 'x' },
    ])
      expect(isMessage?.(message)).toBe(readMessage(message, usualStart.getTime()).ok);
  });
});
