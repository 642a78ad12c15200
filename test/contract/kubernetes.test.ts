import { describe, expect, it } from '@jest/globals';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import { nodeArguments } from '#libs/settings/node-arguments.js';
import { isPlainSecret, readAs, serviceNames } from '#test/support/service-settings.js';

interface Container {
  readonly name: string;
  readonly image: string;
  readonly command?: readonly string[];
  readonly env?: readonly { readonly name: string; readonly value: string }[];
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
  readonly securityContext: Readonly<Record<string, unknown>>;
  readonly resources: { readonly limits?: unknown; readonly requests?: unknown };
}
interface PodSpec {
  readonly containers: readonly Container[];
  readonly volumes: readonly {
    readonly name: string;
    readonly secret?: { readonly secretName: string };
    readonly configMap?: { readonly name: string };
  }[];
  readonly securityContext: Readonly<Record<string, unknown>>;
  readonly automountServiceAccountToken?: boolean;
}
interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly template?: {
      readonly spec: PodSpec;
      readonly metadata: { readonly labels: Readonly<Record<string, string>> };
    };
    readonly [other: string]: unknown;
  };
}

const folder = 'deploy/k8s';
const read = (file: string): string => readFileSync(join(folder, file), 'utf8');
const files = readdirSync(folder);
const kustomization = parse(read('kustomization.yaml')) as { resources: string[] };
const manifests = kustomization.resources.flatMap((file) =>
  parseAllDocuments(read(file)).map((document) => document.toJS() as Manifest),
);
const ofKind = (kind: string): Manifest[] => manifests.filter((manifest) => manifest.kind === kind);
const pods = manifests.flatMap(({ metadata, spec }) =>
  spec?.template === undefined ? [] : [{ name: metadata.name, template: spec.template }],
);
const readme = readFileSync('deploy/README.md', 'utf8');

describe('the Kubernetes manifests', () => {
  it('are all valid YAML, and all applied', () => {
    for (const file of files)
      for (const document of parseAllDocuments(read(file)))
        expect([file, document.errors]).toEqual([file, []]);
    const applied = [...kustomization.resources, 'kustomization.yaml', 'nats-values.yaml'];
    expect(applied.toSorted()).toEqual(files.toSorted());
    const names = manifests.map(({ kind, metadata }) => `${kind}/${metadata.name}`);
    expect(new Set(names).size).toBe(names.length);
  });

  it.each([...serviceNames, 'provision'])(
    'set what %s requires, and nothing that it does not know',
    (name) => {
      const container = pods.find((pod) => pod.name === name)?.template.spec.containers[0];
      const scratch = mkdtempSync(join(tmpdir(), 'throughcare-'));
      try {
        writeFileSync(join(scratch, 'secret'), 'a-secret');
        const placed = (variable: string, value: string): string =>
          variable.endsWith('_FILE') ? join(scratch, 'secret') : value;
        const environment = Object.fromEntries(
          (container?.env ?? []).map(({ name: variable, value }) => [
            variable,
            placed(variable, value),
          ]),
        );
        expect(readAs(name, environment).unread).toEqual([]);
      } finally {
        rmSync(scratch, { recursive: true });
      }
    },
  );

  it.each(serviceNames)('start %s as it is started everywhere', (name) => {
    const container = pods.find((pod) => pod.name === name)?.template.spec.containers[0];
    expect(container?.command).toEqual([
      'node',
      ...nodeArguments(name),
      `dist/services/${name}/main.js`,
    ]);
  });

  it('name only secrets and config maps that the README makes, with the files that are looked for', () => {
    for (const { name, template } of pods) {
      const [container] = template.spec.containers;
      for (const volume of template.spec.volumes) {
        const secret = volume.secret?.secretName;
        if (secret !== undefined)
          expect([name, readme.includes(`create secret generic ${secret} `)]).toEqual([name, true]);
        const map = volume.configMap?.name;
        if (map !== undefined)
          expect([name, readme.includes(`create configmap ${map} `)]).toEqual([name, true]);
      }
      for (const { name: variable, value } of container?.env ?? []) {
        if (!variable.endsWith('_FILE')) continue;
        const mount = container?.volumeMounts.find(({ mountPath }) =>
          value.startsWith(`${mountPath}/`),
        );
        expect([variable, mount === undefined]).toEqual([variable, false]);
        const secret = template.spec.volumes.find((volume) => volume.name === mount?.name)?.secret
          ?.secretName;
        const line =
          readme
            .split('\n')
            .find((each) => each.includes(`create secret generic ${secret ?? ''} `)) ?? '';
        const key = value.slice((mount?.mountPath.length ?? 0) + 1);
        if (secret !== undefined && secret !== 'gateway')
          expect([variable, line.includes(`--from-file=${key}=`)]).toEqual([variable, true]);
      }
    }
  });

  it('run unprivileged, within bounds, with no secret in the environment, from pinned images', () => {
    for (const { name, template } of pods) {
      expect([
        name,
        template.spec.securityContext['runAsNonRoot'],
        template.spec.automountServiceAccountToken,
      ]).toEqual([name, true, false]);
      for (const container of template.spec.containers) {
        expect(container.securityContext).toMatchObject({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
        expect(container.resources).toMatchObject({
          limits: expect.anything() as unknown,
          requests: expect.anything() as unknown,
        });
        expect(container.image).toMatch(/:\d+\.\d+\.\d+(-[a-z0-9.]+)?$/);
        expect(
          (container.env ?? []).filter(({ name: variable, value }) =>
            isPlainSecret(variable, value),
          ),
        ).toEqual([]);
      }
    }
  });

  it('deny all traffic that no policy names, and leave the services no way to one another', () => {
    const policies = ofKind('NetworkPolicy');
    const deny = policies.find(({ metadata }) => metadata.name === 'default-deny');
    expect(deny?.spec).toEqual({ podSelector: {}, policyTypes: ['Ingress', 'Egress'] });
    for (const name of serviceNames) {
      const policy = policies.find(({ metadata }) => metadata.name === name);
      const reached = JSON.stringify(policy?.spec['egress']);
      expect([name, policy === undefined]).toEqual([name, false]);
      // The desk is an agency's own software: it reaches the edge, and the broker not at all.
      const isDesk = name === 'desk';
      for (const other of serviceNames.filter((each) => !isDesk || each !== 'gateway'))
        expect(reached).not.toContain(`"app":"${other}"`);
      expect([name, reached.includes('app.kubernetes.io/name":"nats"')]).toEqual([name, !isDesk]);
      expect([name, reached.includes('"app":"gateway"')]).toEqual([name, isDesk]);
    }
  });

  it('keep one of each service up through a drain, and scale on lag, never on what is merely scheduled', () => {
    expect(ofKind('PodDisruptionBudget').map(({ metadata }) => metadata.name)).toEqual([
      ...serviceNames,
    ]);
    const scaled = ofKind('ScaledObject');
    for (const { spec } of scaled) {
      const target = (spec['scaleTargetRef'] as { name: string }).name;
      expect(ofKind('Deployment').map(({ metadata }) => metadata.name)).toContain(target);
      expect(JSON.stringify(spec)).not.toContain('delayed');
    }
    expect(JSON.stringify(scaled[0]?.spec)).toContain('throughcare_guard_ingress_pending');
  });

  it('give the broker three servers that sync every write, encrypt the store, and take the accounts from the generated file', () => {
    const values = parse(read('nats-values.yaml')) as {
      config: { cluster: object; jetstream: { merge: object }; merge: object };
      container: { image: { tag: string } };
      natsBox: object;
    };
    expect(values.config.cluster).toEqual({ enabled: true, replicas: 3 });
    expect(values.config.jetstream.merge).toEqual({
      cipher: 'chacha',
      key: '<< $JS_KEY >>',
      sync_interval: 'always',
    });
    expect(values.config.merge).toMatchObject({ $include: '../mesh/accounts.conf' });
    expect(values.container.image.tag).toMatch(/^2\.1[2-9]\./);
    expect(values.natsBox).toEqual({ enabled: false });
    const replicas = pods
      .find(({ name }) => name === 'provision')
      ?.template.spec.containers[0]?.env?.find(({ name }) => name === 'STREAM_REPLICAS');
    expect(replicas?.value).toBe('3');
  });
});
