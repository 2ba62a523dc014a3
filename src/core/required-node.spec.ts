import { describe, expect, it } from '@jest/globals';
import { nodeProblem } from './required-node.js';

describe('nodeProblem', () => {
  it.each(['24.9.0', '24.21.0', '25.0.0'])('accepts Node.js %s', (version) => {
    expect(nodeProblem(version)).toBeNull();
  });

  it.each(['24.8.1', '22.20.0', ''])('names what is wrong with Node.js "%s" and what to do', (version) => {
    expect(nodeProblem(version)).toBe(
      `Claude Relay Service needs Node.js 24.9 or newer; this is ${version}. Run "npm start", which fetches it.`,
    );
  });
});
