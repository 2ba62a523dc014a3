import { randomBytes } from 'node:crypto';
import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { AppConfig } from '../core/config/app-config.js';
import { Clock } from '../core/time/clock.js';
import { AdminRepository } from './admin.repository.js';
import { createEpoch } from './admin-tokens.js';
import { Announcements } from './announcements.js';
import { PasswordHasher } from './password-hasher.js';

const DEFAULT_USERNAME = 'admin';

/** Creates the administrator on the first start, when there is none anywhere. */
@Injectable()
export class AdminSetup implements OnApplicationBootstrap {
  private readonly logger = new Logger(AdminSetup.name);

  constructor(
    private readonly admins: AdminRepository,
    private readonly hasher: PasswordHasher,
    private readonly config: AppConfig,
    private readonly clock: Clock,
    private readonly announcements: Announcements,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    if ((await this.admins.find()) !== null) {
      this.noteUnusedPassword();
      return;
    }
    const username = this.config.admin.username ?? DEFAULT_USERNAME;
    const password = this.config.admin.password ?? generatePassword();
    const now = new Date(this.clock.now());
    const admin = { username, epoch: createEpoch(), keptSession: null, createdAt: now, updatedAt: now };
    const isCreated = await this.admins.save({ ...admin, passwordHash: await this.hasher.hash(password) }, null);
    // Another instance that starts on the same store was first: its password is the one that counts.
    if (!isCreated) return;
    if (this.config.admin.password === null) this.announce(username, password);
    else this.logger.log({ msg: 'the administrator was created with ADMIN_PASSWORD', username });
  }

  private noteUnusedPassword(): void {
    if (this.config.admin.password === null) return;
    this.logger.warn(
      'ADMIN_PASSWORD is used at the first start only: the administrator exists, with the password set then or since',
    );
  }

  private announce(username: string, password: string): void {
    this.announcements.write(
      `\nThe administrator was created. This password is shown only this once:\n` +
        `  user name: ${username}\n  password:  ${password}\n\n`,
    );
  }
}

/** 24 characters, 144 bits. */
function generatePassword(): string {
  return randomBytes(18).toString('base64url');
}
