import { describe, expect, it } from '@jest/globals';
import { FakeLeases } from '../../../test/support/fake-leases.js';
import { Admission } from './admission.js';

const slot = { set: 'concurrency:key-1', member: 'req-1' };
const hold = { set: 'v2:holds:key-1', member: 'req-1:5:5:0' };

describe('Admission', () => {
  const admit = () => {
    const leases = new FakeLeases();
    return { leases, sut: new Admission([leases.keep(slot), leases.keep(hold)], 'claude-opus-5-5') };
  };

  it('gives back what it holds, once', async () => {
    const { leases, sut } = admit();
    await sut.release();
    await sut.release();
    expect(leases.released).toEqual([slot, hold]);
    expect(sut.handOver()).toEqual({ leases: [], model: 'claude-opus-5-5' });
  });

  it('gives nothing back that the booking takes out', async () => {
    const { leases, sut } = admit();
    expect(sut.handOver()).toEqual({ leases: [slot, hold], model: 'claude-opus-5-5' });
    await sut.release();
    expect(leases.released).toEqual([]);
    expect(sut.handOver().leases).toEqual([]);
  });

  it('names what it holds without giving it away', async () => {
    const { leases, sut } = admit();
    expect(sut.ticket).toEqual({ leases: [slot, hold], model: 'claude-opus-5-5' });
    expect(leases.open.size).toBe(2);
    await sut.release();
    expect(leases.released).toEqual([slot, hold]);
  });
});
