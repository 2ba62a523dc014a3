/** Whether a wait of `lengthMs` that ends at `endsAt` (epoch ms) is over; a clock that was set back ends it, too. */
export const isOver = (now: number, endsAt: number, lengthMs: number): boolean =>
  now >= endsAt || endsAt - now > lengthMs;
