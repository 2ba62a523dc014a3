import { describe, expect, it } from '@jest/globals';
import { assignRequestId, createRequestId } from './request-id.js';
import { pathOf } from './request-path.js';

describe('request ids', () => {
  it('are req_ and 32 hex digits, each its own', () => {
    const ids = Array.from({ length: 1000 }, createRequestId);
    expect(ids.every((id) => /^req_[0-9a-f]{32}$/.test(id))).toBe(true);
    expect(new Set(ids).size).toBe(1000);
  });

  it('stand on the raw request, for the request logger', () => {
    const request = {};
    const id = assignRequestId(request);
    expect(request).toEqual({ id });
  });
});

describe('pathOf', () => {
  it.each([
    ['/a/b', '/a/b'],
    ['/a?key=secret', '/a'],
    ['/a#x?y', '/a'],
    ['/', '/'],
    ['', ''],
  ])('reads %s as %s', (url, path) => {
    expect(pathOf(url)).toBe(path);
  });
});
