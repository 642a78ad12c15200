import { relative } from 'node:path';
import { allow } from '#test/support/pace.js';

const listed = 10;

/** What this reporter reads of jest's results. */
interface SuiteResult {
  readonly testFilePath: string;
  readonly numFailingTests: number;
  readonly testExecError?: unknown;
  readonly perfStats: { readonly start: number; readonly end: number };
}

/**
 * Before jest's summary, which stays last: the slowest suites, the pace that the deadlines were given, and how to run what failed again with
 * the same random traffic.
 */
class RunReporter {
  onRunComplete(_: unknown, results: { readonly testResults: readonly SuiteResult[] }): void {
    const lines = [...slowest(results.testResults), ...replays(results.testResults)];
    process.stderr.write(`${lines.join('\n')}\n\n`);
  }
}

const nameOf = (suite: SuiteResult): string => relative(process.cwd(), suite.testFilePath);

function slowest(suites: readonly SuiteResult[]): readonly string[] {
  const took = suites
    .map((suite) => ({ suite, ms: suite.perfStats.end - suite.perfStats.start }))
    .sort((a, b) => b.ms - a.ms)
    .slice(0, listed)
    .map(({ suite, ms }) => `  ${(ms / 1000).toFixed(1).padStart(6)} s  ${nameOf(suite)}`);
  return [`\nSlowest suites (deadlines now × ${(allow(1_000) / 1_000).toFixed(1)}):`, ...took];
}

function replays(suites: readonly SuiteResult[]): readonly string[] {
  const failed = suites.filter(
    ({ numFailingTests, testExecError }) => numFailingTests > 0 || testExecError != null,
  );
  if (failed.length === 0) return [];
  return [
    '\nAgain, with the same random traffic:',
    ...failed.map((suite) => `  SEED=${process.env['SEED']} npm test -- ${nameOf(suite)}`),
  ];
}

// oxlint-disable-next-line import/no-default-export -- jest takes nothing else
export default RunReporter;
