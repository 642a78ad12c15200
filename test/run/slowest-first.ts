import { statSync } from 'node:fs';
import { sep } from 'node:path';

interface TestFile {
  readonly path: string;
}

/** Kinds in the order of how long one file takes: a slow one that comes last keeps the other workers waiting. */
const kinds = ['faults', 'scenario', 'security', 'integration', 'contract', 'property', 'unit'];

const rank = ({ path }: TestFile): number => kinds.findIndex((kind) => path.includes(sep + kind));

/** The order of the run, the same on every machine: by kind, and larger files first. */
class SlowestFirst {
  sort(tests: readonly TestFile[]): TestFile[] {
    return tests
      .map((test) => ({ test, size: statSync(test.path).size }))
      .toSorted((a, b) => rank(a.test) - rank(b.test) || b.size - a.size)
      .map(({ test }) => test);
  }

  /** jest offers what each took; the order does not depend on it. */
  cacheResults(): void {}
}

// oxlint-disable-next-line import/no-default-export -- jest takes nothing else
export default SlowestFirst;
