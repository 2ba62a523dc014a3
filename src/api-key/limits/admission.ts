import type { AdmissionTicket } from '@crs/extension-api';
import type { Lease } from '../../core/lease/lease-keeper.js';

/** A request that was let through, and what it holds meanwhile. */
export class Admission {
  constructor(
    private readonly leases: readonly Lease[],
    private readonly model: string,
  ) {}

  /** What is held, for a note; it goes on being held. */
  get ticket(): AdmissionTicket {
    return { leases: this.leases.map(({ ref }) => ref), model: this.model };
  }

  /** For the booking, which takes out what is held. */
  handOver(): AdmissionTicket {
    return { leases: this.leases.flatMap((lease) => lease.handOver() ?? []), model: this.model };
  }

  /** Where nothing is booked. Never rejects; harmless after `handOver`. */
  async release(): Promise<void> {
    await Promise.all(this.leases.map((lease) => lease.release()));
  }
}
