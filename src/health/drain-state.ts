import { Injectable, type OnModuleDestroy } from '@nestjs/common';

/** Whether this process is on its way out: it finishes what it has and should get nothing new. */
@Injectable()
export class DrainState implements OnModuleDestroy {
  private draining = false;

  get isDraining(): boolean {
    return this.draining;
  }

  /** Safe to call twice. */
  begin(): void {
    this.draining = true;
  }

  onModuleDestroy(): void {
    this.begin();
  }
}
