/** Whether what requests cost is noted on the disk. */
export abstract class JournalHealth {
  /** False: the disk does not take notes, and a kill would lose what the store does not have. */
  abstract readonly isHealthy: boolean;
}
