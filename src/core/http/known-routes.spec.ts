import { describe, expect, it } from '@jest/globals';
import { KnownRoutes } from './known-routes.js';

describe('KnownRoutes', () => {
  const sut = new KnownRoutes();
  sut.add('POST', '/keys');
  sut.add(['GET', 'HEAD'], '/keys');
  sut.add('GET', '/keys');
  sut.add('PUT', '/keys/:id/restore');
  sut.add('GET', '/assets/*');
  sut.add('GET', '/');

  it.each([
    ['/keys', ['GET', 'HEAD', 'POST']],
    ['/keys/1/restore', ['PUT']],
    ['/', ['GET']],
    ['/keys//restore', []],
    ['/keys/1', []],
    ['/Keys', []],
    ['/assets/a', []],
    ['', []],
  ])('knows the methods of %s', (path, methods) => {
    expect(sut.methodsOf(path)).toEqual(methods);
  });
});
