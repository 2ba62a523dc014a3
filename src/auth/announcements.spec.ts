import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Announcements } from './announcements.js';

describe('Announcements', () => {
  let printed: string[];

  beforeEach(() => {
    printed = [];
    jest.spyOn(process.stdout, 'write').mockImplementation((text) => printed.push(String(text)) > 0);
  });

  afterEach(() => {
    jest.restoreAllMocks();
  });

  it('writes at once unless somebody holds the texts back', () => {
    const sut = new Announcements();
    sut.write('first');
    expect(printed).toEqual(['first']);
    sut.release();
    expect(printed).toEqual(['first']);
  });

  it('keeps what was held, writes it once, and holds nothing afterwards', () => {
    const sut = new Announcements();
    sut.hold();
    sut.write('first');
    sut.hold();
    sut.write('second');
    expect(printed).toEqual([]);
    sut.release();
    sut.release();
    sut.write('third');
    expect(printed).toEqual(['first', 'second', 'third']);
  });
});
