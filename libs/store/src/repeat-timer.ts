/** Calls again and again until the function that it gives is called. */
export type RepeatTimer = (work: () => void, everyMs: number) => () => void;

/** By the system's clock; does not keep the process alive. */
export const systemRepeat: RepeatTimer = (work, everyMs) => {
  const timer = setInterval(work, everyMs);
  timer.unref();
  return () => {
    clearInterval(timer);
  };
};
