import { parseArgs } from 'node:util';
import { renderTable } from '#services/operator/domain/render-table.js';

/** The oldest that `engines` allows, the two lines with long-term support, and the newest that there is. */
const usualNodes = ['20.19', '22', '24', 'latest'];

export interface NodeRunOptions {
  /** Versions or tags of the registry, as `22` or `latest`. */
  readonly nodes: readonly string[];
  /** Parts of the paths of test files; empty: all tests. */
  readonly only: readonly string[];
}

/** What one Node made of the tests. */
export interface NodeRun {
  readonly wanted: string;
  /** As `node --version` says; undefined where it could not be installed. */
  readonly version: string | undefined;
  readonly passed: number;
  readonly failed: number;
  /** Test files that failed, those that could not be loaded too. */
  readonly failedFiles: readonly string[];
  readonly seconds: number;
  readonly exitCode: number | null;
}

/** @throws Error for an unknown option, or a version that is none */
export function readNodeRunOptions(args: readonly string[]): NodeRunOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      node: { type: 'string', multiple: true, default: usualNodes },
      only: { type: 'string', multiple: true, default: [] },
    },
  });
  const strange = values.node.find((wanted) => !/^(latest|\d+(\.\d+){0,2})$/.test(wanted));
  if (strange !== undefined)
    throw new Error(`--node ${strange}: give a version as 24 or 22.11, or latest`);
  return { nodes: values.node, only: values.only };
}

/** The package of the registry that holds one build of Node and nothing else: no install script runs. */
export const nodePackage = (platform: string, arch: string): string => `node-${platform}-${arch}`;

/** A run without a single test proves nothing. */
export const isGreen = (run: NodeRun): boolean =>
  run.exitCode === 0 && run.failed === 0 && run.passed > 0;

export function nodeRunTable(runs: readonly NodeRun[]): string {
  const rows = runs.map((run) => [
    run.wanted,
    run.version ?? 'not installed',
    String(run.passed),
    String(run.failed),
    run.seconds.toFixed(0),
    isGreen(run) ? 'ok' : `FAILED ${run.failedFiles.join(' ')}`.trim(),
  ]);
  return renderTable(['asked for', 'node', 'passed', 'failed', 'seconds', 'result'], rows);
}

interface JestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly testResults: readonly { readonly name: string; readonly status: string }[];
}

/** The counts of a jest report (`--json`). `undefined`, jest wrote none: it did not get so far. */
export function countsOf(
  report: string | undefined,
): Pick<NodeRun, 'passed' | 'failed' | 'failedFiles'> {
  if (report === undefined) return { passed: 0, failed: 0, failedFiles: [] };
  const { numPassedTests, numFailedTests, testResults } = JSON.parse(report) as JestReport;
  const failedFiles = testResults
    .filter(({ status }) => status === 'failed')
    .map(({ name }) => name.replace(/^.*\/dist\/test\//, '').replace(/\.js$/, ''));
  return { passed: numPassedTests, failed: numFailedTests, failedFiles };
}
